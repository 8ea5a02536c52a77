package commands

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// choice is what words say about a directory.
type choice struct {
	// Asked is what was taken for its name or id.
	Asked string
	// Hits are the directories it may mean. Several with one name are a choice too.
	Hits []coupontools.Directory
	// Rest are the words after it.
	Rest []bot.Word
}

// choose finds the directory that leading words name: the longest run of them that is exactly a name or an id, else
// the first word or quoted group, which may also be a part of a name.
func choose(l *cache.List, words []bot.Word) choice {
	if c, ok := exactRun(l, words); ok {
		return c
	}
	if len(words) == 0 {
		return choice{}
	}
	return choice{Asked: words[0].Text, Hits: partly(l, words[0].Text), Rest: words[1:]}
}

// chooseWhole finds the directory that words name when nothing but a directory can stand there: a part of a name may
// then be of several words.
func chooseWhole(l *cache.List, words []bot.Word) choice {
	if c, ok := exactRun(l, words); ok {
		return c
	}
	all := bot.Join(words)
	if hits := partly(l, all); len(hits) > 0 {
		return choice{Asked: all, Hits: hits}
	}
	c := choose(l, words)
	if len(c.Hits) == 0 {
		c.Asked = all
	}
	return c
}

func exactRun(l *cache.List, words []bot.Word) (choice, bool) {
	// A name has 300 characters at most, so no more words than this.
	const most = 150
	parts := apart(words)
	for n := min(len(parts), most); n > 0; n-- {
		name := bot.Join(parts[:n])
		if hits := exactly(l, name); len(hits) > 0 {
			return choice{Asked: name, Hits: hits, Rest: parts[n:]}, true
		}
	}
	return choice{}, false
}

// apart undoes the joining of neighbouring numbers, so that "Top 10" can be told from the number after it.
func apart(words []bot.Word) []bot.Word {
	var parts []bot.Word
	for _, w := range words {
		if w.Quoted {
			parts = append(parts, w)
			continue
		}
		for f := range strings.FieldsSeq(w.Text) {
			parts = append(parts, bot.Word{Text: f})
		}
	}
	return parts
}

func exactly(l *cache.List, name string) []coupontools.Directory {
	if d, ok := l.ByID(name); ok {
		return []coupontools.Directory{d}
	}
	return l.Named(name)
}

func partly(l *cache.List, words string) []coupontools.Directory {
	if strings.TrimSpace(words) == "" {
		return nil
	}
	if hits := exactly(l, words); len(hits) > 0 {
		return hits
	}
	return l.Search(words, len(l.Directories))
}

var directoryID = regexp.MustCompile(`^(?i:dir_)[0-9]{1,20}$`)

// unknownDirectory says that there is no such directory, and which are called nearly so.
func unknownDirectory(l *cache.List, asked string) *bot.Mistake {
	m := &bot.Mistake{Text: "There is no directory “" + short(asked) + "”.", Hint: "/directories shows them all."}
	m.Hint = joined(" ", didYouMean(l, asked), m.Hint)
	return m
}

// didYouMean asks whether the directories with the nearest names are meant, "" if there are none.
func didYouMean(l *cache.List, asked string) string {
	var names []string
	for _, d := range nearest(l, asked) {
		names = append(names, titled(d))
	}
	if len(names) == 0 {
		return ""
	}
	return "Did you mean " + orList(names) + "?"
}

func nearest(l *cache.List, asked string) []coupontools.Directory {
	const few = 3
	near := l.Nearest(asked, few)
	if first, _, several := strings.Cut(asked, " "); several && len(near) == 0 {
		near = l.Search(first, few)
	}
	return near
}

// orList joins names: a, b or c.
func orList(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// pickOne asks which of several directories is meant; row shows one of them with its buttons.
func pickOne(c choice, row func(coupontools.Directory) []slack.Block) bot.Reply {
	return pickAmong("directories", c, row)
}

// pickAmong is pickOne for other things than directories.
func pickAmong(many string, c choice, row func(coupontools.Directory) []slack.Block) bot.Reply {
	shown := c.Hits[:min(len(c.Hits), perPage)]
	text := thousands(len(c.Hits)) + " " + many + " match “" + short(c.Asked) + "”. Which one?"
	set := []slack.Block{blocks.Text(text)}
	for _, d := range shown {
		set = append(set, row(d)...)
	}
	if more := len(c.Hits) - len(shown); more > 0 {
		set = append(set, blocks.Context(blocks.Small("And "+thousands(more)+" more: add a word of the name, or use the id.")))
	}
	return bot.Reply{Text: text, Blocks: set}
}

// suggestDirectories offers directories for what was typed, from the list at hand if there is one.
func suggestDirectories(lists finder) bot.Suggester {
	const (
		// Slack takes 100 options; the bot keeps the acknowledgement under its size.
		most = 100
		// Slack waits three seconds for options. A list that takes longer than this is replaced by the one at hand.
		patience = time.Second
	)
	return func(ctx context.Context, req bot.Request) ([]bot.Option, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		l := lists.Local()
		if fresh, err := lists.List(ctx); err == nil {
			l = fresh
		} else if l == nil {
			return nil, err
		}
		hits := l.Directories[:min(len(l.Directories), most)]
		if strings.TrimSpace(req.Value) != "" {
			hits = l.Search(req.Value, most)
		}
		return directoryOptions(hits), nil
	}
}

// directoryOptions shows directories by name; those that share a name, with their id.
func directoryOptions(hits []coupontools.Directory) []bot.Option {
	same := map[string]int{}
	for _, d := range hits {
		same[cache.Fold(d.Name)]++
	}
	options := make([]bot.Option, len(hits))
	for i, d := range hits {
		options[i] = bot.Option{Text: optionText(d, same[cache.Fold(d.Name)] > 1), Value: d.ID}
	}
	return options
}

// optionText keeps the id in sight when the name has to be cut: an option has 75 characters (Slack: option, text).
func optionText(d coupontools.Directory, withID bool) string {
	const runes = 75
	name := oneLine(d.Name)
	switch {
	case name == "":
		return d.ID
	case withID:
		id := blocks.Cut(" ("+d.ID+")", runes/2)
		return blocks.Cut(name, runes-len([]rune(id))) + id
	}
	return blocks.Cut(name, runes)
}
