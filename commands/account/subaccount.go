package account

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends"
)

const (
	actionSubaccountPick   = "subaccount_pick"
	actionSubaccountCreate = "subaccount_create"
	actionSubaccountUpdate = "subaccount_update"
	actionSubaccountReset  = "subaccount_reset"
	actionSubaccountKeys   = "subaccount_keys"
)

var (
	auditSubaccountReset = ui.Audited("subaccount_reset", "took a link to reset a password")
	auditSubaccountKeys  = ui.Audited("subaccount_keys", "looked at the keys of a subaccount")
)

// subaccountHandlers show and change subaccounts.
type subaccountHandlers struct {
	accounts subaccountList
	api      *coupontools.Client
	store    ui.OnceStore
	audit    *sends.Service
	signOn   signOnHandlers
}

// subaccountCommand answers "/coupontools subaccount" privately, with one subaccount.
func subaccountCommand(m subaccountHandlers) bot.Command {
	command, update := m.command(), m.updateChange()
	return bot.Command{
		Topic: "subaccount", Group: ui.GroupAccounts, Usage: "[name or sub_ID]",
		Summary: "Show one subaccount", Right: bot.Admin,
		Examples: []bot.Example{
			{Line: "/coupontools subaccount", Does: "lets you choose one"},
			{Line: "/coupontools subaccount Shop North", Does: "shows the subaccount of that name"},
			{Line: "/coupontools subaccount sub_2077", Does: "shows the subaccount with that id"},
		},
		Run: command.Run,
		Actions: map[string]bot.Action{
			actionSubaccountPick:   {Run: command.Open},
			actionSubaccountUpdate: {Run: m.askUpdate},
			actionSignOn:           {Run: ui.PushForm(m.signOn.subaccountView)},
			actionSubaccountReset:  {Run: m.reset},
			actionSubaccountKeys:   {Run: m.keys},
		},
		Submissions: map[string]bot.Submission{
			viewSubaccountUpdate: {Run: m.update(update)}, update.View: {Run: update.Confirmed},
		},
		Options: map[string]bot.Options{actionSubaccountPick: {Run: m.accounts.Suggest}},
	}
}

// command finds the subaccount that the words name.
func (m subaccountHandlers) command() ui.CardCommand[coupontools.Subaccount] {
	return ui.CardCommand[coupontools.Subaccount]{
		List: m.accounts, Action: actionSubaccountPick, Wait: m.accounts.WaitText(), Card: m.card,
		Row: ui.ButtonRow[coupontools.Subaccount]("", actionSubaccountPick, "Open"),
	}
}

func (m subaccountHandlers) get(ctx context.Context, id string) (*coupontools.Subaccount, error) {
	s, err := m.api.Subaccount(ctx, id)
	if err != nil {
		return nil, ui.NotKnown(fmt.Errorf("show subaccount: %w", err), "the subaccount "+format.Short(id),
			m.accounts.CommandLine())
	}
	return s, nil
}

// card shows a subaccount as it is now, without its keys.
func (m subaccountHandlers) card(ctx context.Context, id string) (bot.Reply, error) {
	s, err := m.get(ctx, id)
	if err != nil {
		return bot.Reply{}, err
	}
	return subaccountCard(*s), nil
}

func subaccountCard(s coupontools.Subaccount) bot.Reply {
	lines := []blocks.Line{blocks.Field("Id", s.ID)}
	for _, f := range [][2]string{
		{"Username", s.Username},
		{"Company", s.Company},
		{"Name", format.Joined(" ", s.FirstName, s.LastName)},
		{"E-mail address", s.Email},
		{"Package", s.Package},
		{"Language", s.Language},
		{"Currency", s.Currency},
		{"Campaigns", format.Thousands(s.CampaignCount) + " of " + format.Thousands(s.MaxCampaigns)},
		{"Last day", dateOnly(s.Expires)},
		{"May see", strings.Join(s.Access, ", ")},
		{"Webhook", s.Webhook},
	} {
		if f[1] != "" {
			lines = append(lines, blocks.Field(f[0], format.Sentence(f[1])))
		}
	}
	set := []slack.Block{blocks.Header(format.OneLine(s.Name())), blocks.Rich(lines...)}
	if expired(s.Expires) {
		set = append(set,
			blocks.Text("This subaccount has expired: nobody can work in it until it is given a later day with Update."))
	}
	if !s.LastLogin.IsZero() {
		set = append(set,
			blocks.Context(blocks.When("Last login", s.LastLogin), blocks.Small(format.Count(s.Logins, "login", "logins"))))
	}
	named := format.NameAndID(format.Short(s.Name()), s.ID)
	set = append(set, blocks.Actions("",
		blocks.Button(actionSubaccountUpdate, "Update", s.ID, blocks.Label("Update "+format.OneLine(s.Name()))),
		blocks.Button(actionSignOn, "Sign on", s.ID, blocks.Label("Get a link to sign on as "+format.OneLine(s.Name()))),
		blocks.Button(actionSubaccountReset, "Password reset", s.ID, blocks.Ask("Get a link to set a new password?",
			"Anyone with the link can set the password of "+named+" and use that account. It's shown once.", "Show the link", "Cancel")),
		blocks.Button(actionSubaccountKeys, "Keys", s.ID, blocks.Danger, blocks.Ask("Show the keys?",
			"Anyone with these keys can act as "+named+". Shown only once.", "Show the keys", "Cancel"))))
	return bot.Reply{Text: format.Joined(" · ", format.Short(s.Name()), subaccountFacts(s)), Blocks: set}
}

func (m subaccountHandlers) reset(_ context.Context, req bot.Request) (bot.Reply, error) {
	secret := secretReveal{to: m.audit, req: req, entry: sends.Entry{What: auditSubaccountReset, Note: format.Short(req.Value)}}
	return secret.reveal("Password reset", "Anyone with this link can set the password of "+m.called(req.Value)+
		", and then is that account.", func(ctx context.Context) ([]blocks.Line, error) {
		link, err := m.api.SubaccountPasswordReset(ctx, req.Value)
		if err != nil {
			err = fmt.Errorf("get a password reset link: %w", err)
			return nil, ui.NotKnown(err, "the subaccount "+format.Short(req.Value), m.accounts.CommandLine())
		}
		return signOnLines(*link), nil
	}), nil
}

func (m subaccountHandlers) keys(_ context.Context, req bot.Request) (bot.Reply, error) {
	secret := secretReveal{to: m.audit, req: req, entry: sends.Entry{What: auditSubaccountKeys, Note: format.Short(req.Value)}}
	warning := "Anyone with these keys can act as " + m.called(req.Value) + "."
	return secret.reveal("API keys", warning, func(ctx context.Context) ([]blocks.Line, error) {
		s, err := m.get(ctx, req.Value)
		if err != nil {
			return nil, err
		}
		return secretLines(secretPart{"Client id", s.Key}, secretPart{"Client secret", s.Secret}), nil
	}), nil
}

// called names a subaccount in a sentence.
func (m subaccountHandlers) called(id string) string {
	return format.NameAndID(format.Short(m.accounts.NameOf(id)), id)
}
