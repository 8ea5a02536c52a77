package account

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	actionSignOn = "sign_on"
	viewSignOn   = "sign_on"

	fieldKind       = "whom"
	fieldTeammate   = "teammate"
	fieldSubaccount = "subaccount"
	fieldUser       = "user"
	fieldPage       = "page"

	kindAccount, kindTeammate, kindSubaccount, kindUser = "account", "teammate", "subaccount", "user"
)

var auditSignOn = ui.Audited("sign_on", "took a link to sign on")

// signOnHandlers answer the sign-on command with links.
type signOnHandlers struct {
	accounts subaccountList
	api      *coupontools.Client
	store    ui.OnceStore
	audit    *sends.Service
}

// signOnAs is the account that a link signs on as, and the page it opens. For a directory's user, id holds both ids: "dir_5501
// reg_7001".
type signOnAs struct {
	kind, id string
	coupontools.SignOnOptions
}

// signOnCommand answers "/coupontools sign-on" privately, with a form.
func signOnCommand(s signOnHandlers) bot.Command {
	return bot.Command{
		Topic: "sign-on", Group: ui.GroupAccounts, Usage: "[account, teammate, subaccount or user] [id]",
		Summary: "Get a link that signs on to Coupontools without a password", Right: bot.Admin,
		Examples: []bot.Example{
			{Line: "/coupontools sign-on", Does: "opens the form"},
			{Line: "/coupontools sign-on teammate 11", Does: "opens it for a teammate"},
			{Line: "/coupontools sign-on subaccount sub_2077", Does: "opens it for a subaccount"},
			{Line: "/coupontools sign-on user dir_5501 reg_7001", Does: "opens it for a user of a directory"},
		},
		Run: func(_ context.Context, req bot.Request) (bot.Reply, error) {
			as, ok := readSignOn(req.Words)
			if !ok {
				return bot.Reply{}, &bot.Mistake{
					Text: fmt.Sprintf("It is not clear whom “%s” means.", format.Short(bot.Join(req.Words))),
					Hint: "Write account, teammate with a number, subaccount with an id, or user with two: " +
						"/coupontools sign-on help has examples.",
				}
			}
			return bot.Reply{View: s.view(as)}, nil
		},
		Submissions: map[string]bot.Submission{viewSignOn: {Run: s.submitted}},
		Options:     map[string]bot.Options{fieldSubaccount: {Run: s.accounts.Suggest}},
	}
}

var (
	subaccountID     = regexp.MustCompile(`^sub_[0-9]{1,20}$`)
	teammateID       = regexp.MustCompile(`^[0-9]{1,20}$`)
	directoryUserIDs = regexp.MustCompile(`^(dir_[0-9]{1,20}) (reg_[0-9]{1,20})$`)
)

// readSignOn parses the words of the command. No words mean the bot's own account.
func readSignOn(words []bot.Word) (as signOnAs, ok bool) {
	as.kind = kindAccount
	if len(words) > 0 {
		as.kind = strings.ToLower(words[0].Text)
	}
	if len(words) > 1 {
		as.id = strings.ToLower(bot.Join(words[1:]))
	}
	switch {
	case as.kind == kindUser:
		return as, as.id == "" || directoryUserIDs.MatchString(as.id)
	case len(words) > 2:
		return as, false
	case as.kind == kindAccount:
		return as, as.id == ""
	case as.kind == kindTeammate:
		return as, as.id == "" || teammateID.MatchString(as.id)
	case as.kind == kindSubaccount:
		return as, as.id == "" || subaccountID.MatchString(as.id)
	}
	return signOnAs{kind: kindSubaccount, id: as.kind}, len(words) == 1 && subaccountID.MatchString(as.kind)
}

// subaccountView is the form for a button's subaccount.
func (s signOnHandlers) subaccountView(id string) *slack.ModalViewRequest {
	return s.view(signOnAs{kind: kindSubaccount, id: id})
}

func (s signOnHandlers) view(as signOnAs) *slack.ModalViewRequest {
	teammate, user, chosen := "", "", (*slack.OptionBlockObject)(nil)
	switch {
	case as.kind == kindTeammate:
		teammate = as.id
	case as.kind == kindUser:
		user = as.id
	case as.id != "":
		chosen = blocks.Option(format.NameAndID(format.Short(s.accounts.NameOf(as.id)), as.id), as.id)
	}
	return blocks.Modal(viewSignOn, "Sign on", "Show the link", "Cancel",
		blocks.Text("Anyone with the link is signed in as that account, without a password. It's shown once, only to you."),
		blocks.Radio(blocks.Input{Name: fieldKind, Label: "Sign on as"}, as.kind,
			blocks.Option("The own account", kindAccount), blocks.Option("A teammate", kindTeammate),
			blocks.Option("A subaccount", kindSubaccount), blocks.Option("A user of a directory", kindUser)),
		blocks.TextInput(blocks.Input{Name: fieldTeammate, Label: "Teammate", Optional: true, Hint: "The number of the teammate."},
			teammate, form.MaxIDInput),
		blocks.ExternalSelect(blocks.Input{
			Name: fieldSubaccount, Label: "Subaccount", Optional: true, Placeholder: ui.TypeAFewLetters,
		}, chosen),
		blocks.TextInput(blocks.Input{
			Name: fieldUser, Label: "User of a directory", Optional: true,
			Hint: "The ids of the directory and of the user: dir_5501 reg_7001.",
		}, user, form.MaxIDInput),
		blocks.StaticSelect(
			blocks.Input{
				Name: fieldPage, Label: "Page", Optional: true, Placeholder: "The first page", Hint: "For a teammate or a subaccount.",
			},
			"",
			blocks.Option("Campaigns", coupontools.PageCampaigns),
			blocks.Option("New campaign", coupontools.PageAddCampaign),
			blocks.Option("Change a campaign", coupontools.PageUpdateCampaign),
			blocks.Option("Statistics", coupontools.PageStatistics),
			blocks.Option("Distribution", coupontools.PageDistribution),
		),
		blocks.TextInput(blocks.Input{
			Name: form.FieldCampaign, Label: "Campaign", Optional: true, Hint: "The cam_ id, for the page that changes a campaign.",
		}, "", form.MaxIDInput))
}

