package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
)

// House rules for error texts: say what happened, whether anything was sent or changed, and what to do next; no jargon, no
// blame; a name is in “quotes”, an id is bare.

// Texts while an answer is being prepared.
const (
	LookingUpDirectory  = "Looking up the directory…"
	LookingUpCampaign   = "Looking up the campaign…"
	LookingUpSessions   = "Looking up the sessions…"
	LookingUpUsers      = "Looking up the users…"
	LookingAround       = "Looking at how things are…"
	ChangingPayment     = "Changing the payment status…"
	LookingForApprovers = "Looking up who can approve this…"
	LookingForUnknown   = "Looking up who is unconfirmed…"
	LookingUpSends      = "Looking up the sends…"
	LookingAtAudit      = "Looking at the audit trail…"
	MakingReport        = "Working on the report…"
	MakingExport        = "Working on the export…"
	Suppressing         = "Adding them to the do-not-contact list…"
	CountingSessions    = "Counting the sessions of its campaigns…"
	ChangingSession     = "Working on the session…"
	Pushing             = "Working on the push message…"
	Drawing             = "Working on the picture…"
	MakingCodes         = "Working on the addresses…"
	AskingWebhook       = "Looking up the event…"
	LookingUpCategories = "Looking up the categories…"
	WritingFile         = "Working on the file…"

	whichDirectory   = "Which directory?"
	whichCampaign    = "Which campaign?"
	ChooseADirectory = "Choose a directory."
	ChooseACampaign  = "Choose a campaign."
	TypeAFewLetters  = "Type a few letters of its name"
)

// Explain words an error of Coupontools, the cache or the sends. It returns nil for other errors.
func Explain(err error) *bot.Mistake {
	switch {
	case errors.Is(err, sends.ErrNoDraft):
		return &bot.Mistake{
			Text: "This draft is over, or it belongs to somebody else.",
			Hint: "A draft lives 24 hours. Please start again with /send-directory.",
		}
	case errors.Is(err, sends.ErrOutdated):
		return &bot.Mistake{
			Text: "This preview is out of date: the do-not-contact list has been replaced since.", Done: "Nothing was sent.",
			Hint: "Please start again with /send-directory.", Cause: err,
		}
	case errors.Is(err, sends.ErrNoSend):
		return &bot.Mistake{
			Text: "couponbot has no records of this send: they have expired, or are gone from Redis.", Done: "Nothing more of it goes out.",
			Hint: "/coupontools sends shows the sends that couponbot knows.",
		}
	case errors.Is(err, sends.ErrUncertain):
		return &bot.Mistake{
			Text:  rediserr.Problem(err) + ". It failed just as the send was confirmed.",
			Done:  "The send may go out; it can't go out twice.",
			Hint:  "Press the button again in a minute, or look at /coupontools status.",
			Cause: err,
		}
	case errors.Is(err, sends.ErrUnavailable):
		m := redisMistake(err, ", so couponbot couldn't keep the send safe.")
		m.Done = "Nothing was sent."
		return m
	case errors.Is(err, sends.ErrDamaged):
		return &bot.Mistake{
			Text:  "couponbot can't read this: the button, or the record behind it, is damaged.",
			Hint:  "Please start again. If that doesn't help, tell the person who runs couponbot the reference.",
			Cause: err,
		}
	}
	if m := explainSend(err); m != nil {
		return m
	}
	if e, ok := errors.AsType[*coupontools.Error](err); ok {
		return explainAPI(e, err)
	}
	return nil
}

// within says how long to wait, rounded up.
func within(d time.Duration) string {
	if d < time.Minute {
		return "a minute"
	}
	return format.Span(d + time.Minute)
}

