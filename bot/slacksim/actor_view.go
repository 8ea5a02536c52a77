package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// troubleText is Slack's banner over a modal whose submit or click came to nothing.
const troubleText = "We had some trouble connecting. Try again?"

// InvalidError tells of fields that Slack itself refuses, before the bot hears of the submit.
type InvalidError struct {
	View   string
	Errors map[string]string // words by block_id
}

func (e *InvalidError) Error() string {
	parts := make([]string, 0, len(e.Errors))
	for _, block := range slices.Sorted(maps.Keys(e.Errors)) {
		parts = append(parts, block+": "+e.Errors[block])
	}
	return fmt.Sprintf("submit view %s: %s", e.View, strings.Join(parts, "; "))
}

// Type puts text into the element of an input block, in the place of what stood there. If the block has
// dispatch_action, the bot hears of it, as after Enter.
func (s *Server) Type(ctx context.Context, user, viewID, block, text string) (Outcome, error) {
	return s.act(ctx, user, Place{View: viewID}, func(c spot) (blockkit.Element, Value, bool, error) {
		f, err := c.input(block)
		if err != nil {
			return f, Value{}, false, err
		}
		if !f.Typed() {
			return f, Value{}, false, elementError(f, "takes no typed text")
		}
		return f, Value{Type: f.Type(), Text: text}, f.Dispatches(), nil
	})
}

// input returns the element of an input block.
func (c spot) input(block string) (blockkit.Element, error) {
	var all []string
	for _, f := range blockkit.Elements(c.blocks) {
		if !f.InInput() {
			continue
		}
		if f.BlockID() == block {
			return f, nil
		}
		all = append(all, f.BlockID())
	}
	return blockkit.Element{}, fmt.Errorf("there is no input block %q; there are: %s", block, strings.Join(all, ", "))
}

// Attach puts a file into the file_input of an input block, besides those already there. It is a file of that person,
// unless an option says otherwise.
func (s *Server) Attach(ctx context.Context, user, viewID, block, name string, content []byte, options ...FileOption) error {
	if len(content) > maxFormFile {
		return fmt.Errorf("%s is larger than 10 MB", name)
	}
	_, err := s.act(ctx, user, Place{View: viewID}, func(c spot) (blockkit.Element, Value, bool, error) {
		f, err := c.input(block)
		if err != nil {
			return f, Value{}, false, err
		}
		v := c.view.State[block][f.ActionID()]
		if f.Type() != "file_input" || int64(len(v.Files)) >= f.Int("max_files", 10) {
			return f, Value{}, false, elementError(f, "takes no further file")
		}
		file := s.addFile(user, name, content)
		file.done = true
		for _, option := range options {
			option(&file.File)
		}
		v.Files = append(slices.Clip(v.Files), file.File)
		return f, v, false, nil
	})
	return err
}

// Detach takes a file out of the file_input of an input block again.
func (s *Server) Detach(ctx context.Context, user, viewID, block, name string) error {
	_, err := s.act(ctx, user, Place{View: viewID}, func(c spot) (blockkit.Element, Value, bool, error) {
		f, err := c.input(block)
		if err != nil {
			return f, Value{}, false, err
		}
		v := c.view.State[block][f.ActionID()]
		i := slices.IndexFunc(v.Files, func(file File) bool { return file.Name == name })
		if i < 0 {
			return f, Value{}, false, elementError(f, "has no file %s", name)
		}
		v.Files = slices.Delete(slices.Clone(v.Files), i, i+1)
		return f, v, false, nil
	})
	return err
}

