package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/internal/outbound"
)

// downloadTime bounds one download, the question for its address included. It leaves enough of [laterTime] to read what
// is in the file.
const downloadTime = time.Minute

// Files downloads what people put into forms.
//
// The bot token goes along, so a file is only fetched from where the rule allows. Other hosts that Slack uses
// (slack-files.com, slack-edge.com) never get it, and no redirect is followed.
type Files struct {
	token string
	rule  outbound.Rule
	slack *slack.Client
	http  *http.Client
}

// NewFiles returns what downloads with the bot token of api.
func NewFiles(token string, rule outbound.Rule, api *slack.Client) *Files {
	return &Files{token: token, rule: rule, slack: api, http: outbound.Client(0, nil)} // callers bound the time
}

// Download returns what is in a file that the person with that id put into a form. A file of somebody else is refused,
// and so is one with more than limit bytes, whatever Slack says of its size. The error is a [*Mistake].
func (f *Files) Download(ctx context.Context, person string, file File, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	file, err := f.described(ctx, file)
	switch {
	case err != nil:
		return nil, notDescribed(file, err)
	case file.User != person:
		return nil, foreignFile(file)
	case file.Size > limit:
		return nil, fileTooLarge(file, limit)
	}
	content, err := f.fetch(ctx, file, limit)
	if errors.Is(err, errTooLarge) {
		return nil, fileTooLarge(file, limit)
	}
	if err != nil {
		return nil, notDownloaded(file, err)
	}
	return content, nil
}

// described asks files.info for what a payload did not tell.
//
// Source: https://docs.slack.dev/reference/objects/file-object, on Slack Connect files.
func (f *Files) described(ctx context.Context, file File) (File, error) {
	if file.FileAccess != "check_file_info" && file.User != "" && file.URL != "" {
		return file, nil
	}
	info, _, _, err := f.slack.GetFileInfoContext(ctx, file.ID, 0, 0)
	if info, err = present(info, err); err != nil {
		return file, fmt.Errorf("files.info: %w", err)
	}
	return fileOf(info), nil
}

var (
	errTooLarge = errors.New("more bytes than allowed")
	errWebPage  = errors.New("a web page in the place of the file")
	errRedirect = errors.New("a redirect in the place of the file")
	errNowhere  = errors.New("no address")
	errPlace    = errors.New("not an address that may get the bot token")
)

// statusError is an HTTP status other than 200.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("HTTP status %d", int(e)) }

// fetch reads at most limit bytes of a file. Its address stays out of the errors.
func (f *Files) fetch(ctx context.Context, file File, limit int64) ([]byte, error) {
	switch {
	case file.URL == "":
		return nil, errNowhere
	case !f.rule.Allows(file.URL):
		return nil, errPlace
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, file.URL, http.NoBody)
	if err != nil {
		return nil, errPlace
	}
	req.Header.Set("Authorization", "Bearer "+f.token)
	resp, err := f.http.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, errRedirect
	case resp.StatusCode != http.StatusOK:
		return nil, statusError(resp.StatusCode)
	case resp.ContentLength > limit:
		return nil, errTooLarge
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case isHTML(resp.Header.Get("Content-Type"), content) && int64(len(content)) != file.Size: // the person's own is as long
		return nil, errWebPage
	case int64(len(content)) > limit:
		return nil, errTooLarge
	}
	return content, nil
}

// withoutURL takes away what net/http puts around the error of a request: the address.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// isHTML reports whether an answer is a web page, which is what Slack gives to log in at in the place of a refusal.
func isHTML(contentType string, content []byte) bool {
	if kind, _, _ := mime.ParseMediaType(contentType); kind == "text/html" {
		return true
	}
	start := bytes.ToLower(bytes.TrimLeft(content[:min(len(content), 1024)], "\ufeff \t\r\n"))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}