// submitted shows the link. The submission is claimed before it is acknowledged, so a redelivery creates no second link and
// doesn't replace the view with the first.
func (s signOnHandlers) submitted(ctx context.Context, req bot.Request) (bot.Reply, error) {
	as, wrong := readSignOnForm(req.View)
	if len(wrong) > 0 {
		return bot.Reply{Errors: wrong}, nil
	}
	id := ui.SubmissionID(req.View, []string{as.kind, as.id, as.Page, as.Campaign})
	_, first, err := ui.Idempotent{Store: s.store}.Claim(ctx, "sign-on:"+id, req.View.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	if !first {
		return bot.Reply{}, ui.ShownBefore("If you don't see the link, open the form again.")
	}
	warning := "Anyone with this link is signed in as " + s.called(as) + "."
	secret := secretReveal{
		to:    s.audit,
		req:   req,
		entry: sends.Entry{What: auditSignOn, Note: format.Joined(" ", as.kind, as.id)},
	}
	reply := secret.reveal("Sign on", warning, func(ctx context.Context) ([]blocks.Line, error) {
		link, err := s.link(ctx, as)
		if err != nil {
			return nil, s.unknown(as, fmt.Errorf("get a sign-on link: %w", err))
		}
		return signOnLines(*link), nil
	})
	reply.Push = false
	return reply, nil
}

// readSignOnForm reads the form. A choice that comes back empty is an error if it is needed.
func readSignOnForm(v *bot.View) (signOnAs, form.Problems) {
	as, wrong := signOnAs{SignOnOptions: coupontools.SignOnOptions{
		Page: v.Value(fieldPage), Campaign: strings.ToLower(format.OneLine(v.Value(form.FieldCampaign))),
	}}, form.Problems{}
	as.kind = form.Chosen(v, fieldKind, wrong, kindAccount, kindTeammate, kindSubaccount, kindUser)
	switch as.kind {
	case kindTeammate:
		if as.id = format.OneLine(v.Value(fieldTeammate)); !teammateID.MatchString(as.id) {
			wrong.Add(fieldTeammate, "Give the number of a teammate.")
		}
	case kindUser:
		if as.id = strings.ToLower(format.OneLine(v.Value(fieldUser))); !directoryUserIDs.MatchString(as.id) {
			wrong.Add(fieldUser, "Give the ids of the directory and of the user, such as dir_5501 reg_7001.")
		}
	case kindSubaccount:
		if as.id = v.Value(fieldSubaccount); as.id == "" {
			wrong.Add(fieldSubaccount, "Choose a subaccount.")
		}
	}
	for field, whom := range map[string]string{fieldTeammate: kindTeammate, fieldUser: kindUser} {
		if as.kind != whom && format.OneLine(v.Value(field)) != "" {
			wrong.Add(fieldKind, "Somebody else is named below. Choose whom you mean, or empty that field.")
		}
	}
	if as.Campaign != "" && as.Page == "" {
		wrong.Add(fieldPage, "Choose the page for this campaign.")
	}
	if (as.Campaign != "" || as.Page == coupontools.PageUpdateCampaign) && !ui.CampaignID.MatchString(as.Campaign) {
		wrong.Add(form.FieldCampaign, "Give the id of a campaign, such as cam_400001.")
	}
	return as, wrong
}

// unknown explains that Coupontools doesn't know the account or the campaign. It returns other errors unchanged.
func (s signOnHandlers) unknown(as signOnAs, err error) error {
	const noCampaign = 502
	if e, ok := errors.AsType[*coupontools.Error](err); ok && slices.Contains(e.Codes, noCampaign) {
		return &bot.Mistake{
			Text: "Coupontools does not know the campaign " + as.Campaign + ".", Hint: "/coupontools campaigns shows them all.", Cause: err,
		}
	}
	return ui.NotKnown(err, s.called(as), "Coupontools")
}

func (s signOnHandlers) link(ctx context.Context, as signOnAs) (*coupontools.SignOn, error) {
	switch as.kind {
	case kindTeammate:
		return s.api.SignOnTeammate(ctx, as.id, as.SignOnOptions)
	case kindSubaccount:
		return s.api.SignOnSubaccount(ctx, as.id, as.SignOnOptions)
	case kindUser:
		ids := directoryUserIDs.FindStringSubmatch(as.id)
		return s.api.SignOnDirectoryUser(ctx, ids[1], ids[2])
	}
	return s.api.SignOnAccount(ctx)
}

// called names the account of a link, and says if its subaccount has expired.
func (s signOnHandlers) called(as signOnAs) string {
	switch as.kind {
	case kindTeammate:
		return "the teammate " + as.id
	case kindUser:
		ids := directoryUserIDs.FindStringSubmatch(as.id)
		return "the user " + ids[2] + " of the directory " + ids[1]
	case kindSubaccount:
		said := "the subaccount " + format.NameAndID(format.Short(s.accounts.NameOf(as.id)), as.id)
		if account, ok := s.accounts.Local(as.id); ok && expired(account.Expires) {
			said += ", which has expired: Coupontools may not let anybody in"
		}
		return said
	}
	return "the own account"
}
