package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
)

const (
	actionPick  = "directory_pick"
	actionSend  = "directory_send"
	actionUsers = "directory_users"
)

// director is the part of the Coupontools client that directory needs.
type director interface {
	Directory(ctx context.Context, id string) (*coupontools.Directory, error)
	DirectoryCampaigns(ctx context.Context, directory string) ([]coupontools.Campaign, error)
}

// directory answers /directory with the card of one directory, for all in the channel to see. A button on it counts how the
// campaigns in it do, which takes many calls; what was counted is on the card for a day.
func directory(c directoryCards) bot.Command {
	return bot.Command{
		Name: "/directory", Topic: "directory", Group: groupDirectories, Usage: "[name or dir_ID]",
		Summary: "Show one directory",
		Examples: []bot.Example{
			{Line: "/directory", Does: "lets you choose one"},
			{Line: "/directory City deals", Does: "shows the directory of that name"},
			{Line: "/directory dir_5501", Does: "shows the directory with that id"},
		},
		Run:      c.run,
		Clicks:   map[string]bot.Handler{actionPick: c.pick, actionFigures: c.figuresOfButton},
		Suggests: map[string]bot.Suggester{actionPick: suggest(c.lists)},
	}
}

type directoryCards struct {
	lists   finder
	api     director
	store   store
	counter *counter
}

func (c directoryCards) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return bot.Reply{Text: whichDirectory, Blocks: []slack.Block{
			blocks.Text(whichDirectory),
			blocks.Actions("", blocks.Picker(actionPick, typeAFewLetters)),
		}}, nil
	}
	return bot.Reply{Public: true, Text: lookingUpDirectory, Later: func(ctx context.Context) (bot.Reply, error) {
		return c.named(ctx, req.Words)
	}}, nil
}

// pick shows the directory of a button or of an option chosen.
func (c directoryCards) pick(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) { return c.card(ctx, req.Value) }}, nil
}

func (c directoryCards) named(ctx context.Context, words []bot.Word) (bot.Reply, error) {
	l, err := c.lists.List(ctx)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list directories: %w", err)
	}
	found := chooseWhole(l, words)
	switch {
	case len(found.Hits) == 1:
		return c.card(ctx, found.Hits[0].ID)
	case len(found.Hits) > 1:
		return pickOne(found, func(d coupontools.Directory) []slack.Block { return []slack.Block{openRow(d)} }), nil
	case directoryID.MatchString(words[0].Text):
		// It may be younger than the list.
		return c.card(ctx, words[0].Text)
	}
	return bot.Reply{}, unknownDirectory(l, found.Asked)
}

// liveTime is how long a card waits for Coupontools before it is made from the list.
const liveTime = 5 * time.Second

// card shows a directory, with how its campaigns do if that was counted not long ago.
func (c directoryCards) card(ctx context.Context, id string) (bot.Reply, error) {
	d, notes, err := c.find(ctx, id)
	if err != nil {
		return bot.Reply{}, err
	}
	f, ok := c.counted(ctx, d.ID)
	if !ok {
		return cardReply(d, nil, notes...), nil
	}
	return cardReply(d, f.blocks(nil), notes...), nil
}

// find returns a directory as Coupontools has it now, or as the list has it while Coupontools cannot be reached, with notes
// on where it comes from.
func (c directoryCards) find(ctx context.Context, id string) (coupontools.Directory, []slack.MixedElement, error) {
	live, cancel := context.WithTimeout(ctx, liveTime)
	defer cancel()
	var none coupontools.Directory
	d, err := c.api.Directory(live, id)
	if err == nil {
		return *d, redisAway(ctx, c.lists), nil
	}
	l, listErr := c.lists.List(ctx)
	if listErr != nil {
		return none, nil, fmt.Errorf("show directory: %w", err)
	}
	if errors.Is(err, coupontools.ErrNotFound) {
		return none, nil, unknownDirectory(l, id)
	}
	listed, ok := l.ByID(id)
	if !ok {
		return none, nil, fmt.Errorf("show directory: %w", err)
	}
	return listed, fromList(err, l), nil
}

// cardReply is the card of a directory; figures is empty if they were not counted.
func cardReply(d coupontools.Directory, figures []slack.Block, notes ...slack.MixedElement) bot.Reply {
	lines := []blocks.Line{blocks.Field("Id", d.ID)}
	if d.Code != "" {
		lines = append(lines, blocks.Field("Code", sentence(d.Code)))
	}
	lines = append(lines, blocks.Field("Price", price(d.Payment)))
	if d.Payment != nil && d.Payment.Description != "" {
		lines = append(lines, blocks.Field("Description", sentence(d.Payment.Description)))
	}
	set := append([]slack.Block{blocks.Header(oneLine(d.Name)), blocks.Rich(lines...)}, figures...)
	if len(notes) > 0 {
		set = append(set, blocks.Context(notes...))
	}
	name, counting := oneLine(d.Name), "Figures"
	if len(figures) > 0 {
		counting = "Count again"
	}
	set = append(set, blocks.Actions("",
		blocks.Button(actionSend, "Send", d.ID, blocks.Primary, blocks.Label("Send "+name)),
		blocks.Button(actionUsers, "Users", d.ID, blocks.Label("Show the users of "+name)),
		blocks.Button(actionFigures, counting, d.ID, blocks.Label("Count how the campaigns of "+name+" do"))))
	return bot.Reply{
		Text:   fmt.Sprintf("%s (%s), %s", short(d.Name), d.ID, price(d.Payment)),
		Blocks: set,
		Public: true,
	}
}
