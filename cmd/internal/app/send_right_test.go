package app

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// The right of a sender is checked once more as their send starts: somebody who lost it meanwhile sends nothing, and
// while Slack does not say who they are the send waits.
func TestSend_isCheckedAgainAtItsStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sender string
		fault  string
		want   string
	}{
		"a guest":         {sender: slacksim.Gus, want: "The person who sent this may not send: they are not"},
		"Slack is silent": {sender: slacksim.Mia, fault: "users.info", want: "Slack cannot be asked whether its sender"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := stillWorld(t)
			rdb := redis.NewClient(redisOptions(w.config))
			t.Cleanup(func() { _ = rdb.Close() })
			desk := sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(w.config)})
			d, err := desk.SaveDraft(t.Context(), sends.Draft{
				Team: w.slack.Users()[0].TeamID, User: test.sender, OfferID: "dir_5507", OfferName: "Stadsbonnen",
				Kind: recipients.SMS, Message: "Hello", List: recipients.Parse("+32470123456", recipients.Rules{Kind: recipients.SMS}),
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := desk.Confirm(t.Context(), d.ID, d.Team, d.User); err != nil {
				t.Fatal(err)
			}
			if test.fault != "" {
				w.slack.Inject(slacksim.Fault{Method: test.fault, Error: "internal_error"})
			}
			w.start(t)
			defer w.quit(t)
			w.message(t, slacksim.Marketing, test.want)
			if n := w.sandbox.Calls(sms); n != 0 {
				t.Errorf("%d calls, want none", n)
			}
		})
	}
}
