package campaign

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
)

const (
	viewWebhook = "webhook"
	// viewWebhookAnswer replaces webhook: first while waiting, then with the answer.
	viewWebhookAnswer = "webhook_answer"

	fieldWebhookEvent = "webhook_event"
)

// webhookHandlers verify that a webhook's event came from Coupontools.
type webhookHandlers struct {
	api       *coupontools.Client
	campaigns List
}

// webhookCommand answers "/coupontools webhook" privately. It doesn't show the session of the event.
func webhookCommand(w webhookHandlers) bot.Command {
	return bot.Command{
		Topic: "webhook", Group: ui.GroupCampaigns, Usage: "[evt_ID] [code of the session]",
		Summary: "Ask whether a webhook's event is genuine",
		Examples: []bot.Example{
			{Line: "/coupontools webhook", Does: "asks for the event in a form"},
			{Line: "/coupontools webhook evt_k3v9t0q2m7x1r8b5c6n4", Does: "says whether Coupontools sent it"},
			{
				Line: "/coupontools webhook evt_k3v9t0q2m7x1r8b5c6n4 k3v9t0q2m7x1r8b5c6n4d",
				Does: "says whether it is about that session, too",
			},
		},
		Run:         w.run,
		Submissions: map[string]bot.Submission{viewWebhook: {Run: w.submitted}},
	}
}

func (w webhookHandlers) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return bot.Reply{View: webhookView()}, nil
	}
	event, session := req.Words[0].Text, bot.Join(req.Words[1:])
	if wrong := idProblems(event, session); len(wrong) > 0 {
		return bot.Reply{}, &bot.Mistake{
			Text: "“" + format.Short(bot.Join(req.Words)) + "” is misspelt, so Coupontools was not asked.",
			Hint: format.Joined(" ", wrong[fieldWebhookEvent], wrong[fieldSession]),
		}
	}
	return bot.Reply{Text: ui.AskingWebhook, Later: func(ctx context.Context) (bot.Reply, error) {
		set, said, err := w.verify(ctx, event, session)
		return bot.Reply{Text: said, Blocks: set}, err
	}}, nil
}

func webhookView() *slack.ModalViewRequest {
	return blocks.Modal(viewWebhook, "Webhook", "Ask", "Cancel",
		blocks.TextInput(blocks.Input{
			Name: fieldWebhookEvent, Label: "Event", Hint: "Its id, as it came to the webhook: evt_ and 20 letters and digits.",
		}, "", maxSessionCode),
		blocks.TextInput(blocks.Input{
			Name: fieldSession, Label: "Session", Optional: true, Hint: "The code of the session that the event names, to have it compared.",
		}, "", maxSessionCode))
}

// submitted shows a waiting modal, then the answer of Coupontools.
func (w webhookHandlers) submitted(_ context.Context, req bot.Request) (bot.Reply, error) {
	event, session := strings.TrimSpace(req.View.Value(fieldWebhookEvent)), strings.TrimSpace(req.View.Value(fieldSession))
	if wrong := idProblems(event, session); len(wrong) > 0 {
		return bot.Reply{Errors: wrong}, nil
	}
	return ui.WaitingIn(viewWebhookAnswer, "Webhook", ui.AskingWebhook, func(ctx context.Context) (bot.Reply, error) {
		set, _, err := w.verify(ctx, event, session)
		return bot.Reply{View: blocks.Modal(viewWebhookAnswer, "Webhook", "", "Close", set...)}, err
	}), nil
}

// idPattern matches ids and codes.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// idProblems checks the ids before the call: for malformed ones Coupontools would answer as for an event that isn't genuine.
func idProblems(event, session string) form.Problems {
	wrong := form.Problems{}
	if !idPattern.MatchString(event) {
		wrong.Add(fieldWebhookEvent, "The id of an event is evt_ and 20 letters and digits.")
	}
	if session != "" && !idPattern.MatchString(session) {
		wrong.Add(fieldSession, "The code of a session has 21 letters and digits.")
	}
	return wrong
}

// verify asks Coupontools and returns the answer as blocks and as a sentence.
func (w webhookHandlers) verify(ctx context.Context, event, session string) ([]slack.Block, string, error) {
	e, err := w.api.VerifyWebhook(ctx, event, session)
	if errors.Is(err, coupontools.ErrNotFound) {
		return nil, "", &bot.Mistake{
			Text: "Not genuine: Coupontools does not know the event “" + format.Short(event) + "”.",
			Hint: "An id is evt_ and 20 letters and digits. If it is spelt right, somebody else sent the event: do not act on it.",
		}
	}
	if err != nil {
		return nil, "", fmt.Errorf("verify webhook: %w", err)
	}
	said := "Genuine: Coupontools sent this event."
	if !e.Valid {
		said = "Not genuine: Coupontools does not vouch for this event. Do not act on it."
		if session != "" {
			said = "Not genuine: Coupontools does not vouch for this event together with that session. Do not act on it."
		}
	}
	set := []slack.Block{blocks.Text(said), blocks.Rich(w.facts(*e)...)}
	if !e.Date.IsZero() {
		set = append(set, blocks.Context(blocks.When("Happened", e.Date)))
	}
	return set, said, nil
}

func (w webhookHandlers) facts(e coupontools.Webhook) []blocks.Line {
	lines := []blocks.Line{blocks.Field("Event", e.ID)}
	if e.Type != "" {
		lines = append(lines, blocks.Field("Kind", format.Short(e.Type)))
	}
	if e.Campaign != "" {
		lines = append(lines, blocks.Field("Campaign", format.NameAndID(w.campaigns.Known(e.Campaign).Name, e.Campaign)))
	}
	return lines
}
