package send

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/message"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	viewPreview = "send_preview"
)

// preview holds what the preview of a draft shows.
type preview struct {
	sends.Draft
	order      order // the order of the draft; zero if it has expired
	nobodyLeft bool  // every recipient is skipped, so the draft isn't saved
	person     bot.Person
	rate       int                // calls a second
	slow       map[string]float64 // countries with text messages a second
	link       int                // characters that the link adds to an SMS
	note       string
	approval   *approval         // nil if no approval is needed
	checked    *sends.ListStatus // nil if unknown
}

// previewOf is preview for [bot.Reply.Later].
func (s formHandlers) previewOf(p bot.Person, d sends.Draft, note string) func(context.Context) (bot.Reply, error) {
	return func(ctx context.Context) (bot.Reply, error) { return s.preview(ctx, p, d, note) }
}

// preview shows a draft below a note, or the state of the send if the draft was confirmed meanwhile. It asks Slack for the
// approvers if the draft needs approval, which may take a while.
func (s formHandlers) preview(ctx context.Context, p bot.Person, d sends.Draft, note string) (bot.Reply, error) {
	send, err := s.Sends.Send(ctx, d.ID)
	if err == nil {
		return bot.Reply{View: s.startedView(p, send)}, nil
	}
	if !errors.Is(err, sends.ErrNoSend) {
		return bot.Reply{}, err
	}
	v := preview{Draft: d, person: p, rate: s.Rate, link: s.LinkLength, slow: s.SMSRates, note: note}
	if o, err := s.recallOrder(ctx, d.ID, p); err == nil {
		v.order = o
	}
	if checked, err := s.Sends.ListStatus(ctx); err == nil {
		v.checked = &checked
	}
	if s.needsApproval(d) {
		v.approval = s.approvers(ctx, d)
	}
	return bot.Reply{View: v.view()}, nil
}

// onDraft answers a button of the preview. The button's value is the draft's id.
func (s formHandlers) onDraft(req bot.Request, act func(context.Context, sends.Draft) (bot.Reply, error)) (bot.Reply, error) {
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		d, err := s.Sends.Draft(ctx, req.Value, req.Person.Team, req.Person.ID)
		if err != nil {
			return bot.Reply{}, err
		}
		send, err := s.Sends.Send(ctx, d.ID)
		if errors.Is(err, sends.ErrNoSend) {
			return act(ctx, d)
		}
		return bot.Reply{View: s.startedView(req.Person, send)}, err
	}}, nil
}

// view shows the draft and asks for confirmation. Recipients are masked, since screens are shared.
func (p preview) view() *slack.ModalViewRequest {
	var set []slack.Block
	if p.note != "" {
		set = append(set, blocks.Text(p.note), blocks.Divider())
	}
	if p.checked != nil {
		set = append(set, recipientlist.ConcernBlocks(*p.checked)...)
	}
	if p.Parent != "" {
		set = append(set, blocks.Text(resendWarning(p.Parent)))
	}
	set = append(set, p.questions()...)
	set = append(set, warnings(p.List.Recipients)...)
	set = append(set, p.facts()...)
	set = append(set, blocks.Divider())
	set = append(set, p.content()...)
	set = append(set, recipientlist.LeftOut(p.List)...)
	if p.nobodyLeft {
		return blocks.WithMetadata(blocks.Modal(viewPreview, "Preview", "", "Back", set...), p.ID)
	}
	set = append(set, p.buttons(), blocks.Divider())
	submit, closing := p.submitText(), "Back"
	if p.Parent != "" {
		closing = "Close" // no form under it
	}
	if p.approval != nil {
		set = append(set, p.approval.blocks()...)
		if !p.approval.possible() {
			submit = ""
		}
	}
	set = append(set, blocks.Text(format.Joined(" ", durationWords(p.List.Recipients, p.rate, p.slow), "Nothing has been sent yet.")))
	return blocks.WithMetadata(blocks.Modal(viewPreview, "Preview", submit, closing, set...), p.ID)
}

// submitText says what the button of the preview does.
func (p preview) submitText() string {
	switch {
	case p.approval != nil:
		return "Ask for approval"
	case !p.ScheduledAt.IsZero():
		return "Schedule"
	}
	return "Send to " + format.Persons(len(p.List.Recipients))
}

