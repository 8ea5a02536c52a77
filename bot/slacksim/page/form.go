package page

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// fill puts the values of the submitted HTML form into the fields of a view, where they differ. The form lists the fields it
// showed under "has"; others stay as they are, since the form may be older than the view. Without a view there is nothing to
// fill in.
func (h *handler) fill(v viewer, viewID string, r *http.Request) error {
	if viewID == "" {
		return nil
	}
	view, ok := h.slack.ViewByID(viewID)
	if !ok || view.User != v.person.ID {
		return errors.New("this form is no longer open")
	}
	for _, e := range blockkit.Elements(view.Blocks) {
		// A choice that is sent to the bot at once has been made by its own request.
		chosenAlready := e.Dispatches() && !e.Typed()
		if chosenAlready || !slices.Contains(r.Form["has"], fieldName(e.BlockID(), e.ActionID())) {
			continue
		}
		if err := h.fillField(v, view, e, r); err != nil {
			return err
		}
	}
	return nil
}

// fillField sets the value of one element, unless it has that value.
func (h *handler) fillField(v viewer, view slacksim.View, e blockkit.Element, r *http.Request) error {
	if e.Type() == "file_input" {
		return h.fillFiles(v, view, e, r)
	}
	values := formValues(v.zone, e.Type(), r.Form[fieldName(e.BlockID(), e.ActionID())])
	if slices.Equal(values, currentValues(view.State[e.BlockID()][e.ActionID()])) {
		return nil
	}
	var err error
	if e.Typed() {
		_, err = h.slack.Type(detached(r), v.person.ID, view.ID, e.BlockID(), strings.Join(values, ""))
	} else {
		_, err = h.slack.Choose(detached(r), v.person.ID, view.Place(), e.BlockID(), e.ActionID(), values...)
	}
	return err
}

// formValues converts the values of an HTML field to those of an element. Empty ones are dropped, line ends become Slack's, and
// a date with a time becomes Unix seconds.
func formValues(zone *time.Location, elementType string, sent []string) []string {
	var out []string
	for _, s := range sent {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		if elementType == "datetimepicker" && s != "" {
			t, err := time.ParseInLocation(dateTimeLocal, s[:min(len(s), len(dateTimeLocal))], zone)
			if err != nil {
				continue
			}
			s = strconv.FormatInt(t.Unix(), 10)
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// currentValues returns the value of an element in the form of formValues.
func currentValues(v slacksim.Value) []string {
	var out []string
	if v.Text != "" {
		out = append(out, v.Text)
	}
	for _, o := range v.Options {
		out = append(out, o.Value)
	}
	if v.Time != 0 {
		out = append(out, strconv.FormatInt(v.Time, 10))
	}
	return out
}
