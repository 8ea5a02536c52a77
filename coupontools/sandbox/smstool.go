package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// SMSContact is a person in an SMS group.
type SMSContact struct {
	// Phone is the number in E.164. The API writes it without its plus.
	Phone               string
	FirstName, LastName string
	Unsubscribed        bool
}

type smsGroup struct {
	id, name string
	// size is how many contacts are created on first use.
	size     int
	number   int
	contacts []object
}

// knownSMSGroups are the initial groups. The last one is empty.
var knownSMSGroups = []struct {
	name string
	size int
}{{"Keyword shoes", 24}, {"Nieuwsbrief per sms", 140}, {"VIP customers", 6}, {"Summer party", 0}}

// fillSMSGroups creates the known groups, and more until there are atLeast.
func (s *Server) fillSMSGroups(atLeast int) {
	for _, g := range knownSMSGroups {
		s.addSMSGroup(g.name).size = g.size
	}
	for n := len(s.smsGroups); n < atLeast; n++ {
		s.addSMSGroup(fmt.Sprintf("Group %d", n)).size = n % 50
	}
}

func (s *Server) addSMSGroup(name string) *smsGroup {
	n := len(s.smsGroups)
	g := &smsGroup{id: fmt.Sprintf("gro_%d", 90_011+n), name: name, number: n}
	s.smsGroups = append(s.smsGroups, g)
	return g
}

// SetSMSGroup replaces the contacts of the SMS group with that name, creating it if needed. It returns its id.
func (s *Server) SetSMSGroup(name string, contacts ...SMSContact) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.smsGroups, func(g *smsGroup) bool { return g.name == name })
	if i < 0 {
		s.addSMSGroup(name)
		i = len(s.smsGroups) - 1
	}
	g := s.smsGroups[i]
	g.size, g.contacts = 0, nil
	for _, c := range contacts {
		g.add(c)
	}
	return g.id
}

// add adds a contact. The ids of a group's contacts begin with the group's number.
func (g *smsGroup) add(c SMSContact) {
	o := object{
		"ID": fmt.Sprintf("con_%d", 1_000_000*(g.number+1)+len(g.contacts)), "phone": strings.TrimPrefix(c.Phone, "+"),
		"first_name": c.FirstName, "last_name": c.LastName, "unsubscribed": flag(c.Unsubscribed),
	}
	if c.Unsubscribed {
		o["unsubscribedate"] = newestUser.Add(-time.Duration(len(g.contacts)) * time.Hour).Format("02/01/2006 15:04 UTC")
	}
	g.contacts = append(g.contacts, o)
}

// initialContacts returns the group's initial contacts. One in nine has unsubscribed.
func (g *smsGroup) initialContacts(names dataset, seed uint64) []object {
	if len(g.contacts) == 0 {
		dice := rand.New(rand.NewPCG(seed, uint64(500_000+g.number)))
		for i := range g.size {
			one, two := names.person(dice)
			g.add(SMSContact{
				Phone:     fmt.Sprintf("+3247001%d%03d", 2+g.number, i),
				FirstName: one.shown, LastName: two.shown, Unsubscribed: i%9 == 8,
			})
		}
	}
	return g.contacts
}

var smsRoutes = map[string]route{
	"POST /v3/smstool/grouplist": {nil, (*Server).listSMSGroups},
	"POST /v3/smstool/userlist":  {[]string{"smsgroup"}, (*Server).listSMSContacts},
	"POST /v3/smstool/addgroup":  {[]string{"group_name"}, (*Server).createSMSGroup},
	"POST /v3/smstool/addcontact": {
		append([]string{"smsgroup", "phone", "first_name", "last_name", "birthday"}, customFields...), (*Server).createSMSContact,
	},
	"POST /v3/emailtool/grouplist": {nil, (*Server).listEmailGroups},
}

// customFields are the names of the owner's custom fields.
var customFields = []string{
	"customfield1", "customfield2", "customfield3", "customfield4", "customfield5", "customfield6", "customfield7",
}

