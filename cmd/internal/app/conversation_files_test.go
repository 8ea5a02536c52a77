package app

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/internal/outbound"
)

// Steps of conversation scripts about files and confirmation dialogs.

// uploadFile uploads the indented lines of the step, or a file of this folder, into a field.
func (c *conversation) uploadFile(m []string) {
	name, content := m[2], []byte(strings.Join(c.step.indented, "\n")+"\n")
	if m[4] == "" {
		var err error
		if content, err = os.ReadFile(filepath.Clean(name)); err != nil {
			c.fail("%v", err)
		}
		name = filepath.Base(name)
	}
	if err := c.slack.Attach(testContext(c.t), c.actor(m[1]), c.top(m[1]).ID, m[3], name, content); err != nil {
		c.fail("%v", err)
	}
}

func (c *conversation) removeFile(m []string) {
	if err := c.slack.Detach(testContext(c.t), c.actor(m[1]), c.top(m[1]).ID, m[3], m[2]); err != nil {
		c.fail("%v", err)
	}
}

// expectFile waits for a message with a new file of that name and compares the content.
func (c *conversation) expectFile(m []string) {
	c.t.Helper()
	channel := ""
	if m[2] != "" {
		channel = c.slack.Direct(c.actor(m[2]))
	} else {
		channel = c.channel(m[3], "")
	}
	var found slacksim.File
	message, err := c.slack.AwaitMessage(c.messageTimeout(), channel, func(message slacksim.Message) bool {
		i := slices.IndexFunc(message.Files, func(f slacksim.File) bool { return normalize(f.Name) == m[4] && !c.filesSeen[f.ID] })
		if message.User != slacksim.Bot || i < 0 {
			return false
		}
		found = message.Files[i]
		return true
	})
	if err != nil {
		c.fail("couponbot has posted no new file %s", m[4])
	}
	c.filesSeen[found.ID] = true
	if message.Plain() == "" {
		c.named[message.TS] = namedMessage{Message: message}
	}
	_, content, _ := c.slack.FileContent(found.ID)
	got := fileText(content)
	switch want := strings.Join(c.step.indented, "\n"); {
	case matches(want, got):
	case *update:
		c.step.indented = strings.Split(got, "\n")
	default:
		c.fail("the file %s holds\n%s", m[4], got)
	}
}

// fileText returns a file's content as written in a script.
func fileText(content []byte) string {
	if !utf8.Valid(content) || strings.ContainsRune(string(content), 0) {
		return fmt.Sprintf("(%d bytes of binary data)", len(content))
	}
	text := strings.NewReplacer("\ufeff", "<bom>", "\r\n", "\n").Replace(string(content))
	return normalize(strings.TrimSuffix(text, "\n"))
}

// checkFilesNamed fails if a message of couponbot has a file that no step names.
func (c *conversation) checkFilesNamed(m slacksim.Message) {
	c.t.Helper()
	for _, f := range m.Files {
		if m.User == slacksim.Bot && !c.filesSeen[f.ID] {
			_, content, _ := c.slack.FileContent(f.ID)
			c.fail("no step names this file, %s:\n%s", f.Name, fileText(content))
		}
	}
}

// confirmation is a click that Slack has a person confirm.
type confirmation struct {
	user, text string
	click      func() (slacksim.Outcome, error)
}

// click clicks a button. If the button has a confirmation dialog, the next step must answer it.
func (c *conversation) click(user string, at slacksim.Place, action string, value ...string) {
	c.t.Helper()
	q, err := c.slack.Confirmation(user, at, "", action, value...)
	if err != nil {
		c.fail("%v", err)
	}
	click := func() (slacksim.Outcome, error) {
		return c.slack.Click(testContext(c.t), user, at, "", action, value...)
	}
	if q == nil {
		c.recordOutcome(click())
		return
	}
	c.confirmation = &confirmation{user: user, text: fmt.Sprintf("%s\n%s\n(%s) (%s)", q.Title, q.Text, q.Deny, q.Confirm), click: click}
}

