package bot

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/coupontools/couponbot/bot/socket"
	"github.com/coupontools/couponbot/internal/emoji"
)

// commandPayload has the fields of a slash command's payload that the bot reads.
type commandPayload struct {
	TeamID      string `json:"team_id"`
	ChannelID   string `json:"channel_id"`
	UserID      string `json:"user_id"`
	Command     string `json:"command"`
	Text        string `json:"text"`
	ResponseURL string `json:"response_url"`
	TriggerID   string `json:"trigger_id"`
}

// interactivePayload has the fields of an interaction's payload that the bot reads.
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
	// A block_suggestion has its fields at the top level.
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

// rawView has the fields of Slack's view object that the bot reads.
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

// decode parses JSON. It skips a field of an unexpected type, so that a change of Slack's in one field doesn't lose the
// rest.
func decode(raw json.RawMessage, into any) error {
	err := json.Unmarshal(raw, into)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return nil
	}
	return err
}

// parse reads an envelope. It leaves the kind empty for what needs nothing but the acknowledgement: events, closed views,
// shortcuts.
func (i *interaction) parse(env socket.Envelope) error {
	switch env.Type {
	case "slash_commands":
		return i.parseCommand(env)
	case "interactive":
		return i.parseInteractive(env)
	}
	return nil
}

func (i *interaction) parseCommand(env socket.Envelope) error {
	var p commandPayload
	if err := decode(env.Payload, &p); err != nil {
		return fmt.Errorf("read slash command: %w", err)
	}
	p.Text = bounded(p.Text)
	i.kind, i.name, i.team, i.user = kindCommand, p.Command, p.TeamID, p.UserID
	i.triggerID, i.responseURL = p.TriggerID, p.ResponseURL
	i.dedupeKey = cmp.Or(p.TriggerID, env.ID)
	i.request = Request{ID: i.dedupeKey, Channel: p.ChannelID, Text: Unescape(p.Text), Words: Split(p.Text)}
	return nil
}

func (i *interaction) parseInteractive(env socket.Envelope) error {
	var p interactivePayload
	if err := decode(env.Payload, &p); err != nil {
		return fmt.Errorf("read interaction: %w", err)
	}
	i.team, i.user = cmp.Or(p.User.TeamID, p.Team.ID), p.User.ID
	i.triggerID, i.responseURL, i.ephemeral = p.TriggerID, p.ResponseURL, p.Container.IsEphemeral
	i.dedupeKey = cmp.Or(p.TriggerID, env.ID)
	i.stackFull = p.View != nil && p.View.stackFull()
	i.request = Request{ID: i.dedupeKey, Channel: cmp.Or(p.Channel.ID, p.Container.ChannelID), View: p.View.view()}
	if !i.ephemeral {
		i.request.Message, i.request.Thread = p.Container.MessageTS, cmp.Or(p.Container.ThreadTS, p.Message.ThreadTS)
	}
	switch {
	case p.Type == "block_actions" && len(p.Actions) > 0:
		a := p.Actions[0]
		i.kind, i.name = kindAction, a.ActionID
		i.request.Action, i.request.Block, i.request.Value = a.ActionID, a.BlockID, a.Value
		if a.SelectedOption != nil {
			i.request.Value = a.SelectedOption.Value
		}
	case p.Type == "view_submission" && p.View != nil:
		i.kind, i.name, i.inputs = kindSubmission, p.View.CallbackID, p.View.inputs()
	case p.Type == "block_suggestion":
		i.kind, i.name, i.request.Action = kindOptions, p.ActionID, p.ActionID
		i.request.Value, _ = emoji.Replace(bounded(p.Value))
	}
	return nil
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

// inputs returns the block_ids of the input blocks.
func (r *rawView) inputs() map[string]bool {
	set := map[string]bool{}
	for _, b := range r.Blocks {
		if b.Type == "input" {
			set[b.BlockID] = true
		}
	}
	return set
}

// stackFull reports whether no view can be pushed on top of this one. Slack: a stack holds three.
func (r *rawView) stackFull() bool {
	return r.RootViewID != r.ID && r.PreviousViewID != r.RootViewID
}
