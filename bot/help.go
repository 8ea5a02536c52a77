package bot

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

const helpWord = "help"

func isHelp(w Word) bool { return !w.Quoted && strings.EqualFold(w.Text, helpWord) }

// helpAll lists every command, with an optional text before it.
func (b *Bot) helpAll(before string) Reply {
	var set []slack.Block
	if before != "" {
		set = append(set, textBlocks(before)...)
	}
	set = append(set, blocks.Header("What couponbot can do"))
	texts := []string{strings.TrimSpace(before + " What couponbot can do:")}
	for _, g := range b.groups() {
		var lines []blocks.Line
		for _, c := range g.commands {
			line := b.line(c)
			lines = append(lines, blocks.Line{blocks.Code(line)}, blocks.Line{blocks.Plain(about(c))})
			texts = append(texts, line+" – "+c.Summary)
		}
		if g.name != "" {
			set = append(set, blocks.Header(g.name))
		}
		set = append(set, blocks.Rich(lines...))
	}
	set = append(set, blocks.Context(blocks.Small(fmt.Sprintf(
		"Write help after any command for examples. Every command is also a topic of %s.", b.config.Root))))
	return Reply{Text: strings.Join(texts, "\n"), Blocks: set}
}

// line returns a command as a person would type it.
func (b *Bot) line(c *Command) string {
	name := c.Name
	if name == "" {
		name = b.config.Root + " " + c.Topic
	}
	return strings.TrimSpace(name + " " + c.Usage)
}

// about returns what a command does and who may use it.
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

// help explains one command, with examples.
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

// helpFor returns the help that goes with a refusal to an outsider.
func (b *Bot) helpFor(i *interaction) []slack.Block {
	if c := b.names[i.name]; c != nil && c.Name != b.config.Root {
		return b.help(c).Blocks
	}
	return b.helpAll("").Blocks
}
