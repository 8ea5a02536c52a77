package commands

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/commands/send"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/internal/rediserr"
	"github.com/coupontools/couponbot/sends"
)

// coupontoolsCommand is the root command. Alone it opens the menu, and a topic after it goes to the command of that name: both
// are the bot's doing.
func coupontoolsCommand() bot.Command {
	return bot.Command{
		Name: ui.Root, Usage: "[help]",
		Summary: "Help, status, and every command by its topic",
		Examples: []bot.Example{
			{Line: "/coupontools", Does: "opens a menu of the commands"},
			{Line: "/coupontools status", Does: "says how couponbot is doing"},
			{Line: "/coupontools send", Does: "does the same as /send-directory"},
		},
	}
}

// Condition is one line of the status: a part of couponbot and how it is.
type Condition struct {
	// Name is the part, Text how it is, both in plain words.
	Name, Text string
}

// statusHandlers is what the status looks at.
type statusHandlers struct {
	directories ui.List[coupontools.Directory]
	sends       *sends.Service
	store       ui.Store
	channels    []string
	more        func(context.Context) []Condition
}

// statusCommand answers "/coupontools status", only to the person who asked.
func statusCommand(s statusHandlers) bot.Command {
	return bot.Command{
		Topic: "status", Group: ui.GroupCouponbot, Summary: "Say how couponbot is doing, and which sends are going on",
		Examples: []bot.Example{{Line: "/coupontools status", Does: "says how couponbot is doing"}},
		Run: func(_ context.Context, _ bot.Request) (bot.Reply, error) {
			return bot.Reply{Text: ui.LookingAround, Later: s.show}, nil
		},
	}
}

func (s statusHandlers) show(ctx context.Context) (bot.Reply, error) {
	var lines []blocks.Line
	if s.more != nil {
		for _, c := range s.more(ctx) {
			lines = append(lines, blocks.Field(c.Name, c.Text))
		}
	}
	refused := s.writable(ctx)
	going, err := s.going(ctx)
	list, aged := s.list(ctx)
	lines = append(append(lines, blocks.Field("Redis", redisWords(cmp.Or(refused, err)))), list...)
	if err == nil {
		lines = append(lines, s.checked(ctx)...)
	}
	lines = append(lines, s.unpostable(ctx)...)
	set := []slack.Block{blocks.Header("couponbot"), blocks.Rich(lines...)}
	if aged != nil {
		set = append(set, aged)
	}
	return bot.Reply{Text: "The status of couponbot.", Blocks: append(append(set, blocks.Divider()), liveSendBlocks(going, err)...)}, nil
}

// askTime is how long the status waits for Redis.
const askTime = 2 * time.Second

// writable asks Redis whether it takes sends; one that hangs counts as away.
func (s statusHandlers) writable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return s.sends.Writable(ctx)
}

// redisWords says after its name how Redis is, and what to do about it.
func redisWords(err error) string {
	const rest = "browsing works, sending doesn't"
	problem := strings.TrimPrefix(rediserr.Problem(err), "Redis ")
	switch {
	case err == nil:
		return "works"
	case rediserr.KindOf(err).Task() == "":
		return problem + ": " + rest
	}
	return problem + ": " + rest + ". " + rediserr.Hint(err)
}

// going asks Redis for the sends that are going on; one that hangs counts as away.
func (s statusHandlers) going(ctx context.Context) ([]sends.Send, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return s.sends.Live(ctx)
}

// list says how Coupontools is by asking it for the list of directories, if that was not done just now.
func (s statusHandlers) list(ctx context.Context) ([]blocks.Line, slack.Block) {
	ctx, cancel := context.WithTimeout(ctx, ui.LiveTime)
	defer cancel()
	l, err := s.directories.Source.Refresh(ctx)
	if err != nil {
		return []blocks.Line{blocks.Field("Coupontools", troubleWords(err))}, nil
	}
	coupontools := "can be reached"
	if l.Stale {
		coupontools = "cannot be reached"
	}
	return []blocks.Line{
		blocks.Field("Coupontools", coupontools),
		blocks.Field("Directories", format.Thousands(len(l.Items))),
	}, blocks.Context(ui.ListAge(l)...)
}

// troubleWords says what is wrong with Coupontools, after its name, and what to do.
func troubleWords(err error) string {
	m := ui.Explain(err)
	if m == nil {
		return "did not answer in time"
	}
	return format.Joined(" ", strings.TrimPrefix(m.Text, "Coupontools "), m.Hint)
}

// checked says what recipients are checked against, and what is wrong with it.
func (s statusHandlers) checked(ctx context.Context) []blocks.Line {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	c, err := s.sends.Checked(ctx)
	if err != nil {
		return nil // Redis has gone away since it was asked
	}
	lines := []blocks.Line{blocks.Field("Recipients", recipientlist.CheckedLine(c))}
	for _, concern := range c.Concerns {
		lines = append(lines, blocks.Field("Attention", recipientlist.ConcernForAdmin(concern, c)))
	}
	return lines
}

// unpostable names the marketing channels that could not be told of a send, and how to mend that.
func (s statusHandlers) unpostable(ctx context.Context) []blocks.Line {
	var lines []blocks.Line
	for _, c := range s.channels {
		if why := send.Unpostable(ctx, s.store, c); why != "" {
			lines = append(lines, blocks.Line{blocks.Bold("Marketing channel "), blocks.Channel(c), blocks.Plain(": " + why)})
		}
	}
	if len(lines) == 0 && len(s.channels) > 0 {
		lines = append(lines, blocks.Field("Marketing channels", format.Thousands(len(s.channels))+", no trouble known"))
	}
	if len(s.channels) == 0 {
		lines = append(lines, blocks.Field("Marketing channels", "none are set (MARKETING_CHANNELS)"))
	}
	return lines
}

// liveSendBlocks lists the sends that are going on.
func liveSendBlocks(going []sends.Send, err error) []slack.Block {
	switch {
	case err != nil:
		return []slack.Block{blocks.Text("Can't load the sends right now.")}
	case len(going) == 0:
		return []slack.Block{blocks.Text("No send is going on.")}
	}
	set := []slack.Block{blocks.Text(byState(going) + ":")}
	for _, s := range going[:min(len(going), ui.PerPage)] {
		set = append(set, send.Lines(s)...)
	}
	if more := len(going) - ui.PerPage; more > 0 {
		set = append(set, blocks.Context(blocks.Small("and "+format.Thousands(more)+" more")))
	}
	return set
}

// byState counts sends by how they stand: "2 sends are going on, 1 is paused, 1 waits for approval, 3 are scheduled".
func byState(all []sends.Send) string {
	counts := map[sends.State]int{}
	for _, s := range all {
		counts[s.State]++
	}
	paused, waits, scheduled := counts[sends.StatePaused], counts[sends.StateAwaiting], counts[sends.StateScheduled]
	said := []string{format.Count(len(all)-paused-waits-scheduled, "send is", "sends are") + " going on"}
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{paused, "is paused", "are paused"},
		{waits, "waits for approval", "wait for approval"},
		{scheduled, "is scheduled", "are scheduled"},
	} {
		if part.n > 0 {
			said = append(said, format.Count(part.n, part.one, part.many))
		}
	}
	return strings.Join(said, ", ")
}

// ConcernAlert is the message to an admin about a concern that lasts.
func ConcernAlert(c sends.Concern, checked sends.Checked) string {
	return "⚠️ " + recipientlist.ConcernForAdmin(c, checked)
}
