package slacksim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// maxStack is how many modals may lie on each other.
const maxStack = 3

// top returns a copy of the modal on top of the person's stack, nil if none is open.
func (s *Server) top(user string) *View {
	stack := s.stacks[user]
	if len(stack) == 0 {
		return nil
	}
	c := stack[len(stack)-1].copy()
	return &c
}

// view finds an open modal or a Home tab.
func (s *Server) view(id string) *view {
	return s.findView(func(v *view) bool { return v.ID == id })
}

func (s *Server) findView(match func(*view) bool) *view {
	for _, stack := range s.stacks {
		if i := slices.IndexFunc(stack, match); i >= 0 {
			return stack[i]
		}
	}
	for _, v := range s.homes {
		if match(v) {
			return v
		}
	}
	return nil
}

// readView reads and checks the parameter view. at is the view that it replaces, nil for a new one.
func (s *Server) readView(raw []byte, want string, at *view) (blockkit.View, *refusal) {
	if len(raw) > blockkit.MaxViewBytes {
		return blockkit.View{}, refuse("view_too_large")
	}
	d, problems := blockkit.CheckView(raw, want, s.blockID)
	if len(problems) > 0 {
		return d, refuseProblems("invalid_arguments", problems)
	}
	id := d.Text("external_id")
	if id != "" && s.findView(func(v *view) bool { return v.ExternalID == id && v != at }) != nil {
		return d, refuse("duplicate_external_id")
	}
	return d, nil
}

// fill puts what the bot sent into a view: fields anew, the state kept where block, action and type are the same.
func (s *Server) fill(v *view, d blockkit.View) {
	v.Type, v.CallbackID, v.ExternalID = d.Text("type"), d.Text("callback_id"), d.Text("external_id")
	v.Title, v.Submit, v.Close = d.Text("title"), d.Text("submit"), d.Text("close")
	v.Metadata = d.Text("private_metadata")
	v.NotifyOnClose, v.ClearOnClose = d.Flag("notify_on_close"), d.Flag("clear_on_close")
	v.Blocks, v.sent = d.Blocks, d
	v.State = newState(d.Blocks, v.State)
	v.Hash = fmt.Sprintf("%d.%08x", time.Now().Unix(), rand.Uint32())
	v.Errors, v.Trouble = nil, ""
}

// shown tells that a view changed.
func (s *Server) shown(v *view) {
	kind := EventView
	if v.Type == "home" {
		kind = EventHome
	} else {
		s.say("%s's modal: %s", s.name(v.User), v.Plain())
	}
	s.change(Event{Kind: kind, User: v.User, View: v.ID})
}

func (s *Server) viewsOpen(c *call) (answer, *refusal) { return s.openView(c, false) }
func (s *Server) viewsPush(c *call) (answer, *refusal) { return s.openView(c, true) }

// openView opens a modal. On a trigger from inside an open modal it comes on top of that one; a push wants one.
func (s *Server) openView(c *call, push bool) (answer, *refusal) {
	d, no := s.readView([]byte(c.params["view"]), "modal", nil)
	if no != nil {
		return nil, no
	}
	t, no := s.useTrigger(c)
	if no != nil {
		return nil, no
	}
	inside := t.view != "" && slices.ContainsFunc(s.stacks[t.user], func(v *view) bool { return v.ID == t.view })
	switch {
	case push && !inside:
		return nil, refuse("not_found", "the trigger does not come from an open modal")
	case inside && len(s.stacks[t.user]) >= maxStack:
		return nil, refuse("push_limit_reached")
	case !inside:
		s.stacks[t.user] = nil
	}
	return answer{"view": s.viewObject(s.pushView(t.user, d))}, nil
}

// pushView puts a new modal on the person's stack.
func (s *Server) pushView(user string, d blockkit.View) *view {
	v := &view{View: View{ID: s.id("V"), User: user}}
	v.RootID = v.ID
	if stack := s.stacks[user]; len(stack) > 0 {
		v.RootID, v.PreviousID = stack[0].ID, stack[len(stack)-1].ID
	}
	s.fill(v, d)
	s.stacks[user] = append(s.stacks[user], v)
	s.shown(v)
	return v
}

