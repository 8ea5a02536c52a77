package loyalty

import (
	"context"
	"fmt"
	"strconv"
	"strings"

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
	actionPoints    = "points"
	actionPointsFor = "points_card"

	viewPoints = "points"
	// viewPointsWait is shown before the form while the card is looked up.
	viewPointsWait = "points_wait"

	fieldUser   = "loyalty_user"
	fieldChange = "change"

	changeAdd, changeSubtract, changeSet = "add", "subtract", "set"

	maxPoints = 1_000_000
)

var auditPoints = ui.Audited("points", "changed points or stamps")

// pointsUpdate is a change of a user's points or stamps.
type pointsUpdate struct {
	cardUser
	How    string
	Amount int
	// Before and After are the points or stamps at the time of the preview.
	Before, After int
}

// pointsForm is what the form was opened with: a card, the kind of change and the user, if any.
type pointsForm struct {
	cardUser
	How string
}

// metadata encodes the form. The card is the first word, where the options look for it.
func (f pointsForm) metadata() string { return format.Joined(" ", f.Card, f.How, f.User) }

func readPointsForm(metadata string) pointsForm {
	var parts [3]string
	copy(parts[:], strings.Fields(metadata))
	return pointsForm{cardUser{Card: parts[0], User: parts[2]}, parts[1]}
}

// pointsCommand answers "/coupontools points" with a form.
func pointsCommand(h handlers) bot.Command {
	award := h.pointsChange()
	return bot.Command{
		Topic: "points", Group: ui.GroupLoyalty, Usage: "[card]",
		Summary: "Add or take off the points or stamps of somebody's loyalty card", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools points", Does: "lets you choose the card"},
			{Line: "/coupontools points Club card", Does: "asks who gets points on “Club card”, and how many"},
		},
		Run: h.runPoints,
		Actions: map[string]bot.Action{
			actionPointsFor: {Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
				return h.pointsForm(func(context.Context) (cardUser, error) { return cardUser{Card: req.Value}, nil }), nil
			}},
		},
		Submissions: map[string]bot.Submission{viewPoints: {Run: h.checkPoints(award)}, award.View: {Run: award.Confirmed}},
		Options: map[string]bot.Options{
			actionPointsFor: {Run: h.cards.Suggest}, fieldUser: {Run: h.users.Suggest},
		},
	}
}

// openPoints opens the form for a button's card, or for a user in a list.
func (h handlers) openPoints(_ context.Context, req bot.Request) (bot.Reply, error) {
	at, err := ui.Decode[cardUser](req.Value, "")
	if err != nil {
		at = cardUser{Card: req.Value}
	}
	reply := h.pointsForm(func(context.Context) (cardUser, error) { return at, nil })
	reply.Push = req.View != nil
	return reply, nil
}

func (h handlers) runPoints(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return h.cards.Ask(actionPointsFor), nil
	}
	return h.pointsForm(func(ctx context.Context) (cardUser, error) {
		c, err := h.cards.Resolve(ctx, req.Words)
		switch {
		case err != nil:
			return cardUser{}, err
		case len(c.Hits) > 1:
			return cardUser{}, &bot.Mistake{
				Text: fmt.Sprintf("%s loyalty cards match “%s”.", format.Thousands(len(c.Hits)), format.Short(c.Asked)),
				Hint: "Please use the whole name or the id: " + h.cards.CommandLine() + " shows them.",
			}
		}
		return cardUser{Card: c.Hits[0].ID}, nil
	}), nil
}

// pointsForm opens the form once the card is known.
func (h handlers) pointsForm(find func(context.Context) (cardUser, error)) bot.Reply {
	reply := ui.WaitingIn(viewPointsWait, "Points", h.cards.WaitText(), func(ctx context.Context) (bot.Reply, error) {
		at, err := find(ctx)
		if err != nil {
			return bot.Reply{}, err
		}
		card, err := h.cards.Get(ctx, at.Card)
		if err != nil {
			return bot.Reply{}, err
		}
		var who *slack.OptionBlockObject
		if at.User != "" {
			u, err := h.users.Find(ctx, at.Card, at.User)
			if err != nil {
				return bot.Reply{}, err
			}
			o := ui.PersonOption(personOf(u))
			who = blocks.Option(o.Text, o.Value)
		}
		return bot.Reply{View: pointsView(card, pointsForm{at, changeAdd}, who)}, nil
	})
	reply.DropIfClosed = true
	return reply
}

func pointsView(card coupontools.LoyaltyCard, f pointsForm, who *slack.OptionBlockObject) *slack.ModalViewRequest {
	many := unit(card).Many
	return blocks.WithMetadata(blocks.Modal(
		viewPoints,
		format.Capitalised(many),
		"Check",
		"Cancel",
		blocks.Rich(blocks.Field("Loyalty card", format.NameAndID(format.Short(card.Name), card.ID))),
		blocks.ExternalSelect(blocks.Input{
			Name: fieldUser, Label: "Who", Placeholder: "Type a part of the name, e-mail address or phone number",
		}, who),
		blocks.Radio(blocks.Input{Name: fieldChange, Label: "What"}, f.How,
			blocks.Option("Add "+many, changeAdd), blocks.Option("Take "+many+" off", changeSubtract),
			blocks.Option("Set the "+many+" to", changeSet)),
		blocks.TextInput(blocks.Input{Name: form.FieldAmount, Label: "How many"}, "", len(strconv.Itoa(maxPoints))+1),
	), f.metadata())
}

