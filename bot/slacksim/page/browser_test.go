package page

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// browserPatience is how long each step of a browser test may take.
const browserPatience = 20 * time.Second

// newBrowser starts a headless Chromium with one tab. Without one the test is skipped, but not in CI.
func newBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is missing")
		}
		t.Skip("chromium is missing")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.WindowSize(1320, 860),
		chromedp.Flag("force-prefers-reduced-motion", true)) // nothing moves while it is clicked
	opts = append(opts, more...)
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(alloc, chromedp.WithErrorf(t.Logf))
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	watchConsole(tab, t)
	return tab
}

// watchConsole fails the test for exceptions, errors and warnings, those of the content policy among them.
func watchConsole(tab context.Context, t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(tab)
	messages := chromedp.Console(ctx)
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" || m.Type == "warning" {
				t.Errorf("console: %s (%s:%d)", m.Text, m.URL, m.Line+1)
			}
		}
	}()
}

// screen drives one tab. Each step has its own deadline and names itself when it fails.
type screen struct {
	t   *testing.T
	tab context.Context
}

func (s screen) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.tab, browserPatience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		s.shot("failed")
		html, _ := chromedp.Run(s.tab, chromedp.Evaluate[string](`document.querySelector("main").innerText + document.querySelector("#views").innerText`))
		s.t.Fatalf("%s: %v\npage:\n%s", what, err, html)
	}
}

// sees waits until an element has a text in it.
func (s screen) sees(selector, text string) {
	s.t.Helper()
	s.do("see "+text, chromedp.PollFunction[chromedp.Void](`(selector, text) => {
		const el = document.querySelector(selector); return el && el.innerText.includes(text);
	}`, chromedp.WithPollingArgs(selector, text), chromedp.WithPollingInterval(30*time.Millisecond)))
}

// lacks waits until no element matches.
func (s screen) lacks(selector string) {
	s.t.Helper()
	s.do("see no "+selector, chromedp.PollFunction[chromedp.Void](`(selector) => !document.querySelector(selector)`,
		chromedp.WithPollingArgs(selector), chromedp.WithPollingInterval(30*time.Millisecond)))
}

// keys presses keys in the focused element.
func (s screen) keys(what, keys string) {
	s.t.Helper()
	s.do(what, chromedp.KeyEvent(keys))
}

