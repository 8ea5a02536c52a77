package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/internal/outbound"
)

// responseMessage is the body of a POST to a response_url.
type responseMessage struct {
	ResponseType    string        `json:"response_type,omitempty"`
	Text            string        `json:"text,omitempty"`
	Blocks          []slack.Block `json:"blocks,omitempty"`
	ReplaceOriginal bool          `json:"replace_original"`
	DeleteOriginal  bool          `json:"delete_original,omitempty"`
	UnfurlLinks     bool          `json:"unfurl_links"`
	UnfurlMedia     bool          `json:"unfurl_media"`
}

// responder posts to response URLs.
type responder struct {
	http *http.Client
	rule outbound.Rule
}

// answerTries bounds how often a message is tried that Slack answers with 429. Slack: a response_url takes five.
const answerTries = 3

// answerPost bounds posting to a response_url, so that enough of [answerTime] is left for the other ways.
const answerPost = answerTime / 2

func newResponder(rule outbound.Rule) responder {
	return responder{http: outbound.Client(10*time.Second, nil), rule: rule}
}

// errForeign says that a response_url isn't Slack's, so nothing may be posted there.
var errForeign = errors.New("response_url is at a host that is not Slack's")

func (a responder) post(ctx context.Context, url string, m responseMessage) error {
	if url == "" {
		return errors.New("no response_url")
	}
	if !a.rule.Allows(url) {
		return errForeign
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answerPost)
	defer cancel()
	for try := 1; ; try++ {
		wait, err := a.once(ctx, url, body)
		if wait == 0 || try == answerTries {
			return err
		}
		if pause(ctx, wait) != nil {
			return err
		}
	}
}

// errRefused says that Slack rejected a message.
var errRefused = errors.New("refused")

// once posts body one time. Its error doesn't contain the address, which is a secret. A wait that isn't zero asks for
// another try after it.
func (a responder) once(ctx context.Context, url string, body []byte) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("response_url is not an address")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := a.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("post to response_url: %w", errors.Unwrap(err))
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if resp.StatusCode == http.StatusTooManyRequests {
		seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			seconds = 1
		}
		return time.Duration(seconds) * time.Second, errors.New("post to response_url: 429")
	}
	var refusal struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	_ = json.Unmarshal(text, &refusal)
	if resp.StatusCode >= 300 || refusal.OK != nil && !*refusal.OK {
		return 0, fmt.Errorf("post to response_url: %w: %d %s", errRefused, resp.StatusCode, blocks.Cut(refusal.Error, 100))
	}
	return 0, nil
}
