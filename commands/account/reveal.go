package account

import (
	"context"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

// Keys and sign-on links grant access as another user, so they are shown once, in a modal, to the administrator who asks. A
// message could be found later, and one that can't be posted would be delivered in another way. They are fetched for this
// alone, and never stored or logged.

// viewReveal is the callback_id of the modal with a secret.
const viewReveal = "reveal"

// secretPart is one secret with its name.
type secretPart struct {
	name  string
	value coupontools.Secret
}

// secretReveal shows a secret and records that in the audit log.
type secretReveal struct {
	to    *sends.Service
	req   bot.Request
	entry sends.Entry
}

// reveal opens a waiting modal, records who asked, and shows the lines that get returns.
func (r secretReveal) reveal(title, warning string, get func(context.Context) ([]blocks.Line, error)) bot.Reply {
	return ui.WaitingOn(viewReveal, title, "Asking Coupontools…", func(ctx context.Context) (bot.Reply, error) {
		lines, err := get(ctx)
		if err != nil {
			return bot.Reply{}, err
		}
		r.entry.Actor = ui.ActorOf(r.req)
		if err := r.to.Record(ctx, r.entry); err != nil {
			return bot.Reply{}, ui.Unrecorded(err)
		}
		return bot.Reply{View: blocks.Modal(viewReveal, title, "", "Close",
			blocks.Text(warning+" Pass this on to nobody."), blocks.Rich(lines...),
			blocks.Context(blocks.Small("couponbot shows this once and keeps it nowhere. Close the window when you are done.")))}, nil
	})
}

// signOnLines shows the links of a sign-on, or its token if it has none.
func signOnLines(s coupontools.SignOn) []blocks.Line {
	if s.URL == "" && s.Whitelabel == "" {
		return secretLines(secretPart{"Token", s.Token})
	}
	return secretLines(secretPart{"Link", s.URL}, secretPart{"Link under your own domain", s.Whitelabel})
}

// secretLines shows secrets in a form that can be copied. It leaves empty ones out.
func secretLines(parts ...secretPart) []blocks.Line {
	var lines []blocks.Line
	for _, p := range parts {
		if p.value != "" {
			lines = append(lines, blocks.Line{blocks.Bold(p.name + ": "), blocks.Code(string(p.value))})
		}
	}
	if len(lines) == 0 {
		lines = append(lines, blocks.Line{blocks.Plain("Coupontools gave none.")})
	}
	return lines
}
