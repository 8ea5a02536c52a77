package slacksim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A trigger_id expires after 3 s and can be used once, says Slack's documentation of modals.
const (
	triggerLife = 3 * time.Second
	maxTriggers = 10_000 // kept, to answer how a late or repeated one is wrong
)

// trigger is a trigger_id that the bot got.
type trigger struct {
	user string
	view string // the modal it came from, "" without one
	at   time.Time
	used bool
}

// triggers are the trigger_ids that were issued, used or not.
type triggers struct {
	byID   map[string]*trigger
	issued int
}

// issue returns a new trigger_id for an interaction of a user, in a modal or elsewhere. Like Slack's it has three parts.
func (t *triggers) issue(user, view string) string {
	now := time.Now()
	if len(t.byID) >= maxTriggers {
		for id, old := range t.byID {
			if now.Sub(old.at) > triggerLife {
				delete(t.byID, id)
			}
		}
	}
	t.issued++
	id := fmt.Sprintf("%d.%d.%016x", now.UnixMilli(), t.issued, rand.Uint64())
	t.byID[id] = &trigger{user: user, view: view, at: now}
	return id
}

// use takes the trigger_id of a call.
func (t *triggers) use(id string) (*trigger, *apiError) {
	found := t.byID[id]
	switch {
	case id == "":
		return nil, newError("invalid_arguments", "[ERROR] missing required field: trigger_id")
	case found == nil:
		return nil, newError("invalid_trigger_id")
	case found.used:
		return nil, newError("exchanged_trigger_id")
	case time.Since(found.at) > triggerLife:
		return nil, newError("expired_trigger_id")
	}
	found.used = true
	return found, nil
}
