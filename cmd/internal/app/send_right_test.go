package app

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// The sender's right to send is checked again when the send starts. If the sender has lost it, nothing is sent; while Slack
// can't be asked, the send waits.
func TestSend_rechecksSenderAtStart(t *testing.T) {
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
			w := newStoppedWorld(t)
			rdb := redis.NewClient(redisOptions(w.config))
			t.Cleanup(func() { _ = rdb.Close() })
			service := sends.New(sends.Config{Redis: rdb, Prefix: keyPrefix(w.config)})
			d, err := service.SaveDraft(t.Context(), sends.Draft{
				Team: w.slack.Users()[0].TeamID, User: test.sender, OfferID: "dir_5507", OfferName: "Stadsbonnen",
				Kind: recipients.SMS, Message: "Hello", List: recipients.Parse("+32470123456", recipients.Rules{Kind: recipients.SMS}),
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := service.Confirm(t.Context(), d.ID, d.Team, d.User); err != nil {
				t.Fatal(err)
			}
			if test.fault != "" {
				w.slack.Inject(slacksim.Fault{Method: test.fault, Error: "internal_error"})
			}
			w.start(t)
			defer w.stopAndWait(t)
			w.awaitMessage(t, slacksim.Marketing, test.want)
			if n := w.sandbox.Calls(smsRoute); n != 0 {
				t.Errorf("%d calls, want none", n)
			}
		})
	}
}
