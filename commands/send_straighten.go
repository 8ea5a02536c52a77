package commands

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const actionStraighten = "send_straighten"

// straightened is how many text messages per person plain quotes and dashes save; 0 if none, or if they cannot be put in.
func straightened(d sends.Draft) int {
	plain := recipients.Straighten(d.Message)
	if d.Kind != recipients.SMS || d.Parent != "" || utf8.RuneCountInString(plain) > maxMessage {
		return 0 // what is sent again is sent as it was
	}
	return recipients.CountSegments(d.Message).Segments - recipients.CountSegments(plain).Segments
}

// straighten makes a draft of its own with plain quotes and dashes, and shows that.
func (s sending) straighten(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.onDraft(req, func(ctx context.Context, d sends.Draft) (bot.Reply, error) {
		saved := straightened(d)
		if saved <= 0 {
			return s.preview(ctx, req.Person, d, "")
		}
		before := recipients.CountSegments(d.Message)
		o, unknown := s.recallOrder(ctx, d.ID, req.Person)
		d.ID, d.Message = draftName(d.ID, actionStraighten), recipients.Straighten(d.Message)
		d, err := s.drafts.SaveDraft(ctx, d)
		if err != nil {
			return bot.Reply{}, draftMistake(d, err)
		}
		if unknown == nil {
			o.Draft.Message = d.Message
			s.keepOrder(ctx, req.Person, d.ID, o)
		}
		return s.preview(ctx, req.Person, d, straightenedNote(before, recipients.CountSegments(d.Message)))
	})
}

func straightenedNote(before, after recipients.Segments) string {
	replaced := slices.DeleteFunc(slices.Clone(before.Culprits), func(r rune) bool { return slices.Contains(after.Culprits, r) })
	verb := "were"
	if len(replaced) == 1 {
		verb = "was"
	}
	return fmt.Sprintf("%s %s replaced by plain characters. That saves %s per person: the text takes %s now, not %s. The form "+
		"keeps it as you typed it.", quotedRunes(replaced), verb, count(before.Segments-after.Segments, "message", "messages"),
		thousands(after.Segments), thousands(before.Segments))
}
