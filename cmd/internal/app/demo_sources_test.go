package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Three typical lists: one where couponbot asks for the column, one where the user picks another column, and a spreadsheet
// with a filter.
func TestDemo_sourcesInTheBrowser(t *testing.T) {
	t.Parallel()
	b := formDriver{browser: openBrowser(t)}
	address := startDemo(t)
	b.do("open the page", chromedp.Navigate(address), chromedp.WaitVisible("#box"))
	b.waitForText(".status", "The bot is connected")
	b.typeLine("/directories zomer") // caches the list, so that the form knows the directory's name
	b.waitForText("#messages", "1 directory matching")

	b.submitSendForm("crm.csv", "Name;Mobile;Phone;Owner phone\nAnna;+32470123456;;+32470999001\nTom;;+32470123457;+32470999002\n")
	b.waitForText("dialog[open]", "In 1 row only column C “Phone” has a phone number.")
	b.saveScreenshot("column")
	b.pick("Column", "B, else C")
	b.do("look at the preview", chromedp.Click("dialog[open] .submit"))
	b.waitForText("dialog[open]", "2 people will get it.")
	b.waitForText("dialog[open]", "crm.csv, column B “Mobile”, else column C “Phone”")
	b.saveScreenshot("column_else")
	b.closePreview()

	b.submitSendForm("shop.csv", "Name,Phone,Accepts SMS Marketing,Parent phone\n"+
		"Anna,+32470123456,yes,+32470999001\nTom,+32470123457,no,+32470999002\nLi,31612345678,yes,\n")
	b.waitForText("dialog[open]", "1 person said no to messages in column C “Accepts SMS Marketing”")
	b.waitForText("dialog[open]", "1 number looks like a foreign number")
	b.saveScreenshot("consent")
	b.do("ask for another column", chromedp.Click(`//dialog[@open]//button[normalize-space()="Use another column"]`))
	b.waitForText("dialog[open]", "Which column of “shop.csv” should couponbot use?")
	b.pick("Column", "Parent phone")
	b.do("look at the preview", chromedp.Click("dialog[open] .submit"))
	b.waitForText("dialog[open]", "column D “Parent phone”")
	b.closePreview()

	filtered, err := os.ReadFile(filepath.Join("..", "..", "..", "sends", "recipients", "testdata", "cases", "x01-filtered-rows.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	b.submitSendForm("klanten.xlsx", string(filtered))
	b.waitForText("dialog[open]", "klanten.xlsx, sheet “Klanten”, column C “GSM”")
	b.waitForText("dialog[open]", "6 rows are hidden in the spreadsheet and skipped.")
	b.saveScreenshot("hidden_rows")
	b.closePreview()
}

// submitSendForm fills in the send form with a file and submits it.
func (w formDriver) submitSendForm(name, content string) {
	w.t.Helper()
	w.typeLine("/send-directory sms Zomerpas Oostende")
	w.waitForText("dialog[open]", "List to send to")
	w.upload(name, content)
	w.do("write the text", chromedp.SendKeys(`//dialog//textarea[@maxlength="1000"]`, "Your summer pass is here. Enjoy!"),
		chromedp.Click("dialog[open] .submit"))
}

// closePreview closes the preview and the form below it.
func (w formDriver) closePreview() {
	w.t.Helper()
	w.do("go back to the form", chromedp.KeyEvent(kb.Escape))
	w.waitForText("dialog[open]", "List to send to")
	w.closeForm()
}
