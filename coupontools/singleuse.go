package coupontools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/coupontools/couponbot/internal/spreadsheet"
)

// SingleUse is a link to a campaign for one person: a new session. It logs as its code only.
type SingleUse struct {
	// Code is the code of the session.
	Code string
	// URL is the link to give to the person.
	URL string
	// ShortCode is typed at the till to validate: the first six characters of the code.
	ShortCode string
	// ValidationCode is the owner's own validation code, if any, and CustomID the owner's own id for the person.
	ValidationCode, CustomID string
	// Sequence is the API's serial number, 0 if not given.
	Sequence int
}

// LogValue returns the code only.
func (s SingleUse) LogValue() slog.Value { return slog.StringValue(s.Code) }

// The limits of [SingleUseCreate]. (Coupontools: singleuse/create.)
const (
	maxCustomID       = 50
	maxValidationCode = 100
	maxCustomField    = 50
)

// SingleUseCreate is a single-use link to create. Only Campaign is required.
type SingleUseCreate struct {
	// Campaign is the id: "cam_…".
	Campaign string
	// FirstName and so on are what is already known of the person.
	FirstName, LastName, Email, Phone string
	// CustomID is the owner's own id for the person, at most 50 characters.
	CustomID string
	// ValidationCode is a validation code of the owner's own, at most 100 characters.
	ValidationCode string
	// ValidationDigits asks the API for a validation code of 6, 8 or 10 digits; 0 is none. It excludes ValidationCode.
	ValidationDigits int
	// CustomFields are the owner's own fields, at most 50 characters each.
	CustomFields [7]string
	// DuplicateCheck is "email", "phone", "customid" or empty: if a session with the same value exists, the API returns it and
	// creates none.
	DuplicateCheck string
	// Expires is when it ends, in the campaign's own time zone. The zero time is never.
	Expires time.Time
}

// LogValue names the campaign only.
func (s SingleUseCreate) LogValue() slog.Value {
	return slog.StringValue("single use of " + s.Campaign)
}

// fault returns what is invalid, "" if nothing.
func (s SingleUseCreate) fault() string {
	tooLong := func(text string, most int) bool { return len([]rune(text)) > most }
	switch {
	case s.ValidationCode != "" && s.ValidationDigits != 0:
		return "a validation code cannot be both given and made"
	case !slices.Contains([]int{0, 6, 8, 10}, s.ValidationDigits):
		return "a validation code has 6, 8 or 10 digits"
	case !slices.Contains([]string{"", "email", "phone", "customid"}, s.DuplicateCheck):
		return "duplicates are known by email, phone or customid"
	case tooLong(s.CustomID, maxCustomID), tooLong(s.ValidationCode, maxValidationCode),
		slices.ContainsFunc(s.CustomFields[:], func(f string) bool { return tooLong(f, maxCustomField) }):
		return "a field is longer than the API takes"
	}
	return ""
}

// CreateSingleUse creates a link to a campaign for one person. It is never repeated. An unknown campaign gives
// [ErrNotFound].
//
// API: POST /v3/singleuse/create
func (c *Client) CreateSingleUse(ctx context.Context, s SingleUseCreate) (*SingleUse, error) {
	campaign := prefixed("cam_", s.Campaign)
	if campaign == "" {
		return nil, noSuchID(singleUseCreate)
	}
	if fault := s.fault(); fault != "" {
		return nil, impossible(singleUseCreate, fault)
	}
	p := params{"campaign": campaign}
	p.set("firstname", s.FirstName)
	p.set("lastname", s.LastName)
	p.set("email", s.Email)
	p.set("phone", s.Phone)
	p.set("customid", s.CustomID)
	p.set("customvalcode", s.ValidationCode)
	p.set("duplicate_check", s.DuplicateCheck)
	if s.ValidationDigits != 0 {
		p["autovalcode"] = strconv.Itoa(s.ValidationDigits) + "digits"
	}
	if !s.Expires.IsZero() {
		p["expiry_date"] = s.Expires.Format(time.DateTime)
	}
	for i, value := range s.CustomFields {
		p.set("customfield"+strconv.Itoa(i+1), value)
	}
	return call(ctx, c, singleUseCreate, p, decodeSingleUse)
}

const (
	// MaxSingleUses is how many [Client.CreateSingleUses] creates at most. (Coupontools: multiplesingleuse/create.)
	MaxSingleUses = 100_000
	// singleUseBatch is how many one call creates: an answer of about 1 MB, well within the time limit of a call.
	singleUseBatch = 5_000
)

// The code types and statuses of [SingleUsesCreate].
const (
	CodesNumeric       = "numeric"
	CodesAlphanumeric  = "alphanumeric"
	SingleUseNormal    = "normal"
	SingleUseVoided    = "voided"
	SingleUseActivated = "activated"
)

// SingleUsesCreate are many single-use links to create, for people who aren't known yet.
type SingleUsesCreate struct {
	// Campaign is the id: "cam_…".
	Campaign string
	// Amount is how many: 1 to [MaxSingleUses].
	Amount int
	// Status is one of [SingleUseNormal], [SingleUseVoided] and [SingleUseActivated], or empty for normal.
	Status string
	// CodeType is [CodesNumeric] or [CodesAlphanumeric] to create validation codes, or empty for none. CodePrefix comes before
	// each; CodeLength, 10 to 25, is the length without the prefix.
	CodeType, CodePrefix string
	CodeLength           int
}

