package campaign

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/figures"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionPush = "campaign_push"

	viewPush = "push"

	fieldSession = "session"
)

// pushHandlers answer the push command and its form.
type pushHandlers struct {
	campaigns List
	api       *coupontools.Client
	store     ui.OnceStore
	audit     *sends.Service
	// counter counts the recipients of a push.
	counter *figures.Counter
}

// pushCommand answers "/coupontools push" with a form.
func pushCommand(p pushHandlers) bot.Command {
	c := p.pushChange()
	return bot.Command{
		Topic: "push", Group: ui.GroupCampaigns, Usage: "[name or cam_ID]",
		Summary: "Show a message on the phones of who keeps a coupon", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools push", Does: "opens the form"},
			{Line: "/coupontools push Summer sale", Does: "opens it for the campaign “Summer sale”"},
		},
		Run:         p.run,
		Submissions: map[string]bot.Submission{viewPush: {Run: p.submitted(c)}, c.View: {Run: c.Confirmed}},
	}
}

func (p pushHandlers) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{View: pushView(p.campaigns.ResolveLocal(req.Words))}, nil
}

// openCampaign opens the form for a button's campaign.
func (p pushHandlers) openCampaign(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{View: pushView(p.campaigns.Known(req.Value)), Push: true}, nil
}

func pushView(c coupontools.Campaign) *slack.ModalViewRequest {
	return blocks.Modal(viewPush, "Push a message", "Preview", "Cancel",
		campaignField(c),
		blocks.Radio(blocks.Input{Name: form.FieldTo, Label: "To"}, form.ToAll,
			blocks.Option("Everybody who keeps a coupon of it in a wallet", form.ToAll),
			blocks.Option("One person", form.ToOne)),
		blocks.TextInput(blocks.Input{
			Name: fieldSession, Label: "Session of the person", Optional: true,
			Hint: "Only for one person: the code of the session, or its first six characters.",
		}, "", maxSessionCode),
		blocks.TextArea(blocks.Input{
			Name: form.FieldMessage, Label: "Message",
			Hint: fmt.Sprintf("Up to %d characters: phones show about as many.", form.MaxPush),
		}, "", form.MaxPush))
}

// pushDraft is a push message that has to be confirmed.
type pushDraft struct {
	Campaign, Name   string
	Session, Message string
	// Note says how the message was cleaned, or "".
	Note string
}

// submitted checks the form and shows a preview on top. Nothing is sent.
func (p pushHandlers) submitted(c ui.Change[pushDraft]) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		d, wrong := p.check(req)
		if len(wrong) > 0 {
			return bot.Reply{Errors: wrong}, nil
		}
		if d.Session != "" {
			told := d.preview("This goes to the person who has the session " + d.Session + ".")
			return c.WithButton("Push to 1 person").Preview(ctx, req, d, told...), nil
		}
		reply := ui.Checking(c.View+"_wait", c.Title, ui.LookingUpSessions, func(ctx context.Context) (bot.Reply, error) {
			f, err := p.counter.Count(ctx, d.Campaign)
			if errors.Is(err, coupontools.ErrNotFound) {
				return bot.Reply{}, d.unknown()
			}
			whom, words := pushReach(f, err)
			return bot.Reply{View: c.WithButton("Push to "+whom).PreviewView(ctx, req, d, d.preview(words)...)}, nil
		})
		reply.DropIfClosed = true
		return reply, nil
	}
}

// pushReach names the recipients of a push to everybody, in two words and in a sentence.
func pushReach(f figures.Figures, err error) (whom, words string) {
	if err != nil {
		return "everybody", "This goes to everybody who keeps a coupon of this campaign in a mobile wallet. " +
			"How many they are could not be counted: " + ui.ErrorReason(err)
	}
	return format.Persons(f.Saved), fmt.Sprintf("This goes to everybody who keeps a coupon of this campaign in a mobile wallet: "+
		"%s of %s, as counted.", format.Persons(f.Saved), format.Count(f.Sessions, "session", "sessions"))
}

