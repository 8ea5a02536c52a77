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

// The files in testdata/conversations are conversations with the whole program, over real sockets. Each is a test, and
// says in full what people read. A line is a step:
//
//	# a remark
//	set SENDERS U0MIA                    a setting, before everything else; "unset SENDERS" empties it
//
//	mia in #marketing> /directories      a command is typed; "mia to couponbot>" types it into her direct messages
//	#marketing: Directories              a new message for all in the channel
//	only mia in #marketing: There is no  a new message that she alone sees; "only mia with couponbot" in her direct messages
//	direct to mia: Send completed        a new direct message from couponbot
//	#marketing now: Directories          a message that was read before has changed; so with the two kinds above
//
//	mia sees send_directory: Send a      the form on top of her screen, by its callback_id; "notice" has none
//	mia sees nothing                     no form is open
//	mia types subject: Deals             into a field
//	mia asks directory: zomer            types into a field with suggestions
//	offers Zomerpas Oostende = dir_5507  which are these and no others, unless "offers ..." ends them
//	mia chooses directory: dir_5507      an option by its value, a time as 2040-01-31T10:00:00Z or, in her own time zone,
//	                                     2040-01-31 10:00
//	mia uploads list.csv into file:      a file into a field, with the indented lines in it
//	mia uploads testdata/a.xlsx into file  a file of this folder; "mia takes a.xlsx out of file" takes it away again
//	mia clicks directory_pick dir_5507   a button, by its action_id and value, on the form on top or else in the message
//	                                     that has it, that she sees, and that was named last
//	mia confirms: Stop it?               what Slack asks before a click on a button that has it ask: the title, and
//	                                     indented the text and the buttons; or "mia declines: Stop it?"
//	mia submits                          the form on top; "mia closes" closes it, "mia closes everything" all of them
//	error recipients: It has letters     at a field; Slack's own words too. Errors that are not named fail the test
//
//	file to mia: report.csv              a file that couponbot posted in her direct messages, with the indented lines in it;
//	                                     or "file in #marketing: report.csv". Its message is named by itself, if it says
//	                                     anything. A mark of the byte order is written <bom>
//
//	sent sms +32470123456 dir_5507: Hi   Coupontools has sent it: an e-mail with its subject, an SMS with its text
//	nothing has been sent                besides what was named so far
//	redis is away                        and "redis is back"
//	redis refuses writes                 since its memory is full; or "refuses the queue", to this account
//	coupontools hangs                    or "answers 500", "refuses 103 No SMS service"; on one route with "on /v3/send/sms"
//	coupontools works                    again
//	slack refuses users.info             one method of its Web API; "slack works" again
//	couponbot leaves #marketing          or joins it
//
// A text goes on in lines that are indented by two spaces. It must be the whole text, letter by letter; only "..." in it
// stands for anything, but alone not for a form that asks for patience. Forms end with what stands in their fields and with
// their buttons. What is new each time is written <now>, <id>, <ref>. In the end nothing may be left that no line has named:
// no message, no file, no form, nothing sent.
//
// Run with -update to have the texts rewritten as they are now, and read the difference.

func TestConversations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("conversations = %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			playConversation(t, file)
		})
	}
}

// conversation is a script as it is played.
type conversation struct {
	*world
	t    *testing.T
	file string
	step *scriptStep

	read   map[string]reading // messages named so far, by their timestamp
	places []slacksim.Place   // of these messages, in the order in which they were named
	seen   map[string]bool    // forms named so far, by id and number of updates
	errs   map[string]string  // at fields, not yet named
	offers []string           // suggestions not yet named
	sent   map[string]bool    // what Coupontools sent, named so far
	files  map[string]bool    // files named so far, by id
	asking *asking            // what Slack asks before a click, not yet answered
}

// reading is a message as it was when it was named, and the text it was named by.
type reading struct {
	slacksim.Message
	want string
}

// scriptStep is one step: its line, and the lines under it that are indented.
type scriptStep struct {
	number int // of its line
	line   string
	more   []string
	after  []string // remarks and empty lines up to the next step
}

func playConversation(t *testing.T, file string) {
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
	for len(steps) > 0 && setting.MatchString(steps[0].line) {
		head = append(append(head, steps[0].line), steps[0].after...)
		steps = steps[1:]
	}
	c.world = newWorld(t, func(config *Config) { applySettings(t, file, head, config) })
	c.knowsUnsubscribed(t)
	t.Cleanup(c.sandbox.Mend)
	go (&workspace{redis: c.redis}).keepTime(t.Context())
	for _, s := range steps {
		c.step = s
		c.play()
	}
	c.end()
}

