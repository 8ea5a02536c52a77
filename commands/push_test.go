package commands

import (
	"sync"
	"testing"

	"github.com/coupontools/couponbot/bot"
)

// A form delivered twice makes one draft, and a confirmation delivered twice sends one push.
func TestPush_submittedTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := bot.NewView("push", "", map[string]string{
		"campaign": "cam_400008", "to": "all", "message": "Proef vandaag!",
	})
	first, err := w.Submits(t, form)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.Submits(t, form)
	if err != nil || again.View.PrivateMetadata != first.View.PrivateMetadata {
		t.Fatalf("the same form made the drafts %q and %q, %v", first.View.PrivateMetadata, again.View.PrivateMetadata, err)
	}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			reply, err := w.Submits(t, bot.NewView("push_confirm", first.View.PrivateMetadata, nil))
			if err != nil || reply.View == nil || reply.View.CallbackID != "push_confirm_done" {
				t.Errorf("answer %+v, %v", reply, err)
			}
		})
	}
	both.Wait()
	sent := w.api.Sent()
	if len(sent) != 1 || sent[0].Times != 1 || sent[0].Body != "Proef vandaag!" || sent[0].Campaign != "cam_400008" {
		t.Errorf("sent %+v, want one message once", sent)
	}
}
