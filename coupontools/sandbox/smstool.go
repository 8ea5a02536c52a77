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
	// size is how many contacts are made when they are first asked for.
	size     int
	number   int
	contacts []object
}

// knownSMSGroups are the groups that a service begins with. The last has nobody.
var knownSMSGroups = []struct {
	name string
	size int
}{{"Keyword shoes", 24}, {"Nieuwsbrief per sms", 140}, {"VIP customers", 6}, {"Summer party", 0}}

func (s *Server) fillSMSGroups() {
	for _, g := range knownSMSGroups {
		s.addSMSGroup(g.name).size = g.size
	}
}

func (s *Server) addSMSGroup(name string) *smsGroup {
	n := len(s.smsGroups)
	g := &smsGroup{id: fmt.Sprintf("gro_%d", 90_011+n), name: name, number: n}
	s.smsGroups = append(s.smsGroups, g)
	return g
}

// SetSMSGroup gives the SMS group of that name these contacts, and makes it first if there is none. It returns its id.
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

// add adds a contact to the group. The ids of a group's contacts begin with the group's number.
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

// people returns the group's contacts. One in nine has unsubscribed.
func (g *smsGroup) people(seed uint64) []object {
	if len(g.contacts) == 0 {
		dice := rand.New(rand.NewPCG(seed, uint64(500_000+g.number)))
		for i := range g.size {
			one, two := firstNames[dice.IntN(len(firstNames))], lastNames[dice.IntN(len(lastNames))]
			g.add(SMSContact{
				Phone:     fmt.Sprintf("+3247001%d%03d", 2+g.number, i),
				FirstName: one.shown, LastName: two.shown, Unsubscribed: i%9 == 8,
			})
		}
	}
	return g.contacts
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
	if f := first(s.smsService(), p.require("smsgroup"), p.numeric("smsgroup", "gro_")); f != nil {
		return reply{}, f
	}
	id := prefixed("gro_", p["smsgroup"])
	i := slices.IndexFunc(s.smsGroups, func(g *smsGroup) bool { return g.id == id })
	if i < 0 {
		return reply{}, unprocessable(codeSMSGroupNotFound, "SMS group not found.")
	}
	g := s.smsGroups[i]
	list := slices.Clone(g.people(s.seed))
	return reply{list: "contact", fields: object{
		"group_id": g.id, "group_name": g.name, "amount_of_contacts": fmt.Sprint(len(list)), "contact": list,
	}}, nil
}

// smsService refuses a call if the account has no SMS service.
func (s *Server) smsService() *failure {
	if s.quirks.NoSMS {
		return unprocessable(codeNoSMS, "No SMS service is connected to this account.")
	}
	return nil
}
