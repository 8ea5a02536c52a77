package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// spot is where a person acts: a message or a view, and its elements.
type spot struct {
	user    *User
	message *message
	view    *view
	blocks  json.RawMessage
}

// scene finds the place, as far as the person sees it.
func (s *Server) scene(user string, at Place) (spot, error) {
	u := s.user(user)
	if u == nil {
		return spot{}, fmt.Errorf("there is no user %s", user)
	}
	if at.View != "" {
		return s.viewScene(u, at.View)
	}
	m, ch := s.message(at.Channel, at.TS), s.channel(at.Channel)
	if m == nil || ch == nil || !ch.Has(user) || m.OnlyFor != "" && m.OnlyFor != user {
		return spot{}, fmt.Errorf("%s sees no message %s in %s", u.Name, at.TS, at.Channel)
	}
	return spot{user: u, message: m, blocks: m.Blocks}, nil
}

// viewScene finds a Home tab, or a modal if it lies on top.
func (s *Server) viewScene(u *User, id string) (spot, error) {
	if home := s.homes[u.ID]; home != nil && home.ID == id {
		return spot{user: u, view: home, blocks: home.Blocks}, nil
	}
	stack := s.stacks[u.ID]
	i := slices.IndexFunc(stack, func(v *view) bool { return v.ID == id })
	switch {
	case i < 0:
		return spot{}, fmt.Errorf("%s has no modal %s open", u.Name, id)
	case i < len(stack)-1:
		return spot{}, fmt.Errorf("modal %s lies under another one", id)
	}
	return spot{user: u, view: stack[i], blocks: stack[i].Blocks}, nil
}

// find returns the element with the action_id, in the block if one is named, with the value if one is given.
func (c spot) find(block, action string, value ...string) (blockkit.Element, error) {
	var all []string
	for _, f := range blockkit.Elements(c.blocks) {
		fits := block == "" || f.BlockID() == block
		if fits && f.ActionID() == action && (len(value) == 0 || f.Text("value") == value[0]) {
			return f, nil
		}
		all = append(all, strings.TrimSuffix(f.BlockID()+"/"+f.ActionID()+"="+f.Text("value"), "="))
	}
	return blockkit.Element{}, fmt.Errorf("there is no element %s/%s %q; there are: %s", block, action, value, strings.Join(all, ", "))
}

// state returns the state of the place as the person left it.
func (c spot) state() State {
	if c.view != nil {
		return c.view.State
	}
	return newState(c.blocks, c.message.state[c.user.ID])
}

// set puts a value into an element.
func (s *Server) set(c spot, f blockkit.Element, v Value) {
	if !f.Stateful() {
		return
	}
	if c.view != nil {
		c.view.State.set(f, v)
		delete(c.view.Errors, f.BlockID())
		s.change(Event{Kind: cond(c.view.Type == "home", EventHome, EventView), User: c.user.ID, View: c.view.ID})
		return
	}
	if c.message.state == nil {
		c.message.state = map[string]State{}
	}
	state := c.state()
	state.set(f, v)
	c.message.state[c.user.ID] = state
}

// base are the fields that every interactive payload has.
func (s *Server) payload(kind string, u *User) answer {
	var enterprise any
	if s.enterprise != "" {
		enterprise = answer{"id": s.enterprise, "name": s.enterpriseName}
	}
	return answer{
		"type": kind, "user": answer{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID},
		"team": answer{"id": Team, "domain": teamDomain}, "api_app_id": App, "token": "local",
		"enterprise": enterprise, "is_enterprise_install": false,
	}
}

// place adds where it happened: the container, and the view or the channel and message. An ephemeral message is not in
// the payload, only its timestamp.
func (s *Server) place(p answer, c spot) {
	if c.view != nil {
		p["container"] = answer{"type": "view", "view_id": c.view.ID}
		p["view"] = s.viewObject(c.view)
		return
	}
	m := c.message
	container := answer{
		"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.OnlyFor != "",
	}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	p["container"] = container
	p["channel"] = answer{"id": m.Channel, "name": s.payloadName(m.Channel)}
	if m.OnlyFor == "" {
		p["message"] = s.messageObject(m)
	}
}

// payloadName is a channel's name in payloads: private ones and direct messages are not named.
func (s *Server) payloadName(id string) string {
	ch := s.channel(id)
	switch {
	case ch == nil:
		return ""
	case ch.IM:
		return "directmessage"
	case ch.Private:
		return "privategroup"
	}
	return ch.Name
}

// trouble shows Slack's own banner in the view.
func (s *Server) trouble(v *view, text string) {
	v.Trouble = text
	s.shown(v)
}