// explainSend says why an action on a send, or sending at all, isn't possible; nil for other errors.
func explainSend(err error) *bot.Mistake {
	if wrong, ok := errors.AsType[*sends.StateError](err); ok {
		return &bot.Mistake{Text: StateWords(wrong.Send), Hint: "/coupontools sends shows what can be done with it."}
	}
	if soon, ok := errors.AsType[*sends.TooSoonError](err); ok {
		return &bot.Mistake{
			Text: "It's too soon to resend: Coupontools may still answer for some of them.",
			Hint: "Please try again in " + within(time.Until(soon.Until)) + ".",
		}
	}
	switch {
	case errors.Is(err, sends.ErrResent):
		return &bot.Mistake{
			Text: "The unconfirmed recipients of this send were resent to already.",
			Hint: "That can be done once. What came of it is told in a message of its own.",
		}
	case errors.Is(err, sends.ErrNoUnknown):
		return &bot.Mistake{
			Text: "Nobody is unconfirmed any more: Coupontools has answered for everyone.",
			Hint: "The message about the send shows how it ended.",
		}
	case errors.Is(err, sends.ErrNobodyLeft):
		return &bot.Mistake{
			Text: "Nobody is left to send to: the rules on who may be written to leave out everyone.",
			Hint: "The do-not-contact list, unsubscribing in Coupontools, and the caps can be the reason.",
		}
	case errors.Is(err, sends.ErrOwnSend):
		return &bot.Mistake{
			Text: "This is your own send, and nobody approves their own.",
			Hint: "Ask another person who is named in SENDERS.",
		}
	case errors.Is(err, sends.ErrChanged):
		return &bot.Mistake{
			Text:  "The send is not what was put up for approval any more, so it cannot be approved.",
			Hint:  "Reject it and have it made again, and tell the person who runs couponbot.",
			Cause: err,
		}
	case errors.Is(err, sends.ErrSuppressionKey):
		return &bot.Mistake{Text: KeyWords, Hint: KeyHint, Cause: err}
	case errors.Is(err, sends.ErrSuppressionOlder):
		return &bot.Mistake{Text: OlderWords(0), Hint: OlderHint, Cause: err}
	case errors.Is(err, sends.ErrSuppressionLost):
		return &bot.Mistake{Text: LostWords, Hint: LostMend, Cause: err}
	case errors.Is(err, sends.ErrEvicts):
		return &bot.Mistake{Text: EvictsWords, Hint: "The person who runs couponbot should " + EvictsMend + ".", Cause: err}
	}
	return nil
}

// redisMistake explains a failure of Redis; consequence ends its sentence.
func redisMistake(err error, consequence string) *bot.Mistake {
	return &bot.Mistake{Text: rediserr.Problem(err) + consequence, Hint: rediserr.Hint(err), Cause: err}
}

// RedisHint says what to do about a failed Redis: ask an admin, or, for a temporary failure, the given words.
func RedisHint(err error, again string) string {
	if rediserr.KindOf(err).Task() == "" {
		return again
	}
	return rediserr.Hint(err)
}

// Unreadable explains that Redis could not return stored data. It returns other errors unchanged.
func Unreadable(err error) error {
	if !errors.Is(err, sends.ErrUnavailable) {
		return err
	}
	return redisMistake(err, ", and this is kept there.")
}

// Unrecorded says that data was withheld because the audit log could not be written.
func Unrecorded(err error) error {
	return redisMistake(err, ", so this couldn't go into the audit trail, and couponbot didn't do it.")
}

// notUploaded says why a file could not be sent to a person.
func notUploaded(name string, err error) error {
	m := &bot.Mistake{
		Text: "Slack did not take the " + name + ".", Done: "Nothing was changed.", Hint: "Please try again in a moment.", Cause: err,
	}
	if bot.SlackCode(err) == "missing_scope" {
		m.Hint = "The person who runs couponbot can add the scope files:write to its Slack app and install the app again."
	}
	return m
}

