package slacksim

import (
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"time"
)

// idSource makes ids and timestamps that are used once.
type idSource struct {
	counter int
	last    time.Time // of the timestamps
}

// next returns a new id with a prefix.
func (s *idSource) next(prefix string) string {
	s.counter++
	return fmt.Sprintf("%s%06d%04X", prefix, s.counter, rand.IntN(0x10000))
}

// timestamp returns a message timestamp, later than all before.
func (s *idSource) timestamp() (string, time.Time) {
	at := time.Now().Truncate(time.Microsecond)
	if !at.After(s.last) {
		at = s.last.Add(time.Microsecond)
	}
	s.last = at
	return fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000), at
}

// uuid returns a random UUID, as in Slack's envelopes.
func uuid() string {
	var b [16]byte
	_, _ = crand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
