package account

import (
	"context"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

// Keys and sign-on links make whoever has them somebody else. They are shown once, in a modal to the administrator who asked:
// a message could be found again, and one that cannot be posted would be sent another way. They are fetched for that alone,
// and stand in no store, log or error.

// viewReveal is the callback_id of the modal with a secret.
const viewReveal = "reveal"

// secretPart is one secret with its name.
type secretPart struct {
	name  string
	value coupontools.Secret
}

// secretReveal is the showing of a secret, as the audit trail has it.
type secretReveal struct {
	to    *sends.Service
	req   bot.Request
	entry sends.Entry
}

// reveal opens a modal, and shows in it what get brings, once it is in the audit trail who asked.
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

// secretLines shows secrets to be copied. One that is not there is left out.
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