// facts say how many people get what, where the list comes from, and when the send starts.
func (p preview) facts() []slack.Block {
	lines := []blocks.Line{{blocks.Bold(reachWords(p.List))}}
	if p.Parent != "" {
		lines = append(lines, blocks.Field("To", format.Sample(p.List.Recipients)))
	} else {
		lines = append(lines, recipientlist.SourceLines(p.List)...)
	}
	lines = append(lines,
		blocks.Field(format.Capitalised(offerNoun(p.Offer)), format.NameAndID(p.OfferName, p.OfferID)),
		blocks.Field("By", channelName(p.Kind)))
	if p.Kind == recipients.SMS && !p.nobodyLeft {
		lines = append(lines, blocks.Field("Countries", byCountry(p.List.Recipients)))
	}
	if !p.ScheduledAt.IsZero() {
		lines = append(lines, blocks.Field("When", format.Zoned(p.person, p.ScheduledAt)))
	}
	set := []slack.Block{blocks.Rich(lines...)}
	if notes := recipientlist.SourceNotes(p.List.Source); len(notes) > 0 {
		set = append(set, blocks.Context(blocks.Small(strings.Join(notes, " "))))
	}
	if p.checked != nil {
		set = append(set, blocks.Context(blocks.Small(recipientlist.CheckedLine(*p.checked))))
	}
	if p.order.File != nil {
		set = append(set, blocks.Actions("", blocks.Button(actionColumn, "Use another column", p.ID)))
	}
	return set
}

// foreignWords counts the numbers that look foreign, and says that they are skipped.
func foreignWords(n int) string {
	if n == 1 {
		return "1 number looks like a foreign number without its +. It's skipped, unless you use it as one."
	}
	return format.Thousands(n) + " numbers look like foreign numbers without their +. They're skipped, unless you use them as such."
}

// reachWords says how many recipients of a list aren't skipped.
func reachWords(l recipients.List) string {
	n, all := len(l.Recipients), len(l.Recipients)+l.Skipped()
	switch n {
	case 0:
		return "Nobody can get it yet."
	case all:
		return format.Persons(n) + " will get it."
	}
	return fmt.Sprintf("%s of %s will get it.", format.Thousands(n), format.Thousands(all))
}

// questions ask about entries that are skipped or used only because of the user's decision.
func (p preview) questions() []slack.Block {
	var set []slack.Block
	if n := skippedBy(p.List, recipients.RuleForeign); n > 0 && p.order.Form != "" {
		set = append(set, blocks.Text(foreignWords(n)),
			blocks.Actions("", blocks.Button(actionForeign, "Use as foreign numbers", p.ID)))
	} else if p.order.Rules.Foreign {
		set = append(set, blocks.Text("Numbers that look like foreign ones without their + are used as such."),
			blocks.Actions("", blocks.Button(actionForeign, "Skip them again", p.ID)))
	}
	if p.order.File == nil || p.List.Source == nil || len(p.List.Source.Consent) == 0 {
		return set
	}
	column := p.List.Source.Consent[0].String()
	if p.List.Source.ConsentIgnored {
		return append(set, blocks.Text(fmt.Sprintf("People who said no in %s are included, because you chose so.", column)),
			blocks.Actions("", blocks.Button(actionConsent, "Skip them again", p.ID)))
	}
	n := skippedBy(p.List, recipients.RuleConsent)
	if n == 0 {
		return set
	}
	said := fmt.Sprintf("%s no to messages in %s", format.Count(n, "person said", "people said"), column)
	return append(set, blocks.Text(said+" and will be skipped."),
		blocks.Actions("", blocks.Button(actionConsent, "Send to them anyway", p.ID,
			blocks.Ask("Send to people who said no?",
				said+". Sending to them anyway may be against the law. The audit trail will say that you chose this.",
				"Include them", "Keep skipping them"))))
}

// content shows what recipients get.
func (p preview) content() []slack.Block {
	if p.Kind == recipients.Email {
		return append([]slack.Block{
			blocks.Rich(blocks.Field("Subject", p.Subject)),
			blocks.Context(blocks.Small("Coupontools writes the e-mail itself, with the link to the " + offerNoun(p.Offer) + ".")),
		}, format.TextNotes(p.Subject, "")...)
	}
	return append([]slack.Block{
		blocks.Rich(blocks.Line{blocks.Bold("Text:")}, blocks.Line{blocks.Plain(p.Message + " [link]")}),
		blocks.Context(blocks.Small(p.cost())),
	}, format.TextNotes(p.Message, "")...)
}

// buttons act on the draft before it is confirmed.
func (p preview) buttons() slack.Block {
	set := []slack.BlockElement{blocks.Button(actionTest, "Send me a test", p.ID)}
	if saved := savedByPlainText(p.Draft, p.link); saved > 0 {
		save := "Save " + format.Thousands(saved) + " SMS per person"
		set = append(set, blocks.Button(actionSimplify, save, p.ID, blocks.Label(save+": use plain characters in the text")))
	}
	if len(p.List.LeftOut) > 0 {
		set = append(set, blocks.Button(actionLeftOut, "List of who is left out", p.ID))
	}
	return blocks.Actions("", set...)
}

