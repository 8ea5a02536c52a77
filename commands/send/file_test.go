package send

import (
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/sends/recipients"
)

// A column that comes back empty is an error on the field.
func TestSendQuestion_emptyChoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := order{File: &bot.File{}}
	question := &recipients.ColumnQuestion{Columns: []recipients.Column{{ID: "0/1"}, {ID: "0/2"}}}
	id := formHandlers{Deps{Deps: w.Deps()}}.keepOrder(t.Context(), commandstest.Mia, "D1", o)
	view := columnQuestion.View(id, *o.File, recipients.SMS, question)
	if view.CallbackID != "recipients_column" || !commandstest.InputsOf(t, view)[recipientlist.FieldColumn].Choice {
		t.Fatalf("%s has the fields %v, want a choice of columns", view.CallbackID, commandstest.InputsOf(t, view))
	}
	w.WantChoices(t, view, nil, nil)
}
