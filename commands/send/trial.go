package send

import (
	"context"
	"errors"
	"fmt"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const actionTest = "send_test"

// test sends what is in a draft to the person who looks at it: to the address or the number of their Slack profile, and
// nowhere else.
func (s sending) test(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.onDraft(req, func(ctx context.Context, d sends.Draft) (bot.Reply, error) {
		to, err := s.own(req.Person, d.Kind)
		if err != nil {
			return bot.Reply{}, err
		}
		_, left, err := s.drafts.Test(ctx, d, to)
		if err != nil {
			return bot.Reply{}, testMistake(err)
		}
		return s.preview(ctx, req.Person, d, "A test is on its way to "+recipients.Mask(to.To)+". "+testsLeft(left))
	})
}

func testsLeft(n int) string {
	if n == 0 {
		return "It was the last one that you can send today, by UTC."
	}
	return "You can send " + format.Count(n, "more test", "more tests") + " today, by UTC."
}

// own is the recipient that a person's Slack profile names.
func (s sending) own(p bot.Person, kind recipients.Kind) (recipients.Recipient, error) {
	if kind == recipients.Email {
		return ownAddress(p)
	}
	const hint = "You can change it in Slack, in your profile under contact information."
	if p.Phone == "" {
		return recipients.Recipient{}, &bot.Mistake{
			Text: "Your Slack profile has no phone number, so there is nowhere to send a test to.", Hint: hint,
		}
	}
	to, err := recipients.Phone(p.Phone, recipients.Rules{Kind: kind, Region: s.region, Allowed: s.countries})
	if err != nil {
		return to, &bot.Mistake{Text: "No test can go to the phone number of your Slack profile. " + err.Error(), Hint: hint}
	}
	return to, nil
}

func ownAddress(p bot.Person) (recipients.Recipient, error) {
	if p.Email == "" {
		return recipients.Recipient{}, &bot.Mistake{
			Text: "Slack does not tell your e-mail address, so there is nowhere to send a test to.",
			Hint: "Whoever runs couponbot can see with “couponbot check” whether the scope users:read.email is missing.",
		}
	}
	address, err := recipients.Address(p.Email)
	if err != nil {
		return recipients.Recipient{}, &bot.Mistake{Text: "No test can go to the e-mail address of your Slack profile. " + err.Error()}
	}
	return recipients.Recipient{To: address}, nil
}

func testMistake(err error) error {
	switch {
	case errors.Is(err, sends.ErrTooManyTests):
		return &bot.Mistake{
			Text: fmt.Sprintf("You have sent %d tests today, by UTC, which is all that one person can.", sends.MaxTests),
			Hint: "You can send more tomorrow.",
		}
	case errors.Is(err, sends.ErrNobodyLeft):
		return &bot.Mistake{
			Text: "No test can go to you: you're on the do-not-contact list, or you've unsubscribed in Coupontools.",
			Hint: "An admin of couponbot can tell which, and take you off the do-not-contact list.",
		}
	}
	return fmt.Errorf("send test: %w", err)
}
