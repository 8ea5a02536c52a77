package commands

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
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
	f := found{lookup: lookup{ID: "x", Directory: "dir_1", Name: bad, Who: bad}, Page: 2, Users: users[:perPage], More: true, Older: true}
	s := ended()
	s.DirectoryName, s.Why = bad, bad
	for i := range s.Failures {
		s.Failures[i].Text, s.Failures[i].Code = bad, bad
	}
	replies := []bot.Reply{
		directoryCatalog(nil, deliverer{}).page(listing{Page: 2, Filter: bounded(bad)}, l, many),
		cardReply(d),
		pickOne(choice{Asked: bad, Hits: many}, func(d coupontools.Directory) []slack.Block { return []slack.Block{openRow(d)} }),
		{Text: f.summary(), Blocks: f.blocks(clock{})},
	}
	messages := []bot.Message{announcement(s)}
	for _, r := range replies {
		messages = append(messages, bot.Message{Text: r.Text, Blocks: r.Blocks})
	}
	return messages
}
