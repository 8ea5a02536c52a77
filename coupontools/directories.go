package coupontools

import "context"

// Directory is a list of coupons and other offers that people can register for.
type Directory struct {
	// ID is "dir_" and digits.
	ID string
	// Code is the part of the public address that names the directory. It may be empty.
	Code string
	// Name is what the owner calls it, at most 300 characters; the ID if it has no name.
	Name string
	// Payment is the price, nil if the directory is free.
	Payment *Payment
}

// Payment is what a directory costs.
type Payment struct {
	// Currency is an ISO 4217 code: "EUR".
	Currency string
	// Amount is a decimal number: "4.50".
	Amount string
	// Type is "basic" for one payment, or "recurring_" and daily, weekly, monthly or yearly.
	Type string
	// Description is the owner's words for it.
	Description string
}

// Directories returns all directories of the account.
//
// API: POST /v3/directory/list
func (c *Client) Directories(ctx context.Context) ([]Directory, error) {
	return call(ctx, c, directoryList, nil, decodeDirectories)
}

// Directory returns one directory. An unknown id gives [ErrNotFound].
//
// API: POST /v3/directory/info
func (c *Client) Directory(ctx context.Context, id string) (*Directory, error) {
	id = prefixed("dir_", id)
	if id == "" {
		return nil, noSuchID(directoryInfo)
	}
	return call(ctx, c, directoryInfo, params{"directory": id}, func(a answer) (*Directory, error) {
		return decodeDirectory(a, id)
	})
}