func newConversation(t *testing.T, file string) *conversation {
	return &conversation{
		t: t, file: file, read: map[string]reading{}, seen: map[string]bool{}, sent: map[string]bool{}, files: map[string]bool{},
	}
}

var setting = regexp.MustCompile(`^(un)?set ([A-Z_]+) ?(.*)$`)

// applySettings changes the settings that lines such as "set SENDERS U0MIA" name.
func applySettings(t *testing.T, file string, lines []string, config *Config) {
	t.Helper()
	for _, line := range lines {
		m := setting.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		for field, value := range config.fields() {
			if variable(field) != m[2] {
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
		err = errors.New("a setting of another kind")
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
				steps[len(steps)-1].after = append(steps[len(steps)-1].after, line)
			}
		case strings.HasPrefix(line, "  "):
			if len(steps) == 0 || len(steps[len(steps)-1].after) > 0 {
				t.Fatalf("%s:%d: an indented line belongs under a step", file, i+1)
			}
			steps[len(steps)-1].more = append(steps[len(steps)-1].more, line[2:])
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
		for _, m := range s.more {
			lines = append(lines, "  "+m)
		}
		lines = append(lines, s.after...)
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// verb is a kind of step. play gets what the pattern's groups matched.
type verb struct {
	pattern *regexp.Regexp
	play    func(c *conversation, m []string)
}

var verbs = []verb{
	{regexp.MustCompile(`^(\w+) (in #\w+|to couponbot)> (/\S+) ?(.*)$`), (*conversation).types},
	{regexp.MustCompile(`^(#\w+)()( now)?: ?(.*)$`), (*conversation).message},
	{regexp.MustCompile(`^only (\w+) (in #\w+|with couponbot)( now)?: ?(.*)$`), (*conversation).onlyMessage},
	{regexp.MustCompile(`^direct to (\w+)( now)?: ?(.*)$`), (*conversation).directMessage},
	{regexp.MustCompile(`^(\w+) sees nothing$`), (*conversation).seesNothing},
	{regexp.MustCompile(`^(\w+) sees (\w+): ?(.*)$`), (*conversation).sees},
	{regexp.MustCompile(`^(\w+) types (\w+): ?(.*)$`), (*conversation).typesInto},
	{regexp.MustCompile(`^(\w+) asks (\w+): ?(.*)$`), (*conversation).asks},
	{regexp.MustCompile(`^offers (.*)$`), (*conversation).offered},
	{regexp.MustCompile(`^(\w+) chooses (\w+): ?(.*)$`), (*conversation).chooses},
	{regexp.MustCompile(`^(\w+) uploads (.+) into (\w+)(:?)$`), (*conversation).uploads},
	{regexp.MustCompile(`^(\w+) takes (.+) out of (\w+)$`), (*conversation).takesOut},
	{regexp.MustCompile(`^file (to (\w+)|in (#\w+)): (.+)$`), (*conversation).hasFile},
	{regexp.MustCompile(`^(\w+) clicks (\S+)(?: (.+))?$`), (*conversation).clicks},
	{regexp.MustCompile(`^(\w+) (confirms|declines): ?(.*)$`), (*conversation).answers},
	{regexp.MustCompile(`^(\w+) submits$`), (*conversation).submits},
	{regexp.MustCompile(`^(\w+) closes( everything)?$`), (*conversation).closes},
	{regexp.MustCompile(`^error (\w+): (.*)$`), (*conversation).fieldError},
	{regexp.MustCompile(`^sent (.*)$`), (*conversation).hasSent},
	{regexp.MustCompile(`^nothing has been sent$`), (*conversation).nothingSent},
	{regexp.MustCompile(`^redis is (away|back)$`), (*conversation).redisIs},
	{regexp.MustCompile(`^redis refuses (writes|the queue)$`), (*conversation).redisRefuses},
	{regexp.MustCompile(`^coupontools (hangs|works|answers|refuses)(?: (\d+))?(?: ([^/]*?))?(?: on (/\S+))?$`), (*conversation).coupontools},
	{regexp.MustCompile(`^slack (refuses|works)(?: (\S+))?$`), (*conversation).slackIs},
	{regexp.MustCompile(`^couponbot (joins|leaves) (#\w+)$`), (*conversation).moves},
}

// namesWhatIsLeft matches the steps that say what came of the one before.
var namesWhatIsLeft = regexp.MustCompile(`^(error|offers) |^\w+ (confirms|declines):`)

func (c *conversation) play() {
	c.t.Helper()
	for _, v := range verbs {
		m := v.pattern.FindStringSubmatch(c.step.line)
		if m == nil {
			continue
		}
		if !namesWhatIsLeft.MatchString(c.step.line) {
			c.noneLeft()
		}
		v.play(c, m)
		return
	}
	c.fail("no such step: %s", c.step.line)
}

func (c *conversation) fail(format string, args ...any) {
	c.t.Helper()
	c.t.Fatalf("%s:%d: %s\n\nThe conversation so far:\n%s", c.file, c.step.number, fmt.Sprintf(format, args...),
		c.slack.Transcript())
}

// patience is how long a text is waited for. When texts are rewritten, the one that is there soon is taken.
func (c *conversation) patience() context.Context {
	if !*update {
		return patient(c.t)
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
		c.fail("nobody is called %s", name)
	}
	return id
}

// channel returns the id of "#marketing" and the like, or of the direct messages between a person and couponbot.
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

// text is what follows the colon of a step.
func (c *conversation) text(first string) string {
	if first == "" && len(c.step.more) > 0 {
		return strings.Join(c.step.more, "\n")
	}
	return strings.Join(append([]string{first}, c.step.more...), "\n")
}

// rewrite puts another text after the colon of a step.
func (c *conversation) rewrite(first, text string) {
	lines := strings.Split(text, "\n")
	start := strings.TrimRight(strings.TrimSuffix(c.step.line, first), " ")
	if len(lines) == 1 {
		c.step.line, c.step.more = start+" "+text, nil
		return
	}
	c.step.line, c.step.more = start, lines
}

// matches says whether a text is the one that is wanted, in which "..." stands for anything.
func matches(want, got string) bool {
	parts := strings.Split(want, "...")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile(`(?s)^` + strings.Join(parts, ".*") + `$`).MatchString(got)
}

var (
	aTime      = regexp.MustCompile(`\d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d( UTC)?`)
	anID       = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)
	aReference = regexp.MustCompile(`\(Reference [a-z2-7]{8}\)`)
)

// steady writes what is new each time in a word.
func steady(text string) string {
	text = aTime.ReplaceAllStringFunc(text, func(found string) string {
		for _, layout := range []string{"2 Jan 2006, 15:04 UTC", "2 January 2006, 15:04"} {
			if at, err := time.Parse(layout, found); err == nil && time.Since(at).Abs() < 24*time.Hour {
				return "<now>"
			}
		}
		return found
	})
	text = anID.ReplaceAllString(text, "<id>")
	return aReference.ReplaceAllString(text, "(Reference <ref>)")
}

func (c *conversation) took(out slacksim.Outcome, err error) {
	c.t.Helper()
	if invalid, ok := errors.AsType[*slacksim.InvalidError](err); ok {
		c.errs = maps.Clone(invalid.Errors)
		return
	}
	if err != nil || out.Failure != "" {
		c.fail("error %v, Slack shows %q", err, out.Failure)
	}
	c.errs = maps.Clone(out.Errors)
}

// noneLeft fails if an error at a field or a suggestion was not named, or a click not confirmed.
func (c *conversation) noneLeft() {
	c.t.Helper()
	if len(c.errs) > 0 || len(c.offers) > 0 {
		c.fail("the line before does not name the errors %v, the suggestions %q", c.errs, c.offers)
	}
	if c.asking != nil {
		c.fail("the click is neither confirmed nor declined:\n%s", c.asking.text)
	}
}

func (c *conversation) types(m []string) {
	user := c.actor(m[1])
	c.took(c.slack.Command(patient(c.t), user, c.channel(m[2], user), m[3], m[4]))
}

func (c *conversation) message(m []string) { c.expect(c.channel(m[1], ""), "", m[3] != "", m[4]) }

func (c *conversation) onlyMessage(m []string) {
	user := c.actor(m[1])
	c.expect(c.channel(m[2], user), user, m[3] != "", m[4])
}

func (c *conversation) directMessage(m []string) {
	c.expect(c.slack.Direct(c.actor(m[1])), "", m[2] != "", m[3])
}

// expect waits for a message. If changed, it is one that was named before and has changed since.
func (c *conversation) expect(channel, onlyFor string, changed bool, first string) {
	c.t.Helper()
	want := c.text(first)
	var waiting []slacksim.Message
	found, err := c.slack.AwaitMessage(c.patience(), channel, func(m slacksim.Message) bool {
		return m.OnlyFor == onlyFor && c.unread(m, changed) && matches(want, steady(m.Plain()))
	})
	if err != nil {
		for _, m := range c.slack.Messages(channel) {
			if m.OnlyFor == onlyFor && c.unread(m, changed) && !passing(m) {
				waiting = append(waiting, m)
			}
		}
		if !*update || len(waiting) == 0 {
			c.fail("there is no such message; not named yet are %d:\n%s", len(waiting), plain(waiting))
		}
		found = waiting[0]
		want = steady(found.Plain())
		c.rewrite(first, want)
	}
	c.read[found.TS] = reading{found, want}
	c.places = append(c.places, found.Place())
}

func plain(messages []slacksim.Message) string {
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "---\n%s\n", steady(m.Plain()))
	}
	return b.String()
}

