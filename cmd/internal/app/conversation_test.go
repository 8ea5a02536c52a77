package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// Each file in testdata/conversations is a test: a script that talks to the whole program over real sockets and spells out
// everything that people read. A script is a list of steps, one per line. Indented lines (two spaces) continue the text of
// the step above.
//
// Settings and comments:
//
//	# text                                 a comment
//	set SENDERS U0MIA                      changes a setting; only before all other steps
//	unset SENDERS                          empties a setting
//
// Commands and messages:
//
//	mia in #marketing> /directories        types a command in a channel
//	mia to couponbot> /directories         types a command in her direct messages with couponbot
//	#marketing: TEXT                       expects a new message for everybody in the channel
//	only mia in #marketing: TEXT           expects a new ephemeral message
//	only mia with couponbot: TEXT          expects a new ephemeral message in her direct messages
//	direct to mia: TEXT                    expects a new direct message from couponbot
//	#marketing now: TEXT                   expects an update of a message named before; also "only … now:", "direct … now:"
//
// Forms. Steps that fill in or close a form use the one on top of the person's screen:
//
//	mia sees send_directory: TEXT          expects a form by callback id; "notice" is a form without one
//	mia sees nothing                       expects that no form is open
//	mia types subject: Deals               types into a field; "a*1001" repeats a character
//	mia asks directory: zomer              requests the suggestions for a field
//	offers Zomerpas Oostende = dir_5507    expects the next suggestion; all must be named, or "offers ..." skips the rest
//	mia chooses directory: dir_5507        chooses an option by value; a time is 2040-01-31T10:00:00Z or, local, 2040-01-31 10:00
//	mia uploads list.csv into file:        uploads a file with the indented lines as content
//	mia uploads testdata/a.xlsx into file  uploads a file of this folder
//	mia takes a.xlsx out of file           removes an uploaded file
//	mia submits                            submits the form
//	mia closes                             closes the form; "mia closes everything" closes all forms
//	error recipients: TEXT                 expects an error at a field, from couponbot or Slack; every error must be named
//
// Buttons:
//
//	mia clicks directory_pick dir_5507     clicks a button by action id and value: in the form on top, else in the
//	                                       last named message that has it
//	mia confirms: Stop it?                 accepts a confirmation dialog; the indented lines are its text and buttons
//	mia declines: Stop it?                 declines a confirmation dialog
//
// Files and sent messages:
//
//	file to mia: report.csv                expects a file in her direct messages, with the indented lines as content
//	file in #marketing: report.csv         expects a file in a channel
//	sent sms +32470123456 dir_5507: TEXT   expects that Coupontools sent a message: an SMS's text or an e-mail's subject
//	nothing has been sent                  expects no sent messages other than those named before
//
// Faults:
//
//	redis is away                          makes Redis drop its connections until "redis is back"
//	redis refuses writes                   simulates a full Redis; "redis refuses the queue" a missing permission
//	coupontools hangs                      also "answers 500" and "refuses 103 TEXT"; "on /v3/send/sms" limits it to a route
//	coupontools works                      ends the faults of Coupontools
//	slack refuses users.info               makes a method of the Web API fail until "slack works"
//	couponbot leaves #marketing            removes couponbot from a channel; "joins" adds it
//
// A text must match completely; "..." in it matches anything. A single "..." doesn't match a form that only says that
// couponbot is working. A form's text ends with the values of its fields and with its buttons. Values that change with
// each run are written as <now>, <id> and <ref>, a byte order mark in a file as <bom>. A message that has a file and no
// text is named by the file's step. At the end of a script, every message, file, form and sent message must have been named.
//
// The flag -update rewrites the texts in the scripts to what couponbot says now. Review the diff.

func TestConversations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("conversations = %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			runConversation(t, file)
		})
	}
}

// conversation is a running script.
type conversation struct {
	*world
	t    *testing.T
	file string
	step *scriptStep

	named        map[string]namedMessage // messages named so far, by timestamp
	placesNamed  []slacksim.Place        // their places, in the order of naming
	formsNamed   map[string]bool         // forms named so far, by id and number of updates
	fieldErrors  map[string]string       // field errors not yet named, by field
	options      []string                // suggestions not yet named
	sentNamed    map[string]bool         // lines of sent messages named so far
	filesSeen    map[string]bool         // files named so far, by id
	confirmation *confirmation           // the open confirmation dialog, if any
}

