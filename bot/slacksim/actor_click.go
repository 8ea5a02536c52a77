package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Click presses a button, and says yes if it asks (see [Server.Asks]). block may be "" for any block; the value, if given, must be the
// button's own. It is an error if there is no such button, or the person cannot see it.
func (s *Server) Click(ctx context.Context, user string, at Place, block, action string, value ...string) (Outcome, error) {
	return s.act(ctx, user, at, func(c spot) (found, Value, bool, error) {
		f, err := c.find(block, action, value...)
		if err == nil && f.kind() != "button" {
			err = f.cannot("is no button")
		}
		return f, Value{Type: f.kind()}, true, err
	})
}

// Question is what Slack asks before it passes on a click.
type Question struct {
	Title, Text string
	Yes, No     string // on the buttons
	Danger      bool   // Yes is red
}

// Asks returns the question that a button asks before a click on it counts; nil if it asks none.
func (s *Server) Asks(user string, at Place, block, action string, value ...string) (*Question, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.scene(user, at)
	if err != nil {
		return nil, err
	}
	f, err := c.find(block, action, value...)
	q, asks := f.element["confirm"].(map[string]any)
	if err != nil || !asks {
		return nil, err
	}
	return &Question{
		Title: plainText(q["title"]), Text: plainText(q["text"]), Yes: plainText(q["confirm"]), No: plainText(q["deny"]),
		Danger: str1(q, "style") == "danger",
	}, nil
}

// Choose sets what is chosen in a select, in radio buttons, checkboxes, an overflow menu or a date element, by the values
// of the options; none clears it. A datetimepicker takes Unix seconds. For an external select the value must be among what
// [Server.Suggest] last returned there. The bot hears of it as Slack tells it: always outside input blocks, in an input
// block only with dispatch_action.
func (s *Server) Choose(ctx context.Context, user string, at Place, block, action string, values ...string) (Outcome, error) {
	return s.act(ctx, user, at, func(c spot) (found, Value, bool, error) {
		f, err := c.find(block, action)
		if err != nil {
			return f, Value{}, false, err
		}
		v, err := f.chosen(values, s.offer(c, f))
		return f, v, f.dispatches(), err
	})
}

// dispatches says whether the bot hears of a change at once.
func (f found) dispatches() bool { return !f.input() || flag(f.block, "dispatch_action") }

// cannot is the error of an act that the element does not allow.
func (f found) cannot(format string, args ...any) error {
	return fmt.Errorf("%s %s/%s "+format, append([]any{f.kind(), f.blockID(), f.actionID()}, args...)...)
}

// offer is what can be chosen: the options of the element, for an external select those last suggested, and what stands
// in it now.
func (s *Server) offer(c spot, f found) []Option {
	if strings.HasSuffix(f.kind(), "external_select") {
		now := c.state()[f.blockID()][f.actionID()].Options
		return append(slices.Clip(now), s.offered[c.offerKey(f)]...)
	}
	return readOptions(f.element)
}

func (c spot) offerKey(f found) string {
	if c.view != nil {
		return c.view.ID + "/" + f.blockID() + "/" + f.actionID()
	}
	return c.message.Channel + c.message.TS + c.user.ID + "/" + f.blockID() + "/" + f.actionID()
}

