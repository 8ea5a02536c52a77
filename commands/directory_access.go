package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

// What can be done to a user of a directory besides the payment. It takes the API's newer part (v4), where ids are bare
// numbers: that they are those of the older part is assumed.

const (
	actionUserBlock  = "user_block"
	actionUserAccess = "user_access"
	actionUserRevoke = "user_revoke"

	viewUserBlock  = "user_block"
	viewUserAccess = "user_access"
	// viewUserWait is what user_block begins with and turns into.
	viewUserWait = "user_wait"
)

// accessKeeper is the part of the Coupontools client that says who may use a directory.
type accessKeeper interface {
	DirectoryUserV4(ctx context.Context, directory, user string) (*coupontools.DirectoryUser, error)
	BlockDirectoryUser(ctx context.Context, directory, user string, block bool) error
	GiveDirectoryAccess(ctx context.Context, directory, user string, until time.Time) error
	RevokeDirectoryAccess(ctx context.Context, directory, user string) error
	CreateDirectoryUser(ctx context.Context, u coupontools.DirectoryUserCreate) (string, error)
}

// access gives a user access, until then.
type access struct {
	payer
	Until time.Time // zero for without end
}

// barring is whether a user is to be blocked; it is the metadata of the form.
type barring struct {
	payer
	Block bool `json:"block"`
}

// accessButtons are those of a user in a list.
func accessButtons(directory string, u coupontools.DirectoryUser) slack.Block {
	name := oneLine(u.Name())
	at := value(payer{Directory: directory, User: u.ID})
	return blocks.Actions("",
		blocks.Button(actionUserBlock, "Block", at, blocks.Label("Block "+name+", or let them in again")),
		blocks.Button(actionUserAccess, "Give access", at, blocks.Label("Give "+name+" access until a day")),
		blocks.Button(actionUserRevoke, "Revoke access", at, blocks.Danger, blocks.Label("Take the access from "+name),
			blocks.Ask("Revoke the access?", "What "+u.ID+" has paid for, or was given, ends at once.", "Revoke", "Keep")))
}

// of reads the value of a button.
func (p people) of(req bot.Request, then func(who payer) bot.Reply) (bot.Reply, error) {
	who, err := decode[payer](req.Value, "/directory-users")
	if err != nil {
		return bot.Reply{}, err
	}
	return then(who), nil
}

// names are the lines that say who is meant.
func (p people) names(who payer) slack.Block {
	return blocks.Rich(blocks.Field("User", who.User), blocks.Field("Directory", nameAndID(p.directories.known(who.Directory).Name, who.Directory)))
}

// askBlock looks up whether the user is blocked, and offers the contrary.
func (p people) askBlock(_ context.Context, req bot.Request) (bot.Reply, error) {
	return p.of(req, func(who payer) bot.Reply {
		return waitingOn(viewUserWait, "Block", lookingUpUsers, func(ctx context.Context) (bot.Reply, error) {
			u, err := p.access.DirectoryUserV4(ctx, who.Directory, who.User)
			if err != nil {
				return bot.Reply{}, notInV4(fmt.Errorf("look at user: %w", err), who)
			}
			title, text := "Block", "This user is not blocked. Who is blocked cannot sign in to the directory."
			if u.Blocked {
				title, text = "Unblock", "This user is blocked. Who is unblocked can sign in to the directory again."
			}
			return bot.Reply{View: blocks.WithMetadata(
				blocks.Modal(viewUserBlock, title, title, "Cancel", p.names(who), blocks.Text(text)), value(barring{who, !u.Blocked}))}, nil
		})
	})
}

// block does it. Doing it twice is the same as once.
func (p people) block(_ context.Context, req bot.Request) (bot.Reply, error) {
	b, err := decode[barring](req.View.Metadata, "/directory-users")
	if err != nil {
		return bot.Reply{}, err
	}
	title, said := "Unblock", "can sign in again"
	if b.Block {
		title, said = "Block", "is blocked"
	}
	return waitingIn(viewUserWait, title, "Changing…", func(ctx context.Context) (bot.Reply, error) {
		err := p.access.BlockDirectoryUser(ctx, b.Directory, b.User, b.Block)
		word := record(ctx, p.audit, req, sends.Entry{
			What: deedUserBlock, Note: b.User + " in " + b.Directory, Before: blockWord(!b.Block), After: blockWord(b.Block),
		}, err)
		if err != nil {
			return bot.Reply{}, unchanged(notInV4(fmt.Errorf("block user: %w", err), b.payer))
		}
		return bot.Reply{View: blocks.Modal(viewUserWait, title, "", "Close", blocks.Text(joined(" ", b.User+" "+said+".", word)))}, nil
	}), nil
}

