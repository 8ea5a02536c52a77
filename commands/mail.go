package commands

import (
	"context"

	"github.com/coupontools/couponbot/bot"
)

// mailer is the part of [bot.Poster] that sends a file to a person.
type mailer interface {
	Direct(ctx context.Context, user string) (channel string, err error)
	Upload(ctx context.Context, channel string, u bot.Upload) error
}

// mailed sends a file to a person by direct message.
func mailed(ctx context.Context, m mailer, user, name string, u bot.Upload) (bot.Reply, error) {
	channel, err := m.Direct(ctx, user)
	if err == nil {
		err = m.Upload(ctx, channel, u)
	}
	if err != nil {
		return bot.Reply{}, notUploaded(name, err)
	}
	return bot.Reply{Text: "The " + name + " is in your direct messages with couponbot."}, nil
}

// mailedList sends a list to the person who asked for it, and says what it is.
func mailedList(ctx context.Context, m mailer, p bot.Person, name, what string, content []byte) (bot.Reply, error) {
	return mailed(ctx, m, p.ID, "file "+name, bot.Upload{Name: name, Comment: what, AltText: what, Content: content})
}
