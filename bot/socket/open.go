package socket

// RefusedError says that Slack refuses to open a connection until someone mends the token or the app.
type RefusedError struct {
	// Code is Slack's error, such as "invalid_auth".
	Code string
}

func (e *RefusedError) Error() string { return "open socket: " + e.Code }
