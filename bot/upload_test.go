package bot_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/internal/outbound"
)

func TestUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := bot.NewPoster(w.api, outbound.For(w.url))
	direct, err := p.Direct(patient(t), slacksim.Mia)
	if err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{direct, slacksim.Marketing} {
		err := p.Upload(patient(t), channel, bot.Upload{
			Name: "report.csv", Title: "Report", Comment: "<!channel> & co", AltText: strings.Repeat("é", 2000), Content: []byte("a,b\n"),
		})
		if err != nil {
			t.Fatalf("Upload to %s = %v", channel, err)
		}
		m := w.message(t, channel, "<!channel> & co")
		if len(m.Files) != 1 || m.Files[0].Name != "report.csv" || m.Files[0].Title != "Report" || m.Text != "&lt;!channel&gt; &amp; co" {
			t.Fatalf("message = %+v", m)
		}
		if _, content, ok := w.slack.FileContent(m.Files[0].ID); !ok || string(content) != "a,b\n" {
			t.Errorf("the file holds %q, %v", content, ok)
		}
	}
}

func TestUpload_refused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		channel string
		content string
		fault   slacksim.Fault
		code    string
	}{
		"not a member":      {channel: slacksim.General, content: "a", code: "not_in_channel"},
		"no such channel":   {channel: "C0NOWHERE", content: "a", code: "channel_not_found"},
		"no scope":          {channel: slacksim.Marketing, content: "a", fault: slacksim.Fault{Method: "files.getUploadURLExternal", Error: "missing_scope"}, code: "missing_scope"},
		"storage is full":   {channel: slacksim.Marketing, content: "a", fault: slacksim.Fault{Method: "files.getUploadURLExternal", Error: "storage_limit_reached"}, code: "storage_limit_reached"},
		"a fault of Slack":  {channel: slacksim.Marketing, content: "a", fault: slacksim.Fault{Method: "upload", Status: http.StatusInternalServerError}},
		"nothing to upload": {channel: slacksim.Marketing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			if tt.fault.Method != "" {
				w.slack.Inject(tt.fault)
			}
			err := bot.NewPoster(w.api, outbound.For(w.url)).Upload(patient(t), tt.channel, bot.Upload{Name: "report.csv", Content: []byte(tt.content)})
			if err == nil || bot.SlackCode(err) != tt.code || strings.Contains(err.Error(), w.url) {
				t.Errorf("Upload = %v, want the code %q", err, tt.code)
			}
			if m := w.slack.Messages(slacksim.Marketing); len(m) > 0 {
				t.Errorf("posted %+v", m)
			}
		})
	}
}

func TestPermalink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	p := bot.NewPoster(w.api, outbound.For(w.url))
	ts, err := p.Post(patient(t), slacksim.Marketing, bot.Message{Text: "Hello"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := p.Permalink(patient(t), slacksim.Marketing, ts)
	if want := "/archives/" + slacksim.Marketing + "/p" + strings.ReplaceAll(ts, ".", ""); err != nil || !strings.HasSuffix(link, want) {
		t.Errorf("Permalink = %q, %v; want it to end in %s", link, err, want)
	}
	if link, err := p.Permalink(patient(t), slacksim.Marketing, "1.1"); bot.SlackCode(err) != "message_not_found" {
		t.Errorf("Permalink of no message = %q, %v", link, err)
	}
}

// A request has the message of its button, so that results can link to it.
func TestRequest_message(t *testing.T) {
	t.Parallel()
	for _, public := range []bool{true, false} {
		got := make(chan bot.Request, 1)
		w := newWorld(t, says(bot.Reply{Text: "Press", Blocks: button("Press", "press"), Public: public}),
			actions(map[string]bot.Handler{"press": func(_ context.Context, req bot.Request) (bot.Reply, error) {
				got <- req
				return bot.Reply{}, nil
			}}))
		w.do(t)
		m := w.message(t, slacksim.Marketing, "Press")
		w.click(t, m.Place(), "press")
		want := m.TS
		if !public {
			want = ""
		}
		if req := <-got; req.Message != want || req.Thread != "" || req.Channel != slacksim.Marketing {
			t.Errorf("public %v: request = %+v, want message %q", public, req, want)
		}
	}
}