func blockWord(blocked bool) string {
	if blocked {
		return "blocked"
	}
	return "not blocked"
}

func (p people) askAccess(_ context.Context, req bot.Request) (bot.Reply, error) {
	return p.of(req, func(who payer) bot.Reply {
		_, zone := req.Person.Clock()
		return bot.Reply{Push: true, View: blocks.WithMetadata(blocks.Modal(viewUserAccess, "Give access", "Check", "Cancel", p.names(who),
			blocks.DateTime(blocks.Input{
				Name: fieldExpiry, Label: "Access ends", Optional: true,
				Hint: "Your time zone: " + zone + ". It is sent to Coupontools in UTC. Empty: access never ends.",
			}, time.Time{})), value(who))}
	})
}

// giveAccess takes the form.
func (p people) giveAccess(c change[access]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		who, err := decode[payer](req.View.Metadata, "/directory-users")
		if err != nil {
			return bot.Reply{}, err
		}
		a := access{who, req.View.Time(fieldExpiry)}
		if !a.Until.IsZero() && !a.Until.After(time.Now()) {
			return bot.Reply{Errors: map[string]string{fieldExpiry: "This time is in the past. Choose a later one, or none."}}, nil
		}
		return c.asks(ctx, req, a, p.names(a.payer),
			blocks.Text("This user gets what others pay for, "+until(a.Until, req.Person)+", whatever was set before.")), nil
	}
}

func until(t time.Time, p bot.Person) string {
	if t.IsZero() {
		return "without end"
	}
	return "until " + zoned(p, t)
}

func (p people) giving() change[access] {
	return change[access]{
		view: "user_access_check", title: "Give access", yes: "Give access", doing: "Changing…",
		store: p.store, audit: p.audit,
		do: func(ctx context.Context, req bot.Request, a access) (string, sends.Entry, error) {
			e := sends.Entry{What: deedUserAccess, Note: a.User + " in " + a.Directory, After: "without end"}
			if !a.Until.IsZero() {
				e.After = "until " + stamp(a.Until)
			}
			if err := p.access.GiveDirectoryAccess(ctx, a.Directory, a.User, a.Until); err != nil {
				return "", e, notInV4(fmt.Errorf("give access: %w", err), a.payer)
			}
			return a.User + " has access " + until(a.Until, req.Person) + ".", e, nil
		},
	}
}

func (p people) revoke(_ context.Context, req bot.Request) (bot.Reply, error) {
	return p.of(req, func(who payer) bot.Reply {
		return bot.Reply{Later: func(ctx context.Context) (bot.Reply, error) {
			err := p.access.RevokeDirectoryAccess(ctx, who.Directory, who.User)
			word := record(ctx, p.audit, req, sends.Entry{What: deedUserRevoke, Note: who.User + " in " + who.Directory}, err)
			if err != nil {
				return bot.Reply{}, unchanged(notInV4(fmt.Errorf("revoke access: %w", err), who))
			}
			return bot.Reply{Text: joined(" ", "The access of "+who.User+" to "+
				nameAndID(short(p.directories.known(who.Directory).Name), who.Directory)+" has ended.", word)}, nil
		}}
	})
}

// notInV4 puts into words that the newer part of the API does not know a user; another err stays as it is.
func notInV4(err error, who payer) error {
	if !errors.Is(err, coupontools.ErrNotFound) {
		return err
	}
	return &bot.Mistake{
		Text: fmt.Sprintf("Coupontools does not know %s in the part of its API that this needs (v4).",
			joined(" of ", who.User, who.Directory)),
		Hint:  "That ids are the same there is assumed, not documented: tell whoever runs couponbot the reference.",
		Cause: err,
	}
}
