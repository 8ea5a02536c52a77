package coupontools

import (
	"context"
	"net"
)

// WithDial makes the client connect by dial, so that a test needs no network.
func WithDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) Option {
	return func(c *Client) error {
		c.reads.DialContext, c.sends.DialContext = dial, dial
		return nil
	}
}

// DecodeDirectories reads the answer to a directory list.
func DecodeDirectories(body []byte) ([]Directory, error) { return decodeBody(body, decodeDirectories) }

// DecodeUsers reads the answer to a users list.
func DecodeUsers(body []byte) ([]DirectoryUser, error) { return decodeBody(body, decodeUsers) }

func decodeBody[T any](body []byte, decode func(answer) (T, error)) (none T, _ error) {
	a, err := parse(body)
	if err != nil {
		return none, err
	}
	return decode(a)
}

// Verdict reads the envelope of an answer.
func Verdict(body []byte) (ok, refused bool, codes []int, texts []string) {
	a, err := parse(body)
	if err != nil {
		return false, false, nil, nil
	}
	v := a.verdict()
	return v.ok(), v.refused(), v.codes, v.texts
}

// KeyHeaders returns the headers for the keys on v3 and on v4 routes.
func KeyHeaders() (v3, v4 [2]string) {
	v3[0], v3[1] = rpc.keyHeaders()
	v4[0], v4[1] = resource.keyHeaders()
	return v3, v4
}
