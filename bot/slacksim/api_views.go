package slacksim

import (
	"encoding/json"
	"slices"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// viewsOpen opens a modal for the person who made the trigger.
func (s *Server) viewsOpen(c *call) (object, *apiError) { return s.openView(c, false) }

// viewsPush adds a modal to the stack that the trigger came from.
func (s *Server) viewsPush(c *call) (object, *apiError) { return s.openView(c, true) }

// openView opens a modal. With a trigger from an open modal it is pushed onto that one's stack; otherwise it replaces the stack,
// which views.push doesn't allow.
func (s *Server) openView(c *call, push bool) (object, *apiError) {
	view, err := s.readView([]byte(c.params["view"]), "modal", nil)
	if err != nil {
		return nil, err
	}
	t, err := s.triggers.use(c.trigger())
	if err != nil {
		return nil, err
	}
	fromModal := t.view != "" && slices.ContainsFunc(s.stacks[t.user], func(v *storedView) bool { return v.ID == t.view })
	switch {
	case push && !fromModal:
		return nil, newError("not_found", "the trigger isn't from an open modal")
	case fromModal && len(s.stacks[t.user]) >= maxStack:
		return nil, newError("push_limit_reached")
	case !fromModal:
		s.stacks[t.user] = nil
	}
	return object{"view": s.pushView(t.user, view).object()}, nil
}

// viewsUpdate replaces an open view, by its id or its external_id.
func (s *Server) viewsUpdate(c *call) (object, *apiError) {
	id, external := c.params["view_id"], c.params["external_id"]
	if id == "" && external == "" {
		return nil, newError("invalid_arguments", "[ERROR] missing required field: view_id")
	}
	v := s.findView(func(v *storedView) bool { return v.ID == id || external != "" && v.ExternalID == external })
	if v == nil {
		return nil, newError("not_found")
	}
	return s.updateView(c, v, v.Type)
}

// viewsPublish replaces a person's Home tab.
func (s *Server) viewsPublish(c *call) (object, *apiError) {
	user := c.params["user_id"]
	v := s.homes[user]
	switch {
	case s.user(user) == nil:
		return nil, newError("invalid_arguments", "[ERROR] user_id: no such user")
	case v == nil:
		v = &storedView{View: View{ID: s.ids.next("V"), User: user}}
		v.RootID = v.ID
	}
	result, err := s.updateView(c, v, "home")
	if err == nil {
		s.homes[user] = v
	}
	return result, err
}

// updateView replaces the content of a view, if it still has the hash that the bot expects.
func (s *Server) updateView(c *call, v *storedView, viewType string) (object, *apiError) {
	view, err := s.readView([]byte(c.params["view"]), viewType, v)
	switch hash := c.params["hash"]; {
	case err != nil:
		return nil, err
	case hash != "" && hash != v.Hash:
		return nil, newError("hash_conflict")
	}
	s.replaceView(v, view)
	return object{"view": v.object()}, nil
}

// maxValidated bounds what blocks.validate takes, in bytes.
const maxValidated = 100_000

// blocksValidate checks blocks, a view or a message, given as JSON, and describes every problem.
func (s *Server) blocksValidate(c *call) (object, *apiError) {
	kind, raw := "", ""
	for _, name := range []string{"blocks", "view", "message"} {
		if c.params[name] == "" {
			continue
		}
		if kind != "" {
			return nil, newError("invalid_arguments", "[ERROR] exactly one of blocks, view and message")
		}
		kind, raw = name, c.params[name]
	}
	if kind == "" || len(raw) > maxValidated {
		return nil, newError("invalid_arguments", "[ERROR] exactly one of blocks, view and message, up to 100000 characters")
	}
	problems := s.validate(kind, []byte(raw))
	if len(problems) == 0 {
		return object{}, nil
	}
	details := make([]object, len(problems))
	for i, p := range problems {
		details[i] = object{
			"code": "failed_constraint", "message": p.Message, "pointer": p.Pointer,
			"constraint": object{"type": p.Rule, "expected": p.Want},
		}
	}
	return nil, &apiError{Code: "invalid_" + kind, Details: details}
}

// validate returns the problems of one of the three kinds that blocks.validate takes.
func (s *Server) validate(kind string, raw []byte) []blockkit.Problem {
	var problems []blockkit.Problem
	switch kind {
	case "view":
		var view struct{ Type string }
		_ = json.Unmarshal(raw, &view) // CheckView reports what is wrong
		if view.Type != "home" {
			view.Type = "modal"
		}
		_, problems = blockkit.CheckView(raw, view.Type, s.newBlockID)
	case "message":
		var message struct{ Blocks json.RawMessage }
		if json.Unmarshal(raw, &message) != nil {
			return []blockkit.Problem{{Message: "must be a message", Rule: "type", Want: "object"}}
		}
		if message.Blocks != nil {
			_, problems = blockkit.CheckMessage(message.Blocks, s.newBlockID)
		}
	default:
		_, problems = blockkit.CheckMessage(raw, s.newBlockID)
	}
	return problems
}
