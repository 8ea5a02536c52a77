package ui

import (
	"context"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
)

// auditWords is the table of audited actions: the words for each key in the audit log.
var auditWords = map[string]string{}

// Audited adds an action to the table of audited actions and returns its key. words say what somebody did: "copied a loyalty
// card". It is called for package-level variables beside the command, so the key and the words are written once.
func Audited(key, words string) string {
	if _, taken := auditWords[key]; taken {
		panic("audited action " + key + " is in the table already")
	}
	auditWords[key] = words
	return key
}

// AuditWords returns the words for an audited action's key, or "" for a key that is not in the table.
func AuditWords(key string) string { return auditWords[key] }

// AuditPush is the action of every push message, whatever it is about.
var AuditPush = Audited("push", "pushed a message")

// recordTime bounds the writing of an entry, also if the audited change has used up its own time.
const recordTime = 5 * time.Second

// notInTrail says that a change was made but isn't in the audit log.
func notInTrail(err error) string {
	return rediserr.Problem(err) + ", so this change isn't in the audit trail. Please tell the person who runs couponbot."
}

// Record writes an audit entry for a change that returned err. It skips empty entries and calls that surely failed. If the
// entry can't be written it returns a notice to append to the reply, since the change is already made.
func Record(ctx context.Context, to *sends.Service, req bot.Request, e sends.Entry, err error) string {
	if e.What == "" || err != nil && coupontools.ClassOf(err) != coupontools.Unknown {
		return ""
	}
	if err != nil {
		e.Note = format.Joined(", ", e.Note, "without a clear answer")
	}
	e.Actor = ActorOf(req)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := to.Record(ctx, e); err != nil {
		return notInTrail(err)
	}
	return ""
}

// ShortCode shortens a session's code. The short form identifies the session within its campaign; the whole code opens the
// coupon.
func ShortCode(code string) string {
	const enough = 6 // characters
	if len(code) <= enough {
		return code
	}
	return strings.ToValidUTF8(code[:enough], "") + "…"
}

// ActorOf returns the user of a request and the message it came from.
func ActorOf(req bot.Request) sends.Actor {
	return sends.Actor{Team: req.Person.Team, User: req.Person.ID, Channel: req.Channel, Message: req.Message}
}