func explainAPI(e *coupontools.Error, err error) *bot.Mistake {
	codes := e.Codes
	if strings.Contains(e.Route, "/emailtool/") && slices.Contains(codes, 103) {
		codes = []int{104} // e-mail groups answer 103 where other calls answer 104
	}
	m := &bot.Mistake{Text: refusal(e), Hint: Advice(codes...), Cause: err}
	switch {
	case e.Class == coupontools.NotSent:
		m.Text = "Coupontools cannot be reached."
		m.Hint = "Please try again in a few minutes."
	case e.Class == coupontools.Refused && e.Status == 0:
		m.Text = "Coupontools was not asked, since it could not be right: " + cmp.Or(itsWords(e), "nothing has such an id") + "."
		m.Hint = "Check what you gave. If that is right, tell the person who runs couponbot the reference."
	case e.Status == http.StatusNotFound && len(e.Codes) == 0 && guessed(e.Route):
		m.Text = "Coupontools does not know this call."
		m.Hint = "Its documentation does not describe it, so couponbot had to guess its address: " + e.Route +
			". Please do this in Coupontools itself, and tell the person who runs couponbot the reference."
	case e.Class == coupontools.RateLimited:
		m.Text = "Coupontools is asked too often right now."
		m.Hint = "Please try again in " + format.Span(max(e.RetryAfter, time.Minute)) + "."
	case e.Class == coupontools.AccountRefused && m.Hint == "":
		m.Text = "Coupontools does not let couponbot in."
		m.Hint = "The person who runs couponbot should check its Coupontools keys with “couponbot check”."
	case errors.Is(err, context.DeadlineExceeded):
		m.Text = "Coupontools did not answer in time."
		m.Hint = "Please try again in a few minutes."
	case UnknownCall(e):
		m.Text = "Coupontools does not know this call, or what it names (HTTP 404)."
		m.Hint = "Where to find some calls is not documented, so couponbot assumes it: tell the person who runs couponbot the reference."
	case e.Class == coupontools.Unknown:
		m.Text = "Coupontools did not give a proper answer."
		m.Hint = "Please try again in a few minutes."
	case m.Hint == "":
		m.Hint = "If that is not clear, tell the person who runs couponbot the reference."
	}
	return m
}

// UnknownCall reports whether the server has nothing at the address of a call.
func UnknownCall(e *coupontools.Error) bool {
	return e.Status == http.StatusNotFound && len(e.Codes) == 0
}

// guessed reports whether the address of a call isn't documented.
func guessed(route string) bool {
	return slices.ContainsFunc(coupontools.Routes(), func(r coupontools.Route) bool {
		return r.Name == route && r.Known == "path and answer assumed"
	})
}

// itsWords are Coupontools' own words for a refusal.
func itsWords(e *coupontools.Error) string { return format.Sentence(format.Joined("; ", e.Texts...)) }

// refusal explains a refusal in Coupontools' own words.
func refusal(e *coupontools.Error) string {
	reason := itsWords(e)
	codes := make([]string, len(e.Codes))
	for i, c := range e.Codes {
		codes[i] = fmt.Sprint(c)
	}
	switch {
	case reason != "" && len(codes) > 0:
		return fmt.Sprintf("Coupontools refused this: “%s” (code %s).", reason, strings.Join(codes, ", "))
	case reason != "":
		return fmt.Sprintf("Coupontools refused this: “%s”.", reason)
	case len(codes) > 0:
		return fmt.Sprintf("Coupontools refused this (code %s).", strings.Join(codes, ", "))
	}
	return fmt.Sprintf("Coupontools refused this (HTTP %d).", e.Status)
}

