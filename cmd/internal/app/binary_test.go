package app

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// buildBinary builds the program once for all tests that run it as a process.
var buildBinary = sync.OnceValues(func() (string, error) {
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
	// The first DNS lookup ties the resolver to the synctest bubble of its goroutine. So it must not happen in a bubble.
	_, _ = net.DefaultResolver.LookupHost(context.Background(), "localhost")
	// Most tests wait for processes, leases and deadlines, so twice as many run at the same time as there are processors.
	flag.Parse()
	if parallel, processors := flag.Lookup("test.parallel"), strconv.Itoa(runtime.GOMAXPROCS(0)); parallel.Value.String() == processors {
		_ = parallel.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0)))
	}
	code := m.Run()
	if path, err := buildBinary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// process is a running couponbot serve.
type process struct {
	*exec.Cmd
	log *syncBuffer
}

// startProcess starts the program with the world's settings and additional environment variables, and waits until it has
// connected.
func (w *world) startProcess(t testing.TB, env ...string) *process {
	t.Helper()
	path, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(path, "serve"), log: new(syncBuffer)}
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
	if err := w.slack.AwaitConnections(testContext(t), 2); err != nil {
		t.Fatalf("the program did not connect: %v\n%s", err, p.log)
	}
	return p
}

// sendThroughForm fills in the send form, submits it and confirms the preview.
func (w *world) sendThroughForm(t *testing.T, recipients ...string) {
	t.Helper()
	w.command(t, slacksim.Mia, slacksim.General, "/send-directory", "sms "+recipients[0]+" dir_5507")
	form := w.awaitView(t, slacksim.Mia, "send_directory")
	for field, text := range map[string]string{"message": "Hello", "recipients": strings.Join(recipients, "\n")} {
		if _, err := w.slack.Type(testContext(t), slacksim.Mia, form.ID, field, text); err != nil {
			t.Fatal(err)
		}
	}
	for _, callback := range []string{"send_directory", "send_preview"} {
		v := w.awaitView(t, slacksim.Mia, callback)
		out, err := w.slack.Submit(testContext(t), slacksim.Mia, v.ID)
		if err != nil || len(out.Errors) > 0 || out.Failure != "" {
			t.Fatalf("submit %s: %+v, %v", callback, out, err)
		}
	}
}

// phoneNumbers returns n different phone numbers.
func phoneNumbers(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("+32470%06d", 123400+i)
	}
	return list
}

var countsPattern = regexp.MustCompile(`(\d+) sent(?: · (\d+) failed)?(?: · (\d+) skipped)?(?: · (\d+) unconfirmed)?`)

// parseCounts returns the counts in the announcement of a completed send.
func parseCounts(t *testing.T, m slacksim.Message) (accepted, failed, skipped, unknown int) {
	t.Helper()
	counts := countsPattern.FindStringSubmatch(m.Plain())
	if counts == nil {
		t.Fatalf("no counts in %q", m.Plain())
	}
	for i, n := range []*int{&accepted, &failed, &skipped, &unknown} {
		*n, _ = strconv.Atoi(counts[i+1]) // a zero isn't shown
	}
	return accepted, failed, skipped, unknown
}

// checkNoDuplicates fails the test if a recipient got a message twice.
func (w *world) checkNoDuplicates(t *testing.T) {
	t.Helper()
	for _, m := range w.sandbox.Sent() {
		if m.Times > 1 {
			t.Errorf("sent %d times to one recipient", m.Times)
		}
	}
}

// shiftRedisTime advances the clock of the embedded Redis by d and keeps it running from there.
func (w *world) shiftRedisTime(t *testing.T, d time.Duration) {
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

func TestBinary_finishesCallsOnSIGTERM(t *testing.T) {
	t.Parallel()
	w := newStoppedWorld(t)
	p := w.startProcess(t)
	mend := w.sandbox.Break(sandbox.Rule{Path: "/v3/send/sms", Fault: sandbox.Hang(), Skip: 5})
	w.sendThroughForm(t, phoneNumbers(30)...)
	if err := w.sandbox.AwaitCalls(testContext(t), "/v3/send/sms", 10); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	mend() // the calls in flight get their responses now
	if err := p.Wait(); err != nil {
		t.Errorf("exit after SIGTERM: %v", err)
	}
	for _, c := range w.slack.Closes() {
		if !c.Clean {
			t.Errorf("a connection was left without a close frame: %+v", c)
		}
	}

	w.startProcess(t)
	m := w.awaitMessage(t, slacksim.Marketing, "Sent to")
	if accepted, _, _, _ := parseCounts(t, m); accepted != 30 {
		t.Errorf("after a restart: %s, want all 30 accepted", m.Plain())
	}
	w.checkNoDuplicates(t)
}

func TestBinary_continuesAfterKill(t *testing.T) {
	t.Parallel()
	w := newStoppedWorld(t)
	p := w.startProcess(t)
	w.sandbox.Break(sandbox.Rule{Path: "/v3/send/sms", Fault: sandbox.Hang(), Skip: 20, Times: 3})
	w.sendThroughForm(t, phoneNumbers(50)...)
	if err := w.sandbox.AwaitCalls(testContext(t), "/v3/send/sms", 23); err != nil {
		t.Fatal(err)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	w.sandbox.Mend()
	w.shiftRedisTime(t, time.Minute) // beyond the lease of all claims

	w.startProcess(t)
	m := w.awaitMessage(t, slacksim.Marketing, "Sent to")
	accepted, failed, skipped, unknown := parseCounts(t, m)
	if accepted+failed+skipped+unknown != 50 || failed+skipped != 0 || unknown < 3 {
		t.Errorf("after a kill: %s, want 50 accepted or unknown, and at least the three hung calls unknown", m.Plain())
	}
	w.checkNoDuplicates(t)
}

func TestBinary_listsSettingsProblems(t *testing.T) {
	t.Parallel()
	path, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const settings = "SLACK_APP_TOKEN=xoxb-swapped\nSLACK_BOT_TOKEN=xoxb-fine\nCOUPONTOOLS_CLIENT_ID=123\n" +
		"COUPONTOOLS_RATE=fast\nREDIS_URL=http://redis\nDEFAULT_REGION=Belgium\nLOG_LEVEL=loud\n"
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "serve")
	cmd.Dir, cmd.Env = dir, []string{}
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitUsage {
		t.Errorf("exit code = %d, want %d", code, exitUsage)
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
