package campaign

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	actionSession = "session_open"

	viewFindSession = "find_session"
	// viewSession replaces find_session: first while waiting, then with the result.
	viewSession = "session_shown"
)

// sessionHandlers find sessions and change their state.
type sessionHandlers struct {
	campaigns List
	api       *coupontools.Client
	store     ui.OnceStore
	audit     *sends.Service
	region    string
}

// sessionCommand answers "/coupontools session" privately.
func sessionCommand(s sessionHandlers) bot.Command {
	actions := map[string]bot.Action{actionSession: {Run: s.open}, actionSessionRemove: {Run: s.remove}}
	for _, d := range sessionActions {
		actions[d.action] = bot.Action{Run: s.actionHandler(d)}
		actions[d.manyID()] = bot.Action{Run: s.manyHandler(d)}
	}
	return bot.Command{
		Topic: "session", Group: ui.GroupCampaigns, Usage: "[code, own id, phone or e-mail] [in name or cam_ID]",
		Summary: "Find somebody's coupon; validate, claim or void it", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/coupontools session", Does: "asks for what you know in a form"},
			{Line: "/coupontools session k3v9t0q2m7x1r8b5c6n4d", Does: "shows the session with that code"},
			{Line: "/coupontools session k3v9t0q2m7x1r8b5c6n4d d99bpt0q2m7x1r8b5c6n4", Does: "changes several sessions at once"},
			{Line: "/coupontools session anna@example.com", Does: "finds sessions by e-mail address"},
			{Line: "/coupontools session 0470 12 34 56", Does: "finds sessions by phone number"},
			{Line: "/coupontools session crm-5000 in Summer sale", Does: "finds one by your own id, or by the first six characters"},
		},
		Run:         s.run,
		Actions:     actions,
		Submissions: map[string]bot.Submission{viewFindSession: {Run: s.submitted}},
	}
}

func (s sessionHandlers) run(_ context.Context, req bot.Request) (bot.Reply, error) {
	if len(req.Words) == 0 {
		return bot.Reply{View: findSessionView()}, nil
	}
	if codes := sessionCodes(req.Words); codes != nil {
		return manyReply(codes)
	}
	return bot.Reply{Text: ui.LookingUpSessions, Later: func(ctx context.Context) (bot.Reply, error) {
		what, in := splitAtIn(req.Words)
		if len(in) == 0 {
			return s.find(ctx, req, bot.Join(what), coupontools.Campaign{})
		}
		campaign, err := s.campaigns.ResolveOne(ctx, in)
		if err != nil {
			return bot.Reply{}, err
		}
		return s.find(ctx, req, bot.Join(what), campaign)
	}}, nil
}

// splitAtIn splits the words into the query and the campaign after the word "in".
func splitAtIn(words []bot.Word) (what, in []bot.Word) {
	for i, w := range words {
		if i > 0 && i+1 < len(words) && !w.Quoted && strings.EqualFold(w.Text, "in") {
			return words[:i], words[i+1:]
		}
	}
	return words, nil
}

// findSessionView is the search form.
func findSessionView() *slack.ModalViewRequest {
	return blocks.Modal(viewFindSession, "Find a session", "Find", "Cancel",
		blocks.TextInput(blocks.Input{
			Name: form.FieldQuery, Label: "What you know of it",
			Hint: "Its code, a validation code, a phone number or an e-mail address. With a campaign also your own id of the " +
				"person, or the first six characters of the code.",
		}, "", form.MaxQuery),
		blocks.ExternalSelect(blocks.Input{
			Name: form.FieldCampaign, Label: "Campaign", Optional: true, Placeholder: ui.TypeAFewLetters,
		}, nil))
}

// submitted shows a waiting modal, then the result of the search.
func (s sessionHandlers) submitted(_ context.Context, req bot.Request) (bot.Reply, error) {
	what := strings.TrimSpace(req.View.Value(form.FieldQuery))
	if what == "" {
		return bot.Reply{Errors: map[string]string{form.FieldQuery: "Enter what you know of the session."}}, nil
	}
	in := chosenCampaign(s.campaigns, req.View)
	return ui.WaitingIn(viewSession, "Session", ui.LookingUpSessions, func(ctx context.Context) (bot.Reply, error) {
		return s.find(ctx, req, what, in)
	}), nil
}

