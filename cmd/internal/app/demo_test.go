package app

import (
	"bufio"
	"context"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var picture = flag.String("picture", "", "the file that TestDemo_inTheBrowser writes a picture of the page to")

// startDemo runs couponbot demo until the end of the test and returns the address that it prints first.
func startDemo(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- Main(ctx, []string{"demo", "--listen", "127.0.0.1:0"}, in, t.Output())
		_ = in.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-done; code != exitDone {
			t.Errorf("demo exits with %d, want %d", code, exitDone)
		}
	})
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the first line: %v", err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return strings.TrimSpace(first)
}

func TestDemo_guardsItsPage(t *testing.T) {
	t.Parallel()
	address := startDemo(t)
	for _, tt := range []struct {
		name, method, path, host, origin string
		want                             int
	}{
		{"its own page", http.MethodGet, "", "", "", http.StatusOK},
		{"another name for it", http.MethodGet, "", "evil.example", "", http.StatusMisdirectedRequest},
		{"a post of another site", http.MethodPost, "say", "", "http://evil.example", http.StatusForbidden},
		{"a post of nobody", http.MethodPost, "say", "", "", http.StatusForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(patient(t), tt.method, address+tt.path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if tt.host != "" {
				req.Host = tt.host
			}
			if tt.origin != "" {
				req.Header.Set("Origin", tt.origin)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.want {
				t.Errorf("%s = %d, want %d", tt.name, resp.StatusCode, tt.want)
			}
		})
	}
}

// TestDemo_inTheBrowser goes the newcomer's way through the demo in a real browser: list, look up, send one by SMS, see
// what the marketing channel is told.
func TestDemo_inTheBrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	b.do("open the page", chromedp.Navigate(startDemo(t)), chromedp.WaitVisible("#box"))
	b.sees(".status", "The bot is connected")

	b.types("/directory-users Zomerpas Oostende")
	b.sees("#messages .private", "@example")
	b.types("/directories zomer")
	b.sees("#messages", "1 directory matching")
	b.types("/directory Zomerpas Oostende")
	b.sees("#messages h3", "Zomerpas Oostende")

	b.types("/send-directory sms +32470123456 Zomerpas Oostende")
	b.sees("dialog[open]", "Text of the SMS")
	b.do("write the text", chromedp.SendKeys(`//dialog//textarea[@maxlength="1000"]`, "Your summer pass is here. Enjoy!"),
		chromedp.Click("dialog[open] .submit"))
	b.sees("dialog[open]", "Nothing has been sent yet.")
	b.do("send", chromedp.Click("dialog[open] .submit"))
	b.sees("dialog[open]", "is going out")
	b.do("close", chromedp.KeyEvent(kb.Escape))
	b.sees("#messages", "1 accepted, 0 failed, 0 skipped, 0 unknown")
	b.shoot()
}

// browser drives one tab of a headless Chromium. Each step has its own deadline and names itself when it fails.
type browser struct {
	t   *testing.T
	tab context.Context
}

// openBrowser opens a tab. Without a Chromium the test is skipped, but not in CI.
func openBrowser(t *testing.T) browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is missing")
		}
		t.Skip("chromium is missing")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.WindowSize(1280, 860),
		chromedp.Flag("force-prefers-reduced-motion", true)) // a click must not miss what is still moving
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(closeTab)
	return browser{t: t, tab: tab}
}

func (b browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.tab); err != nil { // the first call starts the browser, and must not end with a step
		b.t.Fatalf("start the browser: %v", err)
	}
	ctx, cancel := context.WithTimeout(b.tab, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		text, _ := chromedp.Run(b.tab, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v\nthe page:\n%s", what, err, text)
	}
}

// types types a line into the message box and sends it.
func (b browser) types(line string) {
	b.t.Helper()
	b.do("type "+line, chromedp.SendKeys("#box", line+kb.Enter))
}

// sees waits until an element's text has the words.
func (b browser) sees(selector, words string) {
	b.t.Helper()
	b.do("see "+words, chromedp.PollFunction[chromedp.Void](
		`(selector, words) => [...document.querySelectorAll(selector)].some(e => e.innerText.includes(words))`,
		chromedp.WithPollingArgs(selector, words), chromedp.WithPollingInterval(30*time.Millisecond)))
}

// shoot writes the picture that the flag asks for.
func (b browser) shoot() {
	b.t.Helper()
	if *picture == "" {
		return
	}
	png, err := chromedp.Run(b.tab, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("take the picture: %v", err)
	}
	if err := os.WriteFile(filepath.Clean(*picture), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
