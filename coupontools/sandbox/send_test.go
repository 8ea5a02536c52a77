package sandbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestSend(t *testing.T) {
	t.Parallel()
	s := serve(t)
	text := p{"campaign": "dir_5501", "phone": "+32470000001", "body": "Look"}

	got := s.wantOK(t, sms, text).json(t)
	s.wantOK(t, sms, text)
	mail := s.wantOK(t, email, p{"campaign": "dir_5501", "email": "mia@example.com", "subject": "Hello"}).json(t)

	ok := map[string]any{"status": "OK"}
	if diff := cmp.Diff(map[string]any{
		"status": ok, "campaign": "dir_5501", "message": "Look", "phone": "32470000001", "action": "sms_sent",
	}, got); diff != "" {
		t.Errorf("sms (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{
		"status": ok, "campaign": "dir_5501", "email": "mia@example.com", "action": "email_sent",
	}, mail); diff != "" {
		t.Errorf("email (-want +got):\n%s", diff)
	}
	want := []sandbox.Message{
		{Kind: "sms", Directory: "dir_5501", To: "+32470000001", Body: "Look", Times: 2},
		{Kind: "email", Directory: "dir_5501", To: "mia@example.com", Subject: "Hello", Times: 1},
	}
	if diff := cmp.Diff(want, s.Sent(), cmpopts.IgnoreFields(sandbox.Message{}, "At")); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %q", v)
	}
}

func TestSend_refused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, tt := range map[string]struct {
		path   string
		params p
		codes  []float64
	}{
		"sms without anything":      {sms, nil, []float64{200, 200}},
		"email without anything":    {email, nil, []float64{200, 200}},
		"letters in the id":         {sms, p{"campaign": "dir_x", "phone": "+32470000001"}, []float64{301}},
		"unknown directory":         {sms, p{"campaign": "dir_1", "phone": "+32470000001"}, []float64{502}},
		"unknown campaign":          {email, p{"campaign": "cam_1", "email": "mia@example.com"}, []float64{502}},
		"phone without plus":        {sms, p{"campaign": "dir_5501", "phone": "32470000001"}, []float64{301}},
		"phone with blanks":         {sms, p{"campaign": "dir_5501", "phone": "+32 470000001"}, []float64{301}},
		"phone with zero":           {sms, p{"campaign": "dir_5501", "phone": "+0470000001"}, []float64{301}},
		"phone with 16 digits":      {sms, p{"campaign": "dir_5501", "phone": "+3247000000123456"}, []float64{301}},
		"address without domain":    {email, p{"campaign": "dir_5501", "email": "mia@"}, []float64{305}},
		"address without dot":       {email, p{"campaign": "dir_5501", "email": "mia@localhost"}, []float64{305}},
		"address with a name":       {email, p{"campaign": "dir_5501", "email": "Mia <mia@example.com>"}, []float64{305}},
		"recipient that is refused": {email, p{"campaign": "dir_5501", "email": "reject+2@example.com"}, []float64{604}},
		"number that is refused":    {sms, p{"campaign": "dir_5501", "phone": "+32470000404"}, []float64{604}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCodes(t, s.call(t, tt.path, tt.params), 422, tt.codes...)
		})
	}
	t.Cleanup(func() {
		if sent := s.Sent(); len(sent) != 0 {
			t.Errorf("sent all the same: %v", sent)
		}
	})
}

