package commands

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

// Words that stand in several places, and the words for everything that can go wrong. House rules: say what happened,
// whether anything was sent or changed, and what to do next; no jargon, no blame; a name is in “quotes”, an id is bare.

const (
	lookingUpDirectories = "Looking up the directories…"
	lookingUpDirectory   = "Looking up the directory…"
	lookingUpCampaigns   = "Looking up the campaigns…"
	lookingUpCampaign    = "Looking up the campaign…"
	lookingUpSessions    = "Looking up the sessions…"
	lookingUpUsers       = "Looking up the users…"
	lookingAround        = "Looking at how things are…"
	changingPayment      = "Changing the payment status…"
	changingSession      = "Working on the session…"
	pushing              = "Working on the push message…"
	drawing              = "Working on the picture…"
	makingCodes          = "Working on the addresses…"
	askingWebhook        = "Looking up the event…"
	lookingUpCategories  = "Looking up the categories…"
	writingFile          = "Working on the file…"

	whichDirectory   = "Which directory?"
	whichCampaign    = "Which campaign?"
	chooseADirectory = "Choose a directory."
	chooseACampaign  = "Choose a campaign."
	typeAFewLetters  = "Type a few letters of its name"
	cardFromList     = "Coupontools did not answer; this is what the list says."
)

// Explain puts the errors of Coupontools, the cache and the sends into words for the person; nil if it does not know err.
func Explain(err error) *bot.Mistake {
	switch {
	case errors.Is(err, sends.ErrNoDraft):
		return &bot.Mistake{
			Text: "This draft is over, or it belongs to somebody else.",
			Hint: "A draft lives 24 hours. Please start again with /send-directory.",
		}
	case errors.Is(err, sends.ErrNoSend):
		return &bot.Mistake{Text: "There is no such send, or its records are over.", Hint: "/coupontools status shows what is going on."}
	case errors.Is(err, sends.ErrUncertain):
		return &bot.Mistake{
			Text:  "Redis went away just as the send was confirmed.",
			Done:  "The send may go out; it cannot go out twice.",
			Hint:  "Press the button again in a minute, or look at /coupontools status.",
			Cause: err,
		}
	case errors.Is(err, sends.ErrUnavailable):
		return &bot.Mistake{
			Text:  "Redis cannot be reached, so the send could not be kept safe.",
			Done:  "Nothing was sent.",
			Hint:  "Please try again in a few minutes.",
			Cause: err,
		}
	}
	if e, ok := errors.AsType[*coupontools.Error](err); ok {
		return explainAPI(e, err)
	}
	return nil
}

func explainAPI(e *coupontools.Error, err error) *bot.Mistake {
	m := &bot.Mistake{Text: refusal(e), Hint: advice(e.Codes...), Cause: err}
	switch {
	case e.Class == coupontools.NotSent:
		m.Text = "Coupontools cannot be reached."
		m.Hint = "Please try again in a few minutes."
	case e.Status == http.StatusNotFound && len(e.Codes) == 0 && guessed(e.Route):
		m.Text = "Coupontools does not know this call."
		m.Hint = "Its documentation does not describe it, so couponbot had to guess its address: " + e.Route +
			". Please do this in Coupontools itself, and tell whoever runs couponbot the reference."
	case e.Class == coupontools.RateLimited:
		m.Text = "Coupontools is asked too often right now."
		m.Hint = "Please try again in " + span(max(e.RetryAfter, time.Minute)) + "."
	case e.Class == coupontools.AccountRefused && m.Hint == "":
		m.Text = "Coupontools does not let couponbot in."
		m.Hint = "Whoever runs couponbot should check its Coupontools keys with “couponbot check”."
	case errors.Is(err, context.DeadlineExceeded):
		m.Text = "Coupontools did not answer in time."
		m.Hint = "Please try again in a few minutes."
	case e.Class == coupontools.Unknown:
		m.Text = "Coupontools did not give a proper answer."
		m.Hint = "Please try again in a few minutes."
	case m.Hint == "":
		m.Hint = "If that is not clear, tell whoever runs couponbot the reference."
	}
	return m
}

// guessed reports whether the address of a call is not documented.
func guessed(route string) bool {
	return slices.ContainsFunc(coupontools.Routes(), func(r coupontools.Route) bool {
		return r.Name == route && r.Known == "path and answer assumed"
	})
}

// refusal says in Coupontools' own words what it refused.
func refusal(e *coupontools.Error) string {
	reason := sentence(strings.Join(slices.DeleteFunc(slices.Clone(e.Texts), func(s string) bool { return s == "" }), "; "))
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

// advice says what to do about an error code of Coupontools, "" if there is nothing particular to do. The meanings that
// a code has depend on the call; only what holds for the calls made here is said.
func advice(codes ...int) string {
	for _, code := range codes {
		switch code {
		case 1000:
			return "Coupontools does not accept couponbot's keys: whoever runs couponbot should set " +
				"COUPONTOOLS_CLIENT_ID and COUPONTOOLS_CLIENT_SECRET anew."
		case 101:
			return "The Coupontools account has expired: renew it in Coupontools."
		case 103:
			return "No SMS service is connected: connect one in Coupontools, under integrations."
		case 104:
			return "No e-mail service is connected: connect one in Coupontools, under integrations."
		case 200, 300, 302, 303:
			return "A value was missing or not understood: tell whoever runs couponbot."
		case 301:
			return "An id or number is not in the right form: check the id."
		case 305:
			return "The address or number is not valid: check how it is spelt."
		case 502, 507:
			return "The directory or user was not found: it may have been removed. /directories shows what is there."
		case 604:
			return "It could not be sent, or was sent before: look in Coupontools."
		}
	}
	return ""
}

func brokenButton(command string, err error) *bot.Mistake {
	return &bot.Mistake{Text: "This button cannot be read any more.", Hint: "Please run " + command + " again.", Cause: err}
}