// namedMessage is a message at the time it was named, and the text of the step that named it.
type namedMessage struct {
	slacksim.Message
	text string
}

// scriptStep is one step of a script.
type scriptStep struct {
	number   int // line number
	line     string
	indented []string // lines below it
	trailing []string // comments and empty lines up to the next step
}

func runConversation(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, steps := parseScript(t, file, string(text))
	c := newConversation(t, file)
	if *update {
		defer func() { writeScript(t, file, head, steps) }()
	}
	for len(steps) > 0 && settingPattern.MatchString(steps[0].line) {
		head = append(append(head, steps[0].line), steps[0].trailing...)
		steps = steps[1:]
	}
	c.world = newWorld(t, func(config *Config) { applySettings(t, file, head, config) })
	c.awaitUnsubscribed(t)
	t.Cleanup(c.sandbox.Mend)
	go (&demoEnv{redis: c.redis}).advanceRedisClock(t.Context())
	for _, s := range steps {
		c.step = s
		c.runStep()
	}
	c.finish()
}

func newConversation(t *testing.T, file string) *conversation {
	return &conversation{
		t: t, file: file, named: map[string]namedMessage{}, formsNamed: map[string]bool{}, sentNamed: map[string]bool{}, filesSeen: map[string]bool{},
	}
}

var settingPattern = regexp.MustCompile(`^(un)?set ([A-Z_]+) ?(.*)$`)

// applySettings applies the "set" and "unset" steps.
func applySettings(t *testing.T, file string, lines []string, config *Config) {
	t.Helper()
	for _, line := range lines {
		m := settingPattern.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for field, value := range config.fields() {
			if envName(field) != m[2] {
				continue
			}
			value.SetZero()
			if m[1] != "" {
				continue
			}
			if err := setValue(value.Addr().Interface(), m[3]); err != nil {
				t.Fatalf("%s: %s: %v", file, line, err)
			}
		}
	}
}

func setValue(to any, text string) (err error) {
	switch v := to.(type) {
	case interface{ Decode(text string) error }:
		return v.Decode(text)
	case *int:
		*v, err = strconv.Atoi(text)
	case *time.Duration:
		*v, err = time.ParseDuration(text)
	default:
		err = fmt.Errorf("%T has no Decode method; add one in values.go", to)
	}
	return err
}

func parseScript(t *testing.T, file, text string) (head []string, steps []*scriptStep) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "# "):
			if len(steps) == 0 {
				head = append(head, line)
			} else {
				steps[len(steps)-1].trailing = append(steps[len(steps)-1].trailing, line)
			}
		case strings.HasPrefix(line, "  "):
			if len(steps) == 0 || len(steps[len(steps)-1].trailing) > 0 {
				t.Fatalf("%s:%d: an indented line must follow a step", file, i+1)
			}
			steps[len(steps)-1].indented = append(steps[len(steps)-1].indented, line[2:])
		default:
			steps = append(steps, &scriptStep{number: i + 1, line: line})
		}
	}
	return head, steps
}

