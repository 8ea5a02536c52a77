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

// coupontoolsCommand is the root command. The bot opens the menu for it, and routes a topic to the command with that topic.
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

// Condition is one line of the status.
type Condition struct {
	// Name is a part of couponbot, Text its state, both in plain words.
	Name, Text string
}

// statusHandlers answer the status command.
type statusHandlers struct {
	directories ui.List[coupontools.Directory]
	sends       *sends.Service
	store       ui.Store
	channels    []string
	more        func(context.Context) []Condition
}

// statusCommand answers "/coupontools status" privately.
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

// askTime is the timeout of each status query to Redis.
const askTime = 2 * time.Second

// writable asks Redis whether it accepts sends. A timeout counts as down.
func (s statusHandlers) writable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return s.sends.Writable(ctx)
}

// redisWords describes the state of Redis and what to do. It follows the name.
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

// going returns the live sends. A timeout counts as down.
func (s statusHandlers) going(ctx context.Context) ([]sends.Send, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return s.sends.Live(ctx)
}

// list reports the state of Coupontools, by fetching the list of directories unless that was done just now.
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

// troubleWords explains an error of Coupontools and what to do. It follows the name.
func troubleWords(err error) string {
	m := ui.Explain(err)
	if m == nil {
		return "did not answer in time"
	}
	return format.Joined(" ", strings.TrimPrefix(m.Text, "Coupontools "), m.Hint)
}

// checked reports what recipients are checked against, and its concerns.
func (s statusHandlers) checked(ctx context.Context) []blocks.Line {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	c, err := s.sends.ListStatus(ctx)
	if err != nil {
		return nil // Redis has failed since the first query
	}
	lines := []blocks.Line{blocks.Field("Recipients", recipientlist.CheckedLine(c))}
	for _, concern := range c.Concerns {
		lines = append(lines, blocks.Field("Attention", recipientlist.ConcernForAdmin(concern, c)))
	}
	return lines
}

// unpostable names the marketing channels that refused the bot, and what to do.
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

// liveSendBlocks lists the live sends.
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

// byState counts sends by state: "2 sends are going on, 1 is paused, 1 waits for approval, 3 are scheduled".
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

// ConcernAlert is the message to an admin about a lasting concern.
func ConcernAlert(c sends.Concern, checked sends.ListStatus) string {
	return "⚠️ " + recipientlist.ConcernForAdmin(c, checked)
}