func (s *Server) viewsUpdate(c *call) (answer, *refusal) {
	id, external := c.params["view_id"], c.params["external_id"]
	if id == "" && external == "" {
		return nil, refuse("invalid_arguments", "[ERROR] missing required field: view_id")
	}
	v := s.findView(func(v *view) bool { return v.ID == id || external != "" && v.ExternalID == external })
	if v == nil {
		return nil, refuse("not_found")
	}
	d, no := s.readView([]byte(c.params["view"]), v.Type, v)
	switch hash := c.params["hash"]; {
	case no != nil:
		return nil, no
	case hash != "" && hash != v.Hash:
		return nil, refuse("hash_conflict")
	}
	s.replaceView(v, d)
	return answer{"view": s.viewObject(v)}, nil
}

func (s *Server) replaceView(v *view, d blockkit.View) {
	s.fill(v, d)
	v.Updates++
	s.shown(v)
}

func (s *Server) viewsPublish(c *call) (answer, *refusal) {
	user := c.params["user_id"]
	v := s.homes[user]
	switch {
	case s.user(user) == nil:
		return nil, refuse("invalid_arguments", "[ERROR] user_id: no such user")
	case v == nil:
		v = &view{View: View{ID: s.id("V"), User: user}}
		v.RootID = v.ID
	}
	d, no := s.readView([]byte(c.params["view"]), "home", v)
	switch hash := c.params["hash"]; {
	case no != nil:
		return nil, no
	case hash != "" && hash != v.Hash:
		return nil, refuse("hash_conflict")
	}
	s.homes[user] = v
	s.replaceView(v, d)
	return answer{"view": s.viewObject(v)}, nil
}

// viewObject is a view as Slack describes one.
func (s *Server) viewObject(v *view) answer {
	o := answer{
		"id": v.ID, "team_id": Team, "type": v.Type, "blocks": v.Blocks, "private_metadata": v.Metadata,
		"callback_id": v.CallbackID, "state": answer{"values": v.State}, "hash": v.Hash, "title": v.sent.Field("title"),
		"submit": v.sent.Field("submit"), "close": v.sent.Field("close"), "clear_on_close": v.ClearOnClose,
		"notify_on_close": v.NotifyOnClose, "previous_view_id": nil, "root_view_id": v.RootID, "app_id": App,
		"external_id": v.ExternalID, "app_installed_team_id": Team, "bot_id": botID,
	}
	if v.PreviousID != "" {
		o["previous_view_id"] = v.PreviousID
	}
	return o
}

// validate is blocks.validate: exactly one of blocks, view and message, each JSON of up to 100,000 characters.
func (s *Server) validate(c *call) (answer, *refusal) {
	kindOf, raw := "", ""
	for _, name := range []string{"blocks", "view", "message"} {
		if c.params[name] == "" {
			continue
		}
		if kindOf != "" {
			return nil, refuse("invalid_arguments", "[ERROR] exactly one of blocks, view and message")
		}
		kindOf, raw = name, c.params[name]
	}
	if kindOf == "" || len(raw) > 100_000 {
		return nil, refuse("invalid_arguments", "[ERROR] exactly one of blocks, view and message, up to 100000 characters")
	}
	problems := s.validateOne(kindOf, []byte(raw))
	if len(problems) == 0 {
		return answer{}, nil
	}
	errs := make([]answer, len(problems))
	for i, p := range problems {
		errs[i] = answer{
			"code": "failed_constraint", "message": p.Message, "pointer": p.Pointer,
			"constraint": answer{"type": p.Rule, "expected": p.Want},
		}
	}
	return nil, &refusal{Code: "invalid_" + kindOf, Errors: errs}
}

func (s *Server) validateOne(kindOf string, raw []byte) []blockkit.Problem {
	var problems []blockkit.Problem
	switch kindOf {
	case "view":
		var head struct {
			Type string `json:"type"`
		}
		_ = json.Unmarshal(raw, &head)
		if head.Type != "home" {
			head.Type = "modal"
		}
		_, problems = blockkit.CheckView(raw, head.Type, s.blockID)
	case "message":
		var body struct {
			Blocks json.RawMessage `json:"blocks"`
		}
		if json.Unmarshal(raw, &body) != nil {
			return []blockkit.Problem{{Pointer: "", Message: "must be a message", Rule: "type", Want: "object"}}
		}
		if body.Blocks != nil {
			_, problems = blockkit.CheckMessage(body.Blocks, s.blockID)
		}
	default:
		_, problems = blockkit.CheckMessage(raw, s.blockID)
	}
	return problems
}
