package campaign

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
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
	actionSessions     = "campaign_sessions"
	actionSessionsPrev = "sessions_page:prev"
	actionSessionsNext = "sessions_page:next"
	actionSessionsFile = "sessions_file"

	viewListSessions = "list_sessions"
	// viewSessions replaces list_sessions: first while waiting, then with the result.
	viewSessions = "sessions_shown"

	fieldEvent = "event"
)

// sessionListHandlers list the sessions of campaigns. They are personal data: shown only to the user who asks, and not stored.
type sessionListHandlers struct {
	campaigns List
	api       *coupontools.Client
	store     ui.Store
	files     ui.Deliverer
}

// sessionsCommand answers "/coupontools sessions" privately.
func sessionsCommand(s sessionListHandlers) bot.Command {
	return bot.Command{
		Topic: "sessions", Group: ui.GroupCampaigns, Usage: "[name or cam_ID] [opened, claimed or validated]",
		Summary: "List who has a coupon of a campaign", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools sessions", Does: "asks for the campaign in a form"},
			{Line: "/coupontools sessions Summer sale", Does: "lists the sessions of “Summer sale”, ten at a time"},
			{Line: "/coupontools sessions cam_400001 validated", Does: "lists those that were validated"},
		},
		Run: s.run,
		Actions: map[string]bot.Action{
			actionSessionsPrev: {Run: s.turnPage},
			actionSessionsNext: {Run: s.turnPage},
			actionSessionsFile: {Run: s.sendFile},
		},
		Submissions: map[string]bot.Submission{viewListSessions: {Run: s.submitted}},
		Options:     map[string]bot.Options{form.FieldCampaign: {Run: s.campaigns.Suggest}},
	}
}

// sessionEvents are the events to filter by, with their words.
var sessionEvents = []struct {
	word  string
	event coupontools.SessionEvent
}{
	{"all", coupontools.AnyEvent},
	{"opened", coupontools.WasOpened},
	{"claimed", coupontools.WasClaimed},
	{"validated", coupontools.WasValidated},
}

// eventWord returns the event that a word names.
func eventWord(word string) (coupontools.SessionEvent, bool) {
	for _, e := range sessionEvents {
		if strings.EqualFold(word, e.word) {
			return e.event, true
		}
	}
	return coupontools.AnyEvent, false
}

func (s sessionListHandlers) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return bot.Reply{View: listSessionsView()}, nil
	}
	return bot.Reply{Text: ui.LookingUpSessions, Later: func(ctx context.Context) (bot.Reply, error) {
		words := req.Words
		event, named := eventWord(words[len(words)-1].Text)
		if named = named && len(words) > 1; named {
			words = words[:len(words)-1]
		} else {
			event = coupontools.AnyEvent
		}
		found, err := s.campaigns.Resolve(ctx, words)
		switch {
		case err != nil:
			return bot.Reply{}, err
		case len(found.Hits) > 1:
			return s.campaigns.Pick(found, sessionsRow), nil
		case len(found.Rest) > 0:
			return bot.Reply{}, &bot.Mistake{
				Text: fmt.Sprintf("It is not clear what “%s” behind “%s” means.", format.Short(bot.Join(found.Rest)),
					format.Short(found.Asked)),
				Hint: "Behind the campaign you can write opened, claimed or validated.",
			}
		}
		return s.show(ctx, req, newSessionPager(found.Hits[0], event), 1)
	}}, nil
}

// sessionsRow shows one campaign with the button that lists its sessions.
func sessionsRow(c coupontools.Campaign) []slack.Block {
	return []slack.Block{blocks.WithButton(listRow(c), blocks.Button(actionSessions, "Sessions", c.ID,
		blocks.Label("Show the sessions of "+format.OneLine(c.Name))))}
}

// openCampaign lists the sessions of a button's campaign.
func (s sessionListHandlers) openCampaign(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: ui.LookingUpSessions, Later: func(ctx context.Context) (bot.Reply, error) {
		return s.show(ctx, req, newSessionPager(s.campaigns.Known(req.Value), coupontools.AnyEvent), 1)
	}}, nil
}

// listSessionsView asks for a campaign and an event.
func listSessionsView() *slack.ModalViewRequest {
	return blocks.Modal(viewListSessions, "Sessions", "List", "Cancel",
		campaignField(coupontools.Campaign{}),
		blocks.Radio(blocks.Input{Name: fieldEvent, Label: "Which"}, sessionEvents[0].word,
			blocks.Option("All sessions", sessionEvents[0].word),
			blocks.Option("Those that were opened", sessionEvents[1].word),
			blocks.Option("Those that were claimed", sessionEvents[2].word),
			blocks.Option("Those that were validated", sessionEvents[3].word)))
}

