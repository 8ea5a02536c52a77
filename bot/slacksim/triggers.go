package slacksim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Slack: a trigger_id lives 3 s and is good for one view.
const (
	triggerLife = 3 * time.Second
	forgetAfter = time.Hour
	maxTriggers = 10_000
)

// trigger is a trigger_id that was handed to the bot.
type trigger struct {
	user string
	view string // the modal it came from, "" elsewhere
	at   time.Time
	used bool
}

// newTrigger returns a trigger_id for what the person did: three parts with dots between.
func (s *Server) newTrigger(user, view string) string {
	now := time.Now()
	if len(s.triggers) >= maxTriggers {
		for id, t := range s.triggers {
			if now.Sub(t.at) > triggerLife {
				delete(s.triggers, id)
			}
		}
	}
	s.counter++
	id := fmt.Sprintf("%d.%d.%016x", now.UnixMilli(), s.counter, rand.Uint64())
	s.triggers[id] = &trigger{user: user, view: view, at: now}
	return id
}

// useTrigger takes the trigger of a call.
func (s *Server) useTrigger(c *call) (*trigger, *refusal) {
	id := c.params["trigger_id"]
	if id == "" {
		id = c.params["interactivity_pointer"]
	}
	t := s.triggers[id]
	switch {
	case id == "":
		return nil, refuse("invalid_arguments", "[ERROR] missing required field: trigger_id")
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case time.Since(t.at) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}
