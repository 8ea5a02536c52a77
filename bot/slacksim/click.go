package slacksim

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Click clicks a button, and confirms it if it has a confirmation dialog (see [Server.Confirmation]). An empty block is any block;
// a value, if given, must be the button's. It is an error if the person sees no such button.
func (s *Server) Click(ctx context.Context, user string, at Place, block, action string, value ...string) (Outcome, error) {
	return s.changeValue(ctx, user, at, func(t target) (valueChange, error) {
		e, err := t.element(block, action, value...)
		if err == nil && e.Type() != "button" {
			err = elementError(e, "isn't a button")
		}
		return valueChange{element: e, value: Value{Type: e.Type()}, dispatch: true}, err
	})
}

// Choose chooses options of a select, radio buttons, checkboxes or an overflow menu by their values, or sets a date or time; without
// a value it clears the element. A datetimepicker takes Unix seconds. The options of an external select are those that
// [Server.Suggest] returned last. The bot is told as Slack does it: of an element in an input block only with dispatch_action.
func (s *Server) Choose(ctx context.Context, user string, at Place, block, action string, values ...string) (Outcome, error) {
	return s.changeValue(ctx, user, at, func(t target) (valueChange, error) {
		e, err := t.element(block, action)
		if err != nil {
			return valueChange{}, err
		}
		v, err := chosenValue(e, values, s.options(t, e))
		return valueChange{element: e, value: v, dispatch: e.Dispatches()}, err
	})
}

// Type replaces the text in an input block. The bot is told if the block has dispatch_action, as after Enter.
func (s *Server) Type(ctx context.Context, user, viewID, block, text string) (Outcome, error) {
	return s.changeValue(ctx, user, Place{View: viewID}, func(t target) (valueChange, error) {
		e, err := t.input(block)
		if err == nil && !e.Typed() {
			err = elementError(e, "can't be typed into")
		}
		return valueChange{element: e, value: Value{Type: e.Type(), Text: text}, dispatch: e.Dispatches()}, err
	})
}

// Confirm is the confirmation dialog of a button.
type Confirm struct {
	Title, Text   string
	Confirm, Deny string // labels of its buttons
	Danger        bool   // Confirm is red
}

// Confirmation returns the confirmation dialog that a click on a button shows first, nil if it has none.
func (s *Server) Confirmation(user string, at Place, block, action string, value ...string) (*Confirm, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.findTarget(user, at)
	if err != nil {
		return nil, err
	}
	e, err := t.element(block, action, value...)
	dialog, ok := e.Field("confirm").(map[string]any)
	if err != nil || !ok {
		return nil, err
	}
	return &Confirm{
		Title: blockkit.TextOf(dialog["title"]), Text: blockkit.TextOf(dialog["text"]),
		Confirm: blockkit.TextOf(dialog["confirm"]), Deny: blockkit.TextOf(dialog["deny"]), Danger: dialog["style"] == "danger",
	}, nil
}

// valueChange is a new value of an element. If it dispatches, the bot is told.
type valueChange struct {
	element  blockkit.Element
	value    Value
	dispatch bool
}

// changeValue changes an element. It locks mu itself.
func (s *Server) changeValue(ctx context.Context, user string, at Place, find func(target) (valueChange, error)) (Outcome, error) {
	s.mu.Lock()
	d, err := s.prepareChange(user, at, find)
	s.mu.Unlock()
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	if d != nil {
		out, err = s.deliver(ctx, d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.View = s.topView(user)
	return out, err
}

// prepareChange makes a change and returns the envelope for it, nil if the bot isn't told.
func (s *Server) prepareChange(user string, at Place, find func(target) (valueChange, error)) (*delivery, error) {
	t, err := s.findTarget(user, at)
	if err != nil {
		return nil, err
	}
	c, err := find(t)
	if err != nil {
		return nil, err
	}
	s.setValue(t, c.element, c.value)
	if !c.dispatch {
		return nil, nil
	}
	return s.blockActions(t, c.element, c.value), nil
}

// blockActions returns the envelope for a click or another change.
func (s *Server) blockActions(t target, e blockkit.Element, v Value) *delivery {
	user := t.user.ID
	p := s.payload("block_actions", t.user)
	ts, _ := s.ids.timestamp()
	p["actions"] = []object{actionObject(e, v, ts)}
	p["state"] = object{"values": t.state()}
	s.addContainer(p, t)
	d := &delivery{envelope: interactive, name: e.ActionID(), accepts: true}
	if view := t.view; view != nil {
		p["trigger_id"] = s.triggers.issue(user, view.ID)
		d.onFailure = func(string) { s.showTrouble(view) }
	} else {
		channel := t.message.Channel
		p["trigger_id"] = s.triggers.issue(user, "")
		p["response_url"] = s.base + s.responseURLs.issue("actions", channel, user, t.message.TS)
		d.onFailure = func(failure string) {
			s.postNotice(channel, user, fmt.Sprintf("That did not work: “%s”", failure))
		}
	}
	s.transcribe("%s clicks [%s]", t.user.Name, clickedLabel(e, v))
	d.payload = blockkit.EncodeJSON(p)
	return d
}

// clickedLabel returns the label of a button, or the action_id and what was chosen.
func clickedLabel(e blockkit.Element, v Value) string {
	if e.Type() == "button" {
		return e.Label()
	}
	parts := []string{e.ActionID() + ":"}
	for _, o := range v.Options {
		parts = append(parts, o.Text)
	}
	return strings.Join(append(parts, strings.TrimSpace(v.Text)), " ")
}

// options returns the options that a person can choose in an element. Those of an external select are its current ones and those
// suggested last.
func (s *Server) options(t target, e blockkit.Element) []blockkit.Option {
	if !e.External() {
		return e.Options()
	}
	current := t.state()[e.BlockID()][e.ActionID()].Options
	return append(slices.Clip(current), s.suggested[suggestionKey(t, e)]...)
}
