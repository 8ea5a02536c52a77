package commands

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// TestMessages_slackTakesThem posts every message, made of the worst names there can be, to the local Slack, which keeps
// Slack's rules for blocks.
func TestMessages_slackTakesThem(t *testing.T) {
	t.Parallel()
	local := slacksim.New()
	t.Cleanup(local.Close)
	server := httptest.NewServer(local)
	t.Cleanup(server.Close)
	api := slack.New(local.BotToken(), slack.OptionAPIURL(server.URL+"/api/"))

	for name, bad := range map[string]string{
		"empty": "", "blank": " \n\t", "long": strings.Repeat("é", 4000), "control": "a\x00b\u202ec", "broken": "\xff\xfe",
		"markup": "<!channel> <@U1> *b* & <https://example.com|x>",
	} {
		for _, m := range worstMessages(bad) {
			_, _, err := api.PostMessageContext(t.Context(), local.Direct(slacksim.Mia),
				slack.MsgOptionText(bot.Escape(m.Text), false), slack.MsgOptionBlocks(m.Blocks...))
			if err != nil {
				t.Errorf("%s: Slack refused it: %v\n%s", name, err, picture(bot.Reply{Text: m.Text, Blocks: m.Blocks}))
			}
		}
	}
	for _, v := range local.Violations() {
		t.Errorf("broke a rule: %s", v)
	}
}

// worstMessages are messages with bad for every text from outside.
func worstMessages(bad string) []bot.Message {
	d := coupontools.Directory{ID: "dir_1", Code: bad, Name: bad, Payment: &coupontools.Payment{
		Currency: bad, Amount: bad, Type: bad, Description: bad,
	}}
	u := coupontools.DirectoryUser{
		ID: "reg_1", FirstName: bad, LastName: bad, Email: bad, Phone: bad, Registered: bad, PaymentStatus: bad, PaymentExpires: bad,
	}
	var many []coupontools.Directory
	var users []coupontools.DirectoryUser
	for range 2 * perPage {
		many, users = append(many, d), append(users, u)
	}
	l := cache.NewList(many, time.Now())
	l.Stale, l.RedisAway = true, true
	f := userPage{pager: newUserPager(newUserQuery("dir_1", bad, bad)), number: 2, users: users[:perPage], more: true, older: true}
	s := ended()
	s.OfferName, s.Why = bad, bad
	for i := range s.Failures {
		s.Failures[i].Text, s.Failures[i].Code = bad, bad
	}
	counted := directoryFigures{Campaigns: 20, campaignFigures: newFigures(coupontools.SessionSums{Sessions: 1_000_000}, time.Now())}
	replies := []bot.Reply{
		newDirectoryList(nil, deliverer{}).page(listQuery{Page: 2, Filter: bounded(bad)}, l, many),
		cardReply(d, nil), cardReply(d, counted.blocks(errors.New(bad)), blocks.Small(withoutRedis)),
		newDirectoryList(nil, deliverer{}).pick(choice[coupontools.Directory]{Asked: bad, Hits: many}, openRow),
		{Text: f.summary(), Blocks: f.blocks()},
	}
	replies = append(replies, worstAccounts(bad)...)
	replies = append(replies, worstOfCampaigns(bad)...)
	messages := []bot.Message{announcement(s)}
	for _, r := range replies {
		messages = append(messages, bot.Message{Text: r.Text, Blocks: r.Blocks})
	}
	return messages
}

