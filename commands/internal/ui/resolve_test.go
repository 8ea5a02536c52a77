package ui_test

import (
	"slices"
	"testing"

	"github.com/coupontools/couponbot/commands/internal/ui"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	l := commandstest.SomeDirectories()
	for name, test := range map[string]struct {
		text, asked string
		hits        []string
		rest        string
	}{
		"the longest run that is a name": {"city deals gent anna", "city deals gent", []string{"dir_2"}, "anna"},
		"equal names":                    {"city deals anna", "city deals", []string{"dir_1", "dir_6"}, "anna"},
		"accents and capitals":           {"CAFE peeters", "CAFE", []string{"dir_3"}, "peeters"},
		"an id":                          {"DIR_4 0470 12 34 56", "DIR_4", []string{"dir_4"}, "0470 12 34 56"},
		"a number after a number":        {"top 10 0470 12 34", "top 10", []string{"dir_4"}, "0470 12 34"},
		"an exact name beats its parts":  {"deals", "deals", []string{"dir_5"}, ""},
		"a part, by the first word":      {"caf anna", "caf", []string{"dir_3"}, "anna"},
		"a quoted group":                 {`"deals gent" anna`, "deals gent", []string{"dir_2"}, "anna"},
		"curly quotes":                   {"“city deals gent” anna b", "city deals gent", []string{"dir_2"}, "anna b"},
		"none":                           {"nothing here", "nothing", nil, "here"},
		"no words":                       {"", "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := ui.ChooseFirst(l, bot.Split(test.text))
			var ids []string
			for _, d := range c.Hits {
				ids = append(ids, d.ID)
			}
			slices.Sort(ids)
			if c.Asked != test.asked || !slices.Equal(ids, test.hits) || bot.Join(c.Rest) != test.rest {
				t.Errorf("choose(%q) = %q %v, rest %q; want %q %v, rest %q",
					test.text, c.Asked, ids, bot.Join(c.Rest), test.asked, test.hits, test.rest)
			}
		})
	}
}

func TestChooseWhole_partOfSeveralWords(t *testing.T) {
	t.Parallel()
	c := ui.ChooseWhole(commandstest.SomeDirectories(), bot.Split("city gen"))
	if len(c.Hits) != 1 || c.Hits[0].ID != "dir_2" {
		t.Errorf("hits = %v, want dir_2", c.Hits)
	}
}

func TestPrice(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]*coupontools.Payment{
		"free":           nil,
		"4.50 EUR once":  {Amount: "4.50", Currency: "EUR", Type: "basic"},
		"4.50 EUR a day": {Amount: "4.50", Currency: "EUR", Type: "recurring_daily"},
		"1 EUR a week":   {Amount: "1", Currency: "EUR", Type: "recurring_weekly"},
		"1 EUR a month":  {Amount: "1", Currency: "EUR", Type: "recurring_monthly"},
		"1 EUR a year":   {Amount: "1", Currency: "EUR", Type: "recurring_yearly"},
		"1 EUR (tips)":   {Amount: "1", Currency: "EUR", Type: "tips"},
	} {
		if got := format.Price(p); got != want {
			t.Errorf("price(%+v) = %q, want %q", p, got, want)
		}
	}
}
