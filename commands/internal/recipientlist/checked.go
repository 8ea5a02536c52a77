package recipientlist

import (
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
)

// CheckedLine says what recipients are checked against.
func CheckedLine(c sends.ListStatus) string {
	line := "Checked against " + format.Persons(c.Suppressed) + " on the do-not-contact list"
	if c.Age >= 0 {
		line += fmt.Sprintf(" and %s who unsubscribed in Coupontools (%s)", format.Thousands(c.Unsubscribed), readAgo(c.Age))
	}
	if c.BadNumbers > 0 {
		line += "; " + format.Thousands(c.BadNumbers) + " more unsubscribed there with numbers that can't be read"
	}
	return line + "."
}

// readAgo formats an age: "just now", "12 min ago", "4 h ago".
func readAgo(age time.Duration) string {
	switch {
	case age < time.Minute:
		return "just now"
	case age < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(age.Minutes()))
	}
	return fmt.Sprintf("%d h ago", int(age.Hours()))
}

// ConcernWords explains a concern about the lists that recipients are checked against, and what to do.
func ConcernWords(c sends.Concern, checked sends.ListStatus) string {
	switch c {
	case sends.ConcernEvicts:
		return ui.EvictsWords + " The person who runs couponbot should " + ui.EvictsMend + "."
	case sends.ConcernLost:
		return ui.LostWords + " " + ui.LostMend
	case sends.ConcernKey:
		return ui.KeyWords + " " + ui.KeyHint
	case sends.ConcernOlder:
		return ui.OlderWords(checked.Unreadable) + " " + ui.OlderHint
	case sends.ConcernEmpty:
		return "The do-not-contact list is empty. If anybody has asked not to be contacted, add them with " + ui.Root +
			" suppress before you send, or ask an admin to import a backup."
	case sends.ConcernRekeyed:
		return rekeyedWords(checked)
	case sends.ConcernUnread:
		return "couponbot hasn't read yet who unsubscribed in Coupontools, so people who did may get this."
	case sends.ConcernOld:
		return fmt.Sprintf("couponbot last read who unsubscribed in Coupontools %s. People who did since then may get this.",
			readAgo(checked.Age))
	}
	return ""
}

// ConcernBlocks are the warnings above a preview.
func ConcernBlocks(c sends.ListStatus) []slack.Block {
	var set []slack.Block
	for _, concern := range c.Concerns {
		set = append(set, blocks.Text("⚠️ "+ConcernWords(concern, c)))
	}
	return set
}

// rekeyedWords says that the key of the list has changed, and what that means.
func rekeyedWords(checked sends.ListStatus) string {
	said := "The do-not-contact list got a new key " + readAgo(checked.KeyAge) + "."
	if checked.Unconfirmed {
		said = "The key of the do-not-contact list was gone from Redis, so the list got a new one " + readAgo(checked.KeyAge) +
			". Backups from before can't be imported. An admin can confirm the list with " + ui.Root + " suppress import."
	}
	if checked.Capped {
		said += " FREQUENCY_CAP doesn't count what was sent before that."
	}
	return said
}

// ConcernForAdmin explains a concern and what an admin can do.
func ConcernForAdmin(c sends.Concern, checked sends.ListStatus) string {
	said := ConcernWords(c, checked)
	if c == sends.ConcernEmpty {
		said += " If the list is new, an admin can confirm that with " + ui.Root + " suppress import."
	}
	return said
}
