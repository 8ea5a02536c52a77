package commandstest

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/cache"
)

// WantSlackAccepts posts replies with the worst possible texts to the local Slack, which enforces Slack's rules for blocks.
func WantSlackAccepts(t *testing.T, replies func(bad string) []bot.Reply) {
	t.Helper()
	local := slacksim.New()
	t.Cleanup(local.Close)
	server := httptest.NewServer(local)
	t.Cleanup(server.Close)
	api := slack.New(local.BotToken(), slack.OptionAPIURL(server.URL+"/api/"), slack.OptionHTTPClient(server.Client()))

	for name, bad := range map[string]string{
		"empty": "", "blank": " \n\t", "long": strings.Repeat("é", 4000), "control": "a\x00b\u202ec", "broken": "\xff\xfe",
		"markup": "<!channel> <@U1> *b* & <https://example.com|x>",
	} {
		for _, r := range replies(bad) {
			_, _, err := api.PostMessageContext(t.Context(), local.Direct(slacksim.Mia),
				slack.MsgOptionText(bot.Escape(r.Text), false), slack.MsgOptionBlocks(r.Blocks...))
			if err != nil {
				t.Errorf("%s: Slack refused it: %v\n%s", name, err, Picture(r))
			}
		}
	}
	for _, v := range local.Violations() {
		t.Errorf("broke a rule: %s", v)
	}
}

// Held is the source of a list that is always cached.
type Held[T cache.Item] struct{ list *cache.ListOf[T] }

// Local returns the list.
func (h Held[T]) Local() *cache.ListOf[T] { return h.list }

// List returns the list.
func (h Held[T]) List(context.Context) (*cache.ListOf[T], error) { return h.list, nil }

// Refresh returns the list.
func (h Held[T]) Refresh(context.Context) (*cache.ListOf[T], error) { return h.list, nil }

// NewHeld returns the source of a list.
func NewHeld[T cache.Item](l *cache.ListOf[T]) Held[T] { return Held[T]{l} }