func TestSend_to_recipients_with_a_scripted_outcome(t *testing.T) {
	t.Parallel()
	for _, to := range []struct {
		path, name, at string
		outcomes       map[string]string
	}{
		{sms, "phone", "", map[string]string{
			"timeout": "+32470000408", "error": "+32470000500", "busy": "+32470000429", "duplicate": "+32470000409",
		}},
		{email, "email", "", map[string]string{
			"timeout": "timeout@example.com", "error": "Error@example.com", "busy": "busy+a@example.com",
			"duplicate": "duplicate@example.com",
		}},
	} {
		s := serve(t)
		params := func(outcome string) p { return p{"campaign": "dir_5501", to.name: to.outcomes[outcome]} }

		if r, err := s.try(t, to.path, params("timeout")); err == nil {
			t.Errorf("timeout: got %d %s, want the connection cut", r.status, r.body)
		}
		if r := s.call(t, to.path, params("error")); r.status != 500 || !strings.Contains(r.body, "<html>") {
			t.Errorf("error: got %d %s, want 500 in HTML", r.status, r.body)
		}
		if r := s.call(t, to.path, params("busy")); r.status != 429 || r.header.Get("Retry-After") != "1" {
			t.Errorf("busy: got %d with Retry-After %q, want 429 and 1", r.status, r.header.Get("Retry-After"))
		}
		s.wantOK(t, to.path, params("busy"))
		campaign := params("duplicate")
		campaign["campaign"] = "cam_400001"
		for _, p := range []p{params("duplicate"), campaign} {
			if r := s.wantOK(t, to.path, p); r.at(t, "action") != "already_sent" || r.at(t, "single_use_code") != nil {
				t.Errorf("duplicate: got %s, want it to say that nothing was sent", r.body)
			}
		}
		sent := s.Sent()
		if len(sent) != 2 || sent[0].To != to.outcomes["timeout"] || sent[1].To != to.outcomes["busy"] {
			t.Errorf("sent %v, want the one that timed out and the busy one", sent)
		}
	}
}

func TestAwait(t *testing.T) {
	t.Parallel()
	s := serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	done := make(chan error)
	go func() { done <- errors.Join(s.AwaitSent(ctx, 2), s.AwaitCalls(ctx, sms, 2), s.AwaitCalls(ctx, "", 2)) }()

	for range 2 {
		s.wantOK(t, sms, p{"campaign": "dir_5501", "phone": "+32470000001"})
	}

	if err := <-done; err != nil {
		t.Error(err)
	}
	if s.Calls(sms) != 2 || s.Calls(list) != 0 || s.Calls("") != 2 {
		t.Errorf("calls %d, %d, %d, want 2, 0, 2", s.Calls(sms), s.Calls(list), s.Calls(""))
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if err := s.AwaitSent(gone, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("AwaitSent with a context that ended: %v", err)
	}
}

// A campaign is sent as a session, old or new; a loyalty card as the card itself.
func TestSend_campaigns(t *testing.T) {
	t.Parallel()
	s := serve(t)
	mail := p{"campaign": "cam_400018", "email": "mia@example.com", "check_unique": true, "firstname": "Mia"}
	first := s.wantOK(t, email, mail)
	code, _ := first.at(t, "single_use_code").(string)
	if r := s.wantOK(t, session, p{"couponsession": code}); r.at(t, "campaign") != "cam_400018" || r.at(t, "data", "consumer", "firstname") != "Mia" {
		t.Errorf("session %s", r.body)
	}
	wantCodes(t, s.call(t, email, mail), 422, 604)
	again := p{"campaign": "cam_400018", "email": "mia@example.com", "couponsession": code}
	if r := s.wantOK(t, email, again); r.at(t, "single_use_code") != code {
		t.Errorf("the same session: %s", r.body)
	}
	wantCodes(t, s.call(t, email, p{"campaign": "cam_400018", "email": "mia@example.com", "couponsession": "nobody"}), 422, 505)
	if r := s.wantOK(t, sms, p{"campaign": "loy_480012", "phone": "+32470000001"}); r.at(t, "single_use_code") != nil {
		t.Errorf("a loyalty card: %s", r.body)
	}
	want := []sandbox.Message{
		{Kind: "email", Campaign: "cam_400018", To: "mia@example.com", Times: 2},
		{Kind: "sms", LoyaltyCard: "loy_480012", To: "+32470000001", Times: 1},
	}
	if diff := cmp.Diff(want, s.Sent(), cmpopts.IgnoreFields(sandbox.Message{}, "At")); diff != "" {
		t.Errorf("sent (-want +got):\n%s", diff)
	}
}