// submitted shows a waiting modal, then the first page.
func (s sessionListHandlers) submitted(_ context.Context, req bot.Request) (bot.Reply, error) {
	c, wrong := chosenCampaign(s.campaigns, req.View), form.Problems{}
	if c.ID == "" {
		wrong.Add(form.FieldCampaign, ui.ChooseACampaign)
	}
	event, ok := eventWord(req.View.Value(fieldEvent))
	if !ok {
		wrong.Add(fieldEvent, form.ChooseOne)
	}
	if len(wrong) > 0 {
		return bot.Reply{Errors: wrong}, nil
	}
	return ui.WaitingIn(viewSessions, "Sessions", ui.LookingUpSessions, func(ctx context.Context) (bot.Reply, error) {
		return s.show(ctx, req, newSessionPager(c, event), 1)
	}), nil
}

func (s sessionListHandlers) pagers() sessionPagers {
	return sessionPagers{Store: s.store, Noun: "list", Command: "/coupontools sessions"}
}

// turnPage shows a button's page.
func (s sessionListHandlers) turnPage(_ context.Context, req bot.Request) (bot.Reply, error) {
	return s.pagers().Turn(req, func(ctx context.Context, from sessionPager, number int) (bot.Reply, error) {
		return s.show(ctx, req, from, number)
	})
}

// show shows a page where the request came from: in a message or in a modal.
func (s sessionListHandlers) show(ctx context.Context, req bot.Request, from sessionPager, number int) (bot.Reply, error) {
	page, err := fetchSessions(ctx, s.api, from, number)
	if errors.Is(err, coupontools.ErrNotFound) {
		return bot.Reply{}, s.campaigns.NotFound(ctx, from.Query.Campaign)
	}
	if err != nil {
		return bot.Reply{}, err
	}
	s.pagers().Put(ctx, req.Person, page.pager)
	return ui.InPlace(req, viewSessions, "Sessions", page.summary(), page.blocks()), nil
}

// sendFile sends all sessions of a list as a file to the user who clicked.
func (s sessionListHandlers) sendFile(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: ui.WritingFile, Later: func(ctx context.Context) (bot.Reply, error) {
		p, err := s.pagers().Get(ctx, req.Person, req.Value)
		if err != nil {
			return bot.Reply{}, err
		}
		q := p.Query
		title := "the sessions of " + format.NameAndID(format.Short(q.Name), q.Campaign)
		return s.files.Send(ctx, req.Person, ui.CSVFile{
			Name: "sessions-" + q.Campaign + ".csv", Label: "file with " + title, Comment: format.Capitalised(title) + ", as you asked.",
			Alt: "A table: " + title, Header: sessionHeader,
			Rows: func(write func([]string) error) error {
				for x, err := range s.api.Sessions(ctx, q.options()) {
					if err != nil {
						return fmt.Errorf("list sessions of %s: %w", q.Campaign, err)
					}
					if err := write(sessionLine(x)); err != nil {
						return err
					}
				}
				return nil
			},
		})
	}}, nil
}

var sessionHeader = []string{
	"session", "sequence", "own id", "created", "opened", "played", "claimed", "claimed by", "in wallet", "validated", "voided",
	"locked", "value", "validated value", "own validation code", "url",
}

func sessionLine(x coupontools.Session) []string {
	return []string{
		x.Code, strconv.Itoa(x.Sequence), x.CustomID, format.Stamp(x.Created),
		format.Stamp(x.OpenedAt), format.Stamp(x.PlayedAt), format.Stamp(x.ClaimedAt),
		x.ClaimType, yesOrEmpty(x.Saved), format.Stamp(x.ValidatedAt), format.Stamp(x.VoidedAt),
		yesOrEmpty(x.Locked), x.Value, x.ValidationValue,
		x.ValidationCode, x.URL,
	}
}

func yesOrEmpty(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

// sessionRow shows one session with the button that opens it.
func sessionRow(x coupontools.Session) slack.Block {
	facts := format.Joined(" · ", format.Short(x.CustomID), strings.Join(sessionStates(x), ", "))
	return blocks.WithButton(blocks.Text(x.Code+"\n"+facts),
		blocks.Button(actionSession, "Open", x.Code, blocks.Label("Open the session "+x.Code)))
}

// sessionStates lists what happened to a session, in the usual order.
func sessionStates(x coupontools.Session) []string {
	var words []string
	for _, s := range []struct {
		is   bool
		word string
	}{
		{x.Opened, "opened"},
		{x.Played, "played"},
		{x.Claimed, format.Joined(" by ", "claimed", format.Short(x.ClaimType))},
		{x.Saved, "kept in a wallet"},
		{x.Validated, "validated"},
		{x.Voided, "voided"},
		{x.Locked && !x.Voided, "locked"},
	} {
		if s.is {
			words = append(words, s.word)
		}
	}
	if len(words) == 0 {
		return []string{"not opened yet"}
	}
	return words
}

// sessionCode matches a whole code.
var sessionCode = regexp.MustCompile(`^[A-Za-z0-9]{21}$`)

// isSessionCode reports whether a text has the form of a session code, whole or short.
func isSessionCode(code string) bool {
	const short = 6
	return sessionCode.MatchString(code) || len(code) == short && sessionCode.MatchString(code+strings.Repeat("0", 15))
}

// maxSessionCode is the most characters of a session code in a form.
const maxSessionCode = 40
