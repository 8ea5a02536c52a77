package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

var (
	auditUserBlock  = ui.Audited("user_block", "blocked or unblocked a user")
	auditUserAccess = ui.Audited("user_access", "gave a user access")
	auditUserRevoke = ui.Audited("user_revoke", "took the access from a user")
)

// This file changes a user's access. It uses v4 of the API, where ids are bare numbers. That they are the same numbers as in
// v3 is an assumption.

const (
	actionUserBlock  = "user_block"
	actionUserAccess = "user_access"
	actionUserRevoke = "user_revoke"

	viewUserBlock  = "user_block"
	viewUserAccess = "user_access"
	// viewUserWait is shown before user_block and replaces it.
	viewUserWait = "user_wait"
)

// accessGrant gives a user access until a time.
type accessGrant struct {
	userRef
	Until time.Time // zero for without end
}

// blockForm says whether to block a user; it is the form's metadata.
type blockForm struct {
	userRef
	Block bool `json:"block"`
}

// accessButtons are a listed user's buttons.
func accessButtons(directory string, u coupontools.DirectoryUser) slack.Block {
	name := format.OneLine(u.Name())
	at := ui.Value(userRef{Directory: directory, User: u.ID})
	return blocks.Actions("",
		blocks.Button(actionUserBlock, "Block", at, blocks.Label("Block "+name+", or let them in again")),
		blocks.Button(actionUserAccess, "Give access", at, blocks.Label("Give "+name+" access until a day")),
		blocks.Button(actionUserRevoke, "Revoke access", at, blocks.Danger, blocks.Label("Take the access from "+name),
			blocks.Ask("Revoke the access?", "What "+u.ID+" has paid for, or was given, ends at once.", "Revoke", "Keep")))
}

// withUser decodes the value of a button.
func (p userHandlers) withUser(req bot.Request, then func(who userRef) bot.Reply) (bot.Reply, error) {
	who, err := ui.Decode[userRef](req.Value, "/directory-users")
	if err != nil {
		return bot.Reply{}, err
	}
	return then(who), nil
}

// userLines names the user and the directory.
func (p userHandlers) userLines(who userRef) slack.Block {
	directory := format.NameAndID(p.directories.Known(who.Directory).Name, who.Directory)
	return blocks.Rich(blocks.Field("User", who.User), blocks.Field("Directory", directory))
}

// askBlock looks up whether the user is blocked, and offers the opposite.
func (p userHandlers) askBlock(_ context.Context, req bot.Request) (bot.Reply, error) {
	return p.withUser(req, func(who userRef) bot.Reply {
		return ui.WaitingOn(viewUserWait, "Block", ui.LookingUpUsers, func(ctx context.Context) (bot.Reply, error) {
			u, err := p.api.DirectoryUserV4(ctx, who.Directory, who.User)
			if err != nil {
				return bot.Reply{}, unknownInV4(fmt.Errorf("look at user: %w", err), who)
			}
			title, text := "Block", "This user is not blocked. Who is blocked cannot sign in to the directory."
			if u.Blocked {
				title, text = "Unblock", "This user is blocked. Who is unblocked can sign in to the directory again."
			}
			return bot.Reply{View: blocks.WithMetadata(
				blocks.Modal(viewUserBlock, title, title, "Cancel", p.userLines(who), blocks.Text(text)),
				ui.Value(blockForm{who, !u.Blocked}))}, nil
		})
	})
}

// block blocks or unblocks the user. It is idempotent.
func (p userHandlers) block(_ context.Context, req bot.Request) (bot.Reply, error) {
	b, err := ui.Decode[blockForm](req.View.Metadata, "/directory-users")
	if err != nil {
		return bot.Reply{}, err
	}
	title, said := "Unblock", "can sign in again"
	if b.Block {
		title, said = "Block", "is blocked"
	}
	return ui.WaitingIn(viewUserWait, title, "Changing…", func(ctx context.Context) (bot.Reply, error) {
		err := p.api.BlockDirectoryUser(ctx, b.Directory, b.User, b.Block)
		notice := ui.Record(ctx, p.audit, req, sends.Entry{
			What: auditUserBlock, Note: b.User + " in " + b.Directory, Before: blockWord(!b.Block), After: blockWord(b.Block),
		}, err)
		if err != nil {
			return bot.Reply{}, ui.Unchanged(unknownInV4(fmt.Errorf("block user: %w", err), b.userRef))
		}
		return bot.Reply{
			View: blocks.Modal(viewUserWait, title, "", "Close", blocks.Text(format.Joined(" ", b.User+" "+said+".", notice))),
		}, nil
	}), nil
}