// unread says whether a message of couponbot is new, or has changed since it was named.
func (c *conversation) unread(m slacksim.Message, changed bool) bool {
	before, known := c.read[m.TS]
	return m.User == slacksim.Bot && !m.Typed && known == changed && (!known || m.Edits > before.Edits)
}

// passing says whether a message merely asks for patience, or tells of a send that goes on. What of it is to be seen
// depends on how busy the machine is.
func passing(m slacksim.Message) bool {
	text := m.Plain()
	return strings.HasPrefix(text, "Sending\n") || m.OnlyFor != "" && strings.HasSuffix(text, "…") && !strings.Contains(text, "\n")
}

func (c *conversation) seesNothing(m []string) {
	user := c.actor(m[1])
	if err := c.slack.Await(c.patience(), func(s *slacksim.Server) bool { return s.View(user) == nil }); err != nil {
		c.fail("%s has a form open:\n%s", m[1], formText(*c.slack.View(user)))
	}
}

func (c *conversation) sees(m []string) {
	c.t.Helper()
	user, want := c.actor(m[1]), c.text(m[3])
	fits := func(v slacksim.View) bool { return cmp.Or(v.CallbackID, "notice") == m[2] }
	v, err := c.slack.AwaitView(c.patience(), user, func(v slacksim.View) bool {
		return fits(v) && matches(want, formText(v)) && !(want == "..." && asksForPatience(v))
	})
	if err != nil {
		top := c.slack.View(user)
		if top == nil {
			c.fail("%s has no form open", m[1])
		}
		if !*update || !fits(*top) {
			c.fail("%s sees %s:\n%s", m[1], cmp.Or(top.CallbackID, "notice"), formText(*top))
		}
		v = *top
		c.rewrite(m[3], formText(v))
	}
	c.seen[formKey(v)] = true
}

