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

var picture = flag.String("picture", "", "file for the screenshot of TestDemo_inTheBrowser")

// startDemo runs couponbot demo until the end of the test and returns the URL of the page, which it prints first.
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
		if code := <-done; code != exitOK {
			t.Errorf("demo exits with %d, want %d", code, exitOK)
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

func TestDemo_guardsPage(t *testing.T) {
	t.Parallel()
	address := startDemo(t)
	for _, tt := range []struct {
		name, method, path, host, origin string
		want                             int
	}{
		{"its own page", http.MethodGet, "", "", "", http.StatusOK},
		{"another host", http.MethodGet, "", "evil.example", "", http.StatusMisdirectedRequest},
		{"a post from another site", http.MethodPost, "say", "", "http://evil.example", http.StatusForbidden},
		{"a post without an origin", http.MethodPost, "say", "", "", http.StatusForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			req, err := http.NewRequestWithContext(testContext(t), tt.method, address+tt.path, http.NoBody)
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

// TestDemo_inTheBrowser tries the demo in a real browser as a new user would: list, look up, send by SMS, and see the
// announcement in the marketing channel.
func TestDemo_inTheBrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	b.do("open the page", chromedp.Navigate(startDemo(t)), chromedp.WaitVisible("#box"))
	b.waitForText(".status", "The bot is connected")

	b.typeLine("/directory-users Zomerpas Oostende")
	b.waitForText("#messages .private", "@example")
	b.typeLine("/directories zomer")
	b.waitForText("#messages", "1 directory matching")
	b.typeLine("/directory Zomerpas Oostende")
	b.waitForText("#messages h3", "Zomerpas Oostende")

	b.typeLine("/send-directory sms +32470123456 Zomerpas Oostende")
	b.waitForText("dialog[open]", "Text of the SMS")
	b.do("write the text", chromedp.SendKeys(`//dialog//textarea[@maxlength="1000"]`, "Your summer pass is here. Enjoy!"),
		chromedp.Click("dialog[open] .submit"))
	b.waitForText("dialog[open]", "Nothing has been sent yet.")
	b.do("send", chromedp.Click("dialog[open] .submit"))
	b.waitForText("dialog[open]", "is going out")
	b.do("close", chromedp.KeyEvent(kb.Escape))
	b.waitForText("#messages", "1 sent")
	b.savePicture()
}

// browser drives one tab of a headless Chromium. Each step has its own deadline and is named if it fails.
type browser struct {
	t   *testing.T
	tab context.Context
}

// openBrowser opens a tab. If Chromium is not installed, the test is skipped, or fails in CI.
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
		chromedp.Flag("force-prefers-reduced-motion", true)) // clicks could miss moving elements
	allocator, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator, chromedp.WithErrorf(t.Logf))
	t.Cleanup(closeTab)
	return browser{t: t, tab: tab}
}

// do runs the actions of one step. what describes the step in errors.
func (b browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.tab); err != nil { // the first call starts the browser, which must outlive the step
		b.t.Fatalf("start the browser: %v", err)
	}
	ctx, cancel := context.WithTimeout(b.tab, testTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		text, _ := chromedp.Run(b.tab, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v\nthe page:\n%s", what, err, text)
	}
}

// typeLine types a line into the message box and sends it.
func (b browser) typeLine(line string) {
	b.t.Helper()
	b.do("type "+line, chromedp.SendKeys("#box", line+kb.Enter))
}

// waitForText waits until an element that matches the selector contains words.
func (b browser) waitForText(selector, words string) {
	b.t.Helper()
	b.do("see "+words, chromedp.PollFunction[chromedp.Void](
		`(selector, words) => [...document.querySelectorAll(selector)].some(e => e.innerText.includes(words))`,
		chromedp.WithPollingArgs(selector, words), chromedp.WithPollingInterval(30*time.Millisecond)))
}

// savePicture saves a screenshot in the file of the flag -picture, if set.
func (b browser) savePicture() {
	b.t.Helper()
	if *picture == "" {
		return
	}
	png, err := chromedp.Run(b.tab, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("take the screenshot: %v", err)
	}
	if err := os.WriteFile(filepath.Clean(*picture), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