func blockWord(blocked bool) string {
	if blocked {
		return "blocked"
	}
	return "not blocked"
}

func (p userHandlers) askAccess(_ context.Context, req bot.Request) (bot.Reply, error) {
	return p.withUser(req, func(who userRef) bot.Reply {
		_, zone := req.Person.Clock()
		return bot.Reply{Push: true, View: blocks.WithMetadata(blocks.Modal(viewUserAccess, "Give access", "Check", "Cancel",
			p.userLines(who),
			blocks.DateTime(blocks.Input{
				Name: fieldExpiry, Label: "Access ends", Optional: true,
				Hint: "Your time zone: " + zone + ". It is sent to Coupontools in UTC. Empty: access never ends.",
			}, time.Time{})), ui.Value(who))}
	})
}

// giveAccess checks the form and shows the change.
func (p userHandlers) giveAccess(c ui.Change[accessGrant]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		who, err := ui.Decode[userRef](req.View.Metadata, "/directory-users")
		if err != nil {
			return bot.Reply{}, err
		}
		a := accessGrant{who, req.View.Time(fieldExpiry)}
		if !a.Until.IsZero() && !a.Until.After(time.Now()) {
			return bot.Reply{Errors: map[string]string{fieldExpiry: "This time is in the past. Choose a later one, or none."}}, nil
		}
		return c.Preview(ctx, req, a, p.userLines(a.userRef),
			blocks.Text("This user gets what others pay for, "+untilWords(a.Until, req.Person)+", whatever was set before.")), nil
	}
}

func untilWords(t time.Time, p bot.Person) string {
	if t.IsZero() {
		return "without end"
	}
	return "until " + format.Zoned(p, t)
}

func (p userHandlers) accessChange() ui.Change[accessGrant] {
	return ui.Change[accessGrant]{
		View: "user_access_check", Title: "Give access", Button: "Give access", WaitText: "Changing…",
		Store: p.store, Audit: p.audit,
		Do: func(ctx context.Context, req bot.Request, a accessGrant) (string, sends.Entry, error) {
			e := sends.Entry{What: auditUserAccess, Note: a.User + " in " + a.Directory, After: "without end"}
			if !a.Until.IsZero() {
				e.After = "until " + format.Stamp(a.Until)
			}
			if err := p.api.GiveDirectoryAccess(ctx, a.Directory, a.User, a.Until); err != nil {
				return "", e, unknownInV4(fmt.Errorf("give access: %w", err), a.userRef)
			}
			return a.User + " has access " + untilWords(a.Until, req.Person) + ".", e, nil
		},
	}
}

func (p userHandlers) revoke(_ context.Context, req bot.Request) (bot.Reply, error) {
	return p.withUser(req, func(who userRef) bot.Reply {
		return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
			err := p.api.RevokeDirectoryAccess(ctx, who.Directory, who.User)
			notice := ui.Record(ctx, p.audit, req, sends.Entry{What: auditUserRevoke, Note: who.User + " in " + who.Directory}, err)
			if err != nil {
				return bot.Reply{}, ui.Unchanged(unknownInV4(fmt.Errorf("revoke access: %w", err), who))
			}
			return bot.Reply{Text: format.Joined(" ", "The access of "+who.User+" to "+
				format.NameAndID(format.Short(p.directories.Known(who.Directory).Name), who.Directory)+" has ended.", notice)}, nil
		}}
	})
}

// unknownInV4 explains that v4 of the API doesn't know a user. It returns other errors unchanged.
func unknownInV4(err error, who userRef) error {
	if !errors.Is(err, coupontools.ErrNotFound) {
		return err
	}
	return &bot.Mistake{
		Text: fmt.Sprintf("Coupontools does not know %s in the part of its API that this needs (v4).",
			format.Joined(" of ", who.User, who.Directory)),
		Hint:  "That ids are the same there is assumed, not documented: tell the person who runs couponbot the reference.",
		Cause: err,
	}
}
