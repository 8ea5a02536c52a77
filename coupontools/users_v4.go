package coupontools

import (
	"context"
	"log/slog"
	"time"
)

// DirectoryUsersV4 returns all users of a directory, with fields that v3 doesn't have, such as whether they are blocked.
// Paging isn't documented. An unknown directory gives [ErrNotFound].
//
// API: GET /v4/directory/{directory}/users
func (c *Client) DirectoryUsersV4(ctx context.Context, directory string) ([]DirectoryUser, error) {
	number := numeric(directory)
	if number == "" {
		return nil, noSuchID(directoryUsersV4)
	}
	return call(ctx, c, directoryUsersV4.withIDs(number), nil, decodeUsers)
}

// DirectoryUserV4 returns one user of a directory. An unknown directory or user gives [ErrNotFound].
//
// API: GET /v4/directory/{directory}/users/{user}
func (c *Client) DirectoryUserV4(ctx context.Context, directory, user string) (*DirectoryUser, error) {
	r, err := userRoute(directoryUserV4, directory, user)
	if err != nil {
		return nil, err
	}
	return call(ctx, c, r, nil, decodeOneUser)
}

// userRoute returns the route for one user of a directory.
func userRoute(r *route, directory, user string) (*route, error) {
	directory, user = numeric(directory), numeric(user)
	if directory == "" || user == "" {
		return nil, noSuchID(r)
	}
	return r.withIDs(directory, user), nil
}

// DirectoryUserCreate is a person to register for a directory.
type DirectoryUserCreate struct {
	// Directory is the id: "dir_…".
	Directory string
	// Email is a single address without a name. It is required. The API generates a password.
	Email                      string
	FirstName, LastName, Phone string
	// BirthDate is a date; its time of day is ignored. The zero time is none.
	BirthDate          time.Time
	Address, Zip, City string
	// Custom are the owner's own fields.
	Custom [3]string
}

// LogValue names the directory only.
func (u DirectoryUserCreate) LogValue() slog.Value {
	return slog.StringValue("a new user of " + u.Directory)
}

// CreateDirectoryUser registers a person for a directory and returns the new id. It is never repeated. An unknown directory
// gives [ErrNotFound].
//
// API: POST /v4/directory/{directory}/users
func (c *Client) CreateDirectoryUser(ctx context.Context, u DirectoryUserCreate) (string, error) {
	number := numeric(u.Directory)
	switch {
	case number == "":
		return "", noSuchID(directoryCreateV4)
	case !bareAddress(u.Email):
		return "", impossible(directoryCreateV4, "the address is not one bare e-mail address")
	}
	p := params{"email": u.Email}
	p.set("first_name", u.FirstName)
	p.set("last_name", u.LastName)
	p.set("phone", u.Phone)
	p.set("birth_date", date(u.BirthDate))
	p.set("address", u.Address)
	p.set("zip", u.Zip)
	p.set("city", u.City)
	for i, name := range []string{"custom_1", "custom_2", "custom_3"} {
		p.set(name, u.Custom[i])
	}
	return call(ctx, c, directoryCreateV4.withIDs(number), p, func(a answer) (string, error) {
		id, err := decodeNewID(a, "user", "registration")
		return prefixed("reg_", id), err
	})
}

// BlockDirectoryUser blocks or unblocks a user's sign-in. It is idempotent, so it is retried like a read. An unknown
// directory or user gives [ErrNotFound].
//
// API: POST /v4/directory/{directory}/users/{user}
func (c *Client) BlockDirectoryUser(ctx context.Context, directory, user string, block bool) error {
	r, err := userRoute(directoryBlockV4, directory, user)
	if err != nil {
		return err
	}
	return do(ctx, c, r, params{"block": block})
}

// GiveDirectoryAccess gives a user paid access for free until the given time; the zero time means without end. It is
// idempotent, so it is retried like a read. An unknown directory or user gives [ErrNotFound].
//
// API: POST /v4/directory/{directory}/users/{user}/access
func (c *Client) GiveDirectoryAccess(ctx context.Context, directory, user string, until time.Time) error {
	r, err := userRoute(directoryGrantV4, directory, user)
	if err != nil {
		return err
	}
	p := params{}
	if !until.IsZero() {
		p["expires_at"] = until.UTC().Format(time.DateTime)
	}
	return do(ctx, c, r, p)
}

// RevokeDirectoryAccess removes paid access from a user. It is idempotent, so it is retried like a read. An unknown
// directory or user gives [ErrNotFound].
//
// API: DELETE /v4/directory/{directory}/users/{user}/access
func (c *Client) RevokeDirectoryAccess(ctx context.Context, directory, user string) error {
	r, err := userRoute(directoryRevokeV4, directory, user)
	if err != nil {
		return err
	}
	return do(ctx, c, r, nil)
}

// SignOnDirectoryUser returns a one-time token to use a directory as that user. An unknown directory or user gives
// [ErrNotFound].
//
// API: POST /v4/directory/{directory}/users/{user}/sso
func (c *Client) SignOnDirectoryUser(ctx context.Context, directory, user string) (*SignOn, error) {
	r, err := userRoute(directoryUserSSOV4, directory, user)
	if err != nil {
		return nil, err
	}
	return call(ctx, c, r, nil, func(a answer) (*SignOn, error) { return decodeSignOn(a, "user", "sso") })
}

func decodeOneUser(a answer) (*DirectoryUser, error) {
	f, ok := a.one("user", "registration")
	if !ok {
		return nil, a.misread("user")
	}
	u, known := decodeUser(f)
	if !known {
		return nil, a.misread("user")
	}
	return &u, nil
}

func probeDirectoryUsersV4(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeListOf(ids.directory, "a directory", func() ([]DirectoryUser, error) {
		return c.DirectoryUsersV4(ctx, ids.directory)
	}, "users", nil)
}

func probeDirectoryUserV4(ctx context.Context, c *Client, ids *ProbeIDs) (string, error) {
	return probeOne(ids.user, "a user of a directory", func() (*DirectoryUser, error) {
		return c.DirectoryUserV4(ctx, ids.directory, ids.user)
	})
}
