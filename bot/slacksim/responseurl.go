package slacksim

import (
	"crypto/rand"
	"fmt"
	"maps"
	"time"
)

// A response_url accepts 5 posts within 30 minutes, says Slack's documentation of interactivity.
const (
	responseURLUses = 5
	responseURLLife = 30 * time.Minute
	maxResponseURLs = 10_000
	// responseURLKept is how long an expired one is kept, so that its answer isn't that of an unknown one.
	responseURLKept = time.Hour
)

// responseURL is a response_url that the bot got.
type responseURL struct {
	channel, user string
	source        string // ts of the message that was clicked, "" for a command
	at            time.Time
	uses          int
}

// responseURLs are all that were issued, by path.
type responseURLs struct {
	byPath map[string]*responseURL
	issued int
}

// issue returns the path of a new response_url. kind is commands or actions; source is the message that was clicked.
func (u *responseURLs) issue(kind, channel, user, source string) string {
	now := time.Now()
	if len(u.byPath) >= maxResponseURLs {
		maps.DeleteFunc(u.byPath, func(_ string, old *responseURL) bool {
			return now.Sub(old.at) > responseURLLife+responseURLKept
		})
	}
	u.issued++
	path := fmt.Sprintf("/%s/%s/%d/%s", kind, Team, u.issued, rand.Text())
	u.byPath[path] = &responseURL{channel: channel, user: user, source: source, at: now}
	return path
}
