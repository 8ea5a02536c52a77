package send

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	actionLeftOut = "send_left_out"
)

// sendLeftOut gives a person the list of everybody left out, as a file that only they see.
func (s sending) sendLeftOut(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.onDraft(req, func(ctx context.Context, d sends.Draft) (bot.Reply, error) {
		channel, err := s.poster.Direct(ctx, req.Person.ID)
		if err != nil {
			return bot.Reply{}, fmt.Errorf("open direct message: %w", err)
		}
		n := format.Count(d.List.Skipped(), "entry", "entries")
		err = s.poster.Upload(ctx, channel, bot.Upload{
			Name: "left-out.csv", Title: "Left out", AltText: "A list of " + n + " that were left out",
			Comment: fmt.Sprintf("%s left out of the draft of “%s”. Nothing has been sent.", n, format.Short(d.OfferName)),
			Content: leftOutFile(d.List),
		})
		if err != nil {
			return bot.Reply{}, fmt.Errorf("upload who is left out: %w", err)
		}
		return s.preview(ctx, req.Person, d, "The list of "+n+" left out is in your direct messages with couponbot.")
	})
}

// leftOutColumns are those of the file.
var leftOutColumns = []ui.Column[recipients.LeftOut]{
	{Name: "Place", Value: func(o recipients.LeftOut) string {
		if o.Line == 0 {
			return "" // a row that counts those not listed
		}
		return o.Place()
	}},
	{Name: "Entry", Value: func(o recipients.LeftOut) string { return o.Text }},
	{Name: "Reason", Value: func(o recipients.LeftOut) string { return o.Reason }},
}

// leftOutFile lists the skipped entries. Of a very long list it has the first; its last rows say how many more there are.
func leftOutFile(list recipients.List) []byte {
	rows := slices.Clone(list.LeftOut)
	for _, g := range list.Groups(0) {
		if more := list.More[g.Rule]; more > 0 {
			rows = append(rows, recipients.LeftOut{Rule: g.Rule, Reason: fmt.Sprintf(
				"%s more, not listed here: %s.", format.Capitalised(format.Thousands(more)), recipientlist.RuleTitle(g.Rule))})
		}
	}
	var file bytes.Buffer
	_ = ui.Table("entries", "all entries", leftOutColumns, rows).Write(&file) // a buffer takes everything
	return file.Bytes()
}
