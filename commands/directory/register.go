package directory

import (
	"cmp"
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionUserCreate = "user_create"
	viewUserCreate   = "user_create"
)

var auditUserCreate = ui.Audited("user_create", "registered a user")

// newUser is a user who is to be registered.
type newUser struct {
	Directory, DirectoryName          string
	Email, Phone, FirstName, LastName string
}

// createForm is the form for a new user. Its directory is filled in if the local list has one with that name or id.
func (p userHandlers) createForm(directory string) *slack.ModalViewRequest {
	var chosen *slack.OptionBlockObject
	if l := p.directories.Source.Local(); l != nil {
		if hits := ui.Exact(l, directory); len(hits) == 1 {
			chosen = blocks.Option(ui.OptionText(hits[0], false), hits[0].ID)
		}
	}
	return blocks.Modal(viewUserCreate, "New user", "Check", "Cancel", append([]slack.Block{
		blocks.ExternalSelect(blocks.Input{Name: form.FieldDirectory, Label: "Directory", Placeholder: ui.TypeAFewLetters}, chosen),
	}, form.PersonInputs(false, nil)...)...)
}

// create checks the form and shows what will be created.
func (p userHandlers) create(c ui.Change[newUser]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		n := newUser{
			Directory: req.View.Value(form.FieldDirectory), DirectoryName: req.View.ChosenText(form.FieldDirectory),
			FirstName: format.OneLine(req.View.Value(form.FieldFirstName)), LastName: format.OneLine(req.View.Value(form.FieldLastName)),
		}
		var wrong map[string]string
		n.Email, n.Phone, wrong = form.ReadContact(req.View, p.region)
		if n.Directory == "" {
			wrong[form.FieldDirectory] = ui.ChooseADirectory
		}
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		return c.Preview(ctx, req, n,
			blocks.Rich(blocks.Field("Directory", format.NameAndID(n.DirectoryName, n.Directory)),
				blocks.Field("Name", format.Joined(" ", n.FirstName, n.LastName)),
				blocks.Field("E-mail address", n.Email), blocks.Field("Phone number", n.Phone)),
			blocks.Text("This person is registered for the directory, with a password that Coupontools makes up.")), nil
	}
}

func (p userHandlers) createChange() ui.Change[newUser] {
	return ui.Change[newUser]{
		View: "user_create_check", Title: "New user", Button: "Register", WaitText: "Registering…",
		Store: p.store, Audit: p.audit,
		Do: func(ctx context.Context, _ bot.Request, n newUser) (string, sends.Entry, error) {
			id, err := p.api.CreateDirectoryUser(ctx, coupontools.DirectoryUserCreate{
				Directory: n.Directory, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, Phone: n.Phone,
			})
			e := sends.Entry{What: auditUserCreate, Note: format.Joined(" in ", id, n.Directory)}
			if err != nil {
				return "", e, unknownInV4(fmt.Errorf("register user: %w", err), userRef{Directory: n.Directory})
			}
			who := cmp.Or(format.Joined(" ", n.FirstName, n.LastName), n.Email)
			return fmt.Sprintf("%s is registered for %s.", format.NameAndID(who, id), format.NameAndID(n.DirectoryName, n.Directory)), e, nil
		},
	}
}
