package coupontools

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	maxExtra    = 30
	maxExtraKey = 60
)

// decodeDirectories reads a list of directories.
func decodeDirectories(a answer) ([]Directory, error) {
	list, ok := a.list("directory", "directories", "directorylist", "directoryinfo")
	if !ok {
		return nil, a.misread("list of directories")
	}
	return decodeEach(list, decodeListed)
}

// decodeEach decodes the elements of a list, skipping blank ones.
func decodeEach[T any](list []json.RawMessage, decode func(fields) (T, bool)) ([]T, error) {
	out := make([]T, 0, len(list))
	for i, raw := range list {
		if blank(raw) {
			continue
		}
		item, ok := decode(fieldsOf(raw))
		if !ok {
			return nil, fmt.Errorf("element %d of the answer's list is not understood: %s", i, shapeOf(raw, 1))
		}
		out = append(out, item)
	}
	return out, nil
}

func decodeListed(f fields) (Directory, bool) {
	d := Directory{
		ID:      prefixed("dir_", f.text("id", "directoryid", "directory")),
		Code:    f.text("code", "directorycode"),
		Name:    f.text("name", "directoryname", "title"),
		Payment: decodePayment(f.value("payment")),
	}
	if d.Name == "" {
		d.Name = d.ID
	}
	return d, d.ID != ""
}

// decodeDirectory reads one directory, requested by id.
func decodeDirectory(a answer, id string) (*Directory, error) {
	f, ok := a.one("directory", "directoryinfo")
	if !ok {
		return nil, a.misread("directory")
	}
	d, ok := decodeListed(f)
	if !ok {
		// The answer may omit the id: it answers a request by id.
		d.ID = id
		d.Name = f.text("name", "directoryname", "title")
	}
	if d.Name == "" {
		return nil, a.misread("directory")
	}
	return &d, nil
}

// decodePayment reads a price, nil if there is none, in any of the ways the API writes that.
func decodePayment(raw json.RawMessage) *Payment {
	if list, ok := elements(raw); ok && len(list) > 0 {
		raw = list[0]
	}
	if blank(raw) {
		return nil
	}
	f := fieldsOf(raw)
	p := Payment{
		Currency: f.text("currency"), Amount: f.text("amount", "price"), Type: f.text("type"),
		Description: f.text("description"),
	}
	if f == nil {
		p.Amount = textOf(raw)
	}
	if p.Amount == "" && p.Type == "" || isZero(p.Amount) {
		return nil
	}
	return &p
}

// isZero reports whether a decimal number is 0.
func isZero(amount string) bool {
	return amount != "" && strings.Trim(amount, "0.,") == ""
}

// decodeUsers reads one page of users.
func decodeUsers(a answer) ([]DirectoryUser, error) {
	list, ok := a.list("user", "users", "directoryuser", "directoryusers", "registration", "registrations")
	if !ok {
		return nil, a.misread("list of users")
	}
	return decodeEach(list, decodeUser)
}

func decodeUser(f fields) (DirectoryUser, bool) {
	t := fieldReader{fields: f}
	u := DirectoryUser{
		ID:             prefixed("reg_", t.text("id", "userid", "user", "registrationid", "regid")),
		FirstName:      t.text("firstname", "givenname"),
		LastName:       t.text("lastname", "familyname", "surname"),
		Email:          t.text("email", "emailaddress", "mail"),
		Phone:          t.text("phone", "phonenumber", "mobile", "telephone"),
		Registered:     t.text("registrationdate", "registered", "registeredat", "createdat", "created", "createddate", "date"),
		PaymentStatus:  t.text("paymentstatus"),
		PaymentExpires: t.text("paymentexpirydate", "paymentexpires", "paymentexpiry", "expirydate", "expiresat"),
		Blocked:        t.flag("blocked", "block", "isblocked"),
	}
	if u.FirstName == "" && u.LastName == "" {
		u.FirstName = t.text("name", "fullname")
	}
	if payment := t.object("payment"); payment != nil {
		t.markRead("payment")
		u.PaymentStatus = either(u.PaymentStatus, payment.text("status", "paymentstatus"))
		u.PaymentExpires = either(u.PaymentExpires, payment.text("expirydate", "expiresat", "expires"))
	}
	u.Extra = t.unread()
	return u, u.ID != ""
}

