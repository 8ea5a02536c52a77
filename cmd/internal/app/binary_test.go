package app

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// binary builds the program once for all tests that run it as a process of its own.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "couponbot")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "couponbot")
	out, err := exec.Command("go", "build", "-o", path, "../../couponbot").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	// The first lookup of a name ties the resolver to its goroutine's bubble, so it must not be a test's in a bubble.
	_, _ = net.DefaultResolver.LookupHost(context.Background(), "localhost")
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is a couponbot serve that was started as an operator would.
type process struct {
	*exec.Cmd
	log *lockedBuffer
}

// startProcess starts the program with the world's settings and those given besides in its environment, and waits for its
// connections.
func (w *world) startProcess(t testing.TB, env ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(path, "serve"), log: new(lockedBuffer)}
	c := w.config
	p.Dir, p.Stderr = t.TempDir(), p.log
	p.Env = []string{
		"SLACK_APP_TOKEN=" + c.SlackAppToken.Reveal(), "SLACK_BOT_TOKEN=" + c.SlackBotToken.Reveal(),
		"SLACK_API_URL=" + strings.TrimSuffix(string(c.SlackAPIURL), "/"),
		"COUPONTOOLS_CLIENT_ID=" + c.CoupontoolsClientID.Reveal(),
		"COUPONTOOLS_CLIENT_SECRET=" + c.CoupontoolsClientSecret.Reveal(),
		"COUPONTOOLS_BASE_URL=" + string(c.CoupontoolsBaseURL), "COUPONTOOLS_TIMEOUT=5s", "COUPONTOOLS_RATE=50",
		"REDIS_URL=" + c.RedisURL.Reveal(), "LISTEN_ADDR=127.0.0.1:0",
		"SENDERS=" + slacksim.Mia, "MARKETING_CHANNELS=" + slacksim.Marketing, "DEFAULT_REGION=BE",
	}
	p.Env = append(p.Env, env...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
		if t.Failed() {
			t.Logf("the program's log:\n%s", p.log)
		}
	})
	if err := w.slack.AwaitConnections(patient(t), 2); err != nil {
		t.Fatalf("the program did not connect: %v\n%s", err, p.log)
	}
	return p
}

// sendTo goes through the form up to the confirmed send.
func (w *world) sendTo(t *testing.T, recipients ...string) {
	t.Helper()
	w.command(t, slacksim.Mia, slacksim.General, "/send-directory", "sms "+recipients[0]+" dir_5507")
	form := w.view(t, slacksim.Mia, "send_directory")
	for field, text := range map[string]string{"message": "Hello", "recipients": strings.Join(recipients, "\n")} {
		if _, err := w.slack.Type(patient(t), slacksim.Mia, form.ID, field, text); err != nil {
			t.Fatal(err)
		}
	}
	for _, callback := range []string{"send_directory", "send_preview"} {
		v := w.view(t, slacksim.Mia, callback)
		out, err := w.slack.Submit(patient(t), slacksim.Mia, v.ID)
		if err != nil || len(out.Errors) > 0 || out.Failure != "" {
			t.Fatalf("submit %s: %+v, %v", callback, out, err)
		}
	}
}

func numbers(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("+32470%06d", 123400+i)
	}
	return list
}

var countWords = regexp.MustCompile(`(\d+) accepted, (\d+) failed, (\d+) skipped, (\d+) unknown`)

// outcome reads the four counts of an announcement.
func outcome(t *testing.T, m slacksim.Message) (accepted, failed, skipped, unknown int) {
	t.Helper()
	words := countWords.FindString(m.Plain())
	if _, err := fmt.Sscanf(words, "%d accepted, %d failed, %d skipped, %d unknown", &accepted, &failed, &skipped, &unknown); err != nil {
		t.Fatalf("no counts in %q: %v", m.Plain(), err)
	}
	return accepted, failed, skipped, unknown
}

