package commandstest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Driver acts as a user: it runs a handler and then its Later.
type Driver struct{ Commands func() []bot.Command }

// Types runs the command of a typed line.
func (d Driver) Types(t testing.TB, line string) (bot.Reply, error) {
	t.Helper()
	name, text, _ := strings.Cut(line, " ")
	topic := ""
	if name == "/coupontools" {
		topic, text, _ = strings.Cut(text, " ")
		if next, rest, _ := strings.Cut(text, " "); topic == "suppress" && (next == "export" || next == "import") {
			topic, text = topic+" "+next, rest
		}
	}
	for _, c := range d.Commands() {
		if topic == "" && c.Name == name || topic != "" && c.Topic == topic {
			return Follow(t.Context(), c.Run, bot.Request{Person: Mia, Channel: "C0ORIGIN", Text: text, Words: bot.Split(text)})
		}
	}
	t.Fatalf("there is no command %s", name)
	return bot.Reply{}, nil
}

// Clicks clicks a button; view is nil in a message.
func (d Driver) Clicks(t testing.TB, action, value string, view *bot.View) (bot.Reply, error) {
	t.Helper()
	return d.ClicksIn(t, "", action, value, view)
}

// ClicksIn clicks a button in the block with this block_id.
func (d Driver) ClicksIn(t testing.TB, block, action, value string, view *bot.View) (bot.Reply, error) {
	t.Helper()
	for _, c := range d.Commands() {
		if a, ok := c.Actions[action]; ok {
			return Follow(t.Context(), a.Run, bot.Request{
				Person: Mia, Channel: "C0ORIGIN", Block: block, Action: action, Value: value, View: view,
			})
		}
	}
	t.Fatalf("nothing answers a click on %s", action)
	return bot.Reply{}, nil
}

// Submits submits a form.
func (d Driver) Submits(t testing.TB, view *bot.View) (bot.Reply, error) {
	t.Helper()
	for _, c := range d.Commands() {
		if s, ok := c.Submissions[view.CallbackID]; ok {
			return Follow(t.Context(), s.Run, bot.Request{Person: Mia, View: view})
		}
	}
	t.Fatalf("nothing answers the form %s", view.CallbackID)
	return bot.Reply{}, nil
}

// Suggests returns the options for what is typed into a select.
func (d Driver) Suggests(t testing.TB, action, typed string) []bot.Option {
	t.Helper()
	for _, c := range d.Commands() {
		if o, ok := c.Options[action]; ok {
			options, err := o.Run(t.Context(), bot.Request{Person: Mia, Action: action, Value: typed})
			if err != nil {
				t.Fatal(err)
			}
			return options
		}
	}
	t.Fatalf("nothing offers options for %s", action)
	return nil
}

// World is what commands need: the real client with the sandbox, and an embedded Redis.
type World struct {
	Driver
	Client      *coupontools.Client
	Directories *cache.Directories
	Campaigns   *cache.Campaigns
	Sends       *sends.Service
	Store       *bot.Store

	API   *sandbox.Server
	Redis *miniredis.Miniredis
	RDB   *redis.Client
}