// Advice says what to do about error codes of Coupontools; "" if there is no advice. A code's meaning depends on the call; the
// advice holds for the calls made here.
func Advice(codes ...int) string {
	for _, code := range codes {
		switch code {
		case 1000:
			return "Coupontools does not accept couponbot's keys: the person who runs couponbot should set " +
				"COUPONTOOLS_CLIENT_ID and COUPONTOOLS_CLIENT_SECRET anew."
		case 101:
			return "The Coupontools account has expired: renew it in Coupontools."
		case 102:
			return "couponbot's keys are those of a subaccount, which cannot manage subaccounts: the person who runs couponbot should set " +
				"those of the main account."
		case 103:
			return "No SMS service is connected: connect one in Coupontools, under integrations."
		case 104:
			return "No e-mail service is connected: connect one in Coupontools, under integrations."
		case 200, 300, 302, 303:
			return "A value was missing or not understood: tell the person who runs couponbot."
		case 301:
			return "An id or number is not in the right form: check the id."
		case 304:
			return "There is an account with this e-mail address already: use another one."
		case 305:
			return "The address or number is not valid: check how it is spelt."
		case 502:
			return "The campaign or directory was not found: it may have been removed. " +
				"/coupontools campaigns and /directories show what is there."
		case 507:
			return "The directory or user was not found: it may have been removed. /directories shows what is there."
		case 503:
			return "There is no such teammate in the account: look the number up in Coupontools."
		case 505:
			return "The session, loyalty card or user was not found: check the id."
		case 510:
			return "There is no such subaccount: /coupontools subaccounts shows them all."
		case 514:
			return "There is no such SMS group: /coupontools sms-groups shows them all."
		case 604:
			return "It could not be sent, or was sent before: look in Coupontools."
		}
	}
	return ""
}

// BrokenButton says that a button's value can't be read, and which command to run again.
func BrokenButton(command string, err error) *bot.Mistake {
	return &bot.Mistake{Text: "This button cannot be read any more.", Hint: "Please run " + command + " again.", Cause: err}
}

// NotKnown says that Coupontools doesn't know an item, and where to look. It returns errors other than not-found unchanged.
func NotKnown(err error, what, where string) error {
	if !errors.Is(err, coupontools.ErrNotFound) {
		return err
	}
	return &bot.Mistake{Text: "Coupontools does not know " + what + ".", Hint: "Check the id: " + where + " shows them.", Cause: err}
}

// Concerns about the lists that recipients are checked against, and what to do.
const (
	EvictsWords = "Redis may throw data away when it's full, people on the do-not-contact list too, so nothing is sent."
	EvictsMend  = "set maxmemory-policy noeviction in Redis"
	LostWords   = "The do-not-contact list, or a part of it, has disappeared from Redis, so nothing is sent."
	LostMend    = "An admin of couponbot can import a backup, or continue with what's left, with " + Root + " suppress import."
	KeyWords    = "couponbot can't read the do-not-contact list, because its key has changed, so nothing is sent."
	KeyMend     = "set SUPPRESSION_KEY to what it was when the list was begun, or take it out if it was not set then"
	KeyHint     = "The person who runs couponbot should " + KeyMend + ". If that key is lost, an admin of couponbot can continue " +
		"without the people on the list with " + Root + " suppress import."
	OlderHint = "An admin of couponbot can continue without these people with " + Root + " suppress import."
)

// StateWords describes the state of a send in a sentence.
func StateWords(s sends.Send) string {
	switch s.State {
	case sends.StateAwaiting:
		return "The send waits for approval."
	case sends.StateScheduled:
		return "The send is scheduled and has not begun yet."
	case sends.StateRunning:
		return "The send is going out already."
	case sends.StatePaused:
		return "couponbot has paused the send already."
	case sends.StateCompleted:
		return "The send has ended already."
	case sends.StateStopped:
		return "couponbot has stopped the send already."
	case sends.StateCancelled:
		return format.CancelWords(s.Why)
	}
	return "The send is not confirmed yet."
}

// ErrorReason explains an error of Coupontools in one sentence, for use inside another answer.
func ErrorReason(err error) string {
	if m := Explain(err); m != nil {
		return m.Text
	}
	return "Coupontools did not answer in time."
}

// OlderWords says that there is an older list, with the number of its people if known.
func OlderWords(people int) string {
	with := ""
	if people > 0 {
		with = " with " + format.Persons(people)
	}
	return "Redis has an older do-not-contact list" + with + " that couponbot can't read, because it was made with another key, " +
		"so nothing is sent."
}
