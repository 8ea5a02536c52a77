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

// TestDemo_aListInTheBrowser sends to a list: it uploads a file, checks who is skipped and why, has another person approve
// the send, pauses and resumes it, and opens the report.
func TestDemo_aListInTheBrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	address := startDemo(t)
	b.do("open the page", chromedp.Navigate(address), chromedp.WaitVisible("#box"))
	b.waitForText(".status", "The bot is connected")
	b.typeLine("/directories zomer") // caches the list, so that the form knows the directory's name
	b.waitForText("#messages", "1 directory matching")

	b.typeLine("/send-directory sms Zomerpas Oostende")
	b.waitForText("dialog[open]", "List to send to")
	b.upload("mixed.csv", demoSamples()[1].Content)
	b.do("write the text", chromedp.SendKeys(`//dialog//textarea[@maxlength="1000"]`, "Your summer pass is “here” – enjoy!"),
		chromedp.Click("dialog[open] .submit"))
	b.waitForText("dialog[open]", "Row 7 of the file")
	b.saveScreenshot("preview")
	b.do("go back to the form", chromedp.KeyEvent(kb.Escape))
	b.waitForText("dialog[open]", "List to send to")
	b.closeForm()

	b.typeLine("/send-directory sms Zomerpas Oostende")
	b.waitForText("dialog[open]", "List to send to")
	b.upload("guests.csv", demoSamples()[0].Content)
	b.do("write the text", chromedp.SendKeys(`//dialog//textarea[@maxlength="1000"]`, "Your summer pass is here. Enjoy!"),
		chromedp.Click("dialog[open] .submit"))
	b.waitForText("dialog[open]", "80 people")
	b.do("send", chromedp.Click("dialog[open] .submit"))
	b.waitForText("dialog[open]", "The id of this send is")
	b.closeForm()
	b.waitForText("#messages", "Waiting for approval")
	b.saveScreenshot("awaiting")

	b.do("act as Noah", chromedp.Navigate(address+"?as="+slacksim.Noah), chromedp.WaitVisible("#box"))
	b.pressButton("Approve")
	b.do("agree", chromedp.Click("#question[open] #question-yes"))
	b.waitForText("#messages", " waiting")
	b.pressButton("Pause")
	b.waitForText("#messages", "Paused by")
	b.waitForText("#messages .private", "are waiting")
	b.saveScreenshot("paused")
	b.pressButton("Resume")
	b.waitForText("#messages", "80 sent")
	b.pressButton("Report")
	b.saveScreenshot("completed")
}

// pressButton clicks the last button with this text in the messages.
func (b browser) pressButton(text string) {
	b.t.Helper()
	b.do("press "+text, chromedp.Click(`(//*[@id="messages"]//button[normalize-space()="`+text+`"])[last()]`))
}

// closeForm closes the only open form.
func (b browser) closeForm() {
	b.t.Helper()
	b.do("close", chromedp.KeyEvent(kb.Escape))
	b.waitForNoForm()
}

// waitForNoForm waits until the local Slack has removed all forms. A form that is closed only in the page could reappear.
func (b browser) waitForNoForm() {
	b.t.Helper()
	b.do("see no form", chromedp.PollFunction[chromedp.Void](
		`() => !document.querySelector("dialog.view")`, chromedp.WithPollingInterval(30*time.Millisecond)))
}

// upload selects a file in the file field of the form on top.
func (b browser) upload(name, content string) {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.do("upload "+name, chromedp.SetUploadFiles(`dialog[open] input[type="file"]`, []string{path}))
}

// saveScreenshot saves a screenshot in the folder SHOTS, if that variable is set.
func (b browser) saveScreenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("SHOTS")
	if dir == "" {
		return
	}
	b.do("wait for animations", chromedp.PollFunction[chromedp.Void](
		`() => document.getAnimations().every(a => a.playState !== "running")`, chromedp.WithPollingInterval(30*time.Millisecond)))
	png, err := chromedp.Run(b.tab, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatalf("take the screenshot %s: %v", name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}
