package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/bot/socket"
)

// lostAck is an acknowledgement that can't be written, like a [socket.Ack] without connections.
func lostAck() func(any) error {
	tries := 0
	return func(any) error {
		if tries++; tries > 1 {
			return socket.ErrAcked
		}
		return errors.New("write acknowledgement: broken pipe")
	}
}

// If a submission can't be acknowledged, the user still learns what went wrong.
func TestSubmit_lostAcknowledgement(t *testing.T) {
	t.Parallel()
	refused := func(context.Context, Request) (Reply, error) {
		return Reply{}, &Mistake{Text: "There is no such thing."}
	}
	late := func(h Handler) Handler {
		return func(ctx context.Context, req Request) (Reply, error) {
			time.Sleep(ackTime + time.Second)
			return h(ctx, req)
		}
	}
	for name, tt := range map[string]struct {
		run  Handler
		want string
	}{
		"an error":      {refused, "There is no such thing."},
		"a late error":  {late(refused), "There is no such thing."},
		"a panic":       {func(context.Context, Request) (Reply, error) { panic("odd") }, "Something went wrong"},
		"a late answer": {late(func(context.Context, Request) (Reply, error) { return Reply{Text: "All done."}, nil }), "All done."},
		"fields": {func(context.Context, Request) (Reply, error) {
			return Reply{Errors: map[string]string{"other": "This is wrong."}}, nil
		}, "This is wrong."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, f := newFake(t, Command{Name: "/do", Submissions: map[string]Submission{"form": {Run: tt.run}}})
				b.handle(t.Context(), envelope("view_submission", `"view":{"id":"V1","root_view_id":"V1","callback_id":"form"}`), lostAck())
				calls := slices.Concat(f.of("views.push"), f.of("views.update"), f.of("chat.postMessage"))
				said := func(c fakeCall) bool { return strings.Contains(c.body+c.params.Get("text"), tt.want) }
				if !slices.ContainsFunc(calls, said) {
					t.Errorf("the user hears nothing of %q; calls: %v", tt.want, f.calls)
				}
			})
		})
	}
}
