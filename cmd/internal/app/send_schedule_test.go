package app

import (
	"testing"
	"time"
)

// TestConversation_sendLater schedules a send two hours from now, which a script can't express.
func TestConversation_sendLater(t *testing.T) {
	t.Parallel()
	c := newConversation(t, "a script of this test")
	c.world = newWorld(t)
	c.runScript(`mia in #marketing> /directory dir_5503
#marketing: ...
mia in #marketing> /send-directory email anna@example.com dir_5503
mia sees send_directory: ...
mia types subject: Deals
mia chooses schedule: ` + time.Now().Add(2*time.Hour).UTC().Format("2006-01-02T15:04:00Z") + `

# What was chosen stays when the way of sending is changed.
mia chooses channel: sms
mia sees send_directory: ...Text of the SMS...schedule = 20...
mia chooses channel: email
mia sees send_directory: ...Subject of the e-mail...schedule = 20...
mia submits
mia sees send_preview: ...When: <now> (Europe/Brussels)...Nothing has been sent yet...
mia submits
mia sees send_started:
  Scheduled
  “Stadsbonnen Gent” goes out by e-mail to 1 person on <now> (Europe/Brussels). Nothing has been sent yet.
  ...
nothing has been sent
#marketing: ...
direct to mia: ...`)
	c.finish()
}