// act changes an element and, if it dispatches, tells the bot.
func (s *Server) act(ctx context.Context, user string, at Place,
	do func(spot) (f found, v Value, dispatch bool, err error),
) (Outcome, error) {
	s.mu.Lock()
	c, err := s.scene(user, at)
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	f, v, dispatch, err := do(c)
	if err != nil {
		s.mu.Unlock()
		return Outcome{}, err
	}
	s.set(c, f, v)
	var d *delivery
	if dispatch {
		d = s.clicked(c, f, v)
	}
	s.mu.Unlock()
	out := Outcome{}
	if d != nil {
		out, err = s.deliver(ctx, d)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out.View = s.top(user)
	return out, err
}

// clicked makes the envelope block_actions.
func (s *Server) clicked(c spot, f found, v Value) *delivery {
	p := s.payload("block_actions", c.user)
	ts, _ := s.ts()
	p["actions"] = []answer{f.action(v, ts)}
	p["state"] = answer{"values": c.state()}
	s.place(p, c)
	d := &delivery{kind: "interactive", name: f.actionID(), accepts: true}
	if c.view != nil {
		p["trigger_id"] = s.newTrigger(c.user.ID, c.view.ID)
		v := c.view
		d.failed = func(string) { s.trouble(v, troubleText) }
	} else {
		m, user := c.message, c.user.ID
		p["trigger_id"] = s.newTrigger(user, "")
		p["response_url"] = s.newReply("actions", m.Channel, user, m.TS)
		d.failed = func(failure string) {
			s.notice(m.Channel, user, fmt.Sprintf("That did not work: “%s”", failure))
		}
	}
	s.say("%s clicks [%s]", c.user.Name, f.label(v))
	d.payload = encode(p)
	return d
}

// label is what the person saw on what they clicked or chose.
func (f found) label(v Value) string {
	if f.kind() == "button" {
		return plainText(f.element["text"])
	}
	words := []string{f.actionID() + ":"}
	for _, o := range v.Options {
		words = append(words, o.Text)
	}
	return strings.Join(append(words, strings.TrimSpace(v.Text)), " ")
}

// Suggest types into an external select and returns what the bot offers. Slack asks only from min_query_length
// characters on (3 if not set); fewer are an error.
func (s *Server) Suggest(ctx context.Context, user string, at Place, block, action, typed string) ([]Option, error) {
	s.mu.Lock()
	c, err := s.scene(user, at)
	var f found
	if err == nil {
		f, err = c.find(block, action)
	}
	if err == nil {
		err = f.canSuggest(typed)
	}
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	p := s.payload("block_suggestion", c.user)
	p["action_id"], p["block_id"], p["value"] = f.actionID(), f.blockID(), typed
	s.place(p, c)
	var options []Option
	d := &delivery{kind: "interactive", name: f.actionID(), accepts: true, payload: encode(p)}
	d.apply = func(raw json.RawMessage) (failure string) {
		options, failure = s.suggested(f, raw)
		return failure
	}
	key := c.offerKey(f)
	s.mu.Unlock()

	out, err := s.deliver(ctx, d)
	if err == nil && out.Failure != "" {
		err = f.cannot("got no options: %s", out.Failure)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rememberOffer(key, options)
	return options, nil
}

func (f found) canSuggest(typed string) error {
	if !strings.HasSuffix(f.kind(), "external_select") {
		return f.cannot("has no type-ahead")
	}
	const usual = 3 // Slack's default of min_query_length
	if least := whole(f.element, "min_query_length", usual); int64(len([]rune(typed))) < least {
		return f.cannot("asks from %d characters on", least)
	}
	return nil
}

// suggested reads the options of an acknowledgement: options or groups, not both, at most 100.
func (s *Server) suggested(f found, raw json.RawMessage) ([]Option, string) {
	var fields map[string]any
	k := newChecker("suggestion")
	switch {
	case !decode(raw, &fields):
		k.fault("", "type", "object", "must be an object with options or option_groups")
	case fields["options"] == nil && fields["option_groups"] == nil:
		k.fault("", "required", "options", "options or option_groups must be there, empty if nothing fits")
	default:
		object(shape{
			"options":       may(list(0, 100, choice)),
			"option_groups": may(list(0, 100, optionGroup)),
		}, offersOnce)(k, "", fields)
	}
	if len(k.problems) > 0 {
		s.violate("options of %s: %s", f.actionID(), k.problems[0])
		return nil, failureBadAck
	}
	return readOptions(fields), ""
}

// rememberOffer keeps what was offered, for a bounded number of selects.
func (s *Server) rememberOffer(key string, options []Option) {
	const most = 500
	if len(s.offered) >= most {
		clear(s.offered)
	}
	s.offered[key] = options
}