// answerConfirmation confirms or declines the click of the previous step.
func (c *conversation) answerConfirmation(m []string) {
	c.t.Helper()
	a := c.confirmation
	if a == nil || a.user != c.actor(m[1]) {
		c.fail("Slack shows %s no confirmation dialog", m[1])
	}
	c.confirmation = nil
	switch {
	case matches(c.text(m[3]), a.text):
	case *update:
		lines := strings.Split(a.text, "\n")
		c.step.line, c.step.indented = m[1]+" "+m[2]+": "+lines[0], lines[1:]
	default:
		c.fail("Slack asks:\n%s", a.text)
	}
	if m[2] == "confirms" {
		c.recordOutcome(a.click())
	}
}

// isVisible reports whether a user can see a message.
func (c *conversation) isVisible(user string, m slacksim.Message) bool {
	return (m.OnlyFor == "" || m.OnlyFor == user) && slices.ContainsFunc(c.slack.Channels(), func(ch slacksim.Channel) bool {
		return ch.ID == m.Channel && ch.Has(user)
	})
}

// parseInstant parses a time in the notation of scripts. A time without a zone is in the user's time zone.
func (c *conversation) parseInstant(user, text string) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, true
	}
	for _, u := range c.slack.Users() {
		if zone, err := time.LoadLocation(u.TZ); err == nil && u.ID == user {
			at, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
			return at, err == nil
		}
	}
	return time.Time{}, false
}

// runScript runs steps that a test provides as text.
func (c *conversation) runScript(script string) {
	c.t.Helper()
	_, steps := parseScript(c.t, c.file, script)
	for _, s := range steps {
		c.step = s
		c.runStep()
	}
}

var triggerIDPattern = regexp.MustCompile(`"trigger_id":\s*"([^"]+)"`)

// TestConversation_filesAndConfirmations tests the steps of this file with a form, a button and files of its own.
func TestConversation_filesAndConfirmations(t *testing.T) {
	t.Parallel()
	c := newConversation(t, "a script of this test")
	c.world = newWorld(t)
	api := newSlack(c.config)
	poster := bot.NewPoster(api, outbound.For(string(c.config.SlackAPIURL)))

	c.runScript("mia to couponbot> /coupontools status\nonly mia with couponbot: ...")
	trigger := ""
	for _, e := range c.slack.Traffic() {
		if found := triggerIDPattern.FindStringSubmatch(e.Request); found != nil {
			trigger = found[1]
		}
	}
	_, err := api.OpenViewContext(testContext(t), trigger, *blocks.Modal("upload", "Upload", "Go", "Close",
		blocks.FileInput(blocks.Input{Name: "file", Label: "File"}, []string{"csv", "xlsx"}, 1),
		blocks.DateTime(blocks.Input{Name: "when", Label: "When", Optional: true}, time.Time{})))
	if err != nil {
		t.Fatal(err)
	}
	c.runScript(`mia uploads conversation_files_test.go into file
mia takes conversation_files_test.go out of file
mia uploads list.csv into file:
  name,phone
  Anna,+32470123456
mia chooses when: 2040-07-31 10:00
mia sees upload:
  Upload
  File: [file: csv, xlsx]
  When: []
  file = list.csv
  when = 2040-07-31T08:00:00Z
  (Close) (Go)
mia submits
mia sees notice: ...This form belongs to another version...
mia closes everything`)

	direct, err := poster.Direct(testContext(t), slacksim.Mia)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []bot.Upload{
		{Name: "report.csv", Comment: "The report", Content: []byte("\ufeffto,outcome\r\n+32470123456,accepted\r\n")},
		{Name: "book.xlsx", Content: []byte("PK\x00")},
	} {
		if err := poster.Upload(testContext(t), direct, u); err != nil {
			t.Fatal(err)
		}
	}
	c.runScript(`direct to mia: The report
file to mia: report.csv
  <bom>to,outcome
  +32470123456,...
file to mia: book.xlsx
  (3 bytes of binary data)`)

	_, err = poster.Post(testContext(t), slacksim.Marketing, bot.Message{Text: "Going", Blocks: []slack.Block{blocks.Actions("",
		blocks.Button("unknown_stop", "Stop", "1", blocks.Danger, blocks.Ask("Stop it?", "The rest is left out.", "Stop", "Go on")))}})
	if err != nil {
		t.Fatal(err)
	}
	c.runScript(`#marketing: [Stop]
noah clicks unknown_stop 1
noah declines: Stop it?
  The rest is left out.
  (Go on) (Stop)
mia clicks unknown_stop
mia confirms: Stop it?
  ...
only mia in #marketing: This button belongs to another version...`)
	c.finish()
}