// open shows a button's session.
func (s sessionHandlers) open(_ context.Context, req bot.Request) (bot.Reply, error) {
	return bot.Reply{Text: ui.LookingUpSessions, Later: func(ctx context.Context) (bot.Reply, error) {
		x, err := s.api.Session(ctx, req.Value)
		if err != nil {
			return bot.Reply{}, sessionMistake(req.Value, err)
		}
		return s.shown(req, s.card(*x, "")), nil
	}}, nil
}

// shown shows a card where the request came from: in a message or in a modal.
func (s sessionHandlers) shown(req bot.Request, set []slack.Block) bot.Reply {
	return ui.InPlace(req, viewSession, "Session", "What was found.", set)
}

// sessionMistake says that there is no such session.
func sessionMistake(code string, err error) error {
	if errors.Is(err, coupontools.ErrNotFound) {
		return &bot.Mistake{
			Text: "There is no session “" + format.Short(code) + "” (any more).",
			Hint: "A code has 21 letters and digits, capitals and small ones apart.",
		}
	}
	return fmt.Errorf("show session: %w", err)
}

// find searches for sessions and shows the only one, or a list. A campaign without an id means all campaigns.
func (s sessionHandlers) find(ctx context.Context, req bot.Request, what string, campaign coupontools.Campaign) (bot.Reply, error) {
	hits, err := s.search(ctx, what, campaign)
	switch {
	case errors.Is(err, coupontools.ErrNotFound):
		return bot.Reply{}, s.campaigns.NotFound(ctx, campaign.ID)
	case err != nil:
		return bot.Reply{}, err
	case len(hits) == 0:
		return bot.Reply{}, noSessionMistake(what, campaign)
	case len(hits) > 1:
		return s.shown(req, chooseSession(hits, campaign.ID)), nil
	}
	x, err := s.api.Session(ctx, hits[0].Code)
	if err != nil {
		return bot.Reply{}, sessionMistake(hits[0].Code, err)
	}
	return s.shown(req, s.card(*x, "")), nil
}

// search returns the sessions that match a query: by code, then with the API's search, then by the owner's own id if the
// campaign is known.
func (s sessionHandlers) search(ctx context.Context, what string, campaign coupontools.Campaign) ([]coupontools.Session, error) {
	what = strings.TrimSpace(what)
	if sessionCode.MatchString(what) {
		x, err := s.api.Session(ctx, what)
		if err == nil {
			return []coupontools.Session{*x}, nil
		}
		if !errors.Is(err, coupontools.ErrNotFound) {
			return nil, fmt.Errorf("show session: %w", err)
		}
	}
	text := what
	if number, err := recipients.Phone(what, recipients.Rules{Kind: recipients.SMS, Region: s.region}); err == nil {
		text = number.To
	}
	hits, err := s.api.SearchSessions(ctx, coupontools.SearchSessionsOptions{Text: text, Campaign: campaign.ID})
	if err != nil {
		return nil, fmt.Errorf("search sessions: %w", err)
	}
	if len(hits) > 0 || campaign.ID == "" {
		return hits, nil
	}
	return s.byOwnID(ctx, what, campaign.ID)
}

// ownIDSearchTime bounds the search for an own id: the API can't search for it, so the bot reads all sessions of the campaign.
const ownIDSearchTime = 75 * time.Second

// byOwnID reads the sessions of a campaign and returns those with an own id or with a short code.
func (s sessionHandlers) byOwnID(ctx context.Context, what, campaign string) ([]coupontools.Session, error) {
	const shortCode = 6 // characters
	ctx, cancel := context.WithTimeout(ctx, ownIDSearchTime)
	defer cancel()
	wanted := cache.Fold(what)
	var hits []coupontools.Session
	for x, err := range s.api.Sessions(ctx, coupontools.SessionsOptions{Campaign: campaign}) {
		if err != nil {
			return nil, fmt.Errorf("look through the sessions of %s: %w", campaign, err)
		}
		if cache.Fold(x.CustomID) == wanted || len(what) == shortCode && strings.HasPrefix(x.Code, what) {
			hits = append(hits, x)
		}
	}
	return hits, nil
}