// asksForPatience says whether a form will be followed by another of itself. "..." does not stand for it.
func asksForPatience(v slacksim.View) bool {
	return v.Submit == "" && strings.HasSuffix(v.Plain(), "…")
}

func formKey(v slacksim.View) string { return fmt.Sprintf("%s/%d", v.ID, v.Updates) }

// formText is what a person reads in a form: its texts, what stands in its fields, its buttons.
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
	return steady(strings.Join(append(lines, buttons), "\n"))
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

// place is where a person acts: on the form on top, or else in the message with the element that was named last.
func (c *conversation) place(user, action string) slacksim.Place {
	if v := c.slack.View(user); v != nil {
		return v.Place()
	}
	for _, p := range slices.Backward(c.places) {
		if m, ok := c.slack.Message(p.Channel, p.TS); ok && c.visible(user, m) && strings.Contains(string(m.Blocks), strconv.Quote(action)) {
			return p
		}
	}
	c.fail("no message has %s", action)
	return slacksim.Place{}
}

// repeated writes out "a*1001".
var repeated = regexp.MustCompile(`^(.)\*(\d+)$`)

func (c *conversation) typesInto(m []string) {
	text := c.text(m[3])
	if r := repeated.FindStringSubmatch(text); r != nil {
		n, _ := strconv.Atoi(r[2])
		text = strings.Repeat(r[1], n)
	}
	c.took(c.slack.Type(patient(c.t), c.actor(m[1]), c.top(m[1]).ID, m[2], text))
}

func (c *conversation) asks(m []string) {
	user := c.actor(m[1])
	options, err := c.slack.Suggest(patient(c.t), user, c.place(user, m[2]), "", m[2], m[3])
	if err != nil {
		c.fail("%v", err)
	}
	for _, o := range options {
		c.offers = append(c.offers, o.Text+" = "+o.Value)
	}
	if len(options) == 0 {
		c.offers = []string{"nothing"}
	}
}

