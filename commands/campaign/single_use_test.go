package campaign

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// rowCounter is a Slack that counts the rows of uploaded files.
type rowCounter struct {
	names, comments []string
	rows            []int
	bytes           int64
}

func (*rowCounter) Direct(context.Context, string) (string, error) { return "D1", nil }

func (p *rowCounter) Upload(_ context.Context, _ string, u bot.Upload) error {
	in := bufio.NewReader(io.NewSectionReader(u.From, 0, u.Size))
	table := csv.NewReader(in)
	rows := 0
	for {
		if _, err := table.Read(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		rows++
	}
	p.names, p.comments, p.rows = append(p.names, u.Name), append(p.comments, u.Comment), append(p.rows, rows)
	p.bytes = u.Size
	return nil
}

func TestSingleUses_partial(t *testing.T) {
	t.Parallel()
	w, files := newWorld(t), new(rowCounter)
	w.API.Break(sandbox.Rule{Path: "/v3/multiplesingleuse/create", Skip: 1, Fault: sandbox.ServerError(500)})
	s := singleUseHandlers{campaigns: NewList(w.Campaigns, ui.Deliverer{}), api: w.Client, store: w.Store, files: ui.Deliverer{Poster: files}, audit: w.Sends}
	d := singleUseDraft{Name: "Summer sale 2026", SingleUsesCreate: coupontools.SingleUsesCreate{Campaign: "cam_400001", Amount: 12_000}}
	_, err := s.make(t.Context(), bot.Request{Person: commandstest.Mia}, d)
	want := "Of the 12,000 addresses, 5,000 are made; the file with them is in your direct messages."
	if got := ui.ErrorText(err); !strings.Contains(got, want) || !strings.Contains(got, "It was tried once only.") {
		t.Errorf("said %q, want it to say %q", got, want)
	}
	if len(files.rows) != 1 || files.rows[0] != 5001 {
		t.Errorf("rows of the files = %v, want the 5,000 that were made", files.rows)
	}
}

func TestSingleUses_many(t *testing.T) {
	t.Parallel()
	w, files := newWorld(t), new(rowCounter)
	s := singleUseHandlers{campaigns: NewList(w.Campaigns, ui.Deliverer{}), api: w.Client, store: w.Store, files: ui.Deliverer{Poster: files}, audit: w.Sends}
	d := singleUseDraft{Name: "Summer sale 2026", SingleUsesCreate: coupontools.SingleUsesCreate{Campaign: "cam_400001", Amount: 12_000}}
	said, err := s.make(t.Context(), bot.Request{Person: commandstest.Mia}, d)
	if err != nil {
		t.Fatal(err)
	}
	if want := "12,000 addresses of Summer sale 2026 (cam_400001) are made. The file with them is in your direct messages."; said != want {
		t.Errorf("said %q, want %q", said, want)
	}
	if len(files.rows) != 1 || files.rows[0] != 12_001 {
		t.Errorf("rows of the files = %v, want 12,001 with the header", files.rows)
	}
}
