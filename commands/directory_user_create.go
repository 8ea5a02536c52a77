package commands

import (
	"cmp"
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionUserCreate = "user_create"
	viewUserCreate   = "user_create"
)

// newUser is somebody who is to be registered for a directory.
type newUser struct {
	Directory, DirectoryName          string
	Email, Phone, FirstName, LastName string
}

// createForm asks who is to be registered, for the directory of that name or id if that is at hand.
func (p directoryUserHandlers) createForm(directory string) *slack.ModalViewRequest {
	var chosen *slack.OptionBlockObject
	if l := p.directories.source.Local(); l != nil {
		if hits := exactly(l, directory); len(hits) == 1 {
			chosen = blocks.Option(optionText(hits[0], false), hits[0].ID)
		}
	}
	return blocks.Modal(viewUserCreate, "New user", "Check", "Cancel", append([]slack.Block{
		blocks.ExternalSelect(blocks.Input{Name: fieldDirectory, Label: "Directory", Placeholder: typeAFewLetters}, chosen),
	}, personInputs(false, nil)...)...)
}

// create takes the form.
func (p directoryUserHandlers) create(c change[newUser]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		n := newUser{
			Directory: req.View.Value(fieldDirectory), DirectoryName: req.View.ChosenText(fieldDirectory),
			FirstName: oneLine(req.View.Value(fieldFirstName)), LastName: oneLine(req.View.Value(fieldLastName)),
		}
		var wrong map[string]string
		n.Email, n.Phone, wrong = readContact(req.View, p.region)
		if n.Directory == "" {
			wrong[fieldDirectory] = chooseADirectory
		}
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		return c.preview(ctx, req, n,
			blocks.Rich(blocks.Field("Directory", nameAndID(n.DirectoryName, n.Directory)),
				blocks.Field("Name", joined(" ", n.FirstName, n.LastName)),
				blocks.Field("E-mail address", n.Email), blocks.Field("Phone number", n.Phone)),
			blocks.Text("This person is registered for the directory, with a password that Coupontools makes up.")), nil
	}
}

func (p directoryUserHandlers) createChange() change[newUser] {
	return change[newUser]{
		view: "user_create_check", title: "New user", button: "Register", waitText: "Registering…",
		store: p.store, audit: p.audit,
		do: func(ctx context.Context, _ bot.Request, n newUser) (string, sends.Entry, error) {
			id, err := p.access.CreateDirectoryUser(ctx, coupontools.DirectoryUserCreate{
				Directory: n.Directory, Email: n.Email, FirstName: n.FirstName, LastName: n.LastName, Phone: n.Phone,
			})
			e := sends.Entry{What: auditUserCreate, Note: joined(" in ", id, n.Directory)}
			if err != nil {
				return "", e, notInV4(fmt.Errorf("register user: %w", err), directoryUser{Directory: n.Directory})
			}
			who := cmp.Or(joined(" ", n.FirstName, n.LastName), n.Email)
			return fmt.Sprintf("%s is registered for %s.", nameAndID(who, id), nameAndID(n.DirectoryName, n.Directory)), e, nil
		},
	}
}
