package slacksim_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestCommand_payload(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.answering(nil)
	must(t)(s.Command(t.Context(), slacksim.Mia, slacksim.Private, "/directory", "a & b"))
	e := <-got
	want := map[string]string{
		"command": "/directory", "text": "a &amp; b", "user_id": slacksim.Mia, "team_id": slacksim.Team,
		"channel_id": slacksim.Private, "channel_name": "privategroup", "is_enterprise_install": "false", "api_app_id": slacksim.App,
	}
	for key, value := range want {
		if e.text(key) != value {
			t.Errorf("%s = %q, want %q", key, e.text(key), value)
		}
	}
	if e.Type != "slash_commands" || !e.Accepts || strings.Count(e.text("trigger_id"), ".") != 2 || !strings.HasPrefix(e.text("response_url"), host) {
		t.Errorf("envelope = %+v", e)
	}
}

func TestCommand_answers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		payload   any
		noah      []string // what noah sees
		mia       []string
		violation string
	}{
		"nothing":              {nil, nil, nil, ""},
		"an ephemeral message": {object{"text": "psst"}, nil, []string{"psst"}, ""},
		"a message for all":    {object{"text": "hi", "response_type": "in_channel"}, []string{"/x 1", "hi"}, []string{"/x 1", "hi"}, ""},
		"the command only":     {object{"response_type": "in_channel"}, []string{"/x 1"}, []string{"/x 1"}, ""},
		"blocks":               {object{"text": "t", "blocks": []any{section("*b*")}}, nil, []string{"*b*"}, ""},
		"an invalid block":     {object{"text": "t", "blocks": []any{section("")}}, nil, []string{"/x failed with the error “invalid_response”"}, "invalid_blocks"},
		"an unknown field":     {object{"text": "t", "colour": "red"}, nil, []string{"t"}, `no field "colour"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			s.answering(test.payload)
			if _, err := s.Command(t.Context(), slacksim.Mia, slacksim.Marketing, "/x", "1"); err != nil {
				t.Fatal(err)
			}
			if got := s.texts(slacksim.Noah); !slices.Equal(got, test.noah) {
				t.Errorf("noah sees %q, want %q", got, test.noah)
			}
			if got := s.texts(slacksim.Mia); !slices.Equal(got, test.mia) {
				t.Errorf("mia sees %q, want %q", got, test.mia)
			}
			wantViolation(t, s.Server, test.violation)
		})
	}
}

func TestCommand_impossible(t *testing.T) {
	t.Parallel()
	s := start(t, slacksim.WithCommands(slacksim.SlashCommand{Name: "/directories"}))
	for name, act := range map[string]func() (slacksim.Outcome, error){
		"an unknown command": func() (slacksim.Outcome, error) {
			return s.Command(t.Context(), slacksim.Mia, slacksim.Marketing, "/nope", "")
		},
		"a channel without him": func() (slacksim.Outcome, error) {
			return s.Command(t.Context(), slacksim.Gus, slacksim.Private, "/directories", "")
		},
		"an unknown person": func() (slacksim.Outcome, error) {
			return s.Command(t.Context(), "U9", slacksim.Marketing, "/directories", "")
		},
	} {
		if _, err := act(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCommand_canceled(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.connect()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Command(ctx, slacksim.Mia, slacksim.Marketing, "/x", ""); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	s := start(t)
	for text, want := range map[string]string{
		"a < b & c":                "a &lt; b &amp; c",
		"ann@example.com":          "<mailto:ann@example.com|ann@example.com>",
		"+32 470 00 00 01 ok":      "<tel:+32470000001|+32 470 00 00 01> ok",
		"@mia in #general":         "<@U0MIA|mia> in <#C0GENERAL|general>",
		"@nobody #nowhere":         "@nobody #nowhere",
		"see https://example.com/": "see <https://example.com/>",
		"@senders":                 "<!subteam^S0SENDERS|@senders>",
	} {
		if got := s.Escape(text); got != want {
			t.Errorf("Escape(%q) = %q, want %q", text, got, want)
		}
	}
}
