package sends

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/coupontools/couponbot/coupontools"
)

const (
	// maxText bounds a text from outside, in runes.
	maxText = 200
	// maxWait bounds the wait that the API may ask for.
	maxWait = 10 * time.Minute
)

// verdict is what a call's answer means for its recipient.
type verdict struct {
	class      coupontools.Class // of a failed call
	status     Status            // Accepted, Failed or Unknown, if the call may have done something
	code, text string
	wait       time.Duration // before the next call, if the API said so
}

// judge reads the answer of a call to a recipient.
func judge(err error, to string) verdict {
	if err == nil {
		return verdict{status: Accepted}
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
	v.code, v.text = code(e), plain(mask(strings.Join(e.Texts, " "), to))
	v.wait = min(e.RetryAfter, maxWait)
	if v.text == "" && v.class == coupontools.Unknown {
		v.text = "no verdict"
	}
	return v
}

// code is the API's error codes, or the HTTP status if there are none.
func code(e *coupontools.Error) string {
	codes := make([]string, 0, 4)
	for _, c := range e.Codes[:min(len(e.Codes), cap(codes))] {
		codes = append(codes, strconv.Itoa(c))
	}
	if len(codes) == 0 && e.Status != 0 {
		return "HTTP " + strconv.Itoa(e.Status)
	}
	return strings.Join(codes, ", ")
}

// inBrackets is what the API said, for a sentence.
func (v verdict) inBrackets() string {
	said := strings.TrimRight(strings.Trim(v.code+": "+v.text, ": "), ".")
	if said == "" {
		return ""
	}
	return " (" + said + ")"
}

// hidden stands for the recipient in a text.
const hidden = "•••"

// mask hides the recipient in a text of the API, so that texts are alike for all and can be shown to anyone.
func mask(text, to string) string {
	own := regexp.MustCompile(`(?i)\+?` + regexp.QuoteMeta(strings.TrimPrefix(to, "+")))
	text = own.ReplaceAllLiteralString(text, hidden)
	if !strings.HasPrefix(to, "+") {
		return text
	}
	const telling = 6 // digits at the end, which no way of writing a number changes
	end := to[max(len(to)-telling, 1):]
	return numbers.ReplaceAllStringFunc(text, func(number string) string {
		if strings.Contains(nonDigits.ReplaceAllLiteralString(number, ""), end) {
			return hidden
		}
		return number
	})
}

// numbers finds what may be phone numbers, however they are written; nonDigits is what may stand in one.
var numbers, nonDigits = regexp.MustCompile(`\+?\d[\d\s()./-]*\d`), regexp.MustCompile(`\D`)

// plain makes a text from outside fit to be kept and shown: one line of bounded length.
func plain(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, ""), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if runes := []rune(text); len(runes) > maxText {
		return string(runes[:maxText-1]) + "…"
	}
	return text
}