func writeScript(t *testing.T, file string, head []string, steps []*scriptStep) {
	t.Helper()
	lines := head
	for _, s := range steps {
		lines = append(lines, s.line)
		for _, m := range s.indented {
			lines = append(lines, "  "+m)
		}
		lines = append(lines, s.trailing...)
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// stepKind is a kind of step. run gets the submatches of the pattern.
type stepKind struct {
	pattern *regexp.Regexp
	run     func(c *conversation, m []string)
}

var stepKinds = []stepKind{
	{regexp.MustCompile(`^(\w+) (in #\w+|to couponbot)> (/\S+) ?(.*)$`), (*conversation).typeCommand},
	{regexp.MustCompile(`^(#\w+)()( now)?: ?(.*)$`), (*conversation).expectMessage},
	{regexp.MustCompile(`^only (\w+) (in #\w+|with couponbot)( now)?: ?(.*)$`), (*conversation).expectEphemeral},
	{regexp.MustCompile(`^direct to (\w+)( now)?: ?(.*)$`), (*conversation).expectDirect},
	{regexp.MustCompile(`^(\w+) sees nothing$`), (*conversation).expectNoForm},
	{regexp.MustCompile(`^(\w+) sees (\w+): ?(.*)$`), (*conversation).expectForm},
	{regexp.MustCompile(`^(\w+) types (\w+): ?(.*)$`), (*conversation).typeInto},
	{regexp.MustCompile(`^(\w+) asks (\w+): ?(.*)$`), (*conversation).requestOptions},
	{regexp.MustCompile(`^offers (.*)$`), (*conversation).expectOption},
	{regexp.MustCompile(`^(\w+) chooses (\w+): ?(.*)$`), (*conversation).chooseOption},
	{regexp.MustCompile(`^(\w+) uploads (.+) into (\w+)(:?)$`), (*conversation).uploadFile},
	{regexp.MustCompile(`^(\w+) takes (.+) out of (\w+)$`), (*conversation).removeFile},
	{regexp.MustCompile(`^file (to (\w+)|in (#\w+)): (.+)$`), (*conversation).expectFile},
	{regexp.MustCompile(`^(\w+) clicks (\S+)(?: (.+))?$`), (*conversation).clickButton},
	{regexp.MustCompile(`^(\w+) (confirms|declines): ?(.*)$`), (*conversation).answerConfirmation},
	{regexp.MustCompile(`^(\w+) submits$`), (*conversation).submitForm},
	{regexp.MustCompile(`^(\w+) closes( everything)?$`), (*conversation).closeForms},
	{regexp.MustCompile(`^error (\w+): (.*)$`), (*conversation).expectFieldError},
	{regexp.MustCompile(`^sent (.*)$`), (*conversation).expectSent},
	{regexp.MustCompile(`^nothing has been sent$`), (*conversation).expectNothingSent},
	{regexp.MustCompile(`^redis is (away|back)$`), (*conversation).setRedis},
	{regexp.MustCompile(`^redis refuses (writes|the queue)$`), (*conversation).setRedisRefusal},
	{regexp.MustCompile(`^coupontools (hangs|works|answers|refuses)(?: (\d+))?(?: ([^/]*?))?(?: on (/\S+))?$`), (*conversation).setCoupontools},
	{regexp.MustCompile(`^slack (refuses|works)(?: (\S+))?$`), (*conversation).setSlack},
	{regexp.MustCompile(`^couponbot (joins|leaves) (#\w+)$`), (*conversation).moveBot},
}

// continuesStep matches steps that check the result of the step before.
var continuesStep = regexp.MustCompile(`^(error|offers) |^\w+ (confirms|declines):`)

func (c *conversation) runStep() {
	c.t.Helper()
	for _, v := range stepKinds {
		m := v.pattern.FindStringSubmatch(c.step.line)
		if m == nil {
			continue
		}
		if !continuesStep.MatchString(c.step.line) {
			c.checkNothingUnnamed()
		}
		v.run(c, m)
		return
	}
	c.fail("unknown step: %s", c.step.line)
}

func (c *conversation) fail(format string, args ...any) {
	c.t.Helper()
	c.t.Fatalf("%s:%d: %s\n\nThe conversation so far:\n%s", c.file, c.step.number, fmt.Sprintf(format, args...),
		c.slack.Transcript())
}

// messageTimeout returns a context that bounds the wait for a text. It is short with -update, which takes whatever text
// there is by then.
func (c *conversation) messageTimeout() context.Context {
	if !*update {
		return testContext(c.t)
	}
	const soon = 6 * time.Second
	ctx, cancel := context.WithTimeout(c.t.Context(), soon)
	c.t.Cleanup(cancel)
	return ctx
}

var actors = map[string]string{
	"mia": slacksim.Mia, "noah": slacksim.Noah, "gus": slacksim.Gus, "sasha": slacksim.Stranger,
}

func (c *conversation) actor(name string) string {
	id, ok := actors[name]
	if !ok {
		c.fail("unknown person %s", name)
	}
	return id
}

// channel returns the id of a channel such as "#marketing", or of a person's direct messages with couponbot.
func (c *conversation) channel(name, user string) string {
	if strings.HasSuffix(name, "couponbot") {
		return c.slack.Direct(user)
	}
	for _, ch := range c.slack.Channels() {
		if !ch.IM && ch.Name == strings.TrimPrefix(strings.TrimPrefix(name, "in "), "#") {
			return ch.ID
		}
	}
	c.fail("there is no channel %s", name)
	return ""
}

// text returns the text after the colon of a step, including the indented lines.
func (c *conversation) text(first string) string {
	if first == "" && len(c.step.indented) > 0 {
		return strings.Join(c.step.indented, "\n")
	}
	return strings.Join(append([]string{first}, c.step.indented...), "\n")
}

// rewrite replaces the text after the colon of a step.
func (c *conversation) rewrite(first, text string) {
	lines := strings.Split(text, "\n")
	start := strings.TrimRight(strings.TrimSuffix(c.step.line, first), " ")
	if len(lines) == 1 {
		c.step.line, c.step.indented = start+" "+text, nil
		return
	}
	c.step.line, c.step.indented = start, lines
}

// matches reports whether got is the wanted text, in which "..." matches anything.
func matches(want, got string) bool {
	parts := strings.Split(want, "...")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(got)
}

var (
	timePattern      = regexp.MustCompile(`\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d( UTC)?`)
	idPattern        = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)
	referencePattern = regexp.MustCompile(`\(Reference [a-z2-7]{8}\)`)
)

// normalize replaces times of now, ids and references by placeholders.
func normalize(text string) string {
	text = timePattern.ReplaceAllStringFunc(text, func(found string) string {
		for _, layout := range []string{"2 Jan 2006, 15:04 UTC", "2 January 2006, 15:04"} {
			if at, err := time.Parse(layout, found); err == nil && time.Since(at).Abs() < 24*time.Hour {
				return "<now>"
			}
		}
		return found
	})
	text = idPattern.ReplaceAllString(text, "<id>")
	return referencePattern.ReplaceAllString(text, "(Reference <ref>)")
}

func (c *conversation) recordOutcome(out slacksim.Outcome, err error) {
	c.t.Helper()
	if invalid, ok := errors.AsType[*slacksim.InvalidError](err); ok {
		c.fieldErrors = maps.Clone(invalid.Errors)
		return
	}
	if err != nil || out.Failure != "" {
		c.fail("error %v, Slack shows %q", err, out.Failure)
	}
	c.fieldErrors = maps.Clone(out.Errors)
}

// checkNothingUnnamed fails if a field error or a suggestion was not named, or a confirmation not answered.
func (c *conversation) checkNothingUnnamed() {
	c.t.Helper()
	if len(c.fieldErrors) > 0 || len(c.options) > 0 {
		c.fail("the step before has unnamed errors %v and suggestions %q", c.fieldErrors, c.options)
	}
	if c.confirmation != nil {
		c.fail("the click is neither confirmed nor declined:\n%s", c.confirmation.text)
	}
}

func (c *conversation) typeCommand(m []string) {
	user := c.actor(m[1])
	c.recordOutcome(c.slack.Command(testContext(c.t), user, c.channel(m[2], user), m[3], m[4]))
}

func (c *conversation) expectMessage(m []string) {
	c.awaitNamed(c.channel(m[1], ""), "", m[3] != "", m[4])
}

func (c *conversation) expectEphemeral(m []string) {
	user := c.actor(m[1])
	c.awaitNamed(c.channel(m[2], user), user, m[3] != "", m[4])
}

func (c *conversation) expectDirect(m []string) {
	c.awaitNamed(c.slack.Direct(c.actor(m[1])), "", m[2] != "", m[3])
}

// awaitNamed waits for the message of a step. If changed is set, the message was named before and has been updated since.
func (c *conversation) awaitNamed(channel, onlyFor string, changed bool, first string) {
	c.t.Helper()
	want := c.text(first)
	var candidates []slacksim.Message
	found, err := c.slack.AwaitMessage(c.messageTimeout(), channel, func(m slacksim.Message) bool {
		return m.OnlyFor == onlyFor && c.isNew(m, changed) && matches(want, normalize(m.Plain()))
	})
	if err != nil {
		for _, m := range c.slack.Messages(channel) {
			if m.OnlyFor == onlyFor && c.isNew(m, changed) && !isTransient(m) {
				candidates = append(candidates, m)
			}
		}
		if !*update || len(candidates) == 0 {
			c.fail("no message has this text; %d messages are not named yet:\n%s", len(candidates), plainTexts(candidates))
		}
		found = candidates[0]
		want = normalize(found.Plain())
		c.rewrite(first, want)
	}
	c.named[found.TS] = namedMessage{found, want}
	c.placesNamed = append(c.placesNamed, found.Place())
}

func plainTexts(messages []slacksim.Message) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "---\n%s\n", normalize(m.Plain()))
	}
	return b.String()
}

