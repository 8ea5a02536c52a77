package slacksim

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// Click presses a button, and says yes if it asks (see [Server.Asks]). block may be "" for any block; the value, if given, must be the
// button's own. It is an error if there is no such button, or the person cannot see it.
func (s *Server) Click(ctx context.Context, user string, at Place, block, action string, value ...string) (Outcome, error) {
	return s.act(ctx, user, at, func(c spot) (blockkit.Element, Value, bool, error) {
		f, err := c.find(block, action, value...)
		if err == nil && f.Type() != "button" {
			err = elementError(f, "is no button")
		}
		return f, Value{Type: f.Type()}, true, err
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
	q, asks := f.Field("confirm").(map[string]any)
	if err != nil || !asks {
		return nil, err
	}
	return &Question{
		Title: blockkit.TextOf(q["title"]), Text: blockkit.TextOf(q["text"]),
		Yes: blockkit.TextOf(q["confirm"]), No: blockkit.TextOf(q["deny"]),
		Danger: q["style"] == "danger",
	}, nil
}

// Choose sets what is chosen in a select, in radio buttons, checkboxes, an overflow menu or a date element, by the values
// of the options; none clears it. A datetimepicker takes Unix seconds. For an external select the value must be among what
// [Server.Suggest] last returned there. The bot hears of it as Slack tells it: always outside input blocks, in an input
// block only with dispatch_action.
func (s *Server) Choose(ctx context.Context, user string, at Place, block, action string, values ...string) (Outcome, error) {
	return s.act(ctx, user, at, func(c spot) (blockkit.Element, Value, bool, error) {
		f, err := c.find(block, action)
		if err != nil {
			return f, Value{}, false, err
		}
		v, err := chosenValue(f, values, s.offer(c, f))
		return f, v, f.Dispatches(), err
	})
}

// offer is what can be chosen: the options of the element, for an external select those last suggested, and what stands
// in it now.
func (s *Server) offer(c spot, f blockkit.Element) []blockkit.Option {
	if f.External() {
		now := c.state()[f.BlockID()][f.ActionID()].Options
		return append(slices.Clip(now), s.offered[c.offerKey(f)]...)
	}
	return f.Options()
}

func (c spot) offerKey(f blockkit.Element) string {
	if c.view != nil {
		return c.view.ID + "/" + f.BlockID() + "/" + f.ActionID()
	}
	return c.message.Channel + c.message.TS + c.user.ID + "/" + f.BlockID() + "/" + f.ActionID()
}

// act changes an element and, if it dispatches, tells the bot.
func (s *Server) act(ctx context.Context, user string, at Place,
	do func(spot) (f blockkit.Element, v Value, dispatch bool, err error),
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
func (s *Server) clicked(c spot, f blockkit.Element, v Value) *delivery {
	p := s.payload("block_actions", c.user)
	ts, _ := s.ts()
	p["actions"] = []answer{actionObject(f, v, ts)}
	p["state"] = answer{"values": c.state()}
	s.place(p, c)
	d := &delivery{kind: "interactive", name: f.ActionID(), accepts: true}
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
	s.say("%s clicks [%s]", c.user.Name, label(f, v))
	d.payload = blockkit.EncodeJSON(p)
	return d
}

// label is what the person saw on what they clicked or chose.
func label(f blockkit.Element, v Value) string {
	if f.Type() == "button" {
		return f.Label()
	}
	words := []string{f.ActionID() + ":"}
	for _, o := range v.Options {
		words = append(words, o.Text)
	}
	return strings.Join(append(words, strings.TrimSpace(v.Text)), " ")
}

// Suggest types into an external select and returns what the bot offers. Slack asks only from min_query_length
// characters on (3 if not set); fewer are an error.
func (s *Server) Suggest(ctx context.Context, user string, at Place, block, action, typed string) ([]blockkit.Option, error) {
	s.mu.Lock()
	c, err := s.scene(user, at)
	var f blockkit.Element
	if err == nil {
		f, err = c.find(block, action)
	}
	if err == nil {
		err = canSuggest(f, typed)
	}
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	p := s.payload("block_suggestion", c.user)
	p["action_id"], p["block_id"], p["value"] = f.ActionID(), f.BlockID(), typed
	s.place(p, c)
	var options []blockkit.Option
	d := &delivery{kind: "interactive", name: f.ActionID(), accepts: true, payload: blockkit.EncodeJSON(p)}
	d.apply = func(raw json.RawMessage) (failure string) {
		options, failure = s.suggested(f, raw)
		return failure
	}
	key := c.offerKey(f)
	s.mu.Unlock()

	out, err := s.deliver(ctx, d)
	if err == nil && out.Failure != "" {
		err = elementError(f, "got no options: %s", out.Failure)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rememberOffer(key, options)
	return options, nil
}

func canSuggest(f blockkit.Element, typed string) error {
	if !f.External() {
		return elementError(f, "has no type-ahead")
	}
	const usual = 3 // Slack's default of min_query_length
	if least := f.Int("min_query_length", usual); int64(len([]rune(typed))) < least {
		return elementError(f, "asks from %d characters on", least)
	}
	return nil
}

// suggested reads the options of an acknowledgement: options or groups, not both, at most 100.
func (s *Server) suggested(f blockkit.Element, raw json.RawMessage) ([]blockkit.Option, string) {
	options, problems := blockkit.CheckOptions(raw)
	if len(problems) > 0 {
		s.violate("options of %s: %s", f.ActionID(), problems[0])
		return nil, failureBadAck
	}
	return options, ""
}

// rememberOffer keeps what was offered, for a bounded number of selects.
func (s *Server) rememberOffer(key string, options []blockkit.Option) {
	const most = 500
	if len(s.offered) >= most {
		clear(s.offered)
	}
	s.offered[key] = options
}