// New starts a sandbox and a Redis for a test.
func New(t testing.TB, options ...sandbox.Option) *World {
	t.Helper()
	w := &World{API: sandbox.New(options...), Redis: miniredis.RunT(t)}
	server := httptest.NewServer(w.API)
	t.Cleanup(server.Close)
	w.RDB = redis.NewClient(&redis.Options{Addr: w.Redis.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = w.RDB.Close() })
	var err error
	w.Client, err = coupontools.New(sandbox.DefaultClientID, sandbox.DefaultClientSecret,
		coupontools.WithBaseURL(server.URL), coupontools.WithTimeout(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	w.Directories = cache.New(cache.Config[coupontools.Directory]{
		Redis: w.RDB, Prefix: "test:", Name: "directories", Fetch: w.Client.Directories, TTL: time.Hour, Stale: time.Hour,
	})
	listCampaigns := func(ctx context.Context) ([]coupontools.Campaign, error) {
		return w.Client.Campaigns(ctx, coupontools.CampaignsOptions{})
	}
	w.Campaigns = cache.New(cache.Config[coupontools.Campaign]{
		Redis: w.RDB, Prefix: "test:", Name: "campaigns", Fetch: listCampaigns, TTL: time.Hour, Stale: time.Hour,
	})
	w.Sends = sends.New(sends.Config{Redis: w.RDB, Prefix: "test:", API: w.Client})
	w.Store = bot.NewStore(w.RDB, "test:")
	return w
}

// NewFor is [New] for the commands of one package.
func NewFor(t testing.TB, commands func(*World) []bot.Command, options ...sandbox.Option) *World {
	t.Helper()
	w := New(t, options...)
	w.Commands = func() []bot.Command { return commands(w) }
	return w
}

// Deps returns the services that the domains share. Files are neither downloaded nor posted.
func (w *World) Deps() ui.Deps {
	return ui.Deps{Client: w.Client, Store: w.Store, Uploads: ui.NewUploads(nil), Audit: w.Sends, Region: "BE"}
}

// Mia is the sender in tests.
var Mia = bot.Person{ID: "U0MIA", Team: "T0HOME", Zone: time.FixedZone("", 3600), ZoneName: "Europe/Brussels"}

// Warm fetches the directories into the cache.
func (w *World) Warm(t testing.TB) *cache.List {
	t.Helper()
	l, err := w.Directories.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// IDOf returns the id of the only directory of that name.
func (w *World) IDOf(t testing.TB, name string) string {
	t.Helper()
	hits := w.Warm(t).Named(name)
	if len(hits) != 1 {
		t.Fatalf("%d directories are named %q, want 1", len(hits), name)
	}
	return hits[0].ID
}

// Follow runs a handler and every Later of its replies, and returns the last reply.
func Follow(ctx context.Context, h bot.Handler, req bot.Request) (bot.Reply, error) {
	reply, err := h(ctx, req)
	for err == nil && reply.Later != nil {
		reply, err = reply.Later(ctx)
	}
	return reply, err
}

// Must returns a reply, and fails the test if there is an error.
func Must(t testing.TB) func(bot.Reply, error) bot.Reply {
	t.Helper()
	return func(r bot.Reply, err error) bot.Reply {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// WantIn checks that text contains every part.
func WantIn(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("want %q in:\n%s", part, text)
		}
	}
}

// WantNotIn checks that text contains no part.
func WantNotIn(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("want no %q in:\n%s", part, text)
		}
	}
}

// Golden compares a picture with a file in testdata.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got), run with -update if that is right:\n%s", file, diff)
	}
}

// Picture draws a message or a modal as text, one line per block, buttons in [brackets] with their action and value.
func Picture(r bot.Reply) string {
	var lines []string
	if r.View != nil {
		lines = append(lines, fmt.Sprintf("=== %s (%s) ===", r.View.Title.Text, r.View.CallbackID))
		lines = append(lines, Draw(r.View.Blocks.BlockSet)...)
		buttons := "(" + r.View.Close.Text + ")"
		if r.View.Submit != nil {
			buttons += " (" + r.View.Submit.Text + ")"
		}
		return strings.Join(append(lines, buttons), "\n") + "\n"
	}
	return strings.Join(append(Draw(r.Blocks), "text: "+r.Text), "\n") + "\n"
}

var (
	dateToken = regexp.MustCompile(`<!date\^\d+\^[^|]*\|[^>]*>`)
	randomID  = regexp.MustCompile(`[A-Z0-9]{26}`)
)

// Draw draws blocks as lines of text.
func Draw(blocks any) []string {
	raw, err := json.Marshal(blocks)
	if err != nil {
		panic(err)
	}
	var set []map[string]any
	if err := json.Unmarshal(raw, &set); err != nil {
		panic(err)
	}
	var lines []string
	for _, b := range set {
		line := dateToken.ReplaceAllString(drawBlock(b), "<date>")
		lines = append(lines, randomID.ReplaceAllString(line, "<id>"))
	}
	return lines
}

