package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

const (
	actionDirectoriesPrev    = "directories_page:prev"
	actionDirectoriesNext    = "directories_page:next"
	actionDirectoriesRefresh = "directories_refresh"
)

// refresher can also fetch the list anew.
type refresher interface {
	lister
	Refresh(ctx context.Context) (*cache.List, error)
}

// directories answers /directories with the list, ten a page, for all in the channel to see.
func directories(lists refresher) bot.Command {
	page := func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return turn(req, lists.List)
	}
	return bot.Command{
		Name: "/directories", Topic: "directories", Group: groupDirectories, Usage: "[words to filter by]",
		Summary: "List the directories",
		Examples: []bot.Example{
			{Line: "/directories", Does: "lists all directories, ten at a time"},
			{Line: "/directories city", Does: "lists those with “city” in the name or id"},
		},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			q := listing{Page: 1, Filter: bot.Join(req.Words)}
			return bot.Reply{Public: true, Text: lookingUpDirectories, Later: func(ctx context.Context) (bot.Reply, error) {
				reply, err := q.show(ctx, lists.List)
				reply.Public = true
				return reply, err
			}}, nil
		},
		Clicks: map[string]bot.Handler{
			actionDirectoriesPrev: page,
			actionDirectoriesNext: page,
			actionDirectoriesRefresh: func(_ context.Context, req bot.Request) (bot.Reply, error) {
				return turn(req, lists.Refresh)
			},
		},
	}
}

// listing is a page of the list; it travels in the values of the buttons.
type listing struct {
	Page   int    `json:"page"`
	Filter string `json:"filter"`
}

// turn shows the page that a button asks for, in the place of the one it was on.
func turn(req bot.Request, get func(context.Context) (*cache.List, error)) (bot.Reply, error) {
	var q listing
	if err := json.Unmarshal([]byte(req.Value), &q); err != nil {
		return bot.Reply{}, brokenButton("/directories", err)
	}
	return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
		reply, err := q.show(ctx, get)
		reply.Public, reply.Replace = true, err == nil
		return reply, err
	}}, nil
}

func (q listing) show(ctx context.Context, get func(context.Context) (*cache.List, error)) (bot.Reply, error) {
	l, err := get(ctx)
	if err != nil {
		return bot.Reply{}, fmt.Errorf("list directories: %w", err)
	}
	q.Filter = bounded(strings.TrimSpace(q.Filter))
	hits := l.Directories
	if q.Filter != "" {
		hits = l.Search(q.Filter, len(l.Directories))
	}
	if len(hits) == 0 && q.Filter != "" {
		return bot.Reply{}, noneMatch(l, q.Filter)
	}
	return q.page(l, hits), nil
}

func (q listing) page(l *cache.List, hits []coupontools.Directory) bot.Reply {
	last := pages(len(hits))
	q.Page = max(1, min(q.Page, last))
	from := (q.Page - 1) * perPage
	shown := hits[from:min(from+perPage, len(hits))]

	total := count(len(hits), "directory", "directories")
	if q.Filter != "" {
		total += " matching “" + short(q.Filter) + "”"
	}
	where := fmt.Sprintf("Page %d of %d · %s", q.Page, last, total)
	set := []slack.Block{blocks.Header("Directories")}
	if len(hits) == 0 {
		set = append(set, blocks.Text(noDirectories))
	}
	for _, d := range shown {
		set = append(set, openRow(d))
	}
	set = append(set, blocks.Context(append([]slack.MixedElement{blocks.Small(where)}, age(l)...)...), q.buttons(last))
	return bot.Reply{Text: where + ": " + summary(shown), Blocks: set}
}

// buttons are Previous and Next, where they lead somewhere, and Refresh.
func (q listing) buttons(last int) slack.Block {
	var row []slack.BlockElement
	if q.Page > 1 {
		row = append(row, blocks.Button(actionDirectoriesPrev, "Previous", q.at(q.Page-1), blocks.Label("Previous page")))
	}
	if q.Page < last {
		row = append(row, blocks.Button(actionDirectoriesNext, "Next", q.at(q.Page+1), blocks.Label("Next page")))
	}
	row = append(row, blocks.Button(actionDirectoriesRefresh, "Refresh", q.at(q.Page),
		blocks.Label("Fetch the list from Coupontools again")))
	return blocks.Actions("", row...)
}

func (q listing) at(page int) string { return value(listing{Page: page, Filter: q.Filter}) }

// summary names directories for notifications and screen readers.
func summary(shown []coupontools.Directory) string {
	names := make([]string, len(shown))
	for i, d := range shown {
		names[i] = fmt.Sprintf("%s (%s)", short(d.Name), d.ID)
	}
	if len(names) == 0 {
		return noDirectories
	}
	return strings.Join(names, ", ")
}
