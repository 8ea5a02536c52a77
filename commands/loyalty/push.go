package loyalty

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionPush    = "loyalty_push"
	viewPush      = "loyalty_push"
	fieldPushText = "message"
)

// pushDraft is a push message to everybody who keeps a card in a mobile wallet, or to one of them.
type pushDraft struct {
	cardUser
	Text string
}

func (h handlers) pushView(card string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewPush, "Push message", "Check", "Cancel",
		blocks.Rich(blocks.Field("Loyalty card", h.cardName(card))),
		blocks.Radio(blocks.Input{Name: form.FieldTo, Label: "To"}, form.ToAll,
			blocks.Option("Everybody who keeps the card in a mobile wallet", form.ToAll),
			blocks.Option("One person", form.ToOne)),
		blocks.ExternalSelect(blocks.Input{
			Name: fieldUser, Label: "Person", Optional: true, Placeholder: "Only for one person",
		}, nil),
		blocks.TextArea(blocks.Input{Name: fieldPushText, Label: "Message"}, "", form.MaxPush)), card)
}

// checkPush checks the form and shows the message with its recipients.
func (h handlers) checkPush(c ui.Change[pushDraft]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		wrong := form.Problems{}
		p := pushDraft{cardUser: cardUser{Card: req.View.Metadata, User: req.View.Value(fieldUser)}}
		switch form.Chosen(req.View, form.FieldTo, wrong, form.ToAll, form.ToOne) {
		case form.ToOne:
			if p.User == "" {
				wrong.Add(fieldUser, "Choose a person.")
			}
		case form.ToAll:
			if p.User != "" {
				wrong.Add(form.FieldTo, "You've chosen a person below. Choose “One person”, or take the person out.")
			}
		}
		text, note := form.CheckText(fieldPushText, req.View.Value(fieldPushText), form.MaxPush, wrong)
		if text == "" {
			wrong.Add(fieldPushText, "Write a message.")
		}
		p.Text = text
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		to := "everybody who keeps the card in a mobile wallet"
		if p.User != "" {
			to = req.View.ChosenText(fieldUser)
		}
		shown := append([]slack.Block{
			blocks.Rich(blocks.Field("Loyalty card", h.cardName(p.Card)), blocks.Field("To", to)),
			blocks.Rich(blocks.Line{blocks.Bold("Message:")}, blocks.Line{blocks.Plain(p.Text)}),
		}, format.TextNotes(p.Text, note)...)
		shown = append(shown, blocks.Text("It appears on their phones at once and can't be recalled. Nothing has been sent yet."))
		return c.Preview(ctx, req, p, shown...), nil
	}
}

func (h handlers) pushChange() ui.Change[pushDraft] {
	return ui.Change[pushDraft]{
		View: "loyalty_push_check", Title: "Push message", Button: "Send", WaitText: "Sending…", Store: h.store, Audit: h.audit,
		Do: func(ctx context.Context, _ bot.Request, p pushDraft) (string, sends.Entry, error) {
			message := coupontools.LoyaltyPush{Card: p.Card, User: p.User, Message: p.Text}
			e := sends.Entry{What: ui.AuditPush, Note: "to everybody who keeps " + p.Card}
			send, to := h.api.PushToLoyaltyCard, "everybody who keeps "+h.cardName(p.Card)+" in a mobile wallet"
			if p.User != "" {
				send, to = h.api.PushToLoyaltyUser, "the user "+p.User
				e.Note = "to " + p.User + " of " + p.Card
			}
			if err := send(ctx, message); err != nil {
				return "", e, fmt.Errorf("push to a loyalty card: %w", ui.NotKnown(err, "this loyalty card or user", h.users.CommandLine()))
			}
			return "Coupontools accepted the message to " + to + ".", e, nil
		},
	}
}
