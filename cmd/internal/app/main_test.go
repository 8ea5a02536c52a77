package app

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// runMain runs couponbot and returns its exit code and output.
func runMain(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestMain_calls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		call           string
		code           int
		stdout, stderr string // text that the output contains; "" if it is empty
	}{
		{"help", 0, "couponbot demo      try it", ""},
		{"--help", 0, "couponbot demo      try it", ""},
		{"version", 0, "couponbot ", ""},
		{"manifest", 0, "slash_commands:", ""},
		{"licenses", 0, "Copyright (c) 2026 the couponbot authors", ""},
		{"sevre", 2, "", `there is no subcommand "sevre"; see: couponbot help`},
		{"-x", 2, "", `there is no subcommand "-x"`},
		{"serve now", 2, "", "serve takes no arguments"},
		{"manifest x", 2, "", "manifest takes no arguments"},
		{"check --help", 0, "couponbot check", ""},
		{"demo -h", 0, "", "-listen address"},
		{"demo --port 1", 2, "", "flag provided but not defined: -port"},
		{"demo x", 2, "", `demo does not take "x"`},
		{"demo --listen 8765", 2, "", "--listen must be an address"},
		{"demo --redis 127.0.0.1", 2, "", "--redis must be the URL"},
	}
	for _, tt := range tests {
		t.Run(tt.call, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := runMain(t, strings.Fields(tt.call)...)

			if code != tt.code {
				t.Errorf("couponbot %s exits with %d, want %d", tt.call, code, tt.code)
			}
			if !strings.Contains(stdout, tt.stdout) || tt.stdout == "" && stdout != "" {
				t.Errorf("stdout = %q, want %q", stdout, tt.stdout)
			}
			if !strings.Contains(stderr, tt.stderr) || tt.stderr == "" && stderr != "" {
				t.Errorf("stderr = %q, want %q", stderr, tt.stderr)
			}
		})
	}
}

func TestMain_badSettings(t *testing.T) {
	for _, args := range [][]string{nil, {"serve"}, {"check"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			setEnv(t, map[string]string{"SLACK_BOT_TOKEN": "", "COUPONTOOLS_RATE": "fast", "COUPONTOOLS_CLIENT_SECRET": "hush hush"})

			code, stdout, stderr := runMain(t, args...)

			want := `couponbot: these settings must be put right:
  SLACK_BOT_TOKEN is not set; it must be the bot token, which begins with xoxb-
  COUPONTOOLS_CLIENT_SECRET must be the client secret of a Coupontools account, without spaces
  COUPONTOOLS_RATE must be a whole number of calls a second, from 1 to 1000, but is "fast"
`
			if code != 2 || stdout != "" || stderr != want {
				t.Errorf("couponbot %v = %d, %q, %q; want 2, nothing, %q", args, code, stdout, stderr, want)
			}
		})
	}
}

func TestMain_health(t *testing.T) {
	o := newOps()
	ctx, cancel := context.WithCancel(t.Context())
	l, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- o.Serve(ctx, l) }()
	// The health check needs no token.
	setEnv(t, map[string]string{"LISTEN_ADDR": l.Addr().String(), "SLACK_BOT_TOKEN": ""})

	code, _, stderr := runMain(t, "health")
	if code != 0 {
		t.Errorf("couponbot health = %d, %q, want 0", code, stderr)
	}
	cancel()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := runMain(t, "health"); code != 1 || stderr == "" {
		t.Errorf("couponbot health = %d, %q without a server, want 1 and an error", code, stderr)
	}
	t.Setenv("LISTEN_ADDR", "nowhere")
	if code, _, stderr := runMain(t, "health"); code != 2 || !strings.Contains(stderr, "LISTEN_ADDR must be an address") {
		t.Errorf("couponbot health = %d, %q with a wrong setting, want 2 and an error", code, stderr)
	}
}