// isNew reports whether a message of couponbot was not named yet or, if changed is set, was updated since it was named.
func (c *conversation) isNew(m slacksim.Message, changed bool) bool {
	before, known := c.named[m.TS]
	return m.User == slacksim.Bot && !m.Typed && known == changed && (!known || m.Edits > before.Edits)
}

// isTransient reports whether a message only says that couponbot is working or shows the progress of a send. Whether a
// test sees such a message depends on the speed of the machine, so scripts need not name it.
func isTransient(m slacksim.Message) bool {
	text := m.Plain()
	return strings.HasPrefix(text, "Sending\n") || m.OnlyFor != "" && strings.HasSuffix(text, "…") && !strings.Contains(text, "\n")
}

func (c *conversation) expectNoForm(m []string) {
	user := c.actor(m[1])
	if err := c.slack.Await(c.messageTimeout(), func(s *slacksim.Server) bool { return s.View(user) == nil }); err != nil {
		c.fail("%s has a form open:\n%s", m[1], formText(*c.slack.View(user)))
	}
}

func (c *conversation) expectForm(m []string) {
	c.t.Helper()
	user, want := c.actor(m[1]), c.text(m[3])
	hasID := func(v slacksim.View) bool { return cmp.Or(v.CallbackID, "notice") == m[2] }
	v, err := c.slack.AwaitView(c.messageTimeout(), user, func(v slacksim.View) bool {
		return hasID(v) && matches(want, formText(v)) && !(want == "..." && isWaitingForm(v))
	})
	if err != nil {
		top := c.slack.View(user)
		if top == nil {
			c.fail("%s has no form open", m[1])
		}
		if !*update || !hasID(*top) {
			c.fail("%s sees %s:\n%s", m[1], cmp.Or(top.CallbackID, "notice"), formText(*top))
		}
		v = *top
		c.rewrite(m[3], formText(v))
	}
	c.formsNamed[formKey(v)] = true
}

