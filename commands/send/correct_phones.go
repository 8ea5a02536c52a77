package send

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/message"
	"github.com/coupontools/couponbot/sends/recipients"
)

const actionStraighten = "send_straighten"

// savedByPlainText returns how many SMS per person plain characters save; 0 if none, or if the plain text is too long.
func savedByPlainText(d sends.Draft, link int) int {
	plain := message.Simplify(d.Message)
	if d.Kind != recipients.SMS || d.Parent != "" || utf8.RuneCountInString(plain) > maxMessage {
		return 0 // a resend has the text of the first send
	}
	return message.CountSegments(d.Message, link).Segments - message.CountSegments(plain, link).Segments
}

// straighten makes a new draft with plain characters in its text, and shows its preview.
func (s sending) straighten(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.onDraft(req, func(ctx context.Context, d sends.Draft) (bot.Reply, error) {
		if savedByPlainText(d, s.link) <= 0 {
			return s.preview(ctx, req.Person, d, "")
		}
		before := message.CountSegments(d.Message, s.link)
		o, unknown := s.recallOrder(ctx, d.ID, req.Person)
		d.ID, d.Message = draftName(d.ID, actionStraighten), message.Simplify(d.Message)
		d, err := s.drafts.SaveDraft(ctx, d)
		if err != nil {
			return bot.Reply{}, draftMistake(d, err)
		}
		if unknown == nil {
			o.Draft.Message = d.Message
			s.keepOrder(ctx, req.Person, d.ID, o)
		}
		return s.preview(ctx, req.Person, d, swapped(before, message.CountSegments(d.Message, s.link)))
	})
}

// swapped says which characters were replaced, and what that saves.
func swapped(before, after message.Segments) string {
	gone := slices.DeleteFunc(slices.Clone(before.Culprits), func(r rune) bool { return slices.Contains(after.Culprits, r) })
	return fmt.Sprintf("Swapped %s for plain characters: %s SMS per person instead of %s. The form keeps what you typed.",
		format.SomeCharacters(gone), format.Thousands(after.Segments), format.Thousands(before.Segments))
}
