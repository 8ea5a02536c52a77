package loyalty

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionCopy    = "loyalty_copy"
	viewCopy      = "loyalty_copy"
	fieldCopyName = "name"

	// maxCopyName is the most characters of a copy's name. (Coupontools: v4 copy loyalty card.)
	maxCopyName = 50
)

var auditCopy = ui.Audited("loyalty_copy", "copied a loyalty card")

// cardCopy is a copy that has to be confirmed.
type cardCopy struct {
	Card string // the original
	Name string // of the copy; Coupontools names it if this is empty
}

func (h handlers) copyView(card string) *slack.ModalViewRequest {
	return blocks.WithMetadata(blocks.Modal(viewCopy, "Copy a loyalty card", "Check", "Cancel",
		blocks.Rich(blocks.Field("Loyalty card", h.cardName(card))),
		blocks.TextInput(blocks.Input{
			Name: fieldCopyName, Label: "Name of the copy", Optional: true,
			Hint: fmt.Sprintf("Up to %d characters. If it is empty, Coupontools names the copy.", maxCopyName),
		}, "", maxCopyName)), card)
}

// checkCopy checks the form and shows what will be created.
func (h handlers) checkCopy(c ui.Change[cardCopy]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		wanted := cardCopy{Card: req.View.Metadata, Name: format.OneLine(req.View.Value(fieldCopyName))}
		if utf8.RuneCountInString(wanted.Name) > maxCopyName {
			return bot.Reply{Errors: map[string]string{fieldCopyName: form.TooLong(wanted.Name, maxCopyName)}}, nil
		}
		lines := []blocks.Line{blocks.Field("Loyalty card", h.cardName(wanted.Card))}
		if wanted.Name != "" {
			lines = append(lines, blocks.Field("Name of the copy", wanted.Name))
		}
		return c.Preview(ctx, req, wanted, blocks.Rich(lines...),
			blocks.Text("This makes another loyalty card in Coupontools, set up like this one. It can be changed or deleted only there. "+
				"Nothing has been made yet.")), nil
	}
}

func (h handlers) copyChange() ui.Change[cardCopy] {
	return ui.Change[cardCopy]{
		View: "loyalty_copy_check", Title: "Copy a loyalty card", Button: "Copy", WaitText: "Making the copy…",
		Store: h.store, Audit: h.audit,
		Do: func(ctx context.Context, _ bot.Request, wanted cardCopy) (string, sends.Entry, error) {
			defer h.cards.Changed()
			made, err := h.api.CopyLoyaltyCardV4(ctx, wanted.Card, wanted.Name)
			e := sends.Entry{What: auditCopy, Note: "of " + wanted.Card}
			if err != nil {
				return "", e, fmt.Errorf("copy a loyalty card: %w", ui.NotKnown(err, "this loyalty card", h.cards.CommandLine()))
			}
			e.Note = format.Joined(" ", format.Short(made.ID), e.Note)
			said := "The copy of " + h.cardName(wanted.Card) + " is made"
			if name := format.NameAndID(format.Short(made.Name), format.Short(made.ID)); name != "" {
				said += ": " + name
			}
			return said + ". " + h.cards.CommandLine() + " lists it.", e, nil
		},
	}
}
