package send

import (
	"context"
	"fmt"
	"strings"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/sends"
)

// Offer is a kind of thing that can be sent, with functions that look items up in its list.
type Offer struct {
	kind    sends.Offer
	one     string // the noun in the singular: "directory"
	suggest bot.OptionsHandler
	// name returns the name of an id in the local list.
	name func(id string) (string, bool)
	// check returns the name of an id and whether it exists. It may wait for Coupontools.
	check func(ctx context.Context, id string) (name string, there bool, err error)
	// namesItem reports whether words begin with the whole name or id of an item in the local list.
	namesItem func(words []bot.Word) bool
	// find returns the only item in the local list that words name, or a note that says why there is none.
	find func(words []bot.Word) (id, name, note string)
}

// NewOffer returns the offer of the items in a list. one is its noun in the singular.
func NewOffer[T cache.Item](kind sends.Offer, one string, from ui.List[T]) Offer {
	o, lists := Offer{kind: kind, one: one, suggest: from.Suggest}, from.Source
	o.name = func(id string) (string, bool) {
		l := lists.Local()
		if l == nil {
			return "", false
		}
		item, ok := l.ByID(id)
		if !ok {
			return "", false
		}
		return ui.OptionText(item, false), true
	}
	o.check = func(ctx context.Context, id string) (string, bool, error) {
		l := lists.Local()
		if l == nil {
			var err error
			if l, err = lists.List(ctx); err != nil {
				return "", false, err
			}
		}
		item, ok := l.ByID(id)
		if !ok {
			if newer, err := lists.List(ctx); err == nil {
				item, ok = newer.ByID(id)
			}
		}
		if !ok {
			return "", false, nil
		}
		_, name := item.Ident()
		return name, true, nil
	}
	o.namesItem = func(words []bot.Word) bool {
		l := lists.Local()
		if l == nil {
			return false
		}
		_, ok := ui.LongestExact(l, words)
		return ok
	}
	o.find = func(words []bot.Word) (id, name, note string) { return findItem(from, one, words) }
	return o
}

// findItem returns the only item of a list that words name, or a note that says why there is none.
func findItem[T cache.Item](from ui.List[T], one string, words []bot.Word) (id, name, note string) {
	if len(words) == 0 {
		return "", "", ""
	}
	l := from.Source.Local()
	if l == nil {
		if word := words[0].Text; from.FromID != nil {
			if _, ok := from.FromID(word); ok {
				return word, word, "" // checked when the form is submitted
			}
		}
		return "", "", "The list isn't loaded yet. Please choose a " + one + "."
	}
	c := ui.ChooseWhole(l, words)
	switch len(c.Hits) {
	case 0:
		return "", "", format.Joined(" ", fmt.Sprintf("There is no %s “%s” in the list.", one, format.Short(c.Asked)),
			ui.DidYouMean(l, c.Asked), "Please choose one.")
	case 1:
		id, _ = c.Hits[0].Ident()
		return id, ui.OptionText(c.Hits[0], false), ""
	}
	return "", "", fmt.Sprintf("“%s” may be %s. Please choose one.", format.Short(c.Asked), firstFew(c.Hits))
}

// firstFew joins the names of the first few items.
func firstFew[T cache.Item](hits []T) string {
	const few = 3
	var names []string
	for _, item := range hits[:min(len(hits), few)] {
		names = append(names, format.Titled(item))
	}
	if more := len(hits) - len(names); more > 0 {
		return strings.Join(names, ", ") + " or one of " + format.Thousands(more) + " more"
	}
	return ui.OrList(names)
}

// offerNoun is the noun of an offer.
func offerNoun(kind sends.Offer) string {
	switch kind {
	case sends.OfferCampaign:
		return "campaign"
	case sends.OfferLoyaltyCard:
		return "loyalty card"
	default:
		return "directory"
	}
}
