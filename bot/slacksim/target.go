package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// target is a message or a view in which a person acts.
type target struct {
	user    *User
	message *storedMessage // nil in a view
	view    *storedView    // nil in a message
	blocks  json.RawMessage
}

// findTarget returns a message or view if the person can act in it: a message they see, their Home tab, or the top modal of their
// stack.
func (s *Server) findTarget(user string, at Place) (target, error) {
	u := s.user(user)
	if u == nil {
		return target{}, fmt.Errorf("there is no user %s", user)
	}
	if at.View != "" {
		return s.findViewTarget(u, at.View)
	}
	m, ch := s.message(at.Channel, at.TS), s.channel(at.Channel)
	if m == nil || ch == nil || !ch.Has(user) || m.OnlyFor != "" && m.OnlyFor != user {
		return target{}, fmt.Errorf("%s sees no message %s in %s", u.Name, at.TS, at.Channel)
	}
	return target{user: u, message: m, blocks: m.Blocks}, nil
}

// findViewTarget returns a Home tab or the top of the stack, if it has this id.
func (s *Server) findViewTarget(u *User, id string) (target, error) {
	if home := s.homes[u.ID]; home != nil && home.ID == id {
		return target{user: u, view: home, blocks: home.Blocks}, nil
	}
	stack := s.stacks[u.ID]
	i := slices.IndexFunc(stack, func(v *storedView) bool { return v.ID == id })
	switch {
	case i < 0:
		return target{}, fmt.Errorf("%s has no modal %s open", u.Name, id)
	case i < len(stack)-1:
		return target{}, fmt.Errorf("modal %s is under another one", id)
	}
	return target{user: u, view: stack[i], blocks: stack[i].Blocks}, nil
}

// element returns the element with an action_id, in one block if it is named, and with a value if one is given.
func (t target) element(block, action string, value ...string) (blockkit.Element, error) {
	var all []string
	for _, e := range blockkit.Elements(t.blocks) {
		matches := e.ActionID() == action && (block == "" || e.BlockID() == block)
		if matches && (len(value) == 0 || e.Text("value") == value[0]) {
			return e, nil
		}
		all = append(all, strings.TrimSuffix(e.BlockID()+"/"+e.ActionID()+"="+e.Text("value"), "="))
	}
	return blockkit.Element{}, fmt.Errorf("there is no element %s/%s %q; there are: %s", block, action, value, strings.Join(all, ", "))
}

// input returns the element of an input block.
func (t target) input(block string) (blockkit.Element, error) {
	var all []string
	for _, e := range blockkit.Elements(t.blocks) {
		if !e.InInput() {
			continue
		}
		if e.BlockID() == block {
			return e, nil
		}
		all = append(all, e.BlockID())
	}
	return blockkit.Element{}, fmt.Errorf("there is no input block %q; there are: %s", block, strings.Join(all, ", "))
}

// state returns the values of all elements as the person left them.
func (t target) state() State {
	if t.view != nil {
		return t.view.State
	}
	return t.message.stateOf(t.user.ID)
}

// setValue changes the value of an element.
func (s *Server) setValue(t target, e blockkit.Element, v Value) {
	if !e.Stateful() {
		return
	}
	if t.view == nil {
		t.message.setValue(t.user.ID, e, v)
		return
	}
	t.view.State.set(e, v)
	delete(t.view.Errors, e.BlockID())
	kind := EventView
	if t.view.Type == "home" {
		kind = EventHome
	}
	s.notify(Event{Kind: kind, User: t.user.ID, View: t.view.ID})
}

// payload returns the fields of every interactive payload.
func (s *Server) payload(payloadType string, u *User) object {
	var enterprise any
	if s.enterprise != "" {
		enterprise = object{"id": s.enterprise, "name": s.enterpriseName}
	}
	return object{
		"type": payloadType, "user": object{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": u.TeamID},
		"team": object{"id": Team, "domain": teamDomain}, "api_app_id": App, "token": "local",
		"enterprise": enterprise, "is_enterprise_install": false,
	}
}

// addContainer adds to a payload where the interaction happened. Of an ephemeral message it has only the timestamp.
func (s *Server) addContainer(payload object, t target) {
	if t.view != nil {
		payload["container"] = object{"type": "view", "view_id": t.view.ID}
		payload["view"] = t.view.object()
		return
	}
	m := t.message
	container := object{
		"type": "message", "message_ts": m.TS, "channel_id": m.Channel, "is_ephemeral": m.OnlyFor != "",
	}
	if m.ThreadTS != "" {
		container["thread_ts"] = m.ThreadTS
	}
	payload["container"] = container
	payload["channel"] = object{"id": m.Channel, "name": s.payloadName(m.Channel)}
	if m.OnlyFor == "" {
		payload["message"] = m.object()
	}
}