// checkPoints checks the form and shows the points before and after.
func (h handlers) checkPoints(c ui.Change[pointsUpdate]) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		f := readPointsForm(req.View.Metadata)
		v := form.Prefilled{View: req.View, Shown: map[string]string{fieldUser: f.User, fieldChange: f.How}}
		wrong := form.Problems{}
		a := pointsUpdate{
			cardUser: cardUser{Card: f.Card, User: v.Value(fieldUser)},
			How:      form.Chosen(v, fieldChange, wrong, changeAdd, changeSubtract, changeSet),
		}
		if a.User == "" {
			wrong.Add(fieldUser, "Choose a person.")
		}
		var fault string
		if a.Amount, fault = readAmount(v.Value(form.FieldAmount), a.How); fault != "" {
			wrong.Add(form.FieldAmount, fault)
		}
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		return ui.Checking(viewPointsWait, "Points", h.users.WaitText(), func(ctx context.Context) (bot.Reply, error) {
			card, u, err := h.cardAndUser(ctx, a.cardUser)
			if err != nil {
				return bot.Reply{}, err
			}
			if err := a.count(u, unit(card)); err != nil {
				return bot.Reply{}, err
			}
			return bot.Reply{View: c.PreviewView(ctx, req, a,
				blocks.Rich(blocks.Field("Loyalty card", format.NameAndID(format.Short(card.Name), card.ID)),
					blocks.Field("Who", ui.PersonName(personOf(u))),
					blocks.Field(format.Capitalised(unit(card).Many), format.Thousands(a.Before)+" → "+format.Thousands(a.After))))}, nil
		}), nil
	}
}

// readAmount parses the number of points or stamps, or returns what is wrong with it. Adding nothing is an error.
func readAmount(typed, how string) (n int, fault string) {
	n, ok := format.ParseAmount(typed)
	least := 1
	if how == changeSet {
		least = 0
	}
	if !ok || n < least || n > maxPoints {
		return 0, fmt.Sprintf("Give a whole number from %d to %s.", least, format.Thousands(maxPoints))
	}
	return n, ""
}

// cardAndUser returns a card and one of its users, as they are now.
func (h handlers) cardAndUser(
	ctx context.Context,
	at cardUser,
) (coupontools.LoyaltyCard, coupontools.LoyaltyUser, error) {
	card, err := h.cards.Get(ctx, at.Card)
	if err != nil {
		return card, coupontools.LoyaltyUser{}, err
	}
	u, err := h.users.Find(ctx, at.Card, at.User)
	return card, u, err
}

// count sets Before and After. The API can only add, so a new total is sent as the difference.
func (a *pointsUpdate) count(u coupontools.LoyaltyUser, of ui.Plural) error {
	a.Before = u.Points
	switch a.How {
	case changeAdd:
		a.After = u.Points + a.Amount
	case changeSubtract:
		a.After = u.Points - a.Amount
	case changeSet:
		a.After = a.Amount
	default:
		return fmt.Errorf("unknown change of points %q", a.How)
	}
	switch {
	case u.Voided:
		return &bot.Mistake{
			Text: fmt.Sprintf("The card of %s is voided, so its %s cannot be changed.", ui.PersonName(personOf(u)), of.Many),
			Hint: "Restore it first: /coupontools loyalty-users shows it with a button for that.",
		}
	case a.After < 0:
		return &bot.Mistake{
			Text: fmt.Sprintf("%s has only %s.", ui.PersonName(personOf(u)),
				format.Count(u.Points, of.One, of.Many)), Hint: "Take off fewer.",
		}
	case a.After == a.Before:
		return &bot.Mistake{
			Text: fmt.Sprintf("%s has %s already.", ui.PersonName(personOf(u)), format.Count(u.Points, of.One, of.Many)),
		}
	}
	return nil
}

func (h handlers) pointsChange() ui.Change[pointsUpdate] {
	return ui.Change[pointsUpdate]{
		View: "points_check", Title: "Points", Button: "Change", WaitText: "Changing…", Store: h.store, Audit: h.audit,
		Do: func(ctx context.Context, _ bot.Request, a pointsUpdate) (string, sends.Entry, error) {
			card, u, err := h.cardAndUser(ctx, a.cardUser)
			if err != nil {
				return "", sends.Entry{}, ui.Undone{Err: err}
			}
			of := unit(card)
			if u.Points != a.Before {
				return "", sends.Entry{}, ui.Undone{Err: &bot.Mistake{
					Text: fmt.Sprintf("%s has %s by now, and not %s.",
						ui.PersonName(personOf(u)), format.Count(u.Points, of.One, of.Many), format.Thousands(a.Before)),
					Hint: "Please ask for the change anew if it is still wanted.",
				}}
			}
			defer h.users.Fetched.Forget(a.Card)
			update := coupontools.LoyaltyUserUpdate{Card: a.Card, User: a.User, Points: a.After - a.Before}
			if of.One == "stamp" {
				update.Points, update.Stamps = 0, update.Points
			}
			e := sends.Entry{
				What: auditPoints, Note: a.User + " of " + a.Card,
				Before: format.Thousands(a.Before), After: format.Count(a.After, of.One, of.Many),
			}
			if _, err := h.api.UpdateLoyaltyUser(ctx, update); err != nil {
				return "", e, fmt.Errorf("change points: %w", err)
			}
			said := fmt.Sprintf("%s now has %s (before: %s).",
				ui.PersonName(personOf(u)), format.Count(a.After, of.One, of.Many), format.Thousands(a.Before))
			return said, e, nil
		},
	}
}