// worstAccounts are the messages about loyalty cards, subaccounts and groups.
func worstAccounts(bad string) []bot.Reply {
	card := coupontools.LoyaltyCard{ID: "loy_1", Name: bad, Code: bad, URL: bad, Type: bad, Status: bad}
	account := coupontools.Subaccount{
		ID: "sub_1", Username: bad, Company: bad, FirstName: bad, LastName: bad, Email: bad, Package: bad, Language: bad, Currency: bad,
		Webhook: bad, Access: []string{bad, bad}, Expires: time.Now().AddDate(-1, 0, 0), LastLogin: time.Now(),
	}
	holder := coupontools.LoyaltyUser{ID: "lus_1", FirstName: bad, LastName: bad, Email: bad, Phone: bad, Points: 1 << 40}
	contact := coupontools.SMSContact{ID: "con_1", Phone: bad, FirstName: bad, LastName: bad, Unsubscribed: true, UnsubscribedAt: time.Now()}
	var rows, people, contacts, accounts []slack.Block
	for range perPage {
		rows = append(rows, newLoyaltyCards(nil, nil, deliverer{}).row(card)...)
		people = append(people, cardUserRow("loy_1", holder, unit(card))...)
		contacts = append(contacts, contactRow("gro_1", contact)...)
		accounts = append(accounts, newSubaccountList(nil, nil, deliverer{}).row(account)...)
	}
	return []bot.Reply{
		{Text: "Cards", Blocks: rows},
		{Text: "Users", Blocks: people},
		{Text: "Contacts", Blocks: contacts},
		{Text: "Subaccounts", Blocks: accounts},
		loyaltyCardReply(card, blocks.Small(bad)), subaccountCard(account),
	}
}

// worstOfCampaigns are answers on campaigns and sessions with bad for every text from outside.
func worstOfCampaigns(bad string) []bot.Reply {
	c := coupontools.Campaign{
		ID: "cam_1", Code: bad, Name: bad, Title: bad, Status: bad, URL: "https://example.com/" + strings.Repeat("a", 400),
		Expires: time.Now(), Codes: &coupontools.CodeStats{Total: 2, Claimed: 1},
	}
	x := coupontools.Session{
		Code: "k3v9t0q2m7x1r8b5c6n4d", Campaign: "cam_1", URL: c.URL, CustomID: bad, ClaimType: bad, Value: bad,
		ValidationValue: bad, ValidationCode: bad, Extra: map[string]string{}, Created: time.Now(), Claimed: true, Locked: true,
	}
	for i := range 2 * maxFurther {
		x.Extra[fmt.Sprint("field", i)] = bad
	}
	var many []coupontools.Campaign
	var people []coupontools.Session
	for range 2 * perPage {
		many, people = append(many, c), append(people, x)
	}
	l := cache.NewList(many, time.Now())
	l.Stale, l.RedisAway = true, true
	all := newCampaignList(newHeld(l), deliverer{})
	f := newFigures(coupontools.SessionSums{Sessions: 1_000_000, Opened: 500_000}, time.Now())
	p := newSessionPager(coupontools.Campaign{ID: "cam_1", Name: bad}, coupontools.WasClaimed)
	return []bot.Reply{
		all.page(listQuery{Page: 2, Filter: bounded(bad)}, l, many),
		all.pick(choice[coupontools.Campaign]{Asked: bad, Hits: many}, openCampaignRow),
		campaignCard(c, f.blocks(errors.New(bad)), blocks.Small(withoutRedis)),
		{Text: "Found.", Blocks: sessionPage{pager: p, number: 2, sessions: people[:perPage], more: true}.blocks()},
		{Text: "Found.", Blocks: severalSessions(people, "cam_400001")},
		{Text: "Found.", Blocks: sessionHandlers{campaigns: all}.card(x, "The session is voided now.")},
		{Text: "Found.", Blocks: []slack.Block{categoryLines([]coupontools.Category{{ID: "cat_1", Name: bad}}, "")}},
	}
}

// held is the source of a list that is always cached.
type held[T cache.Item] struct{ list *cache.ListOf[T] }

func (h held[T]) Local() *cache.ListOf[T] { return h.list }

func (h held[T]) List(context.Context) (*cache.ListOf[T], error) { return h.list, nil }

func (h held[T]) Refresh(context.Context) (*cache.ListOf[T], error) { return h.list, nil }

func newHeld[T cache.Item](l *cache.ListOf[T]) held[T] { return held[T]{l} }
