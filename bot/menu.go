package bot

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

// The root command without a topic opens the menu: every command by its group, each with a button that runs it without
// words, and a search. A user without the right is told so when they press the button.

const (
	viewMenu   = "menu"
	menuSearch = "menu_search"
	menuOpen   = "menu_open"
)

// menu shows every command by its group.
func (b *Bot) menu() Reply {
	set := []slack.Block{blocks.Actions("", blocks.Picker(menuSearch, "Search what couponbot can do"))}
	for _, g := range b.groups() {
		set = append(set, blocks.Header(g.name))
		for _, c := range g.commands {
			set = append(set, blocks.WithButton(blocks.Text(c.Summary+rightMark(c)+"\n"+b.line(c)),
				blocks.Button(menuOpen, "Open", b.word(c), blocks.Label("Open "+c.Summary))))
		}
	}
	return Reply{View: blocks.Modal(viewMenu, "couponbot", "", "Close", set...)}
}

// rightMark says who may use a command, after its summary.
func rightMark(c *Command) string {
	switch c.Right {
	case Send:
		return " (senders)"
	case Admin:
		return " (administrators)"
	default:
		return ""
	}
}

// commandGroup is a heading of the menu and the help, and the commands under it.
type commandGroup struct {
	name     string
	commands []*Command
}

// groups returns the commands except the root, by group, in the order of the configuration.
func (b *Bot) groups() []commandGroup {
	var all []commandGroup
	at := map[string]int{}
	for i := range b.config.Commands {
		c := &b.config.Commands[i]
		if c.Name == b.config.Root {
			continue
		}
		n, ok := at[c.Group]
		if !ok {
			n = len(all)
			at[c.Group] = n
			all = append(all, commandGroup{name: c.Group})
		}
		all[n].commands = append(all[n].commands, c)
	}
	return all
}

// word returns the topic of a command, or its name without the slash.
func (b *Bot) word(c *Command) string {
	if c.Topic != "" {
		return c.Topic
	}
	return strings.TrimPrefix(c.Name, "/")
}

// fromMenu answers an action in the menu: the search shows a command with its examples, Open runs it without words.
func (b *Bot) fromMenu(ctx context.Context, i *interaction) (Reply, error) {
	c := b.byTopic(i.request.Value)
	if c == nil {
		return Reply{}, gone(kindAction)
	}
	if i.name == menuSearch {
		return Reply{View: b.menuCard(c), Push: true}, nil
	}
	if err := b.admit(ctx, i, c.Right); err != nil {
		return Reply{}, err
	}
	r, err := callHandler(ctx, b.config.Guard, c.Run, i.request)
	r.Push = true
	return r, err
}

// menuCard shows one command with its examples.
func (b *Bot) menuCard(c *Command) *slack.ModalViewRequest {
	set := append(b.help(c).Blocks, blocks.Actions("", blocks.Button(menuOpen, "Open", b.word(c), blocks.Primary)))
	return blocks.Modal(viewMenu, "couponbot", "", "Close", set...)
}

// searchMenu finds commands by what was typed. Topics that begin with it come first.
func (b *Bot) searchMenu(typed string) []Option {
	typed = strings.ToLower(strings.TrimSpace(typed))
	var first, rest []Option
	for _, g := range b.groups() {
		for _, c := range g.commands {
			word := b.word(c)
			option := Option{Text: word + " – " + c.Summary, Value: word}
			switch {
			case strings.HasPrefix(word, typed):
				first = append(first, option)
			case strings.Contains(strings.ToLower(word+" "+c.Summary+" "+g.name), typed):
				rest = append(rest, option)
			}
		}
	}
	return append(first, rest...)
}
