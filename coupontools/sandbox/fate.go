package sandbox

import "strings"

// fate is what becomes of a message to a recipient that the package comment names.
type fate int

const (
	fateSent fate = iota
	fateReject
	fateTimeout
	fateError
	fateBusy
	fateDuplicate
)

var fates = map[string]fate{
	"reject@example.com": fateReject, "+32470000404": fateReject,
	"timeout@example.com": fateTimeout, "+32470000408": fateTimeout,
	"error@example.com": fateError, "+32470000500": fateError,
	"busy@example.com": fateBusy, "+32470000429": fateBusy,
	"duplicate@example.com": fateDuplicate, "+32470000409": fateDuplicate,
}

// fateOf returns a recipient's fate. Who is busy is so only once.
func (s *Server) fateOf(to string) fate {
	f := fates[withoutTag(to)]
	if f != fateBusy {
		return f
	}
	if s.busyOnce[to] {
		return fateSent
	}
	s.busyOnce[to] = true
	return fateBusy
}

// withoutTag makes reject+2@example.com reject@example.com.
func withoutTag(to string) string {
	local, domain, ok := strings.Cut(to, "@")
	if !ok {
		return to
	}
	local, _, _ = strings.Cut(local, "+")
	return strings.ToLower(local + "@" + domain)
}
