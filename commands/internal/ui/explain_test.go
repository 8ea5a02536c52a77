package ui_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/coupontools/couponbot/commands/internal/ui"

	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	refused := func(code int, text string) error {
		e := &coupontools.Error{Route: "POST /v3/x", Status: 422, Class: coupontools.Refused}
		if code != 0 {
			e.Codes, e.Texts = []int{code}, []string{text}
		}
		return e
	}
	class := func(c coupontools.Class) error {
		return &coupontools.Error{Route: "POST /v3/x", Class: c, RetryAfter: 5 * time.Minute}
	}
	for name, test := range map[string]struct {
		err        error
		text, hint string
	}{
		"no draft":     {sends.ErrNoDraft, "This draft is over", "/send-directory"},
		"outdated":     {sends.ErrOutdated, "This preview is out of date", "/send-directory"},
		"no send":      {sends.ErrNoSend, "no records of this send", "/coupontools sends"},
		"redis away":   {sends.ErrUnavailable, "Redis can't be reached, so couponbot couldn't keep the send safe.", "in a few minutes"},
		"redis full":   {errors.Join(sends.ErrUnavailable, answer("OOM command not allowed")), "Redis answers, but its memory is full, so", "raise maxmemory"},
		"redis loads":  {errors.Join(sends.ErrUnavailable, answer("LOADING Redis is loading")), "still loading its data, so", "in a few minutes"},
		"damaged":      {errors.Join(sends.ErrDamaged, answer("WRONGTYPE Operation against")), "couponbot can't read this", "the reference"},
		"in between":   {sends.ErrUncertain, "just as the send was confirmed", "Press the button again"},
		"demoted":      {errors.Join(sends.ErrUncertain, answer("READONLY You can't write")), "a replica that takes no writes. It failed just as", "Press the button again"},
		"own send":     {sends.ErrOwnSend, "nobody approves their own", "named in SENDERS"},
		"changed":      {sends.ErrChanged, "not what was put up for approval", "Reject it"},
		"wrong state":  {&sends.StateError{Action: sends.Pause, Send: sends.Send{State: sends.StateCompleted}}, "has ended already", "/coupontools sends"},
		"older list":   {sends.ErrSuppressionOlder, "an older do-not-contact list that couponbot can't read", "suppress import"},
		"key":          {sends.ErrSuppressionKey, "read the do-not-contact list", "SUPPRESSION_KEY"},
		"wrong keys":   {refused(1000, "401"), "“401” (code 1000)", "COUPONTOOLS_CLIENT_ID"},
		"expired":      {refused(101, "Expired."), "“Expired.”", "renew it"},
		"no SMS":       {refused(103, "x"), "code 103", "connect one in Coupontools"},
		"no e-mail":    {refused(104, "x"), "code 104", "No e-mail service"},
		"not found":    {refused(502, "x"), "code 502", "/directories"},
		"no user":      {refused(507, "x"), "code 507", "/directories"},
		"bad id":       {refused(301, "x"), "code 301", "check the id"},
		"new code":     {refused(999, "Odd."), "“Odd.” (code 999)", "the reference"},
		"no code":      {refused(0, ""), "(HTTP 422)", "the reference"},
		"not asked":    {&coupontools.Error{Class: coupontools.Refused, Texts: []string{"the name is empty"}}, "not asked, since it could not be right: the name is empty.", "Check what you gave"},
		"no such id":   {&coupontools.Error{Class: coupontools.Refused, Err: coupontools.ErrNotFound}, "nothing has such an id", "Check what you gave"},
		"out of reach": {class(coupontools.NotSent), "cannot be reached", "in a few minutes"},
		"too often":    {class(coupontools.RateLimited), "too often", "in 5 minutes"},
		"let out":      {class(coupontools.AccountRefused), "does not let couponbot in", "couponbot check"},
		"no verdict":   {class(coupontools.Unknown), "proper answer", "in a few minutes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := ui.Explain(fmt.Errorf("show directory: %w", test.err))
			if m == nil {
				t.Fatal("Explain knows no words")
			}
			commandstest.WantIn(t, m.Text, test.text)
			commandstest.WantIn(t, m.Hint, test.hint)
			if m.Hint == "" {
				t.Error("there is no hint")
			}
		})
	}
	if m := ui.Explain(errors.New("odd")); m != nil {
		t.Errorf("Explain(odd) = %+v, want nil", m)
	}
}

// answer is an error from Redis.
type answer string

func (a answer) Error() string { return string(a) }

func (answer) RedisError() {}
