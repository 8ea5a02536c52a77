package ui

import (
	"regexp"
	"strings"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/sends/recipients"
)

// Matcher matches users of a directory with a query.
type Matcher struct {
	whole string   // folded, as typed
	words []string // folded, all of which must match
	phone string   // the digits, if the query is a number with a country code
}

// NewMatcher returns a matcher for any part of a name, e-mail address or phone number, or for a whole id. A query that begins
// with reg_ matches ids only. An empty query matches everybody.
func NewMatcher(who string) Matcher {
	m := Matcher{whole: cache.Fold(format.OneLine(who))}
	for _, w := range bot.Split(who) {
		m.words = append(m.words, cache.Fold(w.Text))
	}
	if number, err := recipients.Phone(who, recipients.Rules{Kind: recipients.SMS}); err == nil {
		// Phone drops the national 0 that some write after the country code: +32 0470…
		m.phone = format.Significant(number.To)
	}
	return m
}

// Matches reports whether the user matches.
func (m Matcher) Matches(u coupontools.DirectoryUser) bool {
	if strings.HasPrefix(m.whole, "reg_") {
		return strings.EqualFold(m.whole, u.ID)
	}
	if m.whole != "" && m.whole == cache.Fold(u.ID) {
		return true
	}
	fields := []string{cache.Fold(u.Name()), cache.Fold(u.Email), cache.Fold(u.Phone)}
	if inAny(fields, m.whole) || phoneHas(u.Phone, m.whole) || m.phone != "" && phoneHas(u.Phone, m.phone) {
		return true
	}
	for _, w := range m.words {
		if !inAny(fields, w) && !phoneHas(u.Phone, w) {
			return false
		}
	}
	return len(m.words) > 0
}

func inAny(fields []string, part string) bool {
	for _, f := range fields {
		if strings.Contains(f, part) {
			return true
		}
	}
	return false
}

// phoneHas reports whether typed is a spelling of phone or of a part of it: with +, 00, a national 0 or "(0)", with any
// separators. The country code may be missing in either of them.
func phoneHas(phone, typed string) bool {
	if typed == "" || strings.Trim(typed, "0123456789+()-./ ") != "" {
		return false
	}
	have, want := format.Significant(phone), format.Significant(typed)
	if want == "" || have == "" {
		return false
	}
	return strings.Contains(have, want) || len(have) >= format.WholeNumber && strings.HasSuffix(want, have)
}

// CampaignID matches the id of a campaign.
var CampaignID = regexp.MustCompile(`^(?i:cam_)[0-9]{1,20}$`)
