package ui

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
)

// PushForm answers a button with a form for its value, on top of the button's modal if it has one.
func PushForm(form func(value string) *slack.ModalViewRequest) bot.Handler {
	return func(_ context.Context, req bot.Request) (bot.Reply, error) {
		return bot.Reply{View: form(req.Value), Push: true}, nil
	}
}

// WaitingIn shows a text in a modal while do works, then the view that do returns.
func WaitingIn(view, title, text string, do func(context.Context) (bot.Reply, error)) bot.Reply {
	return bot.Reply{View: blocks.Modal(view, title, "", "Close", blocks.Text(text)), Later: do}
}

// WaitingOn is [WaitingIn] on top of the modal that sent the request. If the user closes it, the result is dropped.
func WaitingOn(view, title, text string, do func(context.Context) (bot.Reply, error)) bot.Reply {
	reply := WaitingIn(view, title, text, do)
	reply.Push, reply.DropIfClosed = true, true
	return reply
}

// Checking is [WaitingIn] on top of a form that is being checked.
func Checking(view, title, text string, do func(context.Context) (bot.Reply, error)) bot.Reply {
	return bot.Reply{View: blocks.Modal(view, title, "", "Back", blocks.Text(text)), Push: true, Later: do}
}
