package recipients

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// answer is the meaning of a cell in a consent column.
type answer int

const (
	answerOther answer = iota // an unknown word
	answerNone                // an empty cell, or "n/a"
	answerDate
	answerYes
	answerNo
	answerSubscribed
	answerUnsubscribed
)

// answers lists the cells of consent columns in English, Dutch, French, German, Spanish and Italian, compared like headers.
// "Cleaned" and "bounced" are Mailchimp's and others' words for addresses that must not be written to.
var answers = map[answer]string{
	answerYes:  "yes y true x v ok on ja j waar oui o vrai si s sim verdadero vero wahr granted accepted agreed allowed given",
	answerNone: "na null nil nvt nd",
	answerNo: "no n false off not without nee neen niet geen onwaar non pas sans faux nein nicht kein keine keinen falsch falso " +
		"sin senza nao nej nunca jamais mai nie nooit never none denied declined refused rejected revoked withdrawn stop " +
		"pending unconfirmed geweigerd ingetrokken refuse retire abgelehnt widerrufen zuruckgezogen rechazado denegado retirado " +
		"rifiutato negato revocato",
	answerSubscribed: "subscribed subscriber optin optedin confirmed ingeschreven aangemeld abonne abonnee inscrit inscrite " +
		"angemeldet abonniert suscrito suscrita iscritto iscritta",
	answerUnsubscribed: "unsubscribed unsubscribe unsub optout optedout nonsubscribed notsubscribed cleaned bounced hardbounce " +
		"complained complaint spam blocked blacklisted suppressed donotcontact dnc uitgeschreven afgemeld geblokkeerd desabonne " +
		"desabonnee desinscrit desinscrite abgemeldet gesperrt baja desuscrito desuscrita dadodebaja bloqueado disiscritto " +
		"disiscritta cancellato bloccato",
}

var answerWords = sync.OnceValue(func() map[string]answer {
	words := map[string]answer{"1": answerYes, "✓": answerYes, "✔": answerYes, "☑": answerYes, "✅": answerYes, "☒": answerYes}
	for _, no := range []string{"0", "✗", "✘", "☐", "❌", "-"} {
		words[no] = answerNo
	}
	for said, list := range answers {
		for word := range strings.FieldsSeq(list) {
			words[word] = said
		}
	}
	return words
})

// answerOf parses a cell of a consent column. Among several words, a no decides: "Nein, danke", "not given".
func answerOf(cell string) answer {
	cell = strings.TrimSpace(cell)
	if cell == "" {
		return answerNone
	}
	known := answerWords()
	if said, ok := known[cell]; ok {
		return said
	}
	if number, err := strconv.ParseFloat(cell, 64); err == nil && number < 2 {
		return known[strconv.FormatFloat(number, 'f', -1, 64)]
	}
	if date.MatchString(cell) {
		return answerDate
	}
	words := strings.Fields(plainWords(cell))
	if said, ok := known[strings.Join(words, "")]; ok {
		return said
	}
	said := answerOther
	for _, word := range words {
		switch known[word] {
		case answerUnsubscribed:
			return answerUnsubscribed
		case answerNo:
			said = answerNo
		}
	}
	return said
}

// date matches how spreadsheets and programs write a day, with or without a time: 05.03.2024, 2024-03-05T10:00, 20240305,
// and Unix seconds.
var date = regexp.MustCompile(`^(\d{1,2}[./ -]\d{1,2}[./ -](\d{4}|\d{2})|(19|20)\d\d[./-]?[01]?\d[./-]?[0-3]?\d)([T ,].*)?$` +
	`|^1[5-9]\d{8}(\d{3})?$`)

// asksConsent reports whether a header is about consent to messages of that kind, and not only of the other kind.
func (m meaning) asksConsent(kind Kind) bool {
	if !m.says(meansOptIn | meansOptOut | meansStatus) {
		return false
	}
	email, phone := m.says(meansEmail), m.says(meansMobile|meansPhone|meansLandline)
	if kind == Email {
		return email || !phone
	}
	return phone || !email
}

// consentColumn reports whether a column is about consent to messages of that kind, by its header and its cells. A column of
// recipients never is, whatever its header.
func (c *column) consentColumn(kind Kind) bool {
	if c.usable > 0 || !c.says.asksConsent(kind) {
		return false
	}
	switch {
	case c.says.says(meansOptOut):
		return c.filled > 0
	case c.says.says(meansOptIn):
		return c.answers[answerYes]+c.answers[answerNo]+c.answers[answerDate]+c.answers[answerSubscribed]+c.answers[answerUnsubscribed] > 0
	}
	return c.answers[answerSubscribed]+c.answers[answerUnsubscribed] > 0
}

// refuses reports whether a cell of a consent column means no. In an opt-in column, empty cells and unknown words do too.
func (m meaning) refuses(said answer) bool {
	switch {
	case m.says(meansOptOut):
		return said != answerNone && said != answerNo && said != answerSubscribed
	case m.says(meansOptIn):
		return said != answerYes && said != answerDate && said != answerSubscribed
	}
	return said == answerUnsubscribed
}

// Consent says what to do with rows that have a no in a consent column.
type Consent int

const (
	// ConsentRespected skips people who said no.
	ConsentRespected Consent = iota
	// ConsentIgnored takes all rows.
	ConsentIgnored
	// ConsentRefused takes only people who said no, for a list of people not to contact.
	ConsentRefused
)

// consentRule skips rows by the consent columns.
type consentRule struct {
	consent Consent
	columns []*column
}

// refuses returns why a row is skipped, nil if it isn't.
func (c consentRule) refuses(row row) error {
	if c.consent == ConsentIgnored || len(c.columns) == 0 {
		return nil
	}
	i := slices.IndexFunc(c.columns, func(c *column) bool { return c.says.refuses(answerOf(row.cell(c.at))) })
	switch {
	case i < 0 && c.consent == ConsentRespected, i >= 0 && c.consent == ConsentRefused:
		return nil
	case i < 0:
		return refusal{RuleConsent, "This person didn't say no."}
	}
	said := c.columns[i]
	if cell := row.cell(said.at); cell != "" {
		return refusal{RuleConsent, fmt.Sprintf("No consent: %s says “%s”.", said.name(), shownUpTo(cell, maxExampleRunes))}
	}
	return refusal{RuleConsent, fmt.Sprintf("No consent: %s is empty.", said.name())}
}

// empty reports whether a cell has no letter, digit or @: a dash or a slash means nothing too.
func empty(cell string) bool {
	return !strings.ContainsFunc(cell, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' || r == '=' || r == '#'
	})
}
