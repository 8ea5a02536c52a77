package directory

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

// cardCommand answers /directory with a public card. A button counts the figures of the directory's campaigns, which takes
// many calls; the card shows the result for a day.
func cardCommand(c cardHandlers) bot.Command {
	return bot.Command{
		Name: "/directory", Topic: "directory", Group: ui.GroupDirectories, Usage: "[name or dir_ID]",
		Summary: "Show one directory",
		Examples: []bot.Example{
			{Line: "/directory", Does: "lets you choose one"},
			{Line: "/directory City deals", Does: "shows the directory of that name"},
			{Line: "/directory dir_5501", Does: "shows the directory with that id"},
		},
		Run: c.command().Run,
		Actions: map[string]bot.Action{
			actionPick:    {Run: c.pick},
			actionUsers:   {Right: bot.Send, Run: c.users.openDirectory},
			actionFigures: {Run: c.figuresOfButton},
		},
		Options: map[string]bot.Options{actionPick: {Run: c.directories.Suggest}},
	}
}

type cardHandlers struct {
	directories List
	api         *coupontools.Client
	store       ui.Store
	counter     *figures.Counter
	users       userHandlers
}

// command finds the directory that the words name.
func (c cardHandlers) command() ui.CardCommand[coupontools.Directory] {
	return ui.CardCommand[coupontools.Directory]{
		List: c.directories, Action: actionPick, Wait: ui.LookingUpDirectory, Row: openRow, Card: c.card,
	}
}

// pick shows the directory of a button or of a chosen option.
func (c cardHandlers) pick(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) { return c.card(ctx, req.Value) }}, nil
}

// card shows a directory, with the figures of its campaigns if they were counted recently.
func (c cardHandlers) card(ctx context.Context, id string) (bot.Reply, error) {
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

// find returns a directory as it is now, or from the list if Coupontools can't be reached, with notes about the source.
func (c cardHandlers) find(ctx context.Context, id string) (coupontools.Directory, []slack.MixedElement, error) {
	d, notes, err := c.directories.Card(ctx, id, c.api.Directory)
	if err == nil && notes == nil {
		notes = c.directories.RedisAway(ctx)
	}
	return d, notes, err
}

// cardReply is the card of a directory. figures is empty if they were not counted.
func cardReply(d coupontools.Directory, figures []slack.Block, notes ...slack.MixedElement) bot.Reply {
	lines := []blocks.Line{blocks.Field("Id", d.ID)}
	if d.Code != "" {
		lines = append(lines, blocks.Field("Code", format.Sentence(d.Code)))
	}
	lines = append(lines, blocks.Field("Price", format.Price(d.Payment)))
	if d.Payment != nil && d.Payment.Description != "" {
		lines = append(lines, blocks.Field("Description", format.Sentence(d.Payment.Description)))
	}
	set := append([]slack.Block{blocks.Header(format.OneLine(d.Name)), blocks.Rich(lines...)}, figures...)
	if len(notes) > 0 {
		set = append(set, blocks.Context(notes...))
	}
	name, counting := format.OneLine(d.Name), "Figures"
	if len(figures) > 0 {
		counting = "Count again"
	}
	set = append(set, blocks.Actions("",
		blocks.Button(ui.ActionSend, "Send", d.ID, blocks.Primary, blocks.Label("Send "+name)),
		blocks.Button(actionUsers, "Users", d.ID, blocks.Label("Show the users of "+name)),
		blocks.Button(actionFigures, counting, d.ID, blocks.Label("Count how the campaigns of "+name+" do"))))
	return bot.Reply{
		Text:   fmt.Sprintf("%s (%s), %s", format.Short(d.Name), d.ID, format.Price(d.Payment)),
		Blocks: set,
		Public: true,
	}
}