// isWaitingForm reports whether a form only says that couponbot is working and will be updated.
func isWaitingForm(v slacksim.View) bool {
	return v.Submit == "" && strings.HasSuffix(v.Plain(), "…")
}

func formKey(v slacksim.View) string { return fmt.Sprintf("%s/%d", v.ID, v.Updates) }

// formText returns the text of a form with the values of its fields and its buttons.
func formText(v slacksim.View) string {
	lines := []string{v.Plain()}
	for _, block := range slices.Sorted(maps.Keys(v.State)) {
		for _, value := range v.State[block] {
			if !value.Empty() {
				lines = append(lines, block+" = "+valueText(value))
			}
		}
	}
	if v.Trouble != "" {
		lines = append(lines, "! "+v.Trouble)
	}
	buttons := "(" + cmp.Or(v.Close, "Close") + ")"
	if v.Submit != "" {
		buttons += " (" + v.Submit + ")"
	}
	return normalize(strings.Join(append(lines, buttons), "\n"))
}

func valueText(v slacksim.Value) string {
	var parts []string
	for _, o := range v.Options {
		parts = append(parts, fmt.Sprintf("%s [%s]", o.Text, o.Value))
	}
	if v.Text != "" {
		parts = append(parts, strings.ReplaceAll(v.Text, "\n", " / "))
	}
	if v.Time != 0 {
		parts = append(parts, time.Unix(v.Time, 0).UTC().Format(time.RFC3339))
	}
	for _, f := range v.Files {
		parts = append(parts, f.Name)
	}
	return strings.Join(parts, ", ")
}

