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

// downloadTime bounds one download, including files.info. It leaves enough of [laterTime] to read the file.
const downloadTime = time.Minute

// Files downloads what people upload in forms.
//
// It sends the bot token along, so it only fetches from addresses that the rule allows. Other hosts that Slack uses
// (slack-files.com, slack-edge.com) never get the token, and redirects are not followed.
type Files struct {
	token string
	rule  outbound.Rule
	slack *slack.Client
	http  *http.Client
}

// NewFiles returns a downloader that uses the bot token of api.
func NewFiles(token string, rule outbound.Rule, api *slack.Client) *Files {
	return &Files{token: token, rule: rule, slack: api, http: outbound.Client(0, nil)} // callers bound the time
}

// Download returns the content of a file that the person with that id uploaded. It refuses somebody else's file, and one of
// more than limit bytes, even if Slack says it is smaller. The error is a [*Mistake].
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

// described fills in what the payload lacks, with files.info.
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
	errWebPage  = errors.New("got a web page instead of the file")
	errRedirect = errors.New("got a redirect instead of the file")
	errNowhere  = errors.New("no address")
	errPlace    = errors.New("not an address that may get the bot token")
)

// statusError is an HTTP status other than 200.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("HTTP status %d", int(e)) }

// fetch reads at most limit bytes of a file. Its errors don't contain the address.
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
	case isHTML(resp.Header.Get("Content-Type"), content) && int64(len(content)) != file.Size: // the user's own HTML file has that size
		return nil, errWebPage
	case int64(len(content)) > limit:
		return nil, errTooLarge
	}
	return content, nil
}

// withoutURL unwraps net/http's error, which contains the address.
func withoutURL(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// isHTML reports whether an answer is a web page. Instead of refusing, Slack serves its login page.
func isHTML(contentType string, content []byte) bool {
	if kind, _, _ := mime.ParseMediaType(contentType); kind == "text/html" {
		return true
	}
	start := bytes.ToLower(bytes.TrimLeft(content[:min(len(content), 1024)], "\ufeff \t\r\n"))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}
