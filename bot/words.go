package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
)

// This file has every text that the bot itself shows to people.

const nothingDone = "Nothing was sent or changed."

func cannotAsk(err error) *Mistake {
	return &Mistake{
		Text:  "Slack could not be asked who you are, so this was refused.",
		Hint:  "Please try again in a moment.",
		Cause: err,
	}
}

func strangers() *Mistake {
	return &Mistake{
		Text: "couponbot only works for members of the workspace it is installed in.",
		Hint: "Ask a colleague of that workspace to do it for you.", outsider: true,
	}
}

func guests() *Mistake {
	return &Mistake{
		Text: "Guests cannot use couponbot.",
		Hint: "Ask a full member of this workspace to do it for you.", outsider: true,
	}
}

func lacks(user string, right Right) *Mistake {
	text, setting := "You are not among those who may send, make changes or see people's data.", "SENDERS"
	if right == Admin {
		text, setting = "You are not among couponbot's administrators.", "ADMINS"
	}
	return &Mistake{
		Text: text,
		Hint: fmt.Sprintf("The person who runs couponbot can add your user id %s, or a user group you are in, to its setting %s.",
			user, setting),
	}
}

func busy() *Mistake {
	return &Mistake{Text: "couponbot is busy right now, so this was not started.", Hint: "Please try again in a minute."}
}

// tooManyRequests refuses a request of a person who has n in progress.
func tooManyRequests(n int) *Mistake {
	return &Mistake{
		Text: fmt.Sprintf("You have %d requests in progress, so this one wasn't started.", n),
		Hint: "Wait until some are done, then try again.",
	}
}

func tooSlow(err error) *Mistake {
	return &Mistake{
		Text:  "This took too long, so couponbot gave up on it.",
		Done:  "Nothing was sent by this; if you were changing something, look whether it happened before you try again.",
		Hint:  "Please try again in a few minutes.",
		Cause: err,
	}
}

func fault(err error) *Mistake {
	return &Mistake{
		Text:  "Something went wrong inside couponbot.",
		Done:  "It cannot say whether anything was changed; the marketing channels and /coupontools status show every send.",
		Hint:  "Please try again. If it happens again, tell the person who runs couponbot the reference.",
		Cause: err,
	}
}

func gone(kind string) *Mistake {
	what := "button"
	switch kind {
	case kindCommand:
		return &Mistake{Text: "couponbot has no such command.", Hint: "Its help lists those it has."}
	case kindSubmission:
		what = "form"
	}
	return &Mistake{
		Text: "This " + what + " belongs to another version of couponbot.", Hint: "Please run the command again.",
	}
}

func stopping() *Mistake {
	return &Mistake{
		Text: "couponbot is being restarted, so it broke this off.",
		Done: "Nothing was sent by this; if you were changing something, look whether it happened before you try again.",
		Hint: "Please try again in a minute.",
	}
}

// undelivered explains why Slack rejected an answer. With opening it was a modal that opens before anything is done.
func undelivered(err error, opening bool) *Mistake {
	switch SlackCode(err) {
	case "expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id":
		return &Mistake{
			Text:  "Slack lets a window be opened within three seconds only, and this took longer.",
			Hint:  "Please try again.",
			Cause: err,
		}
	case "not_found":
		return &Mistake{
			Text: "The window was closed before couponbot's answer was ready.", Done: "What you asked for may have been done.",
			Hint: "Please look again if you need the answer.",
		}
	}
	if opening {
		return &Mistake{Text: "Slack did not open couponbot's window.", Hint: "Please try again.", Cause: err}
	}
	return &Mistake{
		Text:  "Slack did not take couponbot's answer.",
		Done:  "What you asked for may have been done.",
		Hint:  "Please look before you try again.",
		Cause: err,
	}
}

// called returns a file's name for texts. Slack doesn't give every file's name.
func (f File) called() string {
	if f.Name == "" {
		return "The file"
	}
	return "The file “" + blocks.Cut(f.Name, maxFileName) + "”"
}

// maxFileName bounds a file's name in texts, in characters.
const maxFileName = 100

func foreignFile(f File) *Mistake {
	return &Mistake{
		Text: f.called() + " belongs to somebody else, so couponbot did not read it.", Hint: "Please upload a file of your own.",
	}
}