func (c *conversation) offered(m []string) {
	switch {
	case m[1] == "..." && len(c.offers) > 0:
		c.offers = nil
	case len(c.offers) == 0:
		c.fail("no further suggestion")
	case *update || matches(m[1], c.offers[0]):
		c.rewrite(m[1], c.offers[0])
		c.offers = c.offers[1:]
	default:
		c.fail("the suggestions are %q", c.offers)
	}
}

func (c *conversation) chooses(m []string) {
	user, value := c.actor(m[1]), m[3]
	if at, ok := c.instant(user, value); ok {
		value = fmt.Sprint(at.Unix())
	}
	c.took(c.slack.Choose(patient(c.t), user, c.place(user, m[2]), "", m[2], value))
}

func (c *conversation) clicks(m []string) {
	user := c.actor(m[1])
	var value []string
	if m[3] != "" {
		value = []string{m[3]}
	}
	c.click(user, c.place(user, m[2]), m[2], value...)
}

func (c *conversation) submits(m []string) {
	c.took(c.slack.Submit(patient(c.t), c.actor(m[1]), c.top(m[1]).ID))
}

func (c *conversation) closes(m []string) {
	if m[2] != "" {
		c.took(c.slack.CloseAll(patient(c.t), c.actor(m[1])))
		return
	}
	c.took(c.slack.CloseView(patient(c.t), c.actor(m[1]), c.top(m[1]).ID))
}

func (c *conversation) fieldError(m []string) {
	got, ok := c.errs[m[1]]
	want := c.text(m[2])
	switch {
	case !ok:
		c.fail("no error at %s; there are %v", m[1], c.errs)
	case matches(want, got):
	case *update:
		c.rewrite(m[2], got)
	default:
		c.fail("the error at %s is %q", m[1], got)
	}
	delete(c.errs, m[1])
}

// delivered lists what Coupontools has sent out, a line each.
func (c *conversation) delivered() []string {
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

func (c *conversation) hasSent(m []string) {
	ctx := patient(c.t)
	for n := 1; !slices.Contains(c.delivered(), m[1]); n++ {
		if err := c.sandbox.AwaitSent(ctx, n); err != nil {
			c.fail("Coupontools has not sent that, but\n%s", strings.Join(c.delivered(), "\n"))
		}
	}
	c.sent[m[1]] = true
}

func (c *conversation) nothingSent([]string) {
	for _, line := range c.delivered() {
		if !c.sent[line] {
			c.fail("sent: %s", line)
		}
	}
}

func (c *conversation) redisIs(m []string) {
	hook := breakOff
	if m[1] == "back" {
		hook = nil
	}
	c.redis.Server().SetPreHook(hook)
}

// redisRefuses is how a Redis answers whose memory is full, or whose account may not use the keys of the queue.
func (c *conversation) redisRefuses(m []string) {
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

func (c *conversation) coupontools(m []string) {
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
	case number == codeKeys:
		rule.Fault = sandbox.Refusal(http.StatusUnauthorized, sandbox.ShapeSingle, number, m[3])
	default:
		rule.Fault = sandbox.Refusal(http.StatusUnprocessableEntity, sandbox.ShapeNested, number, m[3])
	}
	c.sandbox.Break(rule)
}

func (c *conversation) slackIs(m []string) {
	if m[1] == "works" {
		c.slack.ClearFaults()
		return
	}
	c.slack.Inject(slacksim.Fault{Method: m[2], Error: "internal_error"})
}

// codeKeys is Coupontools' error code for wrong keys.
const codeKeys = 1000

func (c *conversation) moves(m []string) {
	if m[1] == "joins" {
		c.slack.Invite(c.channel(m[2], ""), slacksim.Bot)
		return
	}
	c.slack.Remove(c.channel(m[2], ""), slacksim.Bot)
}

// end stops the bot and fails if anything is left that no line has named.
func (c *conversation) end() {
	c.t.Helper()
	c.noneLeft()
	c.nothingSent(nil)
	c.sandbox.Mend()
	c.quit(c.t)
	c.nothingSent(nil)
	for _, ch := range c.slack.Channels() {
		for _, m := range c.slack.Messages(ch.ID) {
			before, known := c.read[m.TS]
			if m.User == slacksim.Bot && !m.Typed && !passing(m) && (!known || !matches(before.want, steady(m.Plain()))) {
				c.fail("nothing names this message in #%s, only for %q:\n%s", ch.Name, m.OnlyFor, steady(m.Plain()))
			}
			c.filesNamed(m)
		}
	}
	for name, user := range actors {
		if v := c.slack.View(user); v != nil && !c.seen[formKey(*v)] {
			c.fail("nothing names this form of %s, %s:\n%s", name, v.CallbackID, formText(*v))
		}
	}
}
