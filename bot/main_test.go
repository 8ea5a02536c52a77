package bot_test

import (
	"testing"

	"go.uber.org/goleak"
)

// No test may leave a goroutine behind: neither the bot nor its socket, poster or store keeps one.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