func fileTooLarge(f File, limit int64) *Mistake {
	return &Mistake{
		Text: fmt.Sprintf("%s is larger than %s, which is all that couponbot reads.", f.called(), inBytes(limit)),
		Hint: "Please leave out what is not needed, or make several files of it.",
	}
}

// inBytes formats a limit in the largest unit without a fraction.
func inBytes(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

func fileGone(f File, err error) *Mistake {
	return &Mistake{
		Text: f.called() + " could not be read: Slack does not have it any more, or does not show it to couponbot.",
		Hint: "Please upload it again.", Cause: err,
	}
}

func fileElsewhere(f File, err error) *Mistake {
	return &Mistake{
		Text: f.called() + " is not kept by Slack itself, so couponbot did not fetch it.",
		Hint: "Please save it on your computer and upload it from there.", Cause: err,
	}
}

func fileScope(f File, err error) *Mistake {
	return &Mistake{
		Text: f.called() + " could not be read: Slack does not let couponbot read files, since it lacks the scope files:read.",
		Hint: "The person who runs couponbot can add the scope to its Slack app and install the app again.", Cause: err,
	}
}

func fileSlow(f File, err error) *Mistake {
	return &Mistake{
		Text: f.called() + " could not be read: Slack took too long to hand it over.", Hint: "Please try again in a few minutes.",
		Cause: err,
	}
}

func fileUnread(f File, err error) *Mistake {
	return &Mistake{
		Text: f.called() + " could not be read: Slack did not hand it over.", Hint: "Please try again in a moment.", Cause: err,
	}
}

// notDescribed explains why files.info failed.
func notDescribed(f File, err error) *Mistake {
	switch SlackCode(err) {
	case "file_not_found", "file_deleted":
		return fileGone(f, err)
	case "missing_scope":
		return fileScope(f, err)
	}
	return notDownloaded(f, err)
}

// notDownloaded explains why a file could not be fetched. Without the scope files:read Slack redirects to its login page.
func notDownloaded(f File, err error) *Mistake {
	status, _ := errors.AsType[statusError](err)
	switch {
	case errors.Is(err, errNowhere), status == http.StatusNotFound, status == http.StatusGone:
		return fileGone(f, err)
	case errors.Is(err, errPlace):
		return fileElsewhere(f, err)
	case errors.Is(err, errWebPage), errors.Is(err, errRedirect), status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fileScope(f, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fileSlow(f, err)
	}
	return fileUnread(f, err)
}

const (
	workingText  = "Working on it…"
	workingTitle = "One moment"
	noticeTitle  = "couponbot"
	doneText     = "Done."
)

// maxSentence bounds an error's text in characters: as a modal it must fit into an acknowledgement of 16 KB.
const maxSentence = 2000

// sentence joins the parts of a mistake into one text.
func (m *Mistake) sentence(reference string) string {
	done := m.Done
	if done == "" {
		done = nothingDone
	}
	parts := []string{m.Text, done}
	if m.Hint != "" {
		parts = append(parts, m.Hint)
	}
	text := blocks.Cut(strings.Join(parts, " "), maxSentence)
	if reference != "" {
		text += " (Reference " + reference + ")"
	}
	return text
}

// noticeView returns a modal with a message and nothing to do.
func noticeView(title string, body ...slack.Block) *slack.ModalViewRequest {
	return blocks.Modal("", title, "", "Close", body...)
}

// waitingView returns a modal that says that the bot is working.
func waitingView() *slack.ModalViewRequest {
	return noticeView(workingTitle, textBlocks(workingText)...)
}

// sectionRunes is Slack's limit of a section's text (Block Kit: 3,000 characters).
const sectionRunes = 3000

// textBlocks divides plain text into as many sections as it needs.
func textBlocks(text string) []slack.Block {
	var set []slack.Block
	for runes := []rune(text); len(runes) > 0; {
		n := min(len(runes), sectionRunes)
		if n < len(runes) {
			if i := strings.LastIndex(string(runes[:n]), "\n"); i > 0 {
				n = len([]rune(string(runes[:n])[:i+1]))
			}
		}
		set = append(set, blocks.Text(string(runes[:n])))
		runes = runes[n:]
	}
	return set
}