// Submit presses the submit button of the modal on top. An [*InvalidError] names the fields that Slack itself refuses,
// without telling the bot; they are in [View.Errors] then, like those of the bot's answer.
func (s *Server) Submit(ctx context.Context, user, viewID string) (Outcome, error) {
	s.mu.Lock()
	d, done, err := s.submit(user, viewID)
	s.mu.Unlock()
	if err != nil {
		return Outcome{}, err
	}
	out, err := s.deliver(ctx, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	out.Action, out.Errors = done.action, maps.Clone(done.errors)
	out.View = s.top(user)
	return out, err
}

// submitted is what the acknowledgement of a submit did.
type submitted struct {
	action string
	errors map[string]string
}

func (s *Server) submit(user, viewID string) (*delivery, *submitted, error) {
	c, err := s.scene(user, Place{View: viewID})
	switch {
	case err != nil:
		return nil, nil, err
	case c.view.Type != "modal" || c.view.Submit == "":
		return nil, nil, fmt.Errorf("view %s has no submit button", viewID)
	}
	v := c.view
	v.Trouble, v.Errors = "", invalid(c)
	if len(v.Errors) > 0 {
		s.shown(v)
		return nil, nil, &InvalidError{View: viewID, Errors: maps.Clone(v.Errors)}
	}
	p := s.payload("view_submission", c.user)
	p["view"] = s.viewObject(v)
	p["trigger_id"] = s.newTrigger(user, v.ID)
	p["response_urls"] = []answer{}
	s.say("%s submits “%s”", c.user.Name, v.Title)
	done := &submitted{}
	return &delivery{
		kind: "interactive", name: v.CallbackID, accepts: true, payload: blockkit.EncodeJSON(p),
		apply:  func(raw json.RawMessage) string { return s.answerSubmit(v, raw, done) },
		failed: func(string) { s.trouble(v, troubleText) },
	}, done, nil
}

// answerSubmit does what the acknowledgement of a submit asks.
func (s *Server) answerSubmit(v *view, raw json.RawMessage, done *submitted) string {
	if blank(raw) {
		done.action = "close"
		s.closeView(v)
		return ""
	}
	var r struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   json.RawMessage   `json:"view"`
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(raw, &r) != nil || json.Unmarshal(raw, &keys) != nil {
		return s.badSubmit("it is not an object with response_action")
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains([]string{"response_action", "errors", "view"}, key) {
			return s.badSubmit("it has no field %q", key)
		}
	}
	var failure string
	switch r.Action {
	case "errors":
		failure = s.showErrors(v, r.Errors)
	case "update", "push":
		failure = s.answerWithView(v, r.Action, r.View)
	case "clear":
		s.clearStack(v.User)
	default:
		return s.badSubmit("response_action %q", r.Action)
	}
	if failure == "" {
		done.action, done.errors = r.Action, r.Errors
	}
	return failure
}

// badSubmit records why the acknowledgement of a submit shows "trouble connecting".
func (s *Server) badSubmit(format string, args ...any) string {
	s.violate("acknowledgement of a submit: "+format+" (the modal says: trouble connecting)", args...)
	return failureBadAck
}

func (s *Server) showErrors(v *view, errs map[string]string) string {
	if len(errs) == 0 {
		return s.badSubmit("errors without a field")
	}
	inputs := map[string]bool{}
	for _, f := range blockkit.Elements(v.Blocks) {
		inputs[f.BlockID()] = f.InInput()
	}
	for _, block := range slices.Sorted(maps.Keys(errs)) {
		if !inputs[block] {
			return s.badSubmit("errors names %q, which is no input block of the view", block)
		}
		if errs[block] == "" {
			return s.badSubmit("the error of %q is empty", block)
		}
	}
	v.Errors = maps.Clone(errs)
	s.shown(v)
	s.say("fields refused: %s", (&InvalidError{View: v.CallbackID, Errors: errs}).Error())
	return ""
}

func (s *Server) answerWithView(v *view, action string, raw json.RawMessage) string {
	at := v
	if action == "push" {
		at = nil
	}
	d, no := s.readView(raw, "modal", at)
	switch {
	case no != nil:
		return s.badSubmit("%s: %s %s", action, no.Code, strings.Join(no.Messages, "; "))
	case action == "update":
		s.replaceView(v, d)
	case len(s.stacks[v.User]) >= maxStack:
		return s.badSubmit("push: push_limit_reached")
	default:
		s.pushView(v.User, d)
	}
	return ""
}

// closeView takes one modal off its stack.
func (s *Server) closeView(v *view) {
	s.stacks[v.User] = slices.DeleteFunc(slices.Clone(s.stacks[v.User]), func(x *view) bool { return x == v })
	s.change(Event{Kind: EventView, User: v.User, View: v.ID})
}

func (s *Server) clearStack(user string) {
	delete(s.stacks, user)
	s.change(Event{Kind: EventView, User: user})
}

// CloseView closes the modal on top by its Close button; with clear_on_close all of the stack goes. The bot hears of it
// if the modal has notify_on_close.
func (s *Server) CloseView(ctx context.Context, user, viewID string) (Outcome, error) {
	s.mu.Lock()
	c, err := s.scene(user, Place{View: viewID})
	if err != nil || c.view.Type != "modal" {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("close view %s: %w", viewID, err)
	}
	cleared := c.view.ClearOnClose
	if cleared {
		s.clearStack(user)
	} else {
		s.closeView(c.view)
	}
	deliveries := s.closed(c.user, []*view{c.view}, cleared)
	s.mu.Unlock()
	return s.tellClosed(ctx, user, deliveries)
}

// CloseAll closes the person's whole stack by the cross in its corner.
func (s *Server) CloseAll(ctx context.Context, user string) (Outcome, error) {
	s.mu.Lock()
	u, stack := s.user(user), s.stacks[user]
	if u == nil || len(stack) == 0 {
		s.mu.Unlock()
		return Outcome{}, fmt.Errorf("%s has no modal open", user)
	}
	s.clearStack(user)
	deliveries := s.closed(u, stack, true)
	s.mu.Unlock()
	return s.tellClosed(ctx, user, deliveries)
}

// closed makes the envelopes view_closed for those who want them, the top one first.
func (s *Server) closed(u *User, views []*view, cleared bool) []*delivery {
	var out []*delivery
	for _, v := range slices.Backward(views) {
		if !v.NotifyOnClose {
			continue
		}
		p := s.payload("view_closed", u)
		p["view"], p["is_cleared"] = s.viewObject(v), cleared
		out = append(out, &delivery{kind: "interactive", name: v.CallbackID, accepts: true, payload: blockkit.EncodeJSON(p)})
	}
	return out
}

func (s *Server) tellClosed(ctx context.Context, user string, deliveries []*delivery) (out Outcome, err error) {
	for _, d := range deliveries {
		if out, err = s.deliver(ctx, d); err != nil {
			return out, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.View = s.top(user)
	return out, nil
}

// invalid are the words Slack itself puts at fields that cannot be submitted.
func invalid(c spot) map[string]string {
	out := map[string]string{}
	for _, f := range blockkit.Elements(c.blocks) {
		if !f.InInput() {
			continue
		}
		v := c.view.State[f.BlockID()][f.ActionID()]
		if words := invalidValue(f, v); words != "" {
			out[f.BlockID()] = words
		}
	}
	return out
}

// invalidValue returns what Slack says beside a field with this value, "" if the value is valid.
func invalidValue(f blockkit.Element, v Value) string {
	switch {
	case !v.Empty():
		return f.CheckInput(v.Text)
	case f.Optional():
		return ""
	}
	return "Please complete this required field."
}
