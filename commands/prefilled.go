package commands

import (
	"cmp"
	"slices"

	"github.com/coupontools/couponbot/bot"
)

const chooseOne = "Choose one."

// formValues are the values of a submitted form.
type formValues interface {
	Value(name string) string
	ChosenText(name string) string
}

// prefilled is a submitted form with values that views.update put into it. Slack is reported to show such values but to
// submit them as null (slackapi/bolt-js#1258), so the form remembers them.
type prefilled struct {
	*bot.View
	shown map[string]string // by the name of the field
}

// Value returns the value of a field, or the one it was shown with if it comes back empty. That is right for a required
// field, which nobody can empty; see [prefilled.checkEmptied] for the others.
func (p prefilled) Value(name string) string { return cmp.Or(p.View.Value(name), p.shown[name]) }

// checkEmptied refuses optional fields that were shown with a value and come back empty: the person may have emptied them,
// or Slack may have lost the value.
func (p prefilled) checkEmptied(wrong problems, names ...string) {
	for _, name := range names {
		if was := p.shown[name]; was != "" && p.View.Value(name) == "" {
			wrong.add(name, "“"+short(was)+"” was here and came back empty. Type it again, or start a new form to leave it out.")
		}
	}
}

// chosen returns the value of a field with choices; none, or one that was not offered, is an error on the field.
func chosen(v formValues, name string, wrong problems, offered ...string) string {
	if value := v.Value(name); slices.Contains(offered, value) {
		return value
	}
	wrong.add(name, chooseOne)
	return ""
}
