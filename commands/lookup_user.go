package commands

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
)

const (
	viewLookupUser = "lookup_user"
	// viewLooking is what lookup_user turns into: first the wait, then the result.
	viewLooking = "lookup_looking"

	fieldDirectory = "directory"
	fieldQuery     = "query"

	// maxQuery bounds the words to look for, in characters.
	maxQuery = 100
)

// lookupView asks for a directory and for whom to look.
func lookupView() *slack.ModalViewRequest {
	return blocks.Modal(viewLookupUser, "Look up users", "Look up", "Cancel",
		blocks.ExternalSelect(blocks.Input{Name: fieldDirectory, Label: "Directory", Placeholder: typeAFewLetters}, nil),
		blocks.TextInput(blocks.Input{
			Name: fieldQuery, Label: "Who", Optional: true,
			Hint: "Any part of the name, e-mail address or phone number, or a whole reg_ id. Leave it empty for the newest users.",
		}, "", maxQuery))
}

// lookedUp takes the form, shows that it is looking, and then the result.
func (p people) lookedUp(_ context.Context, req bot.Request) (bot.Reply, error) {
	id := req.View.Value(fieldDirectory)
	if id == "" {
		return bot.Reply{Errors: map[string]string{fieldDirectory: chooseADirectory}}, nil
	}
	d := p.directories.known(id)
	if d.Name == "" {
		d.Name = req.View.ChosenText(fieldDirectory)
	}
	looking := blocks.Modal(viewLooking, "Look up users", "", "Close", blocks.Text(lookingUpUsers))
	return bot.Reply{View: looking, Later: func(ctx context.Context) (bot.Reply, error) {
		return p.first(ctx, req, newLookup(req.Person, d, req.View.Value(fieldQuery)))
	}}, nil
}

func lookupResult(set []slack.Block) *slack.ModalViewRequest {
	return blocks.Modal(viewLooking, "Users", "", "Close", set...)
}
