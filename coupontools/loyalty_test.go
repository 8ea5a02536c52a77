package coupontools_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
)

func TestLoyaltyCards(t *testing.T) {
	t.Parallel()
	want := []coupontools.LoyaltyCard{
		{ID: "480012", Code: "mx93kd", Name: "Club card", Domain: "save2wallet.link", Type: "membership"},
		{ID: "loy_2", Name: "loy_2", URL: "https://a.example/x", Type: "stamp", Status: "active"},
	}
	const a = `{"id":480012,"code":"mx93kd","name":"Club card","domain":"save2wallet.link","type":"membership"}`
	const b = `{"ID":"loy_2","name":"","url":"https://a.example/x","type":"stamp","status":"active"}`
	for name, body := range map[string]string{
		"as in v4":      `[` + a + `,` + b + `]`,
		"as assumed":    `{` + okStatus + `,"amount_of_loyaltycards":2,"loyaltycard":[` + a + `,` + b + `]}`,
		"another name":  `{` + okStatus + `,"loyalty":[` + a + `,` + b + `]}`,
		"ids for names": `{` + okStatus + `,"cards":{"480012":` + a + `,"loy_2":` + b + `}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, answers(http.StatusOK, body))
			got, err := c.LoyaltyCards(t.Context(), coupontools.LoyaltyCardsOptions{})
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("LoyaltyCards: %v, difference (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestLoyaltyUsers(t *testing.T) {
	t.Parallel()
	want := []coupontools.LoyaltyUser{{
		ID: "61001", FirstName: "Mia", LastName: "Claes", Email: "mia@example.com", Phone: "32470000001", Points: 12, Voided: true,
		Created: time.Date(2026, 3, 4, 8, 15, 0, 0, time.UTC), Extra: map[string]string{"city": "Gent"},
	}}
	for name, user := range map[string]string{
		"as in v4": `{"id":61001,"first_name":"Mia","last_name":"Claes","email":"mia@example.com","phone":"32470000001","points":12,` +
			`"voided":true,"created_at":"2026-03-04T08:15:00Z","city":"Gent","zip":""}`,
		"numbers as text": `{"ID":"61001","firstname":"Mia","lastname":"Claes","mail":"mia@example.com","phone_number":32470000001,` +
			`"amount_of_points":"12.00","voided":"1","registration_date":"2026-03-04 08:15:00","City":"Gent"}`,
	} {
		body := `{` + okStatus + `,"user":[` + user + `]}`
		got, err := serve(t, answers(http.StatusOK, body)).LoyaltyUsers(t.Context(), "loy_1")
		if len(got) == 1 && got[0].Extra["City"] != "" {
			got[0].Extra = map[string]string{"city": got[0].Extra["City"]}
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: LoyaltyUsers: %v, difference (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestLoyalty_points(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	users, err := c.LoyaltyUsers(t.Context(), "loy_480012")
	if err != nil || len(users) != 640 || users[0].Voided {
		t.Fatalf("%d users, %v", len(users), err)
	}
	update := coupontools.LoyaltyUserUpdate{Card: "loy_480012", User: users[0].ID, Points: 7}
	for i := 1; i <= 2; i++ {
		if got, err := c.UpdateLoyaltyUser(t.Context(), update); err != nil || got != users[0].Points+7*i {
			t.Errorf("points %d, %v, want %d", got, err, users[0].Points+7*i)
		}
	}
	for name, wrong := range map[string]coupontools.LoyaltyUserUpdate{
		"stamps for points": {Card: update.Card, User: update.User, Stamps: 1},
		"too many off":      {Card: update.Card, User: update.User, Points: -100_000},
		"nothing":           {Card: update.Card, User: update.User},
	} {
		if _, err := c.UpdateLoyaltyUser(t.Context(), wrong); classOf(err) != coupontools.Refused {
			t.Errorf("%s: %v, want class Refused", name, err)
		}
	}
	void := coupontools.LoyaltyUserUpdate{Card: update.Card, User: update.User, Voided: new(true)}
	if _, err := c.UpdateLoyaltyUser(t.Context(), void); err != nil {
		t.Error(err)
	}
	for name, u := range map[string]coupontools.LoyaltyUserUpdate{"voided again": void, "points on a voided card": update} {
		if _, err := c.UpdateLoyaltyUser(t.Context(), u); classOf(err) != coupontools.Refused {
			t.Errorf("%s: %v, want class Refused", name, err)
		}
	}
	update.User = "lus_1"
	if _, err := c.UpdateLoyaltyUser(t.Context(), update); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown user gives %v", err)
	}
}

func TestLoyaltyV4(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	made, err := c.CopyLoyaltyCardV4(t.Context(), "loy_480012", "A copy")
	if err != nil || made.Name != "A copy" || made.Type != "membership" {
		t.Fatalf("CopyLoyaltyCardV4 = %+v, %v", made, err)
	}
	one, err := c.CreateLoyaltyUserV4(t.Context(), made.ID, coupontools.LoyaltyUserV4Fields{FirstName: "Mia", Custom: [8]string{7: "last"}})
	if err != nil || one == "" {
		t.Fatal(one, err)
	}
	more, err := c.CreateLoyaltyUsersV4(t.Context(), made.ID, []coupontools.LoyaltyUserV4Fields{{Email: "a@example.com"}, {City: "Gent"}})
	if err != nil || len(more) != 2 {
		t.Fatal(more, err)
	}
	users, err := c.LoyaltyUsers(t.Context(), made.ID)
	if err != nil || len(users) != 3 || users[0].FirstName != "Mia" {
		t.Errorf("LoyaltyUsers = %+v, %v, want 3", users, err)
	}
	if err := c.LinkLoyaltyUser(t.Context(), "loy_480018", "lus_1"); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown user gives %v, want ErrNotFound", err)
	}
	if _, err := c.CreateLoyaltyUserV4(t.Context(), "../../x", coupontools.LoyaltyUserV4Fields{}); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("no number gives %v, want ErrNotFound", err)
	}
	if _, err := c.CopyLoyaltyCardV4(t.Context(), made.ID, string(make([]rune, 51))); classOf(err) != coupontools.Refused {
		t.Errorf("a long name gives %v", err)
	}
}

// second drops the first of two results.
func second[T any](_ T, err error) error { return err }
