package coupontools

import (
	"context"
	"fmt"
)

// Probe tries a read and says what it found ("40 directories"), nothing if the answer is empty. It takes the ids it needs
// from ids and adds those it finds. Without an id it makes no call and returns a [MissingError].
type Probe func(ctx context.Context, c *Client, ids *ProbeIDs) (found string, err error)

// ProbeIDs are the ids that probes have found so far.
type ProbeIDs struct {
	directory, user                   string
	campaign, session, validationCode string
	card, group, subaccount           string
}

// MissingError names the object that a probe needs and that no earlier probe has found.
type MissingError string

// Error says that nothing was called.
func (e MissingError) Error() string { return "not tried, since it needs " + string(e) }

// probeList describes a list and keeps its first element by keep, which may be nil.
func probeList[T any](list []T, err error, what string, keep func(T)) (string, error) {
	if err != nil || len(list) == 0 {
		return "", err
	}
	if keep != nil {
		keep(list[0])
	}
	return fmt.Sprintf("%d %s", len(list), what), nil
}

// probeOne gets an object by its id.
func probeOne[T any](id, what string, get func() (T, error)) (string, error) {
	if id == "" {
		return "", MissingError(what)
	}
	_, err := get()
	return "it is there", err
}

// probeListOf lists what belongs to the object with that id.
func probeListOf[T any](id, owner string, list func() ([]T, error), what string, keep func(T)) (string, error) {
	if id == "" {
		return "", MissingError(owner)
	}
	found, err := list()
	return probeList(found, err, what, keep)
}