// noSessionMistake says that nothing matches, and how to search otherwise.
func noSessionMistake(what string, in coupontools.Campaign) *bot.Mistake {
	if in.ID == "" {
		m := &bot.Mistake{
			Text: fmt.Sprintf("No session has “%s” as its code, validation code, phone number or e-mail address.", format.Short(what)),
			Hint: "Check how it is spelt.",
		}
		if !strings.Contains(what, "@") && !format.IsNumber(what) {
			m.Hint = "To look by your own id, or by the first six characters of the code, name the campaign too: " +
				"/coupontools session " + format.Short(what) + " in Summer sale."
		}
		return m
	}
	return &bot.Mistake{
		Text: fmt.Sprintf("No session of “%s” has “%s” as its code, own id, validation code, phone number or e-mail address.",
			format.Short(in.Name), format.Short(what)),
		Hint: "/coupontools sessions " + in.ID + " lists them all.",
	}
}

// chooseSession asks which of several sessions is meant. campaign is empty if the search was in all campaigns.
func chooseSession(hits []coupontools.Session, campaign string) []slack.Block {
	set := []slack.Block{blocks.Text(format.Count(len(hits), "session", "sessions") + " were found. Which one?")}
	for _, x := range hits[:min(len(hits), ui.PerPage)] {
		set = append(set, sessionRow(x))
	}
	if more := len(hits) - ui.PerPage; more > 0 {
		todo := "name the campaign to have fewer."
		if campaign != "" {
			todo = "/coupontools sessions " + campaign + " lists all of the campaign."
		}
		set = append(set, blocks.Context(blocks.Small("And "+format.Thousands(more)+" more: "+todo)))
	}
	return set
}

// card shows a session with the buttons that change it, below a line about the last change if there is one.
func (s sessionHandlers) card(x coupontools.Session, said string) []slack.Block {
	var set []slack.Block
	if said != "" {
		set = append(set, blocks.Text(said))
	}
	set = append(set, blocks.Header("Session "+x.Code), blocks.Rich(s.facts(x)...))
	if when := sessionTimes(x); len(when) > 0 {
		set = append(set, blocks.Context(when...))
	}
	if row := sessionButtons(x); len(row) > 0 {
		set = append(set, blocks.Actions("", row...))
	}
	return set
}

// maxExtraFields is how many fields of the campaign's own form are shown.
const maxExtraFields = 12

func (s sessionHandlers) facts(x coupontools.Session) []blocks.Line {
	campaign := s.campaigns.Known(x.Campaign)
	lines := []blocks.Line{blocks.Field("Campaign", format.NameAndID(campaign.Name, x.Campaign))}
	for _, fact := range [][2]string{
		{"State", strings.Join(sessionStates(x), ", ")},
		{"Own id", x.CustomID},
		{"Own validation code", x.ValidationCode},
		{"Value", x.Value},
		{"Validated value", x.ValidationValue},
	} {
		if fact[1] != "" {
			lines = append(lines, blocks.Field(fact[0], format.Sentence(fact[1])))
		}
	}
	for i, name := range slices.Sorted(maps.Keys(x.Extra)) {
		if value := x.Extra[name]; i < maxExtraFields && value != "" {
			lines = append(lines, blocks.Field(format.Capitalised(format.Short(name)), format.Sentence(value)))
		}
	}
	if x.URL != "" {
		lines = append(lines, blocks.Line{blocks.Bold("Address: "), blocks.Link(format.Sentence(x.URL), x.URL)})
	}
	return lines
}

// sessionTimes lists the events of a session with their times.
func sessionTimes(x coupontools.Session) []slack.MixedElement {
	var pieces []slack.MixedElement
	for _, h := range []struct {
		what string
		at   time.Time
	}{
		{"Made", x.Created},
		{"Opened", x.OpenedAt},
		{"Played", x.PlayedAt},
		{"Claimed", x.ClaimedAt},
		{"Validated", x.ValidatedAt},
		{"Voided", x.VoidedAt},
	} {
		if !h.at.IsZero() {
			pieces = append(pieces, blocks.When(h.what, h.at))
		}
	}
	return pieces
}