func (p pushHandlers) check(req bot.Request) (pushDraft, map[string]string) {
	v, wrong := req.View, form.Problems{}
	c := chosenCampaign(p.campaigns, v)
	d := pushDraft{Campaign: c.ID, Name: c.Name}
	if c.ID == "" {
		wrong.Add(form.FieldCampaign, ui.ChooseACampaign)
	}
	session := strings.TrimSpace(v.Value(fieldSession))
	switch v.Value(form.FieldTo) {
	case form.ToOne:
		d.Session = session
		if !isSessionCode(session) {
			wrong.Add(fieldSession, "Enter the code of the session: 21 letters and digits, or the first six of them.")
		}
	case form.ToAll:
		if session != "" {
			wrong.Add(form.FieldTo, "A session is named below. Choose “One person”, or empty that field.")
		}
	default:
		wrong.Add(form.FieldTo, "Choose to whom.")
	}
	d.Message, d.Note = form.CheckText(form.FieldMessage, v.Value(form.FieldMessage), form.MaxPush, wrong)
	if d.Message == "" {
		wrong.Add(form.FieldMessage, "A push message needs a text.")
	}
	return d, wrong
}

// preview shows the message and its consequence.
func (d pushDraft) preview(words string) []slack.Block {
	about := append([]slack.Block{
		blocks.Rich(blocks.Field("Campaign", format.NameAndID(d.Name, d.Campaign)), blocks.Field("Message", d.Message)),
	}, format.TextNotes(d.Message, d.Note)...)
	return append(about,
		blocks.Text(words+" The message shows on their phones at once, and cannot be called back."),
		blocks.Divider(), blocks.Text("Nothing has been sent yet."))
}

// pushChange sends the push and reports the result.
func (p pushHandlers) pushChange() ui.Change[pushDraft] {
	return ui.Change[pushDraft]{
		View: "push_confirm", Title: "Push a message", WaitText: ui.Pushing, Store: p.store, Audit: p.audit,
		Do: func(ctx context.Context, _ bot.Request, d pushDraft) (string, sends.Entry, error) {
			e := sends.Entry{What: ui.AuditPush, Note: "to everybody who keeps " + d.Campaign}
			to := fmt.Sprintf("everybody who keeps a coupon of %s in a wallet", format.NameAndID(format.Short(d.Name), d.Campaign))
			send := func() error {
				return p.api.PushToCampaign(ctx, coupontools.CampaignPush{Campaign: d.Campaign, Message: d.Message})
			}
			if d.Session != "" {
				e.Note = "to the session " + ui.ShortCode(d.Session) + " of " + d.Campaign
				to = "1 person who has a coupon of " + format.NameAndID(format.Short(d.Name), d.Campaign)
				send = func() error {
					return p.api.PushToSession(ctx, coupontools.SessionPush{Campaign: d.Campaign, Session: d.Session, Message: d.Message})
				}
			}
			err := send()
			switch {
			case errors.Is(err, coupontools.ErrNotFound):
				return "", sends.Entry{}, ui.Undone{Err: d.unknown()}
			case err != nil:
				return "", e, ui.AfterChange(err, ui.FailedChange{
					Act: "push message", Undone: "Nothing was sent.",
					Unsure: "The message may or may not have gone out. It was tried once only, and is not tried again.",
					Hint:   "Look in Coupontools before you push it again: some people may get it twice.",
				})
			}
			return "Coupontools took the message for " + to + ".", e, nil
		},
	}
}

// unknown says that Coupontools doesn't know the campaign or the session.
func (d pushDraft) unknown() *bot.Mistake {
	if d.Session == "" {
		return &bot.Mistake{Text: "There is no campaign " + d.Campaign + " (any more).", Done: "Nothing was sent."}
	}
	return &bot.Mistake{
		Text: fmt.Sprintf("There is no session “%s” in %s.", format.Short(d.Session), format.NameAndID(format.Short(d.Name), d.Campaign)),
		Done: "Nothing was sent.", Hint: "/coupontools session finds a person's code by phone number or e-mail address.",
	}
}
