package recipientlist

import (
	"testing"
	"time"

	"github.com/coupontools/couponbot/sends"
)

func TestCheckedLine(t *testing.T) {
	t.Parallel()
	for want, status := range map[string]sends.ListStatus{
		"Checked against 0 people on the do-not-contact list.": {Age: -1},
		"Checked against 1,204 people on the do-not-contact list and 310 who unsubscribed in Coupontools (12 min ago).": {
			Suppressed: 1204, Unsubscribed: 310, Age: 12 * time.Minute,
		},
		"Checked against 1 person on the do-not-contact list and 2 who unsubscribed in Coupontools (just now); 3 more unsubscribed " +
			"there with numbers that can't be read.": {Suppressed: 1, Unsubscribed: 2, BadNumbers: 3},
	} {
		if got := CheckedLine(status); got != want {
			t.Errorf("CheckedLine(%+v) = %q, want %q", status, got, want)
		}
	}
}
