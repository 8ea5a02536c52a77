package commandstest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
)

// Input is a field of a form.
type Input struct {
	// Value is what the form opens with.
	Value string
	// Choice says that the value is chosen, not typed or uploaded.
	Choice bool
}

// InputsOf returns the fields of a form as Slack would show them.
func InputsOf(t *testing.T, view *slack.ModalViewRequest) map[string]Input {
	t.Helper()
	raw, err := json.Marshal(view.Blocks.BlockSet)
	if err != nil {
		t.Fatal(err)
	}
	var set []struct {
		Type    string `json:"type"`
		ID      string `json:"block_id"`
		Element struct {
			Type   string `json:"type"`
			Value  string `json:"initial_value"`
			Option struct {
				Value string `json:"value"`
			} `json:"initial_option"`
		} `json:"element"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		t.Fatal(err)
	}
	fields := map[string]Input{}
	for _, b := range set {
		if b.Type == "input" {
			typed := b.Element.Type == "plain_text_input" || b.Element.Type == "file_input"
			fields[b.ID] = Input{b.Element.Value + b.Element.Option.Value, !typed}
		}
	}
	return fields
}

// FilledIn returns a submitted form with its initial values and fill. The fields named in empty come back empty. Initial dates
// come back empty too, since [bot.NewView] takes none.
func FilledIn(t *testing.T, view *slack.ModalViewRequest, fill map[string]string, empty ...string) *bot.View {
	t.Helper()
	values, fields := map[string]string{}, InputsOf(t, view)
	for name, f := range fields {
		values[name] = f.Value
	}
	for name, v := range fill {
		if _, ok := fields[name]; ok {
			values[name] = v
		}
	}
	for _, name := range empty {
		delete(values, name)
	}
	submitted := bot.NewView(view.CallbackID, view.PrivateMetadata, values)
	submitted.ID = fmt.Sprint("V", empty) // a second submission of the same view is a repeat
	return submitted
}

// WantChoices submits a form with each of its choices empty in turn, as Slack is reported to do after an update. That must be
// an error on the field, unless meanings has the text that the answer then shows. fill is entered in addition to the initial
// values.
func (d Driver) WantChoices(t *testing.T, view *slack.ModalViewRequest, fill, meanings map[string]string) {
	t.Helper()
	fields := InputsOf(t, view)
	for name, f := range fields {
		if !f.Choice {
			continue
		}
		reply := Must(t)(d.Submits(t, FilledIn(t, view, fill, name)))
		meaning, may := meanings[name]
		switch {
		case may && len(reply.Errors) == 0 && reply.View != nil:
			WantIn(t, Picture(reply), meaning)
		case may || reply.Errors[name] == "":
			t.Errorf("%s empty gives the errors %q and %+v", name, reply.Errors, reply.View)
		}
		for at := range reply.Errors {
			if _, there := fields[at]; !there {
				t.Errorf("%s empty gives an error on %s, which the form does not have", name, at)
			}
		}
	}
	for name := range meanings {
		if !fields[name].Choice {
			t.Errorf("the form has no choice %s", name)
		}
	}
}
