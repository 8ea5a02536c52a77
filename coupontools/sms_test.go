package coupontools_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestSMSGroups(t *testing.T) {
	t.Parallel()
	want := []coupontools.SMSGroup{{ID: "gro_90011", Name: "Keyword shoes"}, {ID: "gro_2", Name: "gro_2"}}
	const a, b = `{"ID":"gro_90011","name":"Keyword shoes"}`, `{"id":2,"name":null}`
	for name, body := range map[string]string{
		"as documented":     `{"status":{"status":"OK"},"amount_of_groups":2,"group":[` + a + `,` + b + `]}`,
		"plural":            `{"status":{"status":"OK"},"amount_of_groups":"2","groups":[` + a + `,` + b + `]}`,
		"numbers for names": `{"status":{"status":"OK"},"group":{"1":` + a + `,"0":` + b + `}}`,
		"ids for names":     `{"status":{"status":"OK"},"group":{"gro_90011":` + a + `,"gro_2":` + b + `}}`,
		"a bare array":      `[` + a + `,` + b + `]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got request
			c := serve(t, recording(&got, body))
			list, err := c.SMSGroups(t.Context())
			if diff := cmp.Diff(want, list); err != nil || diff != "" {
				t.Errorf("SMSGroups: %v, difference (-want +got):\n%s", err, diff)
			}
			if got.Path != "/v3/smstool/grouplist" || got.Body != "[]" {
				t.Errorf("request = %s %s", got.Path, got.Body)
			}
		})
	}
}

func TestSMSContacts(t *testing.T) {
	t.Parallel()
	const contacts = `[{"ID":"con_70001","phone":"32470000001","first_name":"Mia","last_name":"Claes","unsubscribed":"0"},` +
		`{"ID":"con_70002","phone":32470000002,"unsubscribed":"1","unsubscribedate":"05/02/2020 10:30 UTC"},` +
		`{"id":70003,"phone":"32470000003","unsubscribed":true}]`
	want := []coupontools.SMSContact{
		{ID: "con_70001", Phone: "32470000001", FirstName: "Mia", LastName: "Claes"},
		{
			ID: "con_70002", Phone: "32470000002", Unsubscribed: true,
			UnsubscribedAt: time.Date(2020, 2, 5, 10, 30, 0, 0, time.UTC),
		},
		{ID: "con_70003", Phone: "32470000003", Unsubscribed: true},
	}
	var got request
	c := serve(t, recording(&got, `{"status":{"status":"OK"},"group_id":"gro_1","group_name":"A","amount_of_contacts":"3",`+
		`"contact":`+contacts+`}`))

	list, err := c.SMSContacts(t.Context(), "1")

	if diff := cmp.Diff(want, list); err != nil || diff != "" {
		t.Errorf("SMSContacts: %v, difference (-want +got):\n%s", err, diff)
	}
	if got.Path != "/v3/smstool/userlist" || got.Body != `{"smsgroup":"gro_1"}` {
		t.Errorf("request = %s %s", got.Path, got.Body)
	}
}

func TestSMSContacts_none(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"status":{"status":"OK"},"group_id":"gro_1","group_name":"A","amount_of_contacts":"0","contact":[]}`,
		`{"status":{"status":"OK"},"group_id":"gro_1","group_name":"A","amount_of_contacts":"0"}`,
	} {
		if got, err := serve(t, answers(http.StatusOK, body)).SMSContacts(t.Context(), "gro_1"); err != nil || len(got) != 0 {
			t.Errorf("%s gives %v, %v, want none", body, got, err)
		}
	}
	if _, err := serve(t, answers(http.StatusOK, `{"status":{"status":"OK"},"people":[{"phone":"32470000001"}]}`)).
		SMSContacts(t.Context(), "gro_1"); err == nil || strings.Contains(err.Error(), "32470") {
		t.Errorf("another shape gives %v, want an error without a number", err)
	}
}

