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
			got, err = c.LoyaltyCardsV4(t.Context())
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("LoyaltyCardsV4: %v, difference (-want +got):\n%s", err, diff)
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

// Of what a person searches for, the longest part that the API takes is sent.
func TestSearchLoyaltyUsers_words(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mia.peeters": "peeters", "+32 470 000 001": "470", "Zoë Müller-Groß": "ller-Gro", "  mia@example.com": "mia@example", "ab": "", "..": "",
	} {
		var got request
		c := serve(t, recording(&got, `{`+okStatus+`,"user":[]}`))
		_, err := c.SearchLoyaltyUsers(t.Context(), "loy_1", text)
		if want == "" {
			if classOf(err) != coupontools.Refused || got.Path != "" {
				t.Errorf("%q gives %v and the call %s", text, err, got.Path)
			}
			continue
		}
		if err != nil || !sameJSON(t, got.Body, `{"loyaltycard":"loy_1","search":"`+want+`"}`) {
			t.Errorf("%q: request %s, %v, want %s", text, got.Body, err, want)
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

func TestLoyalty_createAndLink(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	id, err := c.CreateLoyaltyUser(t.Context(), coupontools.LoyaltyUserCreate{Email: "new@example.com", Password: "hush", FirstName: "Noa"})
	if err != nil || id == "" {
		t.Fatal(id, err)
	}
	if found, err := c.SearchLoyaltyUsers(t.Context(), "loy_480018", id); err != nil || len(found) != 0 {
		t.Errorf("before it is linked: %v, %v", found, err)
	}
	if err := c.LinkLoyaltyUser(t.Context(), "loy_480018", id); err != nil {
		t.Error(err)
	}
	found, err := c.SearchLoyaltyUsers(t.Context(), "loy_480018", "new@example")
	if err != nil || len(found) != 1 || found[0].ID != id || found[0].FirstName != "Noa" {
		t.Errorf("found %+v, %v", found, err)
	}
	if err := c.LinkLoyaltyUser(t.Context(), "loy_480018", "lus_1"); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown user gives %v", err)
	}
	for name, u := range map[string]coupontools.LoyaltyUserCreate{
		"no password": {Email: "new@example.com"}, "no address": {Password: "x"}, "two addresses": {Email: "a@b.c,d@e.f", Password: "x"},
	} {
		if _, err := c.CreateLoyaltyUser(t.Context(), u); classOf(err) != coupontools.Refused {
			t.Errorf("%s: %v", name, err)
		}
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
	points, err := c.UpdateLoyaltyUserV4(t.Context(), coupontools.LoyaltyUserV4Update{
		LoyaltyUserUpdate:   coupontools.LoyaltyUserUpdate{Card: made.ID, User: more[0], Points: 3, Voided: new(true)},
		LoyaltyUserV4Fields: coupontools.LoyaltyUserV4Fields{FirstName: "Ada"},
	})
	if err != nil || points != 3 {
		t.Errorf("UpdateLoyaltyUserV4 = %d, %v, want 3", points, err)
	}
	for _, voided := range []bool{false, true} {
		users, err := c.LoyaltyUsersV4(t.Context(), coupontools.LoyaltyUsersV4Options{Card: made.ID, Voided: voided})
		if want := map[bool]int{false: 2, true: 3}[voided]; err != nil || len(users) != want {
			t.Errorf("voided %v: %d users, %v, want %d", voided, len(users), err, want)
		}
	}
	user, err := c.LoyaltyUserV4(t.Context(), made.ID, more[0])
	if err != nil || user.FirstName != "Ada" || user.Points != 3 || !user.Voided {
		t.Errorf("LoyaltyUserV4 = %+v, %v", user, err)
	}
	if user, err := c.LoyaltyUserV4(t.Context(), made.ID, one); err != nil || user.Extra["custom_8"] != "last" {
		t.Errorf("LoyaltyUserV4 = %+v, %v", user, err)
	}
	for name, err := range map[string]error{
		"unknown card": second(c.LoyaltyUsersV4(t.Context(), coupontools.LoyaltyUsersV4Options{Card: "1"})),
		"unknown user": second(c.LoyaltyUserV4(t.Context(), made.ID, "1")),
		"no number":    second(c.LoyaltyUserV4(t.Context(), made.ID, "../../x")),
	} {
		if !errors.Is(err, coupontools.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if _, err := c.CopyLoyaltyCardV4(t.Context(), made.ID, string(make([]rune, 51))); classOf(err) != coupontools.Refused {
		t.Errorf("a long name gives %v", err)
	}
}

// second drops the first of two results.
func second[T any](_ T, err error) error { return err }