// params checks the request and returns its parameters without the amount.
func (s SingleUsesCreate) params() (params, error) {
	campaign := prefixed("cam_", s.Campaign)
	switch {
	case campaign == "":
		return nil, noSuchID(singleUsesCreate)
	case s.Amount < 1 || s.Amount > MaxSingleUses:
		return nil, impossible(singleUsesCreate, "the amount must be 1 to 100,000")
	case !slices.Contains([]string{"", SingleUseNormal, SingleUseVoided, SingleUseActivated}, s.Status):
		return nil, impossible(singleUsesCreate, "the status must be normal, voided or activated")
	case !slices.Contains([]string{"", CodesNumeric, CodesAlphanumeric}, s.CodeType):
		return nil, impossible(singleUsesCreate, "codes are numeric or alphanumeric")
	case s.CodeType != "" && (s.CodeLength < 10 || s.CodeLength > 25):
		return nil, impossible(singleUsesCreate, "codes are 10 to 25 characters long")
	}
	p := params{"campaign": campaign}
	p.set("status", s.Status)
	if s.CodeType != "" {
		p["automated_codes"], p["code_type"], p["code_length"] = true, s.CodeType, s.CodeLength
		p["code_prefix"] = s.CodePrefix
	}
	return p, nil
}

// CreateSingleUses creates many links to a campaign and yields each, fetching them in batches and storing none. It stops
// after yielding an error. No call is repeated: the links yielded before an error exist, and after an error of class
// [Unknown] up to 5,000 more may exist that nobody knows of. An unknown campaign gives [ErrNotFound].
//
// API: POST /v3/multiplesingleuse/create
func (c *Client) CreateSingleUses(ctx context.Context, s SingleUsesCreate) iter.Seq2[SingleUse, error] {
	return func(yield func(SingleUse, error) bool) {
		p, err := s.params()
		for left := s.Amount; left > 0 && err == nil; left -= singleUseBatch {
			p["amount"] = min(left, singleUseBatch)
			var made []SingleUse
			made, err = call(ctx, c, singleUsesCreate, p, decodeSingleUses)
			for _, one := range made {
				if !yield(one, nil) {
					return
				}
			}
		}
		if err != nil {
			yield(SingleUse{}, err)
		}
	}
}

// WriteSingleUses creates many links to a campaign and writes them as a CSV file for spreadsheets, a line each after a header,
// in constant memory. It returns how many were written. See [Client.CreateSingleUses] for what an error leaves behind.
//
// API: POST /v3/multiplesingleuse/create
func (c *Client) WriteSingleUses(ctx context.Context, w io.Writer, s SingleUsesCreate) (int, error) {
	out := spreadsheet.NewWriter(w)
	if err := out.Write([]string{"code", "url", "short_code", "validation_code", "sequence"}); err != nil {
		return 0, fmt.Errorf("write the codes: %w", err)
	}
	written := 0
	for one, err := range c.CreateSingleUses(ctx, s) {
		if err != nil {
			return written, errors.Join(err, out.Flush())
		}
		if err := out.Write([]string{one.Code, one.URL, one.ShortCode, one.ValidationCode, strconv.Itoa(one.Sequence)}); err != nil {
			return written, fmt.Errorf("write the codes: %w", err)
		}
		written++
	}
	if err := out.Flush(); err != nil {
		return written, fmt.Errorf("write the codes: %w", err)
	}
	return written, nil
}

// RemoveSingleUse removes a single-use session, given by campaign and code. It is never repeated. An unknown campaign or
// code gives [ErrNotFound].
//
// API: POST /v3/singleuse/remove
func (c *Client) RemoveSingleUse(ctx context.Context, campaign, code string) error {
	p := params{"campaign": prefixed("cam_", campaign), "couponsession": anyID(code)}
	if p["campaign"] == "" || p["couponsession"] == "" {
		return noSuchID(singleUseRemove)
	}
	return do(ctx, c, singleUseRemove, p)
}

func decodeSingleUse(a answer) (*SingleUse, error) {
	s, ok := decodeMadeSingleUse(a.top)
	if !ok {
		f, _ := a.one("data", "singleuse")
		if s, ok = decodeMadeSingleUse(f); !ok {
			return nil, a.misread("single-use code")
		}
	}
	return &s, nil
}

func decodeSingleUses(a answer) ([]SingleUse, error) {
	list, ok := a.list("data", "singleuse", "codes")
	if !ok {
		return nil, a.misread("list of single-use codes")
	}
	return decodeEach(list, decodeMadeSingleUse)
}

func decodeMadeSingleUse(f fields) (SingleUse, bool) {
	s := SingleUse{
		Code:           anyID(f.text("singleusecode", "session", "couponsession")),
		URL:            f.link("singleuseurl", "url"),
		ShortCode:      f.text("widgetvalidationcode"),
		ValidationCode: f.text("customvalidationcode"),
		CustomID:       f.text("customid"),
		Sequence:       f.count("sequenceid"),
	}
	return s, s.Code != ""
}