// noneTwice fails the test if somebody was sent to twice.
func (w *world) noneTwice(t *testing.T) {
	t.Helper()
	for _, m := range w.sandbox.Sent() {
		if m.Times > 1 {
			t.Errorf("sent %d times to one recipient", m.Times)
		}
	}
}

// skip lets time pass in Redis, whose clock then goes on from there.
func (w *world) skip(t *testing.T, d time.Duration) {
	t.Helper()
	w.redis.FastForward(d)
	w.redis.SetTime(time.Now().Add(d))
	tick := time.NewTicker(10 * time.Millisecond)
	t.Cleanup(tick.Stop)
	go func() {
		for {
			select {
			case now := <-tick.C:
				w.redis.SetTime(now.Add(d))
			case <-t.Context().Done():
				return
			}
		}
	}()
}

func TestBinary_finishesWhatIsInFlightOnSIGTERM(t *testing.T) {
	t.Parallel()
	w := stillWorld(t)
	p := w.startProcess(t)
	mend := w.sandbox.Break(sandbox.Rule{Path: "/v3/send/sms", Fault: sandbox.Hang(), Skip: 5})
	w.sendTo(t, numbers(30)...)
	if err := w.sandbox.AwaitCalls(patient(t), "/v3/send/sms", 10); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	mend() // the calls that are out get their answers now
	if err := p.Wait(); err != nil {
		t.Errorf("exit after SIGTERM: %v", err)
	}
	for _, c := range w.slack.Closes() {
		if !c.Clean {
			t.Errorf("a connection was left without a close frame: %+v", c)
		}
	}

	w.startProcess(t)
	m := w.message(t, slacksim.Marketing, "Send completed")
	if accepted, _, _, _ := outcome(t, m); accepted != 30 {
		t.Errorf("after a stop and a start: %s, want all 30 accepted", m.Plain())
	}
	w.noneTwice(t)
}

func TestBinary_goesOnAfterAKill(t *testing.T) {
	t.Parallel()
	w := stillWorld(t)
	p := w.startProcess(t)
	w.sandbox.Break(sandbox.Rule{Path: "/v3/send/sms", Fault: sandbox.Hang(), Skip: 20, Times: 3})
	w.sendTo(t, numbers(50)...)
	if err := w.sandbox.AwaitCalls(patient(t), "/v3/send/sms", 23); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	w.sandbox.Mend()
	w.skip(t, time.Minute) // past the lease of every claim

	w.startProcess(t)
	m := w.message(t, slacksim.Marketing, "Send completed")
	accepted, failed, skipped, unknown := outcome(t, m)
	if accepted+failed+skipped+unknown != 50 || failed+skipped != 0 || unknown < 3 {
		t.Errorf("after a kill: %s, want 50 in all, at least the three that hung unknown", m.Plain())
	}
	w.noneTwice(t)
}

func TestBinary_namesEveryMistakeInTheSettings(t *testing.T) {
	t.Parallel()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const settings = "SLACK_APP_TOKEN=xoxb-swapped\nSLACK_BOT_TOKEN=xoxb-fine\nCOUPONTOOLS_CLIENT_ID=123\n" +
		"COUPONTOOLS_RATE=fast\nREDIS_URL=http://redis\nDEFAULT_REGION=Belgium\nLOG_LEVEL=loud\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "serve")
	cmd.Dir, cmd.Env = dir, []string{}
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitBad {
		t.Errorf("exit code = %d, want %d", code, exitBad)
	}
	for _, name := range []string{
		"SLACK_APP_TOKEN", "COUPONTOOLS_CLIENT_SECRET", "COUPONTOOLS_RATE", "REDIS_URL", "DEFAULT_REGION", "LOG_LEVEL",
	} {
		if !strings.Contains(string(out), name) {
			t.Errorf("%s is not named in:\n%s", name, out)
		}
	}
	if strings.Contains(string(out), "xoxb-swapped") {
		t.Errorf("a secret is shown:\n%s", out)
	}
}