// top returns the form on top of a person's screen.
func (c *conversation) top(name string) slacksim.View {
	v := c.slack.View(c.actor(name))
	if v == nil {
		c.fail("%s has no form open", name)
	}
	return *v
}

// currentPlace returns where a person acts: in the form on top, or else in the last named message with the action.
func (c *conversation) currentPlace(user, action string) slacksim.Place {
	if v := c.slack.View(user); v != nil {
		return v.Place()
	}
	for _, p := range slices.Backward(c.placesNamed) {
		if m, ok := c.slack.Message(p.Channel, p.TS); ok && c.isVisible(user, m) && strings.Contains(string(m.Blocks), strconv.Quote(action)) {
			return p
		}
	}
	c.fail("no message has %s", action)
	return slacksim.Place{}
}

// repeatPattern matches a repeated character such as "a*1001".
var repeatPattern = regexp.MustCompile(`^(.)\*(\d+)$`)

func (c *conversation) typeInto(m []string) {
	text := c.text(m[3])
	if r := repeatPattern.FindStringSubmatch(text); r != nil {
		n, _ := strconv.Atoi(r[2])
		text = strings.Repeat(r[1], n)
	}
	c.recordOutcome(c.slack.Type(testContext(c.t), c.actor(m[1]), c.top(m[1]).ID, m[2], text))
}

func (c *conversation) requestOptions(m []string) {
	user := c.actor(m[1])
	options, err := c.slack.Suggest(testContext(c.t), user, c.currentPlace(user, m[2]), "", m[2], m[3])
	if err != nil {
		c.fail("%v", err)
	}
	for _, o := range options {
		c.options = append(c.options, o.Text+" = "+o.Value)
	}
	if len(options) == 0 {
		c.options = []string{"nothing"}
	}
}

func (c *conversation) expectOption(m []string) {
	switch {
	case m[1] == "..." && len(c.options) > 0:
		c.options = nil
	case len(c.options) == 0:
		c.fail("no further suggestion")
	case *update || matches(m[1], c.options[0]):
		c.rewrite(m[1], c.options[0])
		c.options = c.options[1:]
	default:
		c.fail("the suggestions are %q", c.options)
	}
}

func (c *conversation) chooseOption(m []string) {
	user, value := c.actor(m[1]), m[3]
	if at, ok := c.parseInstant(user, value); ok {
		value = fmt.Sprint(at.Unix())
	}
	c.recordOutcome(c.slack.Choose(testContext(c.t), user, c.currentPlace(user, m[2]), "", m[2], value))
}

func (c *conversation) clickButton(m []string) {
	user := c.actor(m[1])
	var value []string
	if m[3] != "" {
		value = []string{m[3]}
	}
	c.click(user, c.currentPlace(user, m[2]), m[2], value...)
}

func (c *conversation) submitForm(m []string) {
	c.recordOutcome(c.slack.Submit(testContext(c.t), c.actor(m[1]), c.top(m[1]).ID))
}

func (c *conversation) closeForms(m []string) {
	if m[2] != "" {
		c.recordOutcome(c.slack.CloseAll(testContext(c.t), c.actor(m[1])))
		return
	}
	c.recordOutcome(c.slack.CloseView(testContext(c.t), c.actor(m[1]), c.top(m[1]).ID))
}

func (c *conversation) expectFieldError(m []string) {
	got, ok := c.fieldErrors[m[1]]
	want := c.text(m[2])
	switch {
	case !ok:
		c.fail("no error at %s; there are %v", m[1], c.fieldErrors)
	case matches(want, got):
	case *update:
		c.rewrite(m[2], got)
	default:
		c.fail("the error at %s is %q", m[1], got)
	}
	delete(c.fieldErrors, m[1])
}

// sentLines returns a line for each message that Coupontools has sent.
func (c *conversation) sentLines() []string {
	var lines []string
	for _, m := range c.sandbox.Sent() {
		line := fmt.Sprintf("%s %s %s: %s", m.Kind, m.To, cmp.Or(m.Directory, m.Campaign, m.LoyaltyCard), m.Subject+m.Body)
		if m.Times > 1 {
			line += fmt.Sprintf(" (%d times)", m.Times)
		}
		lines = append(lines, line)
	}
	return lines
}