// durationWords says how long a send takes, at the rate of calls or at a slow country's rate of text messages; "" without a
// rate.
func durationWords(list []recipients.Recipient, rate int, slow map[string]float64) string {
	if rate <= 0 {
		return ""
	}
	inCountry := map[string]int{}
	for _, r := range list {
		inCountry[r.RateCountry()]++
	}
	seconds, slowest := (len(list)+rate-1)/rate, ""
	for country, perSecond := range slow {
		if s := int(math.Ceil(float64(inCountry[country]) / perSecond)); s > seconds {
			seconds, slowest = s, country
		}
	}
	if slowest == "" {
		return fmt.Sprintf("It takes about %s at %s a second, if no other send is going on.", roundedTime(seconds), format.Thousands(rate))
	}
	return fmt.Sprintf("It takes about %s: text messages to %s go out at %s a second.",
		roundedTime(seconds), countryInSentence(slowest), strconv.FormatFloat(slow[slowest], 'f', -1, 64))
}

// roundedTime rounds seconds up to minutes or hours.
func roundedTime(seconds int) string {
	const minute, hour = 60, 60 * 60
	switch {
	case seconds >= 2*hour:
		return format.Count((seconds+hour-1)/hour, "hour", "hours")
	case seconds >= minute:
		return format.Count((seconds+minute-1)/minute, "minute", "minutes")
	}
	return format.Count(seconds, "second", "seconds")
}

// countryInSentence returns a country's name for use in a sentence: "the United States", "Canada".
func countryInSentence(code string) string {
	name := recipients.CountryName(code)
	if withArticle.MatchString(name) {
		return "the " + name
	}
	return name
}

var withArticle = regexp.MustCompile(`^United |^(Netherlands|Philippines|Bahamas|Maldives)$| (Republic|Islands)$`)

// byCountry counts recipients per country: "Belgium 12, France 3".
func byCountry(list []recipients.Recipient) string {
	names := map[string]string{}
	for _, c := range recipients.Countries() {
		names[c.Code] = c.Name
	}
	counts := map[string]int{}
	for _, r := range list {
		counts[r.Country]++
	}
	codes := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	const most = 20
	var said []string
	for _, code := range codes[:min(len(codes), most)] {
		name := names[code]
		if name == "" {
			name = "elsewhere"
		}
		said = append(said, name+" "+format.Thousands(counts[code]))
	}
	if more := len(codes) - len(said); more > 0 {
		said = append(said, format.Count(more, "more country", "more countries"))
	}
	return strings.Join(said, ", ")
}

// cost says how many SMS a text needs per person, and which characters raise that number.
func (p preview) cost() string {
	s := message.CountSegments(p.Message, p.link)
	said := format.Thousands(s.Segments) + " SMS per person"
	if n := len(p.List.Recipients); n > 1 {
		said += ", " + format.Thousands(s.Segments*n) + " in total"
	}
	if p.link > 0 {
		said += fmt.Sprintf(" (with a link of %s)", format.Count(p.link, "character", "characters"))
	}
	said += "."
	if len(s.Culprits) > 0 {
		said += " With " + format.SomeCharacters(s.Culprits) + " in it, an SMS holds 70 characters instead of 160."
	}
	return said
}

// warnings lists the recipients that may be wrong.
func warnings(list []recipients.Recipient) []slack.Block {
	var lines []string
	n := 0
	for _, r := range list {
		if r.Warning == "" {
			continue
		}
		if n++; n <= format.Listed {
			lines = append(lines, fmt.Sprintf("%s, %s: %s", format.Capitalised(r.Place()), recipients.Mask(r.To), r.Warning))
		}
	}
	if n == 0 {
		return nil
	}
	lines = append([]string{"Please check " + format.Persons(n) + ":"}, lines...)
	return []slack.Block{blocks.Text(format.AndMore(lines, n, format.Listed))}
}

// confirmed turns the draft into a send. A repeat returns the same send.
func (s formHandlers) confirmed(ctx context.Context, req bot.Request) (bot.Reply, error) {
	send, err := s.Sends.Confirm(ctx, req.View.Metadata, req.Person.Team, req.Person.ID)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("confirm send: %w", err)
	}
	return bot.Reply{View: s.startedView(req.Person, send)}, nil
}

// resendWarning warns that the recipients of a resend may get the message twice.
func resendWarning(parent string) string {
	return "Careful: these people may get it twice. Coupontools gave no clear answer for them in send " + parent + ", so nobody " +
		"knows whether they got it. Look in Coupontools first."
}
