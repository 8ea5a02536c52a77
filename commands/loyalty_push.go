package commands

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionLoyaltyPush = "loyalty_push"
	viewLoyaltyPush   = "loyalty_push"
	fieldPushText     = "message"
)

// loyaltyPush is a message to those who keep a loyalty card in a mobile wallet, or to one of them.
type loyaltyPush struct {
	cardUser
	Text string
}

func (h loyaltyHandlers) pushView(card string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewLoyaltyPush, "Push message", "Check", "Cancel",
		blocks.Rich(blocks.Field("Loyalty card", h.cardName(card))),
		blocks.Radio(blocks.Input{Name: fieldTo, Label: "To"}, toAll,
			blocks.Option("Everybody who keeps the card in a mobile wallet", toAll),
			blocks.Option("One person", toOne)),
		blocks.ExternalSelect(blocks.Input{
			Name: fieldLoyaltyUser, Label: "Person", Optional: true, Placeholder: "Only for one person",
		}, nil),
		blocks.TextArea(blocks.Input{Name: fieldPushText, Label: "Message"}, "", maxPush)), card)
}

// push takes the form and says who will get what.
func (h loyaltyHandlers) push(c change[loyaltyPush]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		wrong := problems{}
		p := loyaltyPush{cardUser: cardUser{Card: req.View.Metadata, User: req.View.Value(fieldLoyaltyUser)}}
		switch chosen(req.View, fieldTo, wrong, toAll, toOne) {
		case toOne:
			if p.User == "" {
				wrong.add(fieldLoyaltyUser, "Choose a person.")
			}
		case toAll:
			if p.User != "" {
				wrong.add(fieldTo, "You've chosen a person below. Choose “One person”, or take the person out.")
			}
		}
		text, note := checkText(fieldPushText, req.View.Value(fieldPushText), maxPush, wrong)
		if text == "" {
			wrong.add(fieldPushText, "Write a message.")
		}
		p.Text = text
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		to := "everybody who keeps the card in a mobile wallet"
		if p.User != "" {
			to = req.View.ChosenText(fieldLoyaltyUser)
		}
		shown := append([]slack.Block{
			blocks.Rich(blocks.Field("Loyalty card", h.cardName(p.Card)), blocks.Field("To", to)),
			blocks.Rich(blocks.Line{blocks.Bold("Message:")}, blocks.Line{blocks.Plain(p.Text)}),
		}, textNotes(p.Text, note)...)
		shown = append(shown, blocks.Text("It appears on their phones at once and cannot be taken back. Nothing has been sent yet."))
		return c.preview(ctx, req, p, shown...), nil
	}
}

func (h loyaltyHandlers) pushChange() change[loyaltyPush] {
	return change[loyaltyPush]{
		view: "loyalty_push_check", title: "Push message", button: "Send", waitText: "Sending…", store: h.store, audit: h.audit,
		do: func(ctx context.Context, _ bot.Request, p loyaltyPush) (string, sends.Entry, error) {
			message := coupontools.LoyaltyPush{Card: p.Card, User: p.User, Message: p.Text}
			e := sends.Entry{What: auditPush, Note: "to everybody who keeps " + p.Card}
			send, to := h.api.PushToLoyaltyCard, "everybody who keeps "+h.cardName(p.Card)+" in a mobile wallet"
			if p.User != "" {
				send, to = h.api.PushToLoyaltyUser, "the user "+p.User
				e.Note = "to " + p.User + " of " + p.Card
			}
			if err := send(ctx, message); err != nil {
				return "", e, fmt.Errorf("push to a loyalty card: %w", notKnown(err, "this loyalty card or user", h.users.commandLine()))
			}
			return "Coupontools accepted the message to " + to + ".", e, nil
		},
	}
}