func (c *conversation) expectSent(m []string) {
	ctx := testContext(c.t)
	for n := 1; !slices.Contains(c.sentLines(), m[1]); n++ {
		if err := c.sandbox.AwaitSent(ctx, n); err != nil {
			c.fail("Coupontools has not sent this message, but:\n%s", strings.Join(c.sentLines(), "\n"))
		}
	}
	c.sentNamed[m[1]] = true
}

func (c *conversation) expectNothingSent([]string) {
	for _, line := range c.sentLines() {
		if !c.sentNamed[line] {
			c.fail("sent: %s", line)
		}
	}
}

func (c *conversation) setRedis(m []string) {
	hook := dropConnection
	if m[1] == "back" {
		hook = nil
	}
	c.redis.Server().SetPreHook(hook)
}

// setRedisRefusal makes Redis reject writes as if its memory were full, or commands on the queue's keys as if the account
// had no permission.
func (c *conversation) setRedisRefusal(m []string) {
	c.redis.Server().SetPreHook(func(to *server.Peer, command string, args ...string) bool {
		queue := slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "asynq:") })
		write := slices.Contains([]string{"SET", "EVAL", "EVALSHA"}, command)
		switch {
		case m[1] == "the queue" && queue:
			to.WriteError("NOPERM this user has no permissions to access one of the keys used as arguments")
		case m[1] == "writes" && write:
			to.WriteError("OOM command not allowed when used memory > 'maxmemory'.")
		default:
			return false
		}
		return true
	})
}

func (c *conversation) setCoupontools(m []string) {
	number, _ := strconv.Atoi(m[2])
	rule := sandbox.Rule{Path: m[4]}
	switch {
	case m[1] == "works":
		c.sandbox.Mend()
		return
	case m[1] == "hangs":
		rule.Fault = sandbox.Hang()
	case number == http.StatusTooManyRequests:
		rule.Fault = sandbox.TooMany("1")
	case m[1] == "answers":
		rule.Fault = sandbox.ServerError(number)
	case number == wrongKeysCode:
		rule.Fault = sandbox.Refusal(http.StatusUnauthorized, sandbox.ShapeSingle, number, m[3])
	default:
		rule.Fault = sandbox.Refusal(http.StatusUnprocessableEntity, sandbox.ShapeNested, number, m[3])
	}
	c.sandbox.Break(rule)
}

func (c *conversation) setSlack(m []string) {
	if m[1] == "works" {
		c.slack.ClearFaults()
		return
	}
	c.slack.Inject(slacksim.Fault{Method: m[2], Error: "internal_error"})
}

// wrongKeysCode is the error code of Coupontools for wrong API keys.
const wrongKeysCode = 1000

func (c *conversation) moveBot(m []string) {
	if m[1] == "joins" {
		c.slack.Invite(c.channel(m[2], ""), slacksim.Bot)
		return
	}
	c.slack.Remove(c.channel(m[2], ""), slacksim.Bot)
}

// finish stops the bot and fails if a message, file, form or sent message has not been named.
func (c *conversation) finish() {
	c.t.Helper()
	c.checkNothingUnnamed()
	c.expectNothingSent(nil)
	c.sandbox.Mend()
	c.stopAndWait(c.t)
	c.expectNothingSent(nil)
	for _, ch := range c.slack.Channels() {
		for _, m := range c.slack.Messages(ch.ID) {
			before, known := c.named[m.TS]
			if m.User == slacksim.Bot && !m.Typed && !isTransient(m) && (!known || !matches(before.text, normalize(m.Plain()))) {
				c.fail("no step names this message in #%s, only for %q:\n%s", ch.Name, m.OnlyFor, normalize(m.Plain()))
			}
			c.checkFilesNamed(m)
		}
	}
	for name, user := range actors {
		if v := c.slack.View(user); v != nil && !c.formsNamed[formKey(*v)] {
			c.fail("no step names this form of %s, %s:\n%s", name, v.CallbackID, formText(*v))
		}
	}
}
