package coupontools_test

import (
	"errors"
	"testing"

	"github.com/coupontools/couponbot/coupontools"
)

func TestVerifyWebhook(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	event := s.Events(1)[0]
	got, err := c.VerifyWebhook(t.Context(), event, "")
	if err != nil || !got.Valid || got.ID != event || got.Campaign != "cam_400001" || got.Type != "coupon_validated" || got.Date.IsZero() {
		t.Fatalf("VerifyWebhook = %+v, %v", got, err)
	}
	session, err := c.Session(t.Context(), got.Session)
	if err != nil || !session.ValidatedAt.Equal(got.Date) {
		t.Errorf("the session is %+v, %v", session, err)
	}
	if other, err := c.VerifyWebhook(t.Context(), event, "somebody"); err != nil || other.Valid {
		t.Errorf("with another session: %+v, %v, want not valid", other, err)
	}
	if _, err := c.VerifyWebhook(t.Context(), "evt_1", ""); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown event gives %v", err)
	}
}
