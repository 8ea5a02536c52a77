package sandbox

import "strings"

// outcome is the scripted result of a message to a recipient that the package comment names.
type outcome int

const (
	outcomeSent outcome = iota
	outcomeReject
	outcomeTimeout
	outcomeError
	outcomeBusy
	outcomeDuplicate
)

var outcomes = map[string]outcome{
	"reject@example.com": outcomeReject, "+32470000404": outcomeReject,
	"timeout@example.com": outcomeTimeout, "+32470000408": outcomeTimeout,
	"error@example.com": outcomeError, "+32470000500": outcomeError,
	"busy@example.com": outcomeBusy, "+32470000429": outcomeBusy,
	"duplicate@example.com": outcomeDuplicate, "+32470000409": outcomeDuplicate,
}

// outcomeOf returns a recipient's outcome. A busy recipient is busy only once.
func (s *Server) outcomeOf(to string) outcome {
	f := outcomes[withoutTag(to)]
	if f != outcomeBusy {
		return f
	}
	if s.busyOnce[to] {
		return outcomeSent
	}
	s.busyOnce[to] = true
	return outcomeBusy
}

// withoutTag turns reject+2@example.com into reject@example.com.
func withoutTag(to string) string {
	local, domain, ok := strings.Cut(to, "@")
	if !ok {
		return to
	}
	local, _, _ = strings.Cut(local, "+")
	return strings.ToLower(local + "@" + domain)
}