// fieldReader reads fields and remembers which have been read, so that rest returns the others.
type fieldReader struct {
	fields
	known []string
}

// markRead marks the keys as read.
func (t *fieldReader) markRead(keys ...string) { t.known = append(t.known, keys...) }

func (t *fieldReader) text(keys ...string) string {
	t.markRead(keys...)
	return t.fields.text(keys...)
}

func (t *fieldReader) link(keys ...string) string {
	t.markRead(keys...)
	return t.fields.link(keys...)
}

func (t *fieldReader) time(keys ...string) time.Time {
	t.markRead(keys...)
	return t.fields.time(keys...)
}

func (t *fieldReader) flag(keys ...string) bool {
	t.markRead(keys...)
	return t.fields.flag(keys...)
}

func (t *fieldReader) count(keys ...string) int {
	t.markRead(keys...)
	return t.fields.count(keys...)
}

// unread returns the first unread fields that aren't blank, as texts; an inner object or list as JSON.
func (t *fieldReader) unread() map[string]string {
	var out map[string]string
	for _, m := range t.fields {
		if blank(m.value) || len(out) == maxExtra || slices.Contains(t.known, m.key) {
			continue
		}
		value := textOf(m.value)
		if value == "" {
			value = cut(clean(string(m.value)), maxText)
		}
		if out == nil {
			out = make(map[string]string)
		}
		out[cut(clean(m.name), maxExtraKey)] = value
	}
	return out
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// decodePaymentStatus reads the answer to u. What it omits is as requested, since the API said OK.
func decodePaymentStatus(a answer, u PaymentUpdate) (*PaymentStatus, error) {
	return &PaymentStatus{
		Directory: prefixed("dir_", either(a.top.text("directory"), u.Directory)),
		User:      prefixed("reg_", either(a.top.text("user"), u.User)),
		Status:    either(a.top.text("paymentstatus"), u.Status),
	}, nil
}

// decodeSent reads the answer to an accepted send. All its fields are optional.
func decodeSent(a answer) (*Sent, error) {
	return &Sent{
		Action: a.top.text("action"), Code: a.top.text("singleusecode"), URL: a.top.text("singleuseurl"),
	}, nil
}

// maxID bounds an id, in bytes.
const maxID = 64

var (
	digits = regexp.MustCompile(`^\d+$`)
	// validID matches the characters of an id.
	validID = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// prefixed returns an id in its canonical form: "dir_12" for 12, "12" and "DIR_12". It returns "" for a malformed id.
func prefixed(prefix, id string) string {
	id = strings.TrimSpace(id)
	switch {
	case len(id) > maxID || !validID.MatchString(id):
		return ""
	case digits.MatchString(id):
		return prefix + id
	case len(id) > len(prefix) && strings.EqualFold(id[:len(prefix)], prefix):
		return prefix + id[len(prefix):]
	default:
		return id
	}
}

// anyID returns an id with an undocumented prefix, "" if malformed.
func anyID(id string) string { return prefixed("", id) }

// optionalID is like [prefixed] for an id that may be empty. It returns false for a malformed one.
func optionalID(prefix, id string) (string, bool) {
	out := prefixed(prefix, id)
	return out, id == "" || out != ""
}

// numeric returns the number of an id, which the resource style uses: "12" for "dir_12". It returns "" if there is none.
func numeric(id string) string {
	id = strings.TrimSpace(id)
	id = id[strings.LastIndexByte(id, '_')+1:]
	if len(id) > maxID || !digits.MatchString(id) {
		return ""
	}
	return id
}

// parseTime reads a date. Its format differs by route. Without a zone it is UTC.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{
		time.DateTime, "2006-01-02 15:04", time.DateOnly, time.RFC3339, "2006-01-02T15:04:05",
		"02/01/2006 15:04 UTC", "02/01/2006",
	} {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return t, t.Year() > 0
		}
	}
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil && seconds > 1e8 && seconds < 1e11 {
		return time.Unix(seconds, 0).UTC(), true
	}
	return time.Time{}, false
}
