package app

import (
	"net/http"
	"time"

	"github.com/slack-go/slack"
)

// slackTime bounds one call of Slack's Web API. Slack answers most within a second.
const slackTime = 10 * time.Second

// newSlack returns a client of Slack's Web API with both tokens. It does not repeat calls by itself: what may be repeated,
// and for how long, is for its users to know.
func newSlack(c Config) *slack.Client {
	return slack.New(
		string(c.SlackBotToken),
		slack.OptionAppLevelToken(string(c.SlackAppToken)),
		slack.OptionAPIURL(string(c.SlackAPIURL)),
		slack.OptionHTTPClient(&http.Client{Timeout: slackTime}),
	)
}
