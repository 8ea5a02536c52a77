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

// InvalidError lists the fields that Slack itself rejects when a person submits a view. The bot isn't told.
type InvalidError struct {
	View   string
	Errors map[string]string // by block_id
}

// Error lists the fields in the order of their block_ids.
func (e *InvalidError) Error() string {
	parts := make([]string, 0, len(e.Errors))
	for _, block := range slices.Sorted(maps.Keys(e.Errors)) {
		parts = append(parts, block+": "+e.Errors[block])
	}
	return fmt.Sprintf("submit view %s: %s", e.View, strings.Join(parts, "; "))
}

// Submit presses the submit button of the modal on top. It returns an [*InvalidError] if Slack itself rejects fields. Those, or the
// errors that the bot answers, are then in [View.Errors].
func (s *Server) Submit(ctx context.Context, user, viewID string) (Outcome, error) {
	var answer submitAnswer
	s.mu.Lock()
	d, err := s.viewSubmission(user, viewID, &answer)
	s.mu.Unlock()
	if err != nil {
		return Outcome{}, err
	}
	out, err := s.deliver(ctx, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	out.Action, out.Errors = answer.Action, maps.Clone(answer.Errors)
	out.View = s.topView(user)
	return out, err
}

// submitAnswer is the payload of the acknowledgement of a submit.
type submitAnswer struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
	View   json.RawMessage   `json:"view"`
}

// viewSubmission returns the envelope for a submit. Its acknowledgement sets answer.
func (s *Server) viewSubmission(user, viewID string, answer *submitAnswer) (*delivery, error) {
	t, err := s.findTarget(user, Place{View: viewID})
	switch {
	case err != nil:
		return nil, err
	case t.view.Type != "modal" || t.view.Submit == "":
		return nil, fmt.Errorf("view %s has no submit button", viewID)
	}
	v := t.view
	v.Trouble, v.Errors = "", invalidFields(v)
	if len(v.Errors) > 0 {
		s.viewChanged(v)
		return nil, &InvalidError{View: viewID, Errors: maps.Clone(v.Errors)}
	}
	p := s.payload("view_submission", t.user)
	p["view"] = v.object()
	p["trigger_id"] = s.triggers.issue(user, v.ID)
	p["response_urls"] = []object{}
	s.transcribe("%s submits “%s”", t.user.Name, v.Title)
	return &delivery{
		envelope: interactive, name: v.CallbackID, accepts: true, payload: blockkit.EncodeJSON(p),
		apply: func(raw json.RawMessage) (failure string) {
			*answer, failure = s.answerSubmit(v, raw)
			return failure
		},
		onFailure: func(string) { s.showTrouble(v) },
	}, nil
}

// invalidFields returns what Slack says beside fields that can't be submitted, by block_id.
func invalidFields(v *storedView) map[string]string {
	out := map[string]string{}
	for _, e := range blockkit.Elements(v.Blocks) {
		if !e.InInput() {
			continue
		}
		value := v.State[e.BlockID()][e.ActionID()]
		switch {
		case !value.Empty():
			if text := e.CheckInput(value.Text); text != "" {
				out[e.BlockID()] = text
			}
		case !e.Optional():
			out[e.BlockID()] = "Please complete this required field."
		}
	}
	return out
}

// answerSubmit does what the acknowledgement of a submit asks for: it closes the view, shows errors, replaces the view, pushes
// another one, or closes the stack. If that isn't allowed, it returns the failure.
func (s *Server) answerSubmit(v *storedView, raw json.RawMessage) (answer submitAnswer, failure string) {
	if isEmpty(raw) {
		s.closeModal(v)
		return submitAnswer{Action: "close"}, ""
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal(raw, &answer) != nil || json.Unmarshal(raw, &keys) != nil {
		return submitAnswer{}, s.rejectSubmit("it isn't an object with response_action")
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains([]string{"response_action", "errors", "view"}, key) {
			return submitAnswer{}, s.rejectSubmit("it has no field %q", key)
		}
	}
	switch answer.Action {
	case "errors":
		failure = s.showErrors(v, answer.Errors)
	case "update", "push":
		failure = s.answerWithView(v, answer)
	case "clear":
		s.closeStack(v.User)
	default:
		failure = s.rejectSubmit("response_action %q", answer.Action)
	}
	if failure != "" {
		return submitAnswer{}, failure
	}
	return answer, ""
}

// rejectSubmit records why an acknowledgement of a submit isn't allowed, and returns the failure.
func (s *Server) rejectSubmit(format string, args ...any) (failure string) {
	s.violation("acknowledgement of a submit: "+format+" (the modal says: trouble connecting)", args...)
	return failureBadAck
}

// showErrors shows errors beside fields. Each must belong to an input block, otherwise Slack reports a connection problem.
func (s *Server) showErrors(v *storedView, errs map[string]string) (failure string) {
	if len(errs) == 0 {
		return s.rejectSubmit("errors without a field")
	}
	inputs := map[string]bool{}
	for _, e := range blockkit.Elements(v.Blocks) {
		inputs[e.BlockID()] = e.InInput()
	}
	for _, block := range slices.Sorted(maps.Keys(errs)) {
		if !inputs[block] {
			return s.rejectSubmit("errors names %q, which isn't an input block of the view", block)
		}
		if errs[block] == "" {
			return s.rejectSubmit("the error of %q is empty", block)
		}
	}
	v.Errors = maps.Clone(errs)
	s.viewChanged(v)
	s.transcribe("fields refused: %s", (&InvalidError{View: v.CallbackID, Errors: errs}).Error())
	return ""
}

// answerWithView replaces the submitted view or pushes another one onto it.
func (s *Server) answerWithView(v *storedView, answer submitAnswer) (failure string) {
	replaced := v
	if answer.Action == "push" {
		replaced = nil
	}
	view, err := s.readView(answer.View, "modal", replaced)
	switch {
	case err != nil:
		return s.rejectSubmit("%s: %s", answer.Action, err)
	case answer.Action == "update":
		s.replaceView(v, view)
	case len(s.stacks[v.User]) >= maxStack:
		return s.rejectSubmit("push: push_limit_reached")
	default:
		s.pushView(v.User, view)
	}
	return ""
}
