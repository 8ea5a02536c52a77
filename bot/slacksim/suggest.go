package slacksim

import (
	"context"
	"encoding/json"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// maxSuggestions is for how many selects the suggestions are kept.
const maxSuggestions = 500

// suggestionKey identifies the external select that a person types in.
func suggestionKey(t target, e blockkit.Element) string {
	if t.view != nil {
		return t.view.ID + "/" + e.BlockID() + "/" + e.ActionID()
	}
	return t.message.Channel + t.message.TS + t.user.ID + "/" + e.BlockID() + "/" + e.ActionID()
}

// Suggest types into an external select and returns the options that the bot suggests. It is an error to type fewer characters
// than min_query_length: Slack doesn't ask the bot then.
func (s *Server) Suggest(ctx context.Context, user string, at Place, block, action, typed string) ([]blockkit.Option, error) {
	s.mu.Lock()
	t, e, err := s.findSelect(user, at, block, action, typed)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	p := s.payload("block_suggestion", t.user)
	p["action_id"], p["block_id"], p["value"] = e.ActionID(), e.BlockID(), typed
	s.addContainer(p, t)
	var options []blockkit.Option
	d := &delivery{envelope: interactive, name: e.ActionID(), accepts: true, payload: blockkit.EncodeJSON(p)}
	d.apply = func(raw json.RawMessage) (failure string) {
		options, failure = s.readOptions(e, raw)
		return failure
	}
	key := suggestionKey(t, e)
	s.mu.Unlock()

	out, err := s.deliver(ctx, d)
	if err == nil && out.Failure != "" {
		err = elementError(e, "got no options: %s", out.Failure)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.suggested) >= maxSuggestions {
		clear(s.suggested)
	}
	s.suggested[key] = options
	return options, nil
}

// findSelect returns the external select in which a person types.
func (s *Server) findSelect(user string, at Place, block, action, typed string) (target, blockkit.Element, error) {
	t, err := s.findTarget(user, at)
	if err != nil {
		return t, blockkit.Element{}, err
	}
	e, err := t.element(block, action)
	if err != nil {
		return t, e, err
	}
	if !e.External() {
		return t, e, elementError(e, "has no type-ahead")
	}
	const usual = 3 // Slack's default of min_query_length
	if least := e.Int("min_query_length", usual); int64(len([]rune(typed))) < least {
		return t, e, elementError(e, "needs at least %d characters", least)
	}
	return t, e, nil
}

// readOptions reads the options in an acknowledgement.
func (s *Server) readOptions(e blockkit.Element, raw json.RawMessage) (options []blockkit.Option, failure string) {
	options, problems := blockkit.CheckOptions(raw)
	if len(problems) > 0 {
		s.violation("options of %s: %s", e.ActionID(), problems[0])
		return nil, failureBadAck
	}
	return options, ""
}
