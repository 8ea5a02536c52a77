package bot

import (
	"context"
	"fmt"
	"strings"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/internal/editdist"
)

// command finds the command that was typed, by its name or by its topic, and runs it. Everybody gets help.
func (b *Bot) command(ctx context.Context, i *interaction) (Reply, error) {
	c := b.names[i.name]
	if c == nil {
		return Reply{}, gone(i.kind)
	}
	words := i.request.Words
	if i.name == b.config.Root {
		if len(words) == 2 && isHelp(words[0]) { // "help <topic>" is read as "<topic> help"
			words = []Word{words[1], words[0]}
		}
		if len(words) == 0 {
			return b.menu(), nil
		}
		if isHelp(words[0]) {
			return b.helpAll(""), nil
		}
		used := 2
		if c = b.ofTwoWords(words); c == nil {
			c, used = b.byTopic(words[0].Text), 1
		}
		if c == nil {
			return b.unknown(words), nil
		}
		words = words[used:]
		i.request.Words, i.request.Text = words, Join(words)
	}
	if len(words) == 1 && isHelp(words[0]) {
		return b.help(c), nil
	}
	if err := b.admit(ctx, i, c.Right); err != nil {
		return Reply{}, err
	}
	return callHandler(ctx, b.config.Guard, c.Run, i.request)
}

// ofTwoWords returns the command with the first two words as its topic, or nil.
func (b *Bot) ofTwoWords(words []Word) *Command {
	if len(words) < 2 {
		return nil
	}
	return b.topics[strings.ToLower(words[0].Text+" "+words[1].Text)]
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

// unknown answers a topic that doesn't exist with the nearest one and the help. A hyphenated topic may have been typed as
// two words.
func (b *Bot) unknown(words []Word) Reply {
	text := fmt.Sprintf("couponbot has no topic “%s”. %s", blocks.Cut(words[0].Text, 100), nothingDone)
	near := b.nearest(words[0].Text)
	if len(words) > 1 {
		if c := b.byTopic(words[0].Text + "-" + words[1].Text); c != nil {
			near = b.word(c)
		}
	}
	if near != "" {
		text += fmt.Sprintf(" Did you mean %s %s?", b.config.Root, near)
	}
	return b.helpAll(text)
}

// nearest returns the topic with the most similar spelling, or "".
func (b *Bot) nearest(word string) string {
	word = strings.ToLower(word)
	best, least, matcher := "", len(word)/3+2, editdist.New(word)
	for i := range b.config.Commands {
		topic := b.config.Commands[i].Topic
		if topic == "" {
			continue
		}
		if d := matcher.Distance(topic, least-1); d < least {
			best, least = topic, d
		}
	}
	return best
}