// listSMSGroups is POST /v3/smstool/grouplist. The answer is proven.
func (s *Server) listSMSGroups(params) (reply, *failure) {
	if f := s.smsService(); f != nil {
		return reply{}, f
	}
	list := make([]object, 0, len(s.smsGroups))
	for _, g := range s.smsGroups {
		list = append(list, object{"ID": g.id, "name": g.name})
	}
	return reply{list: "group", fields: object{"amount_of_groups": len(list), "group": list}}, nil
}

// listSMSContacts is POST /v3/smstool/userlist. The answer is proven; its amount is a text.
func (s *Server) listSMSContacts(p params) (reply, *failure) {
	if f := s.smsService(); f != nil {
		return reply{}, f
	}
	g, f := s.smsGroup(p)
	if f != nil {
		return reply{}, f
	}
	list := slices.Clone(g.initialContacts(s.names, s.seed))
	return reply{list: "contact", fields: object{
		"group_id": g.id, "group_name": g.name, "amount_of_contacts": fmt.Sprint(len(list)), "contact": list,
	}}, nil
}

// smsGroup finds the group that the parameter names.
func (s *Server) smsGroup(p params) (*smsGroup, *failure) {
	if f := first(p.require("smsgroup"), p.numeric("smsgroup", "gro_")); f != nil {
		return nil, f
	}
	id := prefixed("gro_", p["smsgroup"])
	i := slices.IndexFunc(s.smsGroups, func(g *smsGroup) bool { return g.id == id })
	if i < 0 {
		return nil, unprocessable(codeSMSGroupNotFound, "SMS group not found.")
	}
	return s.smsGroups[i], nil
}

// createSMSGroup is POST /v3/smstool/addgroup. The answer is assumed.
func (s *Server) createSMSGroup(p params) (reply, *failure) {
	if f := first(s.smsService(), p.require("group_name")); f != nil {
		return reply{}, f
	}
	g := s.addSMSGroup(p["group_name"])
	return reply{fields: object{"group": object{"ID": g.id, "name": g.name}}}, nil
}

// createSMSContact is POST /v3/smstool/addcontact. The answer is assumed.
func (s *Server) createSMSContact(p params) (reply, *failure) {
	if f := first(s.smsService(), p.require("phone", "smsgroup"), checkPhone(p["phone"]), p.date("birthday", time.DateOnly)); f != nil {
		return reply{}, f
	}
	g, f := s.smsGroup(p)
	if f != nil {
		return reply{}, f
	}
	g.initialContacts(s.names, s.seed)
	g.add(SMSContact{Phone: p["phone"], FirstName: p["first_name"], LastName: p["last_name"]})
	made := g.contacts[len(g.contacts)-1]
	return reply{fields: object{"group_id": g.id, "contact": object{
		"ID": made["ID"], "phone": made["phone"], "first_name": made["first_name"], "last_name": made["last_name"],
	}}}, nil
}

// knownEmailGroups are the e-mail groups.
var knownEmailGroups = []string{"Newsletter", "Klanten 2026", "VIP"}

// listEmailGroups is POST /v3/emailtool/grouplist. The answer is assumed; code 103 is listed for it.
func (s *Server) listEmailGroups(params) (reply, *failure) {
	if s.quirks.NoEmail {
		return reply{}, unprocessable(codeNoSMS, "No email integration is connected to this account.")
	}
	list := make([]object, 0, len(knownEmailGroups))
	for i, name := range knownEmailGroups {
		list = append(list, object{"ID": fmt.Sprintf("gro_%d", 95_001+i), "name": name})
	}
	return reply{list: "group", fields: object{"amount_of_groups": len(list), "group": list}}, nil
}

// smsService refuses a call if the account has no SMS service.
func (s *Server) smsService() *failure {
	if s.quirks.NoSMS {
		return unprocessable(codeNoSMS, "No SMS service is connected to this account.")
	}
	return nil
}
