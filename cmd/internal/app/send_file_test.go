package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/coupontools/couponbot/bot/slacksim"
)

// attach uploads a file into Mia's open form.
func (c *conversation) attach(name string, content []byte, options ...slacksim.FileOption) {
	c.t.Helper()
	if err := c.slack.Attach(testContext(c.t), slacksim.Mia, c.top("mia").ID, "file", name, content, options...); err != nil {
		c.t.Fatal(err)
	}
}

// TestConversation_sendFiles sends to files that a script can't contain: another user's file, one that is too large, a
// spreadsheet, and one with more than the most recipients of a send.
func TestConversation_sendFiles(t *testing.T) {
	t.Parallel()
	c := newConversation(t, "a script of this test")
	c.world = newWorld(t, func(config *Config) { config.ApprovalOver = 0 })
	c.runScript(`mia in #marketing> /directory dir_5503
#marketing: ...
mia in #marketing> /send-directory sms dir_5503
mia sees send_directory: ...
mia types message: Hello`)

	list := []byte("+32470123456\n+32470123457\n")
	c.attach("list.txt", list, slacksim.OwnedBy(slacksim.Noah))
	c.runScript(`mia submits
mia sees notice: ...“list.txt” belongs to somebody else, so couponbot did not read it...
mia closes
mia sees send_directory: ...
mia takes list.txt out of file`)

	c.attach("list.txt", list, slacksim.ReportedSize(11<<20))
	c.runScript(`mia submits
mia sees notice: ...“list.txt” is larger than 10 MB, which is all that couponbot reads...
mia closes
mia sees send_directory: ...
mia takes list.txt out of file`)

	c.attach("list.txt", list, slacksim.IDOnly)
	c.runScript(`mia submits
mia sees send_preview: ...2 people in 2 rows: +32 470 •• •• 56, +32 470 •• •• 57...
mia closes
mia sees send_directory: ...
mia takes list.txt out of file`)

	c.attach("book.xlsx", workbook(t))
	c.runScript(`mia submits
mia sees send_preview: ...1 person in 2 rows: +32 470 •• •• 56...Row 3 of the file, “abc”...
mia closes
mia sees send_directory: ...
mia takes book.xlsx out of file`)

	// If the form is closed while the list is read, couponbot drops the result. A redelivered form makes only one draft.
	c.attach("list.txt", list)
	c.slack.Inject(slacksim.Fault{Method: "download", Delay: time.Second, Times: 1})
	c.runScript(`mia submits
mia sees send_reading: ...Reading “list.txt”…...
mia closes
mia sees send_directory: ...`)
	c.slack.Duplicate(1)
	c.runScript(`mia submits
mia sees send_preview: ...2 people will get it...
mia closes
mia sees send_directory: ...
mia takes list.txt out of file`)

	var many strings.Builder
	for i := range 10_050 {
		fmt.Fprintf(&many, "+3247%07d\n", 1_000_000+i)
	}
	c.attach("many.txt", []byte(many.String()))
	c.runScript(`mia submits
mia sees send_preview: ...10,000 of 10,050 will get it...50 entries are skipped:
  Over the limit of one send: 50
  ...
  (Back) (Send to 10,000 people)
nothing has been sent
mia closes
mia sees send_directory: ...
mia closes`)
	c.finish()
}

// workbook returns a spreadsheet with one valid phone number and one invalid one.
func workbook(t *testing.T) []byte {
	t.Helper()
	book := excelize.NewFile()
	for cell, value := range map[string]string{
		"A1": "Name", "B1": "Phone", "A2": "Anna", "B2": "+32470123456", "A3": "Tom", "B3": "abc",
	} {
		if err := book.SetCellStr("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	content, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}
