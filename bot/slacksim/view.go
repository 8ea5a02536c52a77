package slacksim

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// View is a modal or a Home tab.
type View struct {
	ID, Hash           string
	RootID, PreviousID string // of the stack; PreviousID is "" for the lowest
	User               string // who sees it
	Type               string // modal or home
	CallbackID         string
	ExternalID         string
	Title              string
	Submit, Close      string // labels; without Submit there is no button, without Close Slack chooses the label
	Blocks             json.RawMessage
	Metadata           string // private_metadata
	NotifyOnClose      bool
	ClearOnClose       bool
	State              State             // values of the elements
	Errors             map[string]string // errors of fields by block_id: the bot's, or Slack's own
	Trouble            string            // Slack's banner after a submit or a click that failed
	Updates            int               // how often it was replaced
}

// Place returns the view as the place of its elements, for [Server.Click] and similar methods.
func (v View) Place() Place { return Place{View: v.ID} }

// Plain returns what a person reads in the view: its title, then the text of its blocks.
func (v View) Plain() string {
	if text := blockkit.PlainText(v.Blocks); text != "" {
		return v.Title + "\n" + text
	}
	return v.Title
}

// storedView is a view with the JSON that the bot sent.
type storedView struct {
	View
	sent blockkit.View
}

// copy returns the view for a caller outside, who may keep it.
func (v *storedView) copy() View {
	c := v.View
	c.Errors, c.State = maps.Clone(v.Errors), v.State.clone()
	return c
}

// set replaces the content of a view. Elements that are the same keep their value: see newState.
func (v *storedView) set(sent blockkit.View) {
	v.Type, v.CallbackID, v.ExternalID = sent.Text("type"), sent.Text("callback_id"), sent.Text("external_id")
	v.Title, v.Submit, v.Close = sent.Text("title"), sent.Text("submit"), sent.Text("close")
	v.Metadata = sent.Text("private_metadata")
	v.NotifyOnClose, v.ClearOnClose = sent.Flag("notify_on_close"), sent.Flag("clear_on_close")
	v.Blocks, v.sent = sent.Blocks, sent
	v.State = newState(sent.Blocks, v.State)
	v.Hash = fmt.Sprintf("%d.%08x", time.Now().Unix(), rand.Uint32())
	v.Errors, v.Trouble = nil, ""
}

// object returns the view as Slack sends it.
func (v *storedView) object() object {
	o := object{
		"id": v.ID, "team_id": Team, "type": v.Type, "blocks": v.Blocks, "private_metadata": v.Metadata,
		"callback_id": v.CallbackID, "state": object{"values": v.State}, "hash": v.Hash, "title": v.sent.Field("title"),
		"submit": v.sent.Field("submit"), "close": v.sent.Field("close"), "clear_on_close": v.ClearOnClose,
		"notify_on_close": v.NotifyOnClose, "previous_view_id": nil, "root_view_id": v.RootID, "app_id": App,
		"external_id": v.ExternalID, "app_installed_team_id": Team, "bot_id": botID,
	}
	if v.PreviousID != "" {
		o["previous_view_id"] = v.PreviousID
	}
	return o
}
