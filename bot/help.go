package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

const helpWord = "help"

// command finds the command that was typed, by its name or by its topic of the root command, and runs it. Help is given
// to everybody.
func (b *Bot) command(ctx context.Context, x *exchange) (Reply, error) {
	c := b.names[x.name]
	if c == nil {
		return Reply{}, gone(x.kind)
	}
	words := x.request.Words
	if x.name == b.config.Root {
		if len(words) == 2 && isHelp(words[0]) { // "help <topic>" is read as "<topic> help"
			words = []Word{words[1], words[0]}
		}
		if len(words) == 0 || isHelp(words[0]) {
			return b.helpAll(""), nil
		}
		if c = b.byTopic(words[0].Text); c == nil {
			return b.unknown(words[0].Text), nil
		}
		words = words[1:]
		x.request.Words, x.request.Text = words, Texts(words)
	}
	if len(words) == 1 && isHelp(words[0]) {
		return b.help(c), nil
	}
	if err := b.admit(ctx, x, c.Right); err != nil {
		return Reply{}, err
	}
	return call(ctx, c.Run, x.request)
}

func (b *Bot) byTopic(word string) *Command {
	word = strings.ToLower(strings.TrimPrefix(word, "/"))
	if c := b.topics[word]; c != nil {
		return c
	}
	if c := b.names["/"+word]; c != nil && c.Name != b.config.Root {
		return c
	}
	return nil
}

func isHelp(w Word) bool { return !w.Quoted && strings.EqualFold(w.Text, helpWord) }

// unknown answers a topic that does not exist: the nearest one, and the help.
func (b *Bot) unknown(word string) Reply {
	text := fmt.Sprintf("couponbot has no topic “%s”. %s", blocks.Cut(word, 100), nothingDone)
	if near := b.nearest(word); near != "" {
		text += fmt.Sprintf(" Did you mean %s %s?", b.config.Root, near)
	}
	return b.helpAll(text)
}

// nearest returns the topic that is spelt most like word, "" if none is.
func (b *Bot) nearest(word string) string {
	word = strings.ToLower(word)
	best, least := "", len(word)/3+2
	for i := range b.config.Commands {
		topic := b.config.Commands[i].Topic
		if topic == "" {
			continue
		}
		if d := distance(word, topic); d < least {
			best, least = topic, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// helpAll lists every command, after a text if there is one.
func (b *Bot) helpAll(before string) Reply {
	var set []slack.Block
	if before != "" {
		set = append(set, textBlocks(before)...)
	}
	set = append(set, blocks.Header("What couponbot can do"))
	texts := []string{strings.TrimSpace(before + " What couponbot can do:")}
	for i := range b.config.Commands {
		c := &b.config.Commands[i]
		if c.Name == b.config.Root {
			continue
		}
		line := b.line(c)
		set = append(set, blocks.Rich(blocks.Line{blocks.Code(line)}, blocks.Line{blocks.Plain(about(c))}))
		texts = append(texts, line+" – "+c.Summary)
	}
	set = append(set, blocks.Context(blocks.Small(fmt.Sprintf(
		"Write help after any command for examples. Every command is also a topic of %s.", b.config.Root))))
	return Reply{Text: strings.Join(texts, "\n"), Blocks: set}
}

// line is a command as one would type it.
func (b *Bot) line(c *Command) string {
	name := c.Name
	if name == "" {
		name = b.config.Root + " " + c.Topic
	}
	return strings.TrimSpace(name + " " + c.Usage)
}

// about says what a command does, and who may use it.
func about(c *Command) string {
	switch c.Right {
	case Send:
		return c.Summary + ". Only for people named in SENDERS."
	case Admin:
		return c.Summary + ". Only for people named in ADMINS."
	default:
		return c.Summary + "."
	}
}

// help explains one command with examples.
func (b *Bot) help(c *Command) Reply {
	line := b.line(c)
	set := []slack.Block{blocks.Header(line), blocks.Text(about(c))}
	texts := []string{line + " – " + c.Summary}
	for _, e := range c.Examples {
		set = append(set, blocks.Rich(blocks.Line{blocks.Code(e.Line)}, blocks.Line{blocks.Plain(e.Does)}))
		texts = append(texts, e.Line+" – "+e.Does)
	}
	return Reply{Text: strings.Join(texts, "\n"), Blocks: set}
}

// helpFor is the help that goes with a refusal to somebody who may use nothing else.
func (b *Bot) helpFor(x *exchange) []slack.Block {
	if c := b.names[x.name]; c != nil && c.Name != b.config.Root {
		return b.help(c).Blocks
	}
	return b.helpAll("").Blocks
}