func drawBlock(b map[string]any) string {
	switch b["type"] {
	case "header":
		return "# " + textOf(b["text"])
	case "section":
		return strings.TrimSpace(textOf(b["text"]) + " " + drawElement(b["accessory"]))
	case "divider":
		return "---"
	case "context":
		return "~ " + strings.Join(drawEach(b["elements"], textOf), " | ")
	case "actions":
		return strings.Join(drawEach(b["elements"], drawElement), " ")
	case "rich_text":
		return strings.Join(drawEach(b["elements"], func(v any) string {
			return strings.Join(drawEach(v.(map[string]any)["elements"], drawPart), "")
		}), "")
	case "input":
		line := fmt.Sprintf("%s: %s", textOf(b["label"]), drawElement(b["element"]))
		if b["optional"] == true {
			line += " optional"
		}
		if b["hint"] != nil {
			line += "\n    " + textOf(b["hint"])
		}
		return line
	}
	return fmt.Sprint(b)
}

func drawElement(v any) string {
	e, ok := v.(map[string]any)
	if !ok {
		return ""
	}
	id := fmt.Sprint(e["action_id"])
	switch e["type"] {
	case "button":
		return fmt.Sprintf("[%s %s=%s]", textOf(e["text"]), id, e["value"])
	case "plain_text_input":
		return fmt.Sprintf("<%s %q max %v>", id, cmp.Or(textOf(e["initial_value"]), ""), e["max_length"])
	case "radio_buttons", "static_select", "external_select":
		return fmt.Sprintf("<%s %s %v initial %s>", e["type"], id, drawEach(e["options"], optionOf), optionOf(e["initial_option"]))
	}
	return fmt.Sprintf("<%s %s>", e["type"], id)
}

func optionOf(v any) string {
	o, ok := v.(map[string]any)
	if !ok {
		return "none"
	}
	return fmt.Sprintf("%s=%s", textOf(o["text"]), o["value"])
}

func drawPart(v any) string {
	p := v.(map[string]any)
	switch p["type"] {
	case "user":
		return fmt.Sprintf("@%s", p["user_id"])
	case "channel":
		return fmt.Sprintf("#%s", p["channel_id"])
	}
	if style, ok := p["style"].(map[string]any); ok && style["bold"] == true {
		return "*" + textOf(p["text"]) + "*"
	}
	return textOf(p["text"])
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		return textOf(v["text"])
	}
	return ""
}

func drawEach(v any, draw func(any) string) []string {
	list, _ := v.([]any)
	var out []string
	for _, e := range list {
		out = append(out, draw(e))
	}
	return out
}

// Buttons returns the values of a reply's buttons by action. If an action is there twice, the last one counts.
func Buttons(t testing.TB, r bot.Reply) map[string]string {
	t.Helper()
	set := r.Blocks
	if r.View != nil {
		set = r.View.Blocks.BlockSet
	}
	raw, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	collectButtons(tree, found)
	return found
}

func collectButtons(v any, found map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		if v["type"] == "button" {
			found[fmt.Sprint(v["action_id"])] = fmt.Sprint(v["value"])
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			collectButtons(v[key], found)
		}
	case []any:
		for _, e := range v {
			collectButtons(e, found)
		}
	}
}

// MistakeOf returns the mistake that the bot would show for an error.
func MistakeOf(t testing.TB, explain func(error) *bot.Mistake, err error) *bot.Mistake {
	t.Helper()
	m, ok := errors.AsType[*bot.Mistake](err)
	if !ok && explain != nil {
		m = explain(err)
	}
	if m == nil {
		t.Fatalf("error = %v, want one with words for the person", err)
	}
	return m
}

// Began is the start time of the tests' sends.
var Began = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// Board is a Slack that keeps the last message of each channel, and refuses some channels.
type Board struct {
	Messages map[string]bot.Message
	Refuse   map[string]error
	Calls    []string
}

// Post keeps a message.
func (b *Board) Post(_ context.Context, channel string, m bot.Message) (string, error) {
	return fmt.Sprintf("%d.0", len(b.Calls)), b.put("post", channel, m)
}

