package bot

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coupontools/couponbot/internal/emoji"
)

// slashPayload is Slack's payload of a slash command as far as it is read.
type slashPayload struct {
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"`
	UserID      string `json:"user_id"`
	Command     string `json:"command"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// interactivePayload is Slack's payload of a click, a submit or a suggestion as far as it is read.
type interactivePayload struct {
	Type string `json:"type"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	Channel     struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		IsEphemeral bool   `json:"is_ephemeral"`
		ChannelID   string `json:"channel_id"`
		MessageTS   string `json:"message_ts"`
		ThreadTS    string `json:"thread_ts"`
	} `json:"container"`
	Message struct {
		ThreadTS string `json:"thread_ts"`
	} `json:"message"`
	View    *rawView `json:"view"`
	Actions []struct {
		ActionID       string          `json:"action_id"`
		BlockID        string          `json:"block_id"`
		Value          string          `json:"value"`
		SelectedOption *selectedOption `json:"selected_option"`
	} `json:"actions"`
	// A suggestion has its fields at the top.
	ActionID string `json:"action_id"`
	Value    string `json:"value"`
}

type elementState struct {
	Value            string            `json:"value"`
	SelectedOption   *selectedOption   `json:"selected_option"`
	SelectedDateTime int64             `json:"selected_date_time"`
	Files            []json.RawMessage `json:"files"`
}

type selectedOption struct {
	Text struct {
		Text string `json:"text"`
	} `json:"text"`
	Value string `json:"value"`
}

// rawView is Slack's view object as far as it is read.
type rawView struct {
	ID              string `json:"id"`
	RootViewID      string `json:"root_view_id"`
	PreviousViewID  string `json:"previous_view_id"`
	ExternalID      string `json:"external_id"`
	Hash            string `json:"hash"`
	CallbackID      string `json:"callback_id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		Values map[string]map[string]json.RawMessage `json:"values"`
	} `json:"state"`
	Blocks []struct {
		Type    string `json:"type"`
		BlockID string `json:"block_id"`
	} `json:"blocks"`
}

// Kinds of exchange, as they stand in the log.
const (
	kindCommand = "command"
	kindClick   = "click"
	kindSubmit  = "submit"
	kindSuggest = "suggestion"
)

// exchange is one thing a person did, and the ways back to that person.
type exchange struct {
	kind    string
	name    string // command, action_id or callback_id
	team    string
	user    string
	once    string // names the deed: its trigger_id, or the envelope's id
	request Request

	trigger     string
	responseURL string
	ephemeral   bool            // the clicked message is seen by this person only
	inputs      map[string]bool // block_ids of the submitted view that errors may be shown at
	deepest     bool            // the view it came from is the last that Slack's stack has room for
}

// decode reads JSON. A field of another type than expected is left out: what Slack changes in one field must not lose the
// rest.
func decode(raw json.RawMessage, into any) error {
	err := json.Unmarshal(raw, into)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil
	}
	return err
}

func readSlash(envelope string, raw json.RawMessage) (*exchange, error) {
	var p slashPayload
	if err := decode(raw, &p); err != nil {
		return nil, fmt.Errorf("read slash command: %w", err)
	}
	p.Text = bounded(p.Text)
	x := &exchange{
		kind: kindCommand, name: p.Command, team: p.TeamID, user: p.UserID,
		once: p.TriggerID, trigger: p.TriggerID, responseURL: p.ResponseURL,
		request: Request{Channel: p.ChannelID, Text: Unescape(p.Text), Words: Split(p.Text)},
	}
	if x.once == "" {
		x.once = envelope
	}
	return x, nil
}

// readInteractive reads a click, a submit or a suggestion; nil for any other interaction, which needs no answer.
func readInteractive(envelope string, raw json.RawMessage) (*exchange, error) {
	var p interactivePayload
	if err := decode(raw, &p); err != nil {
		return nil, fmt.Errorf("read interaction: %w", err)
	}
	x := &exchange{
		team: p.User.TeamID, user: p.User.ID,
		once: p.TriggerID, trigger: p.TriggerID, responseURL: p.ResponseURL, ephemeral: p.Container.IsEphemeral,
		request: Request{Channel: p.Channel.ID, View: p.View.view()},
	}
	if x.team == "" {
		x.team = p.Team.ID
	}
	if x.once == "" {
		x.once = envelope
	}
	if x.request.Channel == "" {
		x.request.Channel = p.Container.ChannelID
	}
	if !x.ephemeral {
		x.request.Message, x.request.Thread = p.Container.MessageTS, cmp.Or(p.Container.ThreadTS, p.Message.ThreadTS)
	}
	x.deepest = p.View != nil && p.View.deepest()
	switch {
	case p.Type == "block_actions" && len(p.Actions) > 0:
		a := p.Actions[0]
		x.kind, x.name = kindClick, a.ActionID
		x.request.Action, x.request.Block, x.request.Value = a.ActionID, a.BlockID, a.Value
		if a.SelectedOption != nil {
			x.request.Value = a.SelectedOption.Value
		}
	case p.Type == "view_submission" && p.View != nil:
		x.kind, x.name = kindSubmit, p.View.CallbackID
		x.inputs = p.View.inputs()
	case p.Type == "block_suggestion":
		x.kind, x.name = kindSuggest, p.ActionID
		x.request.Action = p.ActionID
		x.request.Value, _ = emoji.Replace(bounded(p.Value))
	default:
		return nil, nil //nolint:nilnil // closed views and shortcuts need nothing but the acknowledgement
	}
	return x, nil
}

func (r *rawView) view() *View {
	if r == nil {
		return nil
	}
	v := &View{
		ID: r.ID, Hash: r.Hash, CallbackID: r.CallbackID, Metadata: r.PrivateMetadata,
		external: r.ExternalID,
		values:   map[string]map[string]elementState{},
	}
	for block, elements := range r.State.Values {
		v.values[block] = map[string]elementState{}
		for action, raw := range elements {
			var state elementState
			if decode(raw, &state) == nil {
				v.values[block][action] = state
			}
		}
	}
	return v
}

// inputs returns the block_ids that errors may be shown at: Slack shows them at input blocks only.
func (r *rawView) inputs() map[string]bool {
	set := map[string]bool{}
	for _, b := range r.Blocks {
		if b.Type == "input" {
			set[b.BlockID] = true
		}
	}
	return set
}

// deepest reports whether no view can be pushed on top of this one. Slack: a stack holds three.
func (r *rawView) deepest() bool {
	return r.RootViewID != r.ID && r.PreviousViewID != r.RootViewID
}
