package coupontools

import (
	"context"
	"log/slog"
	"strings"
	"time"
)

// UsersPerPage is the page size of [Client.DirectoryUsers]. (Coupontools: directory users list, 100.)
const UsersPerPage = 100

// DirectoryUser is a person registered for a directory. Everything in it but the ID is personal data: it logs as its ID
// only.
type DirectoryUser struct {
	// ID is "reg_" and digits.
	ID        string
	FirstName string
	LastName  string
	Email     string
	Phone     string
	// Registered is the date as the API wrote it; see [DirectoryUser.RegisteredAt].
	Registered string
	// PaymentStatus is "pending", "completed" or "cancelled"; empty for a free directory.
	PaymentStatus string
	// PaymentExpires is the date as the API wrote it; see [DirectoryUser.PaymentExpiresAt].
	PaymentExpires string
	// Blocked is true if the person may not sign in. Only v4 gives it.
	Blocked bool
	// Extra are up to 30 fields that have no field here, by the API's names, each value at most 300 characters.
	Extra map[string]string
}

// Name returns first and last name, where given.
func (u DirectoryUser) Name() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// RegisteredAt returns when the person registered, and whether that is known.
func (u DirectoryUser) RegisteredAt() (time.Time, bool) { return parseTime(u.Registered) }

// PaymentExpiresAt returns when the paid access ends. False means that it doesn't end, or that the date isn't known.
func (u DirectoryUser) PaymentExpiresAt() (time.Time, bool) { return parseTime(u.PaymentExpires) }

// LogValue returns the ID only.
func (u DirectoryUser) LogValue() slog.Value { return slog.StringValue(u.ID) }

// The statuses of [PaymentUpdate].
const (
	PaymentPending   = "pending"
	PaymentCompleted = "completed"
	PaymentCancelled = "cancelled"
)

// PaymentUpdate is a new payment status for one user of a directory.
type PaymentUpdate struct {
	// Directory and User are the ids: "dir_…" and "reg_…".
	Directory, User string
	// Status is one of [PaymentPending], [PaymentCompleted] and [PaymentCancelled].
	Status string
	// Expires is when paid access ends, sent in UTC and to the minute. The zero time means never.
	Expires time.Time
}

// PaymentStatus is a user's payment status as the API reports it.
type PaymentStatus struct{ Directory, User, Status string }

// DirectoryUsers returns one page of a directory's users, newest first. Pages count from 1; one with fewer than
// [UsersPerPage] is the last. An unknown directory gives [ErrNotFound].
//
// API: POST /v3/directoryusers/list
func (c *Client) DirectoryUsers(ctx context.Context, directory string, page int) ([]DirectoryUser, error) {
	directory = prefixed("dir_", directory)
	if directory == "" {
		return nil, noSuchID(directoryUsersList)
	}
	return call(ctx, c, directoryUsersList, params{"directory": directory, "page": max(page, 1)}, decodeUsers)
}

// UpdatePaymentStatus sets a user's payment status and the end of paid access. It is idempotent, so it is retried like a
// read. An unknown directory or user gives [ErrNotFound].
//
// API: POST /v3/directoryusers/update
func (c *Client) UpdatePaymentStatus(ctx context.Context, u PaymentUpdate) (*PaymentStatus, error) {
	u.Directory, u.User = prefixed("dir_", u.Directory), prefixed("reg_", u.User)
	if u.Directory == "" || u.User == "" {
		return nil, noSuchID(directoryUsersUpdate)
	}
	p := params{"directory": u.Directory, "user": u.User, "status": u.Status}
	switch u.Status {
	case PaymentPending, PaymentCompleted, PaymentCancelled:
	default:
		return nil, impossible(directoryUsersUpdate, "the status must be pending, completed or cancelled")
	}
	if !u.Expires.IsZero() {
		p["expiry_date"] = u.Expires.UTC().Format("2006-01-02 15:04")
	}
	return call(ctx, c, directoryUsersUpdate, p, func(a answer) (*PaymentStatus, error) {
		return decodePaymentStatus(a, u)
	})
}

func probeDirectoryUsers(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeListOf(ids.directory, "a directory", func() ([]DirectoryUser, error) {
		return c.DirectoryUsers(ctx, ids.directory, 1)
	}, "users on the first page", func(u DirectoryUser) { ids.user = u.ID })
}