// Nobody who may have unsubscribed counts as somebody who has not, whatever the answer looks like.
func TestSMSContacts_inDoubt(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]bool{
		`"1"`: true, `1`: true, `1.0`: true, `true`: true, `"Yes"`: true, `"Y"`: true, `"unsubscribed"`: true, `{"at":"05/02/2020"}`: true,
		`"0"`: false, `0`: false, `false`: false, `"No"`: false, `""`: false, `null`: false,
		`"","unsubscribedate":"05/02/2020 10:30 UTC"`: true, `"0","unsubscribedate":""`: false,
	} {
		body := `{"status":{"status":"OK"},"contact":[{"ID":"con_1","phone":"32470000001","unsubscribed":` + said + `}]}`
		got, err := serve(t, answers(http.StatusOK, body)).SMSContacts(t.Context(), "gro_1")
		if err != nil || len(got) != 1 || got[0].Unsubscribed != want {
			t.Errorf("unsubscribed: %s gives %v, %v, want %v", said, got, err, want)
		}
	}
	const one = `[{"ID":"con_1","phone":"32470000001","unsubscribed":"0"}]`
	for name, body := range map[string]string{
		"without a word on it": `{"status":{"status":"OK"},"contact":[{"ID":"con_1","phone":"32470000001","opted_out":"1"}]}`,
		"of which some miss":   `{"status":{"status":"OK"},"amount_of_contacts":"2","contact":` + one + `}`,
		"that is nothing":      `{"status":{"status":"OK"},"amount_of_contacts":"2","contact":null}`,
	} {
		if got, err := serve(t, answers(http.StatusOK, body)).SMSContacts(t.Context(), "gro_1"); err == nil {
			t.Errorf("a list %s gives %v, want an error", name, got)
		}
	}
	body := `{"status":{"status":"OK"},"amount_of_groups":"2","group":[{"ID":"gro_1","name":"A"}]}`
	if got, err := serve(t, answers(http.StatusOK, body)).SMSGroups(t.Context()); err == nil {
		t.Errorf("a list of groups of which one misses gives %v, want an error", got)
	}
}

func TestSMS_sandbox(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	groups, err := c.SMSGroups(t.Context())
	if err != nil || len(groups) != 4 || groups[0].Name != "Keyword shoes" {
		t.Fatalf("SMSGroups = %v, %v", groups, err)
	}
	contacts, err := c.SMSContacts(t.Context(), groups[0].ID)
	gone := 0
	for _, p := range contacts {
		if p.Unsubscribed != !p.UnsubscribedAt.IsZero() || p.Phone == "" {
			t.Errorf("%s: unsubscribed %v since %v", p.ID, p.Unsubscribed, p.UnsubscribedAt)
		}
		if p.Unsubscribed {
			gone++
		}
	}
	if err != nil || len(contacts) != 24 || gone != 2 {
		t.Errorf("SMSContacts = %d with %d unsubscribed, %v, want 24 with 2", len(contacts), gone, err)
	}

	own := s.SetSMSGroup("Own", sandbox.SMSContact{Phone: "+32470000001", FirstName: "Mia"})
	contacts, err = c.SMSContacts(t.Context(), own)
	if err != nil || len(contacts) != 1 || contacts[0].Phone != "32470000001" {
		t.Errorf("SMSContacts = %v, %v, want the one that was set", contacts, err)
	}
	if _, err := c.SMSContacts(t.Context(), "gro_1"); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("an unknown group gives %v", err)
	}
	if _, err := c.SMSContacts(t.Context(), "Keyword shoes"); !errors.Is(err, coupontools.ErrNotFound) {
		t.Errorf("a name gives %v", err)
	}
	s.SetQuirks(sandbox.Quirks{NoSMS: true})
	if _, err := c.SMSGroups(t.Context()); classOf(err) != coupontools.AccountRefused {
		t.Errorf("without an SMS service: %v, want class AccountRefused", err)
	}
}

func TestSMSContacts_tenThousand(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	many := make([]sandbox.SMSContact, 10_000)
	for i := range many {
		many[i] = sandbox.SMSContact{Phone: fmt.Sprintf("+324700%05d", i)}
	}
	got, err := c.SMSContacts(t.Context(), s.SetSMSGroup("All", many...))
	if err != nil || len(got) != 10_000 {
		t.Errorf("SMSContacts = %d, %v, want 10,000", len(got), err)
	}
}

func TestAddSMSContact(t *testing.T) {
	t.Parallel()
	_, c := against(t)
	group, err := c.AddSMSGroup(t.Context(), "New")
	if err != nil || !strings.HasPrefix(group, "gro_") {
		t.Fatal(group, err)
	}
	id, err := c.AddSMSContact(t.Context(), coupontools.SMSContactAdd{
		Group: group, Phone: "+32470000001", FirstName: "Mia", Birthday: time.Date(1990, 2, 3, 0, 0, 0, 0, time.UTC),
		CustomFields: [7]string{"a"},
	})
	if err != nil {
		t.Fatal(err)
	}
	contacts, err := c.SMSContacts(t.Context(), group)
	want := []coupontools.SMSContact{{ID: id, Phone: "32470000001", FirstName: "Mia"}}
	if diff := cmp.Diff(want, contacts); err != nil || diff != "" {
		t.Errorf("SMSContacts: %v, difference (-want +got):\n%s", err, diff)
	}
}

func TestEmailGroups(t *testing.T) {
	t.Parallel()
	s, c := against(t)
	groups, err := c.EmailGroups(t.Context())
	if err != nil || len(groups) != 3 || groups[0].Name != "Newsletter" {
		t.Errorf("EmailGroups = %v, %v", groups, err)
	}
	s.SetQuirks(sandbox.Quirks{NoEmail: true})
	if _, err := c.EmailGroups(t.Context()); classOf(err) != coupontools.AccountRefused {
		t.Errorf("without e-mail: %v, want class AccountRefused", err)
	}
}
