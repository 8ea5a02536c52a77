package send

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionListPrev    = "sends_page:prev"
	actionListNext    = "sends_page:next"
	actionListRefresh = "sends_refresh"

	// maxRecent is how many ended sends are listed, after the live ones.
	maxRecent = 100
)

// sendLister is the part of [sends.Service] that lists sends.
type sendLister interface {
	Live(ctx context.Context) ([]sends.Send, error)
	Recent(ctx context.Context, n int) ([]sends.Send, error)
}

// listHandlers list sends and answer the buttons of every message about one.
type listHandlers struct {
	lister sendLister
	sends  *sends.Service
	files  ui.Deliverer
	forms  formHandlers
}

// listCommand answers "/coupontools sends", only to the person who asked.
func listCommand(l listHandlers) bot.Command {
	turn := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		page, err := strconv.Atoi(req.Value)
		if err != nil {
			return bot.Reply{}, ui.BrokenButton("/coupontools sends", err)
		}
		return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
			reply, err := l.show(ctx, req.Person.ID, page)
			reply.Replace = err == nil
			return reply, err
		}}, nil
	}
	return bot.Command{
		Topic: "sends", Group: ui.GroupSends, Summary: "See running, scheduled and recent sends", Right: bot.Send,
		Examples: []bot.Example{{Line: "/coupontools sends", Does: "lists the sends, with buttons to pause, cancel, approve"}},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			return bot.Reply{Text: ui.LookingUpSends, Later: func(ctx context.Context) (bot.Reply, error) {
				return l.show(ctx, req.Person.ID, 1)
			}}, nil
		},
		Actions: map[string]bot.Action{
			actionListPrev: {Run: turn}, actionListNext: {Run: turn}, actionListRefresh: {Run: turn},
			actionApprove: {Run: actionHandler(l.sends, sends.Approve)},
			actionReject:  {Run: actionHandler(l.sends, sends.Reject)},
			actionPause:   {Run: actionHandler(l.sends, sends.Pause)},
			actionResume:  {Run: actionHandler(l.sends, sends.Resume)},
			actionCancel:  {Run: actionHandler(l.sends, sends.Cancel)},
			actionReport:  {Run: l.report},
			actionResend:  {Run: l.forms.resendUnknown},
		},
	}
}

func (l listHandlers) show(ctx context.Context, viewer string, page int) (bot.Reply, error) {
	all, err := l.all(ctx)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list sends: %w", ui.Unreadable(err))
	}
	last := ui.Pages(len(all))
	page = max(1, min(page, last))
	from := (page - 1) * ui.PerPage
	set := []slack.Block{blocks.Header("Sends")}
	if len(all) == 0 {
		set = append(set, blocks.Text("There are no sends yet. /send-directory makes one."))
	}
	for _, s := range all[from:min(from+ui.PerPage, len(all))] {
		set = append(set, listRow(s, viewer)...)
	}
	where := fmt.Sprintf("Page %d of %d · %s", page, last, format.Count(len(all), "send", "sends"))
	set = append(set, blocks.Context(blocks.Small(where)), pageRow(page, last))
	return bot.Reply{Text: where, Blocks: set}, nil
}

// all returns the live sends, then the recent ones that have ended, each newest first.
func (l listHandlers) all(ctx context.Context) ([]sends.Send, error) {
	all, err := l.lister.Live(ctx)
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	recent, err := l.lister.Recent(ctx, maxRecent)
	if err != nil {
		return nil, err
	}
	for _, s := range recent {
		if !slices.ContainsFunc(all, func(o sends.Send) bool { return o.ID == s.ID }) {
			all = append(all, s)
		}
	}
	return all, nil
}

// listRow shows one send with the buttons that fit its state.
func listRow(s sends.Send, viewer string) []slack.Block {
	set := Lines(s)
	if row := buttonsFor(s, viewer == s.User); len(row) > 0 {
		set = append(set, blocks.Actions("", row...))
	}
	return set
}

// Lines shows the state of a send in a few lines.
func Lines(s sends.Send) []slack.Block {
	headline, _ := stateWords(s)
	if s.Test {
		headline = "Test: " + headline
	}
	said := ""
	if !notStarted(s) {
		said = countsWords(s.Counts)
	}
	lines := []blocks.Line{{
		blocks.Bold(headline + ": " + format.Short(s.OfferName)),
		blocks.Plain(fmt.Sprintf(" by %s to %s, from ", channelName(s.Kind), format.Persons(s.Counts.Total))), blocks.User(s.User),
	}}
	if text := format.Joined(". ", said, s.BackoffReason); text != "" {
		lines = append(lines, blocks.Line{blocks.Plain(text)})
	}
	if line := decidedByLine(s); line != nil {
		lines = append(lines, line)
	}
	return []slack.Block{blocks.Rich(lines...), timesBlock(s)}
}

func pageRow(page, last int) slack.Block {
	var row []slack.BlockElement
	if page > 1 {
		row = append(row, blocks.Button(actionListPrev, "Previous", strconv.Itoa(page-1), blocks.Label("Previous page")))
	}
	if page < last {
		row = append(row, blocks.Button(actionListNext, "Next", strconv.Itoa(page+1), blocks.Label("Next page")))
	}
	return blocks.Actions("", append(row, blocks.Button(actionListRefresh, "Refresh", strconv.Itoa(page)))...)
}
