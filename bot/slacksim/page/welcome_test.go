package page

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// The checklist stands in its channel alone, ticks what is done, and marks what comes next.
func TestWelcome(t *testing.T) {
	t.Parallel()
	sim := slacksim.New()
	t.Cleanup(sim.Close)
	var looked atomic.Bool
	h := New(sim, Options{Welcome: &Welcome{Channel: slacksim.Marketing, Title: "Welcome <here>", Steps: []Step{
		{Title: "Look", Line: "/directories", Done: looked.Load},
		{Title: "Send", Done: func() bool { return false }},
	}}})
	show := func(channel string) string {
		return ask(t, h, "GET", "/?as="+slacksim.Mia+"&channel="+channel, nil, nil).Body.String()
	}
	if got := show(slacksim.Marketing); !strings.Contains(got, "Welcome &lt;here&gt;") || strings.Contains(got, `class="done"`) {
		t.Errorf("the page has no welcome, or a step is done:\n%s", got)
	}
	looked.Store(true)
	got := show(slacksim.Marketing)
	if strings.Count(got, `class="done"`) != 1 || strings.Count(got, `class="next"`) != 1 || !strings.Contains(got, "1 of 2 done") {
		t.Errorf("want one step done and one next:\n%s", got)
	}
	if got := show(slacksim.General); strings.Contains(got, "Welcome") {
		t.Errorf("another channel has the welcome:\n%s", got)
	}
}

// The outbox shows a message to many people once, and what is in it as text.
func TestOutbox(t *testing.T) {
	t.Parallel()
	sim := slacksim.New()
	t.Cleanup(sim.Close)
	box := Outbox{Texts: 80, Emails: 1, Latest: []Received{{Kind: "email", To: "anna@example.com", Subject: "Deals"}}}
	for i := range 80 {
		box.Latest = append(box.Latest, Received{
			Kind: "sms", To: fmt.Sprintf("+324701200%02d", i), Text: "Enjoy <b>", Link: "https://coupons.example/1", At: time.Now(),
		})
	}
	h := New(sim, Options{Outbox: func() Outbox { return box }})
	got := ask(t, h, "GET", "/?as="+slacksim.Mia, nil, nil).Body.String()
	for _, want := range []string{"80 text messages · 1 e-mail", "32470120000 and 79 others", "Enjoy &lt;b&gt;", "anna@example.com"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(got, "<li><p class=\"head\">"); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
}

// A person hides a message that nobody else sees, and only for themselves.
func TestDismiss(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	callAPI(t, sim, "chat.postEphemeral", url.Values{"channel": {slacksim.Marketing}, "user": {slacksim.Mia}, "text": {"For Mia"}})
	callAPI(t, sim, "chat.postMessage", url.Values{"channel": {slacksim.Marketing}, "text": {"For all"}})
	dismiss := func(who string, ts string) *httptest.ResponseRecorder {
		return ask(t, h, "POST", "/dismiss", url.Values{"as": {who}, "channel": {slacksim.Marketing}, "ts": {ts}}, nil)
	}
	show := func() string {
		all := ask(t, h, "GET", "/?as="+slacksim.Mia+"&channel="+slacksim.Marketing, nil, nil).Body.String()
		list, _, _ := strings.Cut(all, `id="inspector"`) // which shows what was posted
		return list
	}
	messages := sim.MessagesFor(slacksim.Mia, slacksim.Marketing)
	for _, m := range messages {
		dismiss(slacksim.Noah, m.TS)
	}
	if got := show(); !strings.Contains(got, "For Mia") {
		t.Error("Mia's message is gone since Noah dismissed it")
	}
	for _, m := range messages {
		dismiss(slacksim.Mia, m.TS)
	}
	if got := show(); strings.Contains(got, "For Mia") || !strings.Contains(got, "For all") {
		t.Errorf("want the private message gone, and the other there:\n%s", got)
	}
}

// A picture is shown in its message; a kind of picture that may hold a script is a download.
func TestFiles_pictures(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	for name, shown := range map[string]bool{"chart.png": true, "chart.svg": false} {
		f := shareFile(t, sim, slacksim.Marketing, name, "content of "+name)
		path := "/file/" + f.ID + "?as=" + slacksim.Mia + "&channel=" + slacksim.Marketing
		answer := ask(t, h, "GET", path, nil, nil)
		if got := strings.HasPrefix(answer.Header().Get("Content-Type"), "image/"); got != shown {
			t.Errorf("%s is answered as %s", name, answer.Header().Get("Content-Type"))
		}
		page := ask(t, h, "GET", "/?as="+slacksim.Mia+"&channel="+slacksim.Marketing, nil, nil).Body.String()
		if got := strings.Contains(page, `<img src="/file/`+f.ID); got != shown {
			t.Errorf("%s is shown: %t, want %t", name, got, shown)
		}
	}
}

// A reply stands below the message that started its thread, whatever was posted in between.
func TestMessages_threads(t *testing.T) {
	t.Parallel()
	sim, h := newPage(t)
	post := func(text, thread string) {
		callAPI(t, sim, "chat.postMessage", url.Values{"channel": {slacksim.Marketing}, "text": {text}, "thread_ts": {thread}})
	}
	post("The card", "")
	post("Something else", "")
	post("The news", sim.MessagesFor(slacksim.Mia, slacksim.Marketing)[0].TS)
	all := ask(t, h, "GET", "/?as="+slacksim.Mia+"&channel="+slacksim.Marketing, nil, nil).Body.String()
	list, _, _ := strings.Cut(all, `id="inspector"`)
	card, news, other := strings.Index(list, "The card"), strings.Index(list, "The news"), strings.Index(list, "Something else")
	if card < 0 || card > news || news > other {
		t.Errorf("the card is at %d, its reply at %d, the other message at %d", card, news, other)
	}
	if strings.Count(list, `class="message reply`) != 1 {
		t.Error("want one message marked as a reply")
	}
}
