package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

// maxAltText is Slack's limit of a file's alternative text, in characters.
//
// Source: https://docs.slack.dev/reference/methods/files.getUploadURLExternal.
const maxAltText = 1000

// Upload is a file that the bot posts.
type Upload struct {
	// Name is the file's name with its ending; Title stands above it, the name if empty.
	Name, Title string
	// Comment is a message with the file. It is plain text: the bot escapes it.
	Comment string
	// AltText describes the file to people who can't see it.
	AltText string
	// Content is the file, at least one byte: Slack refuses empty files. A large file is read from From instead, which holds
	// Size bytes.
	Content []byte
	From    io.ReaderAt
	Size    int64
}

// content returns the file's bytes from the beginning, and their number.
func (u Upload) content() (io.Reader, int64) {
	if u.From != nil {
		return io.NewSectionReader(u.From, 0, u.Size), u.Size
	}
	return bytes.NewReader(u.Content), int64(len(u.Content))
}

// Upload posts a file to a channel. Unlike in [Poster.Post] it can't be a user id, only the id of a direct message's channel.
// It keeps the channel's rate limit and waits on Slack's 429. Slack shows the file a moment later.
//
// Source: https://docs.slack.dev/messaging/working-with-files#uploading_files.
func (p *Poster) Upload(ctx context.Context, channel string, u Upload) error {
	if _, size := u.content(); size <= 0 {
		return errors.New("upload: the file is empty")
	}
	id, err := p.deposit(ctx, u)
	if err != nil {
		return err
	}
	return p.inLane(ctx, channel, func(ctx context.Context) error {
		_, err := p.slack.CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
			Files: []slack.FileSummary{{ID: id, Title: u.Title}}, Channel: channel, InitialComment: Escape(u.Comment),
		})
		if err != nil {
			return fmt.Errorf("files.completeUploadExternal: %w", err)
		}
		return nil
	})
}

// deposit uploads the content to Slack, where nobody sees it yet.
func (p *Poster) deposit(ctx context.Context, u Upload) (id string, err error) {
	var place *slack.GetUploadURLExternalResponse
	_, size := u.content()
	err = patiently(ctx, func(ctx context.Context) error {
		place, err = p.slack.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{
			FileName: u.Name, FileSize: int(size), AltTxt: blocks.Cut(u.AltText, maxAltText),
		})
		place, err = present(place, err)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("files.getUploadURLExternal: %w", err)
	}
	if !p.rule.Allows(place.UploadURL) {
		return "", fmt.Errorf("upload the content: %w", errPlace)
	}
	err = patiently(ctx, func(ctx context.Context) error {
		content, _ := u.content()
		return p.slack.UploadToURL(ctx, slack.UploadToURLParameters{
			UploadURL: place.UploadURL, Filename: u.Name, Reader: content,
		})
	})
	if err != nil {
		return "", fmt.Errorf("upload the content: %w", withoutURL(err))
	}
	return place.FileID, nil
}
