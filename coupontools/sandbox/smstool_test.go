package sandbox_test

import (
	"testing"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

const (
	smsGroups   = "/v3/smstool/grouplist"
	smsContacts = "/v3/smstool/userlist"
)

func TestSMSGroups(t *testing.T) {
	t.Parallel()
	s := serve(t)
	r := s.wantOK(t, smsGroups, nil)
	if r.at(t, "amount_of_groups") != 4.0 || r.at(t, "group", 0, "ID") != "gro_90011" || r.at(t, "group", 0, "name") != "Keyword shoes" {
		t.Errorf("groups %s", r.body)
	}
	r = s.wantOK(t, smsContacts, p{"smsgroup": "gro_90011"})
	if r.at(t, "amount_of_contacts") != "24" || r.at(t, "group_name") != "Keyword shoes" {
		t.Errorf("contacts %.200s", r.body)
	}
	if r.at(t, "contact", 0, "unsubscribed") != "0" || r.at(t, "contact", 8, "unsubscribed") != "1" {
		t.Errorf("flags of contacts 0 and 8 in %s", r.body)
	}
	if r.at(t, "contact", 8, "unsubscribedate") != "31/10/2026 10:04 UTC" {
		t.Errorf("unsubscribed at %v", r.at(t, "contact", 8, "unsubscribedate"))
	}
	if r := s.wantOK(t, smsContacts, p{"smsgroup": 90014}); r.at(t, "amount_of_contacts") != "0" {
		t.Errorf("the group of nobody has %s", r.body)
	}
}

func TestSMSGroups_refused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	wantCodes(t, s.call(t, smsContacts, nil), 422, 200)
	wantCodes(t, s.call(t, smsContacts, p{"smsgroup": "gro_x"}), 422, 301)
	wantCodes(t, s.call(t, smsContacts, p{"smsgroup": "gro_1"}), 422, 514)
	s.SetQuirks(sandbox.Quirks{NoSMS: true})
	wantCodes(t, s.call(t, smsGroups, nil), 422, 103)
	wantCodes(t, s.call(t, smsContacts, p{"smsgroup": "gro_90011"}), 422, 103)
}

func TestSetSMSGroup(t *testing.T) {
	t.Parallel()
	s := serve(t)
	own := s.SetSMSGroup("Own", sandbox.SMSContact{Phone: "+32470000001", FirstName: "Mia", Unsubscribed: true})
	r := s.wantOK(t, smsContacts, p{"smsgroup": own})
	if r.at(t, "contact", 0, "phone") != "32470000001" || r.at(t, "contact", 0, "unsubscribed") != "1" {
		t.Errorf("contacts %s", r.body)
	}
	if again := s.SetSMSGroup("Own"); again != own {
		t.Errorf("the same name gives %s and %s", own, again)
	}
	if r := s.wantOK(t, smsContacts, p{"smsgroup": own}); r.at(t, "amount_of_contacts") != "0" {
		t.Errorf("emptied, it has %s", r.body)
	}
}

func TestSMSGroups_new(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.wantOK(t, "/v3/smstool/addgroup", p{"group_name": "New"}).at(t, "group", "ID")
	s.wantOK(t, "/v3/smstool/addcontact", p{"smsgroup": id, "phone": "+32470000001", "first_name": "Mia", "customfield7": "x"})
	if r := s.wantOK(t, smsContacts, p{"smsgroup": id}); r.at(t, "contact", 0, "phone") != "32470000001" || r.at(t, "amount_of_contacts") != "1" {
		t.Errorf("contacts %s", r.body)
	}
	for name, tt := range map[string]struct {
		params p
		codes  []float64
	}{
		"without anything": {nil, []float64{200, 200}},
		"without plus":     {p{"smsgroup": id, "phone": "32470000001"}, []float64{301}},
		"a bad birthday":   {p{"smsgroup": id, "phone": "+32470000001", "birthday": "3/2/1990"}, []float64{303}},
		"unknown group":    {p{"smsgroup": "gro_1", "phone": "+32470000001"}, []float64{514}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCodes(t, s.call(t, "/v3/smstool/addcontact", tt.params), 422, tt.codes...)
		})
	}
	wantCodes(t, s.call(t, "/v3/smstool/addgroup", nil), 422, 200)
}

func TestEmailGroups(t *testing.T) {
	t.Parallel()
	s := serve(t)
	if r := s.wantOK(t, "/v3/emailtool/grouplist", nil); r.at(t, "amount_of_groups") != 3.0 || r.at(t, "group", 0, "name") != "Newsletter" {
		t.Errorf("groups %s", r.body)
	}
	s.SetQuirks(sandbox.Quirks{NoEmail: true})
	wantCodes(t, s.call(t, "/v3/emailtool/grouplist", nil), 422, 103)
}
