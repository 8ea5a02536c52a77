package form

import (
	"cmp"
	"slices"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
)

// ChooseOne is the error of an empty choice.
const ChooseOne = "Choose one."

// Values are the values of a submitted form.
type Values interface {
	Value(name string) string
	ChosenText(name string) string
}

// Prefilled is a submitted form with values that views.update put into it. Slack is reported to show such values but to
// submit them as null (slackapi/bolt-js#1258), so the form remembers them.
type Prefilled struct {
	*bot.View
	Shown map[string]string // by the name of the field
}

// Value returns the value of a field, or its initial value if it comes back empty. That is right for required fields, which
// nobody can empty; see [Prefilled.CheckEmptied] for optional ones.
func (p Prefilled) Value(name string) string { return cmp.Or(p.View.Value(name), p.Shown[name]) }

// CheckEmptied adds an error to optional fields with an initial value that come back empty: the user may have emptied them, or
// Slack may have lost the value.
func (p Prefilled) CheckEmptied(wrong Problems, names ...string) {
	for _, name := range names {
		if was := p.Shown[name]; was != "" && p.View.Value(name) == "" {
			wrong.Add(name, "“"+format.Short(was)+"” was here and came back empty. Type it again, or start a new form to leave it out.")
		}
	}
}

// Chosen returns the value of a choice. A missing or unknown value is an error on the field.
func Chosen(v Values, name string, wrong Problems, offered ...string) string {
	if value := v.Value(name); slices.Contains(offered, value) {
		return value
	}
	wrong.Add(name, ChooseOne)
	return ""
}
