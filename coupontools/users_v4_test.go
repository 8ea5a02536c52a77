package coupontools_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/coupontools/couponbot/coupontools"
)

// Changes made through v4 are visible in v3, and the reverse.
func TestDirectoryUsersV4(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	ctx := t.Context()
	id, err := c.CreateDirectoryUser(ctx, coupontools.DirectoryUserCreate{
		Directory: "dir_5502", Email: "new@example.com", FirstName: "Noa", BirthDate: time.Date(1990, 2, 3, 0, 0, 0, 0, time.UTC), City: "Gent",
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := c.DirectoryUsers(ctx, "dir_5502", 1)
	if err != nil || page[0].ID != id || page[0].Email != "new@example.com" || page[0].PaymentStatus != coupontools.PaymentPending {
		t.Fatalf("the newest user is %+v, %v", page[0], err)
	}
	all, err := c.DirectoryUsersV4(ctx, "dir_5502")
	if err != nil || len(all) != 35 {
		t.Errorf("DirectoryUsersV4 = %d, %v, want 35", len(all), err)
	}
	for _, block := range []bool{true, true, false} {
		if err := c.BlockDirectoryUser(ctx, "dir_5502", id, block); err != nil {
			t.Error(err)
		}
		got, err := c.DirectoryUserV4(ctx, "dir_5502", id)
		if err != nil || got.Blocked != block || got.Extra["birth_date"] != "1990-02-03" {
			t.Errorf("DirectoryUserV4 = %+v, %v, want blocked = %v", got, err, block)
		}
	}
	if err := c.GiveDirectoryAccess(ctx, "dir_5502", id, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)); err != nil {
		t.Error(err)
	}
	page, err = c.DirectoryUsers(ctx, "dir_5502", 1)
	if err != nil || page[0].PaymentStatus != coupontools.PaymentCompleted || page[0].PaymentExpires != "2030-01-02 03:04:05" {
		t.Errorf("with access: %+v, %v", page[0], err)
	}
	for range 2 {
		if err := c.RevokeDirectoryAccess(ctx, "dir_5502", id); err != nil {
			t.Error(err)
		}
	}
	page, err = c.DirectoryUsers(ctx, "dir_5502", 1)
	if err != nil || page[0].PaymentStatus != coupontools.PaymentCancelled {
		t.Errorf("without access: %+v, %v", page[0], err)
	}
	if on, err := c.SignOnDirectoryUser(ctx, "dir_5502", id); err != nil || on.Token == "" || on.URL == "" {
		t.Errorf("SignOnDirectoryUser = %+v, %v", on, err)
	}
	if err := c.BlockDirectoryUser(ctx, "dir_5502", id, true); err != nil {
		t.Error(err)
	}
	if _, err := c.SignOnDirectoryUser(ctx, "dir_5502", id); classOf(err) != coupontools.Refused {
		t.Errorf("sign-on of a blocked user: %v, want class Refused", err)
	}
}

// In the resource style the HTTP status is the verdict, and the keys are in other headers.
func TestResourceStyle(t *testing.T) {
	t.Parallel()
	var got request
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		recording(&got, ``)(w, r)
	})
	if err := c.RevokeDirectoryAccess(t.Context(), "dir_1", "reg_2"); err != nil {
		t.Error(err)
	}
	if got.Method != http.MethodDelete || got.Path != "/v4/directory/1/users/2/access" || got.Body != "" ||
		got.Header.Get("X-Api-Key") != testID || got.Header.Get("X-Api-Secret") != testSecret ||
		got.Header.Get("X-Client-Id") != "" || got.Header.Get("Content-Type") != "" {
		t.Errorf("request %+v", got)
	}
	if err := c.GiveDirectoryAccess(t.Context(), "dir_1", "reg_2", time.Time{}); err != nil || got.Body != `{}` {
		t.Errorf("without an end: %s, %v", got.Body, err)
	}
	until := time.Date(2030, 1, 2, 4, 4, 5, 0, time.FixedZone("CET", 3600))
	if err := c.GiveDirectoryAccess(t.Context(), "dir_1", "reg_2", until); err != nil || got.Body != `{"expires_at":"2030-01-02 03:04:05"}` {
		t.Errorf("with an end: %s, %v", got.Body, err)
	}
	if err := c.BlockDirectoryUser(t.Context(), "dir_1", "reg_2", false); err != nil || got.Body != `{"block":false}` {
		t.Errorf("unblock: %s, %v", got.Body, err)
	}
}

func TestDirectoryUserV4_notFound(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	for name, err := range map[string]error{
		"unknown directory": second(c.DirectoryUsersV4(t.Context(), "dir_1")),
		"unknown user":      second(c.DirectoryUserV4(t.Context(), "dir_5502", "reg_1")),
		"no id":             second(c.DirectoryUserV4(t.Context(), "dir_5502", "reg_/../x")),
		"block nobody":      c.BlockDirectoryUser(t.Context(), "dir_5502", "reg_1", true),
		"give nobody":       c.GiveDirectoryAccess(t.Context(), "dir_1", "reg_1", time.Time{}),
		"revoke nobody":     c.RevokeDirectoryAccess(t.Context(), "", "reg_1"),
	} {
		if !errors.Is(err, coupontools.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
}
