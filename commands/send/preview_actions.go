package send

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/message"
	"github.com/coupontools/couponbot/sends/recipients"
)

// The buttons of a preview that act on its draft. Their value is the draft's id.
const (
	actionTest     = "send_test"
	actionSimplify = "send_straighten"
	actionLeftOut  = "send_left_out"
)

// resendUnknown previews a resend to the recipients with an unknown outcome. It opens a waiting modal first: reading the send
// may outlive the trigger id.
func (s formHandlers) resendUnknown(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{
		DropIfClosed: true, View: readingView(ui.LookingForUnknown),
		Later: func(ctx context.Context) (bot.Reply, error) {
			d, err := s.Sends.Resend(ctx, req.Value, req.Person.Team, req.Person.ID)
			if err != nil {
				return bot.Reply{}, draftMistake(d, err)
			}
			return s.preview(ctx, req.Person, d, "")
		},
	}, nil
}

// sendTest sends the draft's content to the user, at the address or number of their Slack profile.
func (s formHandlers) sendTest(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.onDraft(req, func(ctx context.Context, d sends.Draft) (bot.Reply, error) {
		to, err := s.profileContact(req.Person, d.Kind)
		if err != nil {
			return bot.Reply{}, err
		}
		_, left, err := s.Sends.Test(ctx, d, to)
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

// profileContact returns the recipient in a user's Slack profile.
func (s formHandlers) profileContact(p bot.Person, kind recipients.Kind) (recipients.Recipient, error) {
	if kind == recipients.Email {
		return profileAddress(p)
	}
	const hint = "You can change it in Slack, in your profile under contact information."
	if p.Phone == "" {
		return recipients.Recipient{}, &bot.Mistake{
			Text: "Your Slack profile has no phone number, so there is nowhere to send a test to.", Hint: hint,
		}
	}
	to, err := recipients.Phone(p.Phone, recipients.Rules{Kind: kind, Region: s.Region, Allowed: s.Countries})
	if err != nil {
		return to, &bot.Mistake{Text: "No test can go to the phone number of your Slack profile. " + err.Error(), Hint: hint}
	}
	return to, nil
}

func profileAddress(p bot.Person) (recipients.Recipient, error) {
	if p.Email == "" {
		return recipients.Recipient{}, &bot.Mistake{
			Text: "Slack does not tell your e-mail address, so there is nowhere to send a test to.",
			Hint: "The person who runs couponbot can see with “couponbot check” whether the scope users:read.email is missing.",
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

// savedByPlainText returns how many SMS per person plain characters save; 0 if none, or if the plain text is too long.
func savedByPlainText(d sends.Draft, link int) int {
	plain := message.Simplify(d.Message)
	if d.Kind != recipients.SMS || d.Parent != "" || utf8.RuneCountInString(plain) > maxMessage {
		return 0 // a resend has the text of the first send
	}
	return message.CountSegments(d.Message, link).Segments - message.CountSegments(plain, link).Segments
}

// simplify saves a new draft with plain characters in its text, and shows its preview.
func (s formHandlers) simplify(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.onDraft(req, func(ctx context.Context, d sends.Draft) (bot.Reply, error) {
		if savedByPlainText(d, s.LinkLength) <= 0 {
			return s.preview(ctx, req.Person, d, "")
		}
		before := message.CountSegments(d.Message, s.LinkLength)
		o, unknown := s.recallOrder(ctx, d.ID, req.Person)
		d.ID, d.Message = draftID(d.ID, actionSimplify), message.Simplify(d.Message)
		d, err := s.Sends.SaveDraft(ctx, d)
		if err != nil {
			return bot.Reply{}, draftMistake(d, err)
		}
		if unknown == nil {
			o.Draft.Message = d.Message
			s.keepOrder(ctx, req.Person, d.ID, o)
		}
		return s.preview(ctx, req.Person, d, swappedWords(before, message.CountSegments(d.Message, s.LinkLength)))
	})
}

// swappedWords says which characters were replaced, and how many SMS that saves.
func swappedWords(before, after message.Segments) string {
	gone := slices.DeleteFunc(slices.Clone(before.Culprits), func(r rune) bool { return slices.Contains(after.Culprits, r) })
	return fmt.Sprintf("Swapped %s for plain characters: %s SMS per person instead of %s. The form keeps what you typed.",
		format.SomeCharacters(gone), format.Thousands(after.Segments), format.Thousands(before.Segments))
}

// uploadLeftOut sends the user a file with everybody who is left out.
func (s formHandlers) uploadLeftOut(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.onDraft(req, func(ctx context.Context, d sends.Draft) (bot.Reply, error) {
		channel, err := s.Poster.Direct(ctx, req.Person.ID)
		if err != nil {
			return bot.Reply{}, fmt.Errorf("open direct message: %w", err)
		}
		n := format.Count(d.List.Skipped(), "entry", "entries")
		err = s.Poster.Upload(ctx, channel, bot.Upload{
			Name: "left-out.csv", Title: "Left out", AltText: "A list of " + n + " that were left out",
			Comment: fmt.Sprintf("%s left out of the draft of “%s”. Nothing has been sent.", n, format.Short(d.OfferName)),
			Content: leftOutFile(d.List),
		})
		if err != nil {
			return bot.Reply{}, fmt.Errorf("upload who is left out: %w", err)
		}
		return s.preview(ctx, req.Person, d, "The list of "+n+" left out is in your direct messages with couponbot.")
	})
}

// leftOutColumns are the columns of the file.
var leftOutColumns = []ui.Column[recipients.LeftOut]{
	{Name: "Place", Value: func(o recipients.LeftOut) string {
		if o.Line == 0 {
			return "" // a row that counts entries that aren't listed
		}
		return o.Place()
	}},
	{Name: "Entry", Value: func(o recipients.LeftOut) string { return o.Text }},
	{Name: "Reason", Value: func(o recipients.LeftOut) string { return o.Reason }},
}

// leftOutFile lists the skipped entries. If the list was too long to keep them all, the last rows say how many more there are.
func leftOutFile(list recipients.List) []byte {
	rows := slices.Clone(list.LeftOut)
	for _, g := range list.Groups(0) {
		if more := list.More[g.Rule]; more > 0 {
			rows = append(rows, recipients.LeftOut{Rule: g.Rule, Reason: fmt.Sprintf(
				"%s more, not listed here: %s.", format.Capitalised(format.Thousands(more)), recipientlist.RuleTitle(g.Rule))})
		}
	}
	var file bytes.Buffer
	_ = ui.Table("entries", "all entries", leftOutColumns, rows).Write(&file) // a buffer never fails
	return file.Bytes()
}
