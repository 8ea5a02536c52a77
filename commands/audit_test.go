package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

// fileSlack is a Slack with permalinks and uploads.
type fileSlack struct {
	*commandstest.Board
	files  map[string]string // content by channel
	refuse error
}

func (o fileSlack) Upload(_ context.Context, channel string, u bot.Upload) error {
	content, err := io.ReadAll(io.NewSectionReader(u.From, 0, u.Size))
	o.files[channel] = string(content)
	return errors.Join(o.refuse, err)
}

func (fileSlack) Permalink(_ context.Context, channel, ts string) (string, error) {
	if ts == seenByOne {
		return "", commandstest.Refused("message_not_found")
	}
	return "https://acme.slack.com/archives/" + channel + "/p" + ts, nil
}

// seenByOne is the timestamp of an ephemeral message.
const seenByOne = "9.9"

func newTrail(t *testing.T) (auditHandlers, *world, fileSlack) {
	t.Helper()
	w := newWorld(t)
	o := fileSlack{Board: commandstest.NewBoard(), files: map[string]string{}}
	return auditHandlers{sends: w.Sends, poster: o, files: ui.Deliverer{Poster: o}}, w, o
}

func TestAudit_pages(t *testing.T) {
	t.Parallel()
	a, w, _ := newTrail(t)
	for i := range 23 {
		e := sends.Entry{What: "pause", Actor: sends.Actor{User: "U0BEN"}, Before: "running", After: "paused", Note: fmt.Sprint("number ", i)}
		if err := w.Sends.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	shown, before := 0, ""
	for _, want := range []int{10, 10, 3} {
		reply, err := a.show(t.Context(), before)
		if err != nil {
			t.Fatal(err)
		}
		got := commandstest.Picture(reply)
		commandstest.WantIn(t, got, fmt.Sprint("number ", 22-shown), "@U0BEN paused a send", "running → paused")
		shown += want
		before = commandstest.Buttons(t, reply)[actionAuditOlder]
		if last := shown == 23; last != (before == "") {
			t.Errorf("after %d entries the button for older ones is %q", shown, before)
		}
		commandstest.WantIn(t, got, fmt.Sprint("number ", 23-shown))
	}
}

func TestAudit_links(t *testing.T) {
	t.Parallel()
	a, _, _ := newTrail(t)
	for name, test := range map[string]struct {
		entry sends.Entry
		want  string
	}{
		"a message in a channel": {sends.Entry{Actor: sends.Actor{Channel: "C1", Message: "1.2"}}, "https://acme.slack.com/archives/C1/p1.2"},
		"a direct message":       {sends.Entry{Actor: sends.Actor{Channel: "D1", Message: "1.2"}}, ""},
		"seen by one alone":      {sends.Entry{Actor: sends.Actor{Channel: "C1"}}, ""},
		"a send that is gone":    {sends.Entry{Send: "snd_9"}, ""},
	} {
		if got := a.link(t.Context(), test.entry); got != test.want {
			t.Errorf("%s: link = %q, want %q", name, got, test.want)
		}
	}
}

// An action in an ephemeral list links to the announcement of the send.
func TestAudit_linksToAnnouncement(t *testing.T) {
	t.Parallel()
	a, _, _ := newTrail(t)
	a.sends = announcedSends{a.sends}
	got := a.link(t.Context(), sends.Entry{Send: "snd_1", Actor: sends.Actor{Channel: "C1", Message: seenByOne}})
	if want := "https://acme.slack.com/archives/C2/p1.2"; got != want {
		t.Errorf("link = %q, want %q", got, want)
	}
}

// announcedSends is an [auditReader] of sends that are announced in a channel.
type announcedSends struct{ auditReader }

func (announcedSends) Send(context.Context, string) (sends.Send, error) {
	return sends.Send{Posted: map[string]string{"C2": "1.2"}}, nil
}

func TestAudit_export(t *testing.T) {
	t.Parallel()
	a, w, o := newTrail(t)
	if err := w.Sends.Record(t.Context(), sends.Entry{What: "pause", Note: "=1+1"}); err != nil {
		t.Fatal(err)
	}
	req := bot.Request{Person: commandstest.Mia, Channel: "C1"}
	commandstest.Must(t)(commandstest.Follow(t.Context(), a.export, req))
	commandstest.WantIn(t, o.files["D"+commandstest.Mia.ID], "time,team,user,what", ",U0MIA,export,", ",pause,,,,'=1+1,")

	o.refuse = commandstest.Refused("missing_scope")
	a.files = ui.Deliverer{Poster: o}
	_, err := commandstest.Follow(t.Context(), a.export, req)
	commandstest.WantIn(t, mistake(t, err).Hint, "files:write")

	w.redis.Close()
	_, err = commandstest.Follow(t.Context(), a.export, req)
	commandstest.WantIn(t, mistake(t, err).Text, "couldn't go into the audit trail")
}

// TestAuditWords pins the keys, since stored entries hold them.
func TestAuditWords(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"send", "test", "start", "approve", "reject", "pause", "resume", "cancel", "stop", "report", "suppress", "unsuppress",
		"suppress-export", "suppress-import", "suppress-new", "consent",
		"payment", "export", "people", "push", "single_use", "session", "session_remove", "points", "loyalty_create",
		"loyalty_import", "loyalty_link", "loyalty_void", "loyalty_copy", "user_block", "user_access", "user_revoke", "user_create", "sms_group",
		"sms_contact", "subaccount", "subaccount_create", "subaccount_reset", "subaccount_keys", "sign_on",
	} {
		if auditWords(key) == key {
			t.Errorf("there are no words for %s", key)
		}
	}
	if got := auditWords("other"); got != "other" {
		t.Errorf("auditWords(other) = %q", got)
	}
}
