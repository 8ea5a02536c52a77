package coupontools

import "context"

// params are the parameters of a call.
type params map[string]any

// set puts value under key unless it is empty.
func (p params) set(key, value string) {
	if value != "" {
		p[key] = value
	}
}

func call[T any](ctx context.Context, c *Client, r *route, p params, decode func([]byte) (T, error)) (T, error) {
	var zero T
	return zero, &Error{Route: r.String(), Err: context.Cause(ctx)}
}

// impossible returns the error for a call that is not made since it could not be right.
func impossible(r *route, text string) error {
	return &Error{Route: r.String(), Class: Refused, Texts: []string{text}}
}