// Update replaces a message.
func (b *Board) Update(_ context.Context, channel, _ string, m bot.Message) error {
	return b.put("update", channel, m)
}

// Direct returns the channel of a person's direct messages.
func (b *Board) Direct(_ context.Context, user string) (string, error) {
	b.Calls = append(b.Calls, "direct "+user)
	return "D" + user, b.Refuse[user]
}

func (b *Board) put(act, channel string, m bot.Message) error {
	b.Calls = append(b.Calls, act+" "+channel)
	if err := b.Refuse[channel]; err != nil {
		return err
	}
	b.Messages[channel] = m
	return nil
}

// Going returns a send in progress.
func Going() sends.Send {
	return sends.Send{
		ID: "snd_1", Team: "T0HOME", User: "U0MIA", OfferID: "dir_5501", OfferName: "City <!channel> *deals*",
		Kind: recipients.SMS, Message: "Come", Origin: "C0ORIGIN", State: sends.StateRunning,
		Counts: sends.Counts{Total: 1300, Accepted: 600, Failed: 3}, ConfirmedAt: Began, StartedAt: Began,
		Failures: []sends.Failure{{Code: "604", Text: "E-mail not sent.", Count: 2}, {Code: "HTTP 413", Count: 1}},
	}
}

// HeldUp returns a send in backoff.
func HeldUp() sends.Send {
	s := Going()
	s.BackoffReason, s.Failures = "Coupontools cannot be reached; couponbot keeps trying.", nil
	return s
}

// NewBoard returns an empty board.
func NewBoard() *Board {
	return &Board{Messages: map[string]bot.Message{}, Refuse: map[string]error{}}
}

// Refused returns a Slack error with this code.
func Refused(code string) error {
	return fmt.Errorf("post: %w", slack.SlackErrorResponse{Err: code})
}

// Empty is a store that keeps nothing.
type Empty struct{}

// Get returns nothing.
func (Empty) Get(context.Context, string) ([]byte, bool) { return nil, false }

// Put does nothing.
func (Empty) Put(context.Context, string, []byte, time.Duration) {}

// PutNewest does nothing.
func (Empty) PutNewest(context.Context, string, int, string, []byte, time.Duration) {}

// Request is a request of a command with this text.
func Request(typed string) bot.Request {
	return bot.Request{Person: Mia, Value: typed, Text: typed, Words: bot.Split(typed)}
}

// Stored returns everything in the bot's store.
func Stored(t *testing.T, w *World) string {
	t.Helper()
	var all strings.Builder
	for _, key := range w.Redis.Keys() {
		if !strings.HasPrefix(key, "test:bot:") {
			continue
		}
		if w.Redis.Type(key) == "zset" { // a list of keys
			continue
		}
		value, err := w.Redis.Get(key)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(key + " " + value + "\n")
	}
	if all.Len() == 0 {
		t.Fatal("nothing is in the store")
	}
	return all.String()
}

// SomeDirectories returns a list of directories with similar names.
func SomeDirectories() *cache.List {
	names := []string{"City deals", "City deals Gent", "Café", "Top 10", "Deals", "City deals"}
	list := make([]coupontools.Directory, len(names))
	for i, name := range names {
		list[i] = coupontools.Directory{ID: "dir_" + string(rune('1'+i)), Name: name}
	}
	return cache.NewList(list, time.Now())
}

// Fields are the valid values of a send form, with changes.
func Fields(changes map[string]string) map[string]string {
	f := map[string]string{
		"directory": "dir_5503", "channel": "sms", "recipients": "+32470123456", "message": "Come and see:",
	}
	maps.Copy(f, changes)
	return f
}

// Uploaded is the content of every file that is downloaded.
type Uploaded string

// Download returns the content.
func (u Uploaded) Download(_ context.Context, _ string, _ bot.File, limit int64) ([]byte, error) {
	if int64(len(u)) > limit {
		return nil, errors.New("too large")
	}
	return []byte(u), nil
}
