package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// TestDemo_aListInTheBrowser sends to a list: upload a file, see who is left out and why, have it approved by another
// person, pause and resume it, and get the report.
func TestDemo_aListInTheBrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	address := startDemo(t)
	b.do("open the page", chromedp.Navigate(address), chromedp.WaitVisible("#box"))
	b.sees(".status", "The bot is connected")
	b.types("/directories zomer") // so that the form knows the directory by its name
	b.sees("#messages", "1 directory matching")

	b.types("/send-directory sms Zomerpas Oostende")
	b.sees("dialog[open]", "List to send to")
	b.upload("mixed.csv", demoSamples()[1].Content)
	b.do("write the text", chromedp.SendKeys(`//dialog//textarea[@maxlength="1000"]`, "Your summer pass is “here” – enjoy!"),
		chromedp.Click("dialog[open] .submit"))
	b.sees("dialog[open]", "Row 7 of the file")
	b.shootAs("preview")
	b.do("go back to the form", chromedp.KeyEvent(kb.Escape))
	b.sees("dialog[open]", "List to send to")
	b.closes()

	b.types("/send-directory sms Zomerpas Oostende")
	b.sees("dialog[open]", "List to send to")
	b.upload("guests.csv", demoSamples()[0].Content)
	b.do("write the text", chromedp.SendKeys(`//dialog//textarea[@maxlength="1000"]`, "Your summer pass is here. Enjoy!"),
		chromedp.Click("dialog[open] .submit"))
	b.sees("dialog[open]", "80 people")
	b.do("send", chromedp.Click("dialog[open] .submit"))
	b.sees("dialog[open]", "The id of this send is")
	b.closes()
	b.sees("#messages", "Waiting for approval")
	b.shootAs("awaiting")

	b.do("act as Noah", chromedp.Navigate(address+"?as="+slacksim.Noah), chromedp.WaitVisible("#box"))
	b.presses("Approve")
	b.do("agree", chromedp.Click("#question[open] #question-yes"))
	b.sees("#messages", " waiting")
	b.presses("Pause")
	b.sees("#messages", "Paused by")
	b.sees("#messages .private", "are waiting")
	b.shootAs("paused")
	b.presses("Resume")
	b.sees("#messages", "80 accepted, 0 failed, 0 skipped, 0 unknown")
	b.presses("Report")
	b.shootAs("completed")
}

// presses clicks the last button with that text in the messages.
func (b browser) presses(text string) {
	b.t.Helper()
	b.do("press "+text, chromedp.Click(`(//*[@id="messages"]//button[normalize-space()="`+text+`"])[last()]`))
}

// closes closes the form on top, which is the only one.
func (b browser) closes() {
	b.t.Helper()
	b.do("close", chromedp.KeyEvent(kb.Escape))
	b.seesNoForm()
}

// seesNoForm waits until the workspace has taken away every form. One that is closed in the page alone could come back.
func (b browser) seesNoForm() {
	b.t.Helper()
	b.do("see no form", chromedp.PollFunction[chromedp.Void](
		`() => !document.querySelector("dialog.view")`, chromedp.WithPollingInterval(30*time.Millisecond)))
}

// upload puts a file into the file field of the form on top.
func (b browser) upload(name, content string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.do("upload "+name, chromedp.SetUploadFiles(`dialog[open] input[type="file"]`, []string{path}))
}

// shootAs writes a picture into the folder that SHOTS names, if any.
func (b browser) shootAs(name string) {
	b.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	b.do("come to rest", chromedp.PollFunction[chromedp.Void](
		`() => document.getAnimations().every(a => a.playState !== "running")`, chromedp.WithPollingInterval(30*time.Millisecond)))
	png, err := chromedp.Run(b.tab, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("take the picture %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
