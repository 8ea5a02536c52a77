package rediserr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// answer is an error answered by Redis.
type answer string

func (a answer) Error() string { return string(a) }
func (answer) RedisError()     {}

var _ redis.Error = answer("")

func TestKindOf(t *testing.T) {
	t.Parallel()
	const inScript6 = "ERR Error running script (call to f_8afea812): @user_script:1: "
	const inScript7 = " script: 8afea812c8d0f6136ceb3dfa9fb5b82a34c71013, on @user_script:1."
	for _, tt := range []struct {
		err  error
		want Kind
	}{
		{nil, Away},
		{io.EOF, Away},
		{context.DeadlineExceeded, Away},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, Away},
		{redis.ErrPoolTimeout, Away},
		{errors.New("OOM, says somebody else"), Away},
		{answer("NOPERM this user has no permissions to run the 'get' command"), NoPermission},
		{answer("NOPERM User bot has no permissions to run the 'xadd' command"), NoPermission},
		{answer("NOPERM this user has no permissions to access one of the keys used as arguments"), NoPermission},
		{answer("NOPERM No permissions to access a channel"), NoPermission},
		{answer("ERR The user executing the script can't run this command or subcommand" + inScript7), NoPermission},
		{answer("ERR ACL failure in script: User bot has no permissions to run the 'get' command" + inScript7), NoPermission},
		{answer("NOPERM ACL failure in script: No permissions to access a key" + inScript7), NoPermission},
		{answer(inScript6 + "The user executing the script can't access at least one of the keys mentioned"), NoPermission},
		{answer("EXECABORT Transaction discarded because of: NOPERM this user has no permissions"), NoPermission},
		{answer("NOPERM this user has no permissions to run the 'eval' command or its subcommand"), NoScripting},
		{answer("NOPERM User bot has no permissions to run the 'evalsha' command"), NoScripting},
		{answer("ERR unknown command `EVALSHA`, with args beginning with: `8afe`, `1`"), NoScripting},
		{answer("ERR unknown command 'eval', with args beginning with: 'return 1' '0' "), NoScripting},
		{answer("ERR unknown command 'XADD', with args beginning with: 'eval'"), NoCommand},
		{answer("ERR Unknown Redis command called from script" + inScript7), NoCommand},
		{answer(inScript6 + "@user_script: 1: Unknown Redis command called from Lua script"), NoCommand},
		{answer("NOAUTH Authentication required."), NoLogin},
		{answer("WRONGPASS invalid username-password pair or user is disabled."), NoLogin},
		{answer("ERR invalid password"), NoLogin},
		{answer("ERR AUTH <password> called without any password configured for the default user."), NoLogin},
		{answer("DENIED Redis is running in protected mode because protected mode is enabled"), NoLogin},
		{answer("OOM command not allowed when used memory > 'maxmemory'."), MemoryFull},
		{answer("OOM command not allowed when used memory > 'maxmemory'." + inScript7), MemoryFull},
		{answer(inScript6 + "@user_script: 1: -OOM command not allowed when used memory > 'maxmemory'."), MemoryFull},
		{answer("READONLY You can't write against a read only replica."), ReadOnly},
		{answer(inScript6 + "@user_script: 1: -READONLY You can't write against a read only replica."), ReadOnly},
		{answer("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."), ReadOnly},
		{answer("MISCONF Errors writing to the AOF file: No space left on device"), CannotSave},
		{answer("NOREPLICAS Not enough good replicas to write."), NoReplicas},
		{answer("LOADING Redis is loading the dataset in memory"), Loading},
		{answer("LOADING"), Loading},
		{answer("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."), Busy},
		{answer("ERR max number of clients reached"), Busy},
		{answer("MOVED 3999 127.0.0.1:6381"), Cluster},
		{answer("CLUSTERDOWN The cluster is down"), Cluster},
		{answer("CROSSSLOT Keys in request don't hash to the same slot"), Cluster},
		{answer("WRONGTYPE Operation against a key holding the wrong kind of value"), Damaged},
		{answer("ERR Error compiling script (new function): :15: WRONGTYPE Operation against a key"), Damaged},
		{answer("ERR DB index is out of range"), Refused},
		{answer("ERR value is not an integer or out of range, says OOM"), Refused},
	} {
		name := fmt.Sprint(tt.err)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := KindOf(tt.err); got != tt.want {
				t.Errorf("KindOf = %v, want %v", got, tt.want)
			}
			if tt.err == nil {
				return
			}
			wrapped := fmt.Errorf("confirm: %w: %w", errors.New("unavailable"), fmt.Errorf("HELLO: %w", tt.err))
			if got := KindOf(wrapped); got != tt.want {
				t.Errorf("KindOf(%v) = %v, want %v", wrapped, got, tt.want)
			}
		})
	}
}

// Each kind has its own words and says what to do.
func TestKind_words(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for k := Away; k <= Damaged; k++ {
		for _, text := range []string{k.String(), inWords[k].problem} {
			if text == "" || seen[text] || strings.HasSuffix(text, ".") {
				t.Errorf("%d is %q, want words of its own", k, text)
			}
			seen[text] = true
		}
	}
}

func TestProblem(t *testing.T) {
	t.Parallel()
	refused := answer("NOPERM this user has no permissions to access one of the keys used as arguments")
	for _, tt := range []struct {
		err           error
		problem, hint string
	}{
		{io.EOF, "Redis can't be reached", "Please try again in a few minutes."},
		{
			answer("OOM command not allowed"), "Redis answers, but its memory is full",
			"Ask the person who runs couponbot to raise maxmemory in Redis.",
		},
		{
			&PartError{Part: "the queue's keys", Err: refused}, "Redis refuses the queue's keys (NOPERM)",
			"Ask the person who runs couponbot to run “couponbot check”, which names what is missing.",
		},
		{&PartError{Part: "the queue's keys", Err: io.EOF}, "Redis can't be reached", "Please try again in a few minutes."},
	} {
		if problem, hint := Problem(tt.err), Hint(tt.err); problem != tt.problem || hint != tt.hint {
			t.Errorf("%v is %q, %q, want %q, %q", tt.err, problem, hint, tt.problem, tt.hint)
		}
	}
}