// shot writes a screenshot into the folder in the variable SHOTS, if it is set.
func (s screen) shot(name string) {
	s.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	s.do("let it settle", chromedp.Sleep(400*time.Millisecond))
	png, err := chromedp.Run(s.tab, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Errorf("screenshot %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil { // for everyone to look at
		s.t.Error(err)
	}
}

func (s screen) value(js string) string {
	s.t.Helper()
	out, err := chromedp.Run(s.tab, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("%s: %v", js, err)
	}
	return out
}

// TestPage_inBrowser does what a newcomer does, with the keyboard where that's possible: a command, the form with type-ahead, an
// invalid field, the preview, the message in the channel.
func TestPage_inBrowser(t *testing.T) {
	t.Parallel()
	sim, base := startBot(t)
	s := screen{t, newBrowser(t)}

	s.do("open the page", chromedp.Navigate(base+"/"), chromedp.WaitVisible("#box"))
	s.sees(".status", "The bot is connected")
	s.shot("empty")

	s.keys("start a command", "/dir")
	s.sees("#completion", "/directories")
	s.shot("completion")
	s.keys("complete and run it", kb.ArrowDown+kb.ArrowUp+kb.Tab+kb.Enter)
	s.sees("#messages", "Summer in Gent")
	s.sees("#messages", "Loyal <friends> *club*")

	s.do("look up", chromedp.SendKeys("#box", "/directory-users City Ada"+kb.Enter))
	s.sees("#messages .private", "Only visible to you")
	s.shot("channel")

	t.Run("confirm", func(t *testing.T) { s.confirms(t, sim) })
	s.sends(t, sim)
	s.opens(t, sim)
	s.shot("sent")
	if v := sim.Violations(); len(v) > 0 {
		t.Errorf("violations = %q, want none", v)
	}
	s.others(base)
	s.looks(base)
}

func (s screen) confirms(t *testing.T, sim *slacksim.Server) {
	refresh := chromedp.Click(`//form[contains(@class,"blocks")]//button[contains(.,"Refresh")]`)
	s.do("press a button with a confirmation", refresh)
	s.sees("#question[open]", "It costs one call.")
	s.shot("question")
	s.keys("cancel", kb.Escape)
	s.lacks("#question[open]")
	s.do("press it again and cancel", refresh, chromedp.Click("#question-no"))
	s.lacks("#question[open]")
	for _, e := range sim.Traffic() {
		if e.Kind == "envelope" && strings.Contains(e.Name, "directories_refresh") {
			t.Error("the bot got a click that was cancelled")
		}
	}
	s.do("press it again and confirm", refresh, chromedp.Click("#question-yes"))
	s.sees("#messages", "(edited)")
}

// opens opens a file that the bot posted.
func (s screen) opens(t *testing.T, sim *slacksim.Server) {
	shareFile(t, sim, slacksim.Marketing, "report.csv", "recipient,outcome\n+32470123456,accepted\n")
	s.sees("#messages .file", "report.csv")
	s.shot("file")
	address := s.value(`document.querySelector("#messages .file a").href`)
	if got := s.value(`(async () => (await fetch(` + strconv.Quote(address) + `)).text())()`); !strings.HasPrefix(got, "recipient,outcome") {
		t.Errorf("the link leads to %q", got)
	}
}

func (s screen) sends(t *testing.T, sim *slacksim.Server) {
	s.do("open the form", chromedp.SendKeys("#box", "/send-directory"+kb.Enter), chromedp.WaitVisible("dialog.view[open]"))
	if got := s.value(`document.activeElement.getAttribute("role")`); got != "combobox" {
		t.Errorf("focus is on %q, want the first field", got)
	}
	s.keys("search", "cit")
	s.sees("dialog [role=listbox]", "Citrus & Co")
	s.shot("typeahead")
	s.keys("choose the first", kb.Enter)
	s.do("choose e-mail and type at once", chromedp.Click(`dialog input[value=email]`),
		chromedp.SendKeys(`dialog textarea`, "0470 12"), chromedp.WaitVisible(`//dialog//label[contains(.,"Subject")]`))
	s.do("choose SMS again", chromedp.Click(`dialog input[value=sms]`), chromedp.WaitVisible(`//dialog//label[contains(.,"Message")]`))
	if got := s.value(`document.querySelector("dialog textarea").value`); got != "0470 12" {
		t.Errorf("after two updates the field holds %q, want what was typed", got)
	}
	s.shot("modal")
	s.do("submit with a field empty", chromedp.Click(`dialog .submit`))
	s.sees("dialog", "Please complete this required field")
	list := filepath.Join(t.TempDir(), "list.csv")
	if err := os.WriteFile(list, []byte("+32470123456\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.do("choose a time and a file", chromedp.SetValue(`dialog input[type="datetime-local"]`, "2026-11-20T15:20"),
		chromedp.SetUploadFiles(`dialog input[type=file]`, []string{list}), chromedp.ScrollIntoView(`dialog input[type=file]`))
	s.shot("chosen-file")
	s.do("fill it and submit", chromedp.SendKeys(`dialog textarea[id]:not([placeholder^="+"])`, "Hello!"), chromedp.Click(`dialog .submit`))
	s.sees("dialog .error", "“0470 12” is not a phone number")
	s.shot("errors")
	state := sim.View(slacksim.Mia).State
	if got := state["schedule"]["schedule"].Time; got != 1795184400 {
		t.Errorf("the time is %d, want 15:20 in Brussels", got)
	}
	if got := state["file"]["file"].Files; len(got) != 1 || got[0].Name != "list.csv" {
		t.Errorf("files = %v, want list.csv", got)
	}
	if got := s.value(`document.activeElement.getAttribute("aria-invalid")`); got != "true" {
		t.Error("the invalid field doesn't have the focus")
	}
	if got := s.value(`(() => { const f = document.querySelector("dialog textarea[aria-invalid]");
		return document.getElementById(f.getAttribute("aria-describedby").trim().split(" ")[0]).textContent; })()`); !strings.Contains(got, "not a phone number") {
		t.Errorf("the invalid field is described by %q", got)
	}
	s.do("correct it and submit", chromedp.SetValue(`dialog textarea[aria-invalid]`, "+32 470 12 34 56"), chromedp.Click(`dialog .submit`))
	s.sees("dialog[open]", "“City deals” goes to 1 person by SMS.")
	s.shot("preview")
	s.keys("go back", kb.Escape)
	s.sees("dialog[open]", "Coupontools puts the link behind it.")
	if got := s.value(`document.querySelector("dialog [role=combobox]").value`); got != "City deals" {
		t.Errorf("back in the form the directory is %q, want City deals", got)
	}
	s.do("preview again", chromedp.Click(`dialog[open] .submit`))
	s.sees("dialog[open]", "goes to 1 person")
	s.do("send", chromedp.Click(`dialog[open] .submit`))
	s.lacks("dialog.view")
	s.sees("#messages", "1 accepted, 0 failed")
}

// others looks at the page as another person.
func (s screen) others(base string) {
	s.do("act as Noah", chromedp.Navigate(base+"/?as="+slacksim.Noah+"&channel="+slacksim.Marketing), chromedp.WaitVisible("#box"))
	s.sees("#messages", "1 accepted, 0 failed")
	s.lacks("#messages .private")
}

// looks opens the inspector, and the page on a phone.
func (s screen) looks(base string) {
	s.do("say something", chromedp.SendKeys("#box", "Nice, thank you :tada:"+kb.Enter))
	s.sees("#messages", "Nice, thank you 🎉")
	s.do("wait for no acknowledgement", chromedp.SendKeys("#box", "/silent"+kb.Enter))
	s.sees("#messages", "operation_timeout")
	s.do("open the inspector", chromedp.Click("#inspect"), chromedp.WaitVisible("#inspector"))
	s.sees("#traffic", "views.open")
	s.do("open the faults", chromedp.Click(".faults summary"), chromedp.Click(".switch"), chromedp.WaitVisible(".switch[aria-checked=true]"))
	s.do("open a line", chromedp.Click(`//*[@id="traffic"]//b[contains(.,"views.open")]`))
	s.shot("inspector")
	s.do("close it", chromedp.Click("#inspect"))
	s.do("look on a phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile),
		chromedp.Navigate(base+"/?as="+slacksim.Mia), chromedp.WaitVisible("#box"))
	s.shot("phone")
	s.do("unfold", chromedp.Click("main [data-fold]"), chromedp.WaitVisible("#to-"+slacksim.General))
	s.shot("phone-sidebar")
	s.keys("fold", kb.Escape)
	s.do("open the form", chromedp.SendKeys("#box", "/send-directory"+kb.Enter), chromedp.WaitVisible("dialog.view[open]"))
	s.shot("phone-modal")
}

// TestPage_dark takes screenshots of the dark page.
func TestPage_dark(t *testing.T) {
	t.Parallel()
	if os.Getenv("SHOTS") == "" {
		t.Skip("takes screenshots only: SHOTS isn't set")
	}
	_, base := startBot(t)
	s := screen{t, newBrowser(t, chromedp.Flag("blink-settings", "preferredColorScheme=0"))}
	s.do("list", chromedp.Navigate(base+"/"), chromedp.SendKeys("#box", "/directories"+kb.Enter))
	s.sees("#messages", "Summer in Gent")
	s.do("look up", chromedp.SendKeys("#box", "/directory-users City Ada"+kb.Enter), chromedp.Click("#inspect"))
	s.sees("#messages .private", "Only visible to you")
	s.shot("dark")
	s.do("open the form", chromedp.SendKeys("#box", "/send-directory"+kb.Enter), chromedp.WaitVisible("dialog.view[open]"))
	s.shot("dark-modal")
}
