package account

import (
	"context"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/bulkhead"
)

// subaccountList is the list of subaccounts, without their keys.
type subaccountList = ui.List[coupontools.Subaccount]

func newSubaccountList(guard *bulkhead.Guard, api *coupontools.Client, files ui.Deliverer) subaccountList {
	kept := ui.NewCachedList(guard, withoutKeys(api.Subaccounts))
	return subaccountList{
		Plural: ui.Plural{One: "subaccount", Many: "subaccounts"}, Topic: "subaccounts", Title: "Subaccounts", Private: true,
		Source: kept, Changed: kept.Forget, Files: files,
		Row: func(s coupontools.Subaccount) []slack.Block {
			return []slack.Block{blocks.WithButton(blocks.Text(format.Sentence(s.Name())+"\n"+subaccountFacts(s)),
				blocks.Button(actionSubaccountPick, "Open", s.ID, blocks.Label("Open "+format.OneLine(s.Name()))))}
		},
		More: []slack.BlockElement{blocks.Button(actionSubaccountCreate, "New subaccount", "new")},
		Columns: []ui.Column[coupontools.Subaccount]{
			{Name: "id", Value: func(s coupontools.Subaccount) string { return s.ID }},
			{Name: "company", Value: func(s coupontools.Subaccount) string { return s.Company }},
			{Name: "username", Value: func(s coupontools.Subaccount) string { return s.Username }},
			{Name: "first_name", Value: func(s coupontools.Subaccount) string { return s.FirstName }},
			{Name: "last_name", Value: func(s coupontools.Subaccount) string { return s.LastName }},
			{Name: "email", Value: func(s coupontools.Subaccount) string { return s.Email }},
			{Name: "package", Value: func(s coupontools.Subaccount) string { return s.Package }},
			{Name: "campaigns", Value: func(s coupontools.Subaccount) string { return strconv.Itoa(s.CampaignCount) }},
			{Name: "expires", Value: func(s coupontools.Subaccount) string { return dateOnly(s.Expires) }},
		},
	}
}

// withoutKeys removes the keys from a fetched list, so they aren't cached. They are fetched again when they are shown.
func withoutKeys(
	fetch func(context.Context) ([]coupontools.Subaccount, error),
) func(context.Context) ([]coupontools.Subaccount, error) {
	return func(ctx context.Context) ([]coupontools.Subaccount, error) {
		all, err := fetch(ctx)
		for i := range all {
			all[i].Key, all[i].Secret = "", ""
		}
		return all, err
	}
}

// dateOnly formats a date as the API does; "" for none.
func dateOnly(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func subaccountFacts(s coupontools.Subaccount) string {
	return format.Joined(" · ", format.Short(s.ID), format.Short(s.Package),
		format.Count(s.CampaignCount, "campaign", "campaigns"), expiryWords(s.Expires))
}

// expiryWords says when a subaccount expires or expired.
func expiryWords(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case expired(t):
		return "expired on " + dateOnly(t)
	}
	return "until " + dateOnly(t)
}

// expired reports whether the last day of a subaccount has passed.
func expired(t time.Time) bool { return !t.IsZero() && time.Now().After(t.AddDate(0, 0, 1)) }

// subaccountsCommand answers "/coupontools subaccounts" privately.
func subaccountsCommand(m subaccountHandlers) bot.Command {
	l, create := m.accounts, m.createChange()
	c := bot.Command{
		Topic: l.Topic, Group: ui.GroupAccounts, Usage: "[words to filter by]",
		Summary: "List the subaccounts", Right: bot.Admin,
		Examples: []bot.Example{
			{Line: "/coupontools subaccounts", Does: "lists all subaccounts, ten at a time"},
			{Line: "/coupontools subaccounts shop", Does: "lists those with “shop” in the name or id"},
		},
		Run:     l.Run,
		Actions: l.Actions(),
		Submissions: map[string]bot.Submission{
			viewSubaccountCreate: {Run: m.create(create)}, create.View: {Run: create.Confirmed},
		},
	}
	c.Actions[actionSubaccountCreate] = bot.Action{Run: ui.PushForm(createSubaccountView)}
	return c
}
