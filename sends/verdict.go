package sends

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

const (
	// streakLimit is how many calls in a row without a clear answer, or refused for the same reason, pause a send.
	streakLimit = 10
	// maxText and maxAction limit texts from outside, in runes.
	maxText, maxAction = 200, 60
	// maxWait limits the wait that the API may ask for.
	maxWait = 10 * time.Minute
)

// verdict is the result of a call for its recipient.
type verdict struct {
	class  coupontools.Class // of a failed call
	status Status            // Accepted, Failed or Unknown, if the call may have done something
	code   string
	action string // what the API says it did, if it accepted the call
	text   string
	wait   time.Duration // before the next call, if the API asked for it
	// personal means that the recipient explains the refusal, so it says nothing about the next call.
	personal bool
}

// judge turns the answer to a call into a verdict.
func judge(sent *coupontools.Sent, err error, to string) verdict {
	switch {
	case err == nil && sent != nil:
		return judgeAction(sent.Action, to)
	case err == nil:
		return verdict{class: coupontools.Unknown, status: Unknown, text: "no verdict"}
	}
	v := verdict{class: coupontools.ClassOf(err), status: Unknown}
	if v.class == coupontools.Refused {
		v.status = Failed
	}
	e, ok := errors.AsType[*coupontools.Error](err)
	if !ok {
		v.text = "no verdict"
		return v
	}
	v.code, v.text = errorCode(e), oneLine(maskRecipient(strings.Join(e.Texts, " "), to), maxText)
	v.personal = personal(e.Codes, v.text)
	v.wait = min(e.RetryAfter, maxWait)
	if v.text == "" && v.class == coupontools.Unknown {
		v.text = "no verdict"
	}
	return v
}

// judgeAction judges the action of an accepted call. Only "email_sent" has ever been seen, so an unknown or missing action
// counts as sent.
func judgeAction(action, to string) verdict {
	v := verdict{status: Accepted, action: oneLine(maskRecipient(strings.ReplaceAll(action, "|", "/"), to), maxAction)}
	for _, part := range strings.FieldsFunc(strings.ToLower(v.action), func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch {
		case strings.HasPrefix(part, "already"), strings.HasPrefix(part, "duplicate"):
			v.status, v.personal = Failed, true
		case strings.HasPrefix(part, "fail"), strings.HasPrefix(part, "not") && !notificationWord.MatchString(part):
			v.status = Failed
		}
	}
	if v.status == Failed {
		v.text = "Coupontools answered “" + v.action + "”"
	}
	return v
}

// notificationWord matches words that begin with "not" without a negative meaning: notification, notified, noted.
var notificationWord = regexp.MustCompile(`^not[ei]`)

// personal reports whether the recipient explains a refusal: code 305 is a bad address, 301 a bad character in the parameter
// that the text ends with.
func personal(codes []int, text string) bool {
	return slices.Contains(codes, 305) || slices.Contains(codes, 301) && !sharedParameter.MatchString(text)
}

// sharedParameter matches the name of a parameter that is the same for all recipients of a send.
var sharedParameter = regexp.MustCompile(`(?i)\b(campaign|body|subject)\W*$`)

// streak returns what a verdict has in common with others that pause a send if they come in a row, and the reason of the
// pause; "" if it ends a row.
func (v verdict) streak(kind recipients.Kind) (same, why string) {
	switch {
	case v.status == Unknown:
		return string(Unknown), fmt.Sprintf("%d calls in a row got no clear answer from Coupontools.", streakLimit)
	case v.status != Failed || v.personal:
		return "", ""
	}
	why = fmt.Sprintf("Coupontools refused %d in a row for the same reason", streakLimit)
	if said := cmp.Or(v.action, strings.TrimRight(v.text, ".")); said != "" {
		why += ": “" + said + "”"
	}
	switch {
	case strings.HasPrefix(v.code, httpPrefix):
		why += " (" + v.code + ")"
	case v.code != "":
		why += " (code " + v.code + ")"
	}
	why += "."
	if kind == recipients.SMS && !notCreditsCode.MatchString(v.code) {
		why += " Perhaps the SMS credits are used up."
	}
	return strings.Join([]string{string(Failed), v.code, v.text}, "|"), why
}

// notCreditsCode matches the API's codes for a missing or bad value, or a missing object. The code for used-up credits is
// unknown, but it is none of these.
var notCreditsCode = regexp.MustCompile(`^[235]\d\d\b`)

// httpPrefix begins an HTTP status that is used as a code.
const httpPrefix = "HTTP "

// errorCode returns the API's error codes, or the HTTP status if there are none.
func errorCode(e *coupontools.Error) string {
	codes := make([]string, 0, 4)
	for _, c := range e.Codes[:min(len(e.Codes), cap(codes))] {
		codes = append(codes, strconv.Itoa(c))
	}
	if len(codes) == 0 && e.Status != 0 {
		return httpPrefix + strconv.Itoa(e.Status)
	}
	return strings.Join(codes, ", ")
}

// inBrackets returns the API's error for a sentence.
func (v verdict) inBrackets() string {
	said := strings.TrimRight(strings.Trim(v.code+": "+v.text, ": "), ".")
	if said == "" {
		return ""
	}
	return " (" + said + ")"
}

// hidden replaces the recipient in a text.
const hidden = "•••"

// maskRecipient hides the recipient in a text of the API, so that texts are the same for all recipients and can be shown to
// anyone.
func maskRecipient(text, to string) string {
	if !strings.ContainsAny(text, "@0123456789") {
		return text
	}
	own := regexp.MustCompile(`(?i)\+?` + regexp.QuoteMeta(strings.TrimPrefix(to, "+")))
	text = own.ReplaceAllLiteralString(text, hidden)
	if !strings.HasPrefix(to, "+") {
		return text
	}
	const shared = 6 // digits at the end, which are the same in every notation
	end := to[max(len(to)-shared, 1):]
	return phoneLike.ReplaceAllStringFunc(text, func(number string) string {
		if strings.Contains(nonDigits.ReplaceAllLiteralString(number, ""), end) {
			return hidden
		}
		return number
	})
}

// phoneLike matches what may be a phone number in any notation; nonDigits matches the other characters in it.
var phoneLike, nonDigits = regexp.MustCompile(`\+?\d[\d\s()./-]*\d`), regexp.MustCompile(`\D`)

// oneLine makes a text from outside safe to store and show: one line with a limited number of runes.
func oneLine(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
