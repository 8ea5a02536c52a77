package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Three lists as people have them: one that couponbot has to ask about, one whose other column is taken, and a spreadsheet
// with a filter.
func TestDemo_sourcesInTheBrowser(t *testing.T) {
	t.Parallel()
	b := walker{browser: openBrowser(t)}
	address := startDemo(t)
	b.do("open the page", chromedp.Navigate(address), chromedp.WaitVisible("#box"))
	b.sees(".status", "The bot is connected")
	b.types("/directories zomer") // so that the form knows the directory by its name
	b.sees("#messages", "1 directory matching")

	b.sends("crm.csv", "Name;Mobile;Phone;Owner phone\nAnna;+32470123456;;+32470999001\nTom;;+32470123457;+32470999002\n")
	b.sees("dialog[open]", "In 1 row only column C “Phone” has a phone number.")
	b.shootAs("column")
	b.picks("Column", "B, else C")
	b.do("look at the preview", chromedp.Click("dialog[open] .submit"))
	b.sees("dialog[open]", "2 people will get it.")
	b.sees("dialog[open]", "crm.csv, column B “Mobile”, else column C “Phone”")
	b.shootAs("column_else")
	b.leaves()

	b.sends("shop.csv", "Name,Phone,Accepts SMS Marketing,Parent phone\n"+
		"Anna,+32470123456,yes,+32470999001\nTom,+32470123457,no,+32470999002\nLi,31612345678,yes,\n")
	b.sees("dialog[open]", "1 person said no to messages in column C “Accepts SMS Marketing”")
	b.sees("dialog[open]", "1 number looks like a foreign number")
	b.shootAs("consent")
	b.do("ask for another column", chromedp.Click(`//dialog[@open]//button[normalize-space()="Use another column"]`))
	b.sees("dialog[open]", "Which column of “shop.csv” should couponbot use?")
	b.picks("Column", "Parent phone")
	b.do("look at the preview", chromedp.Click("dialog[open] .submit"))
	b.sees("dialog[open]", "column D “Parent phone”")
	b.leaves()

	filtered, err := os.ReadFile(filepath.Join("..", "..", "..", "sends", "recipients", "testdata", "cases", "x01-filtered-rows.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	b.sends("klanten.xlsx", string(filtered))
	b.sees("dialog[open]", "klanten.xlsx, sheet “Klanten”, column C “GSM”")
	b.sees("dialog[open]", "6 rows are hidden in the spreadsheet and skipped.")
	b.shootAs("hidden_rows")
	b.leaves()
}

// sends fills in the form of a send with a file, and submits it.
func (w walker) sends(name, content string) {
	w.t.Helper()
	w.types("/send-directory sms Zomerpas Oostende")
	w.sees("dialog[open]", "List to send to")
	w.upload(name, content)
	w.do("write the text", chromedp.SendKeys(`//dialog//textarea[@maxlength="1000"]`, "Your summer pass is here. Enjoy!"),
		chromedp.Click("dialog[open] .submit"))
}

// leaves closes the preview and the form below it.
func (w walker) leaves() {
	w.t.Helper()
	w.do("go back to the form", chromedp.KeyEvent(kb.Escape))
	w.sees("dialog[open]", "List to send to")
	w.closes()
}
