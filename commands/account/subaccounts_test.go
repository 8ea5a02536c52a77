package account

import (
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

func TestExpiryWords(t *testing.T) {
	t.Parallel()
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for _, test := range []struct {
		last time.Time
		want string
	}{
		{time.Time{}, ""},
		{today, "until "},
		{today.AddDate(0, 0, -1), "expired on "},
		{today.AddDate(1, 0, 0), "until "},
	} {
		if got := expiryWords(test.last); !strings.HasPrefix(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("ends(%v) = %q, want %q", test.last, got, test.want)
		}
	}
	got := commandstest.Picture(subaccountCard(coupontools.Subaccount{ID: "sub_1", Expires: today.AddDate(0, -1, 0), Key: "geheim", Secret: "secret"}))
	commandstest.WantIn(t, got, "This subaccount has expired")
	commandstest.WantNotIn(t, got, "geheim", "secret")
}

// A form that is submitted unchanged changes nothing, even if it could not show every value in full.
func TestChangedFields_unchangedForm(t *testing.T) {
	t.Parallel()
	now := coupontools.Subaccount{
		Email: "Mia@Example.com", Company: "Shop  North " + strings.Repeat("& Sons ", 30), FirstName: "Mia", Package: "pac_300210",
		Expires: time.Date(2099, 1, 31, 23, 59, 59, 0, time.UTC),
	}
	shown := map[string]string{}
	for _, b := range subaccountInputs(now) {
		if e, ok := b.(*slack.InputBlock).Element.(*slack.PlainTextInputBlockElement); ok {
			shown[e.ActionID] = e.InitialValue
		}
	}
	f, wrong := readSubaccount(bot.NewView(viewSubaccountUpdate, "sub_1", shown))
	if got := changedFields(now, f); got != (coupontools.SubaccountFields{}) || len(wrong) > 0 {
		t.Errorf("the form left as it was changes %+v, faults %v", got, wrong)
	}
}

func TestReadSignOn(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]signOnAs{
		"":                    {kind: kindAccount},
		"account":             {kind: kindAccount},
		"Teammate 11":         {kind: kindTeammate, id: "11"},
		"subaccount":          {kind: kindSubaccount},
		"subaccount sub_2077": {kind: kindSubaccount, id: "sub_2077"},
		"SUB_2077":            {kind: kindSubaccount, id: "sub_2077"},
	} {
		if got, ok := readSignOn(commandstest.Request(typed).Words); !ok || got != want {
			t.Errorf("readSignOn(%q) = %+v, %v, want %+v", typed, got, ok, want)
		}
	}
	for _, typed := range []string{"account 1", "teammate anna", "subaccount shop", "all", "teammate 1 2", "sub_1 sub_2"} {
		if got, ok := readSignOn(commandstest.Request(typed).Words); ok {
			t.Errorf("readSignOn(%q) = %+v, want none", typed, got)
		}
	}
}

func TestSubaccounts_privateAndWithoutKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if r := commandstest.Must(t)(w.Types(t, "/coupontools subaccounts")); r.Public {
		t.Error("the list of subaccounts is public")
	}
	list := newSubaccountList(nil, w.Client, ui.Deliverer{})
	s, err := list.Source.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Items {
		if a.Key != "" || a.Secret != "" {
			t.Errorf("%s is kept with its keys", a.ID)
		}
	}
}
