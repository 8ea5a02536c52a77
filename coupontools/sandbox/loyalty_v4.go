package sandbox

import (
	"encoding/json"
	"math/rand/v2"
)

// The loyalty card routes in the resource style. The copy is documented; of the others the methods, paths and parameters
// are.
var loyaltyV4Routes = map[string]route{
	"POST /v4/loyalty/loyalty-cards/{card}/copy":       {[]string{"name"}, (*Server).copyCardV4},
	"POST /v4/loyalty/loyalty-cards/{card}/stats":      {holderFieldsV4, (*Server).createHolderV4},
	"POST /v4/loyalty/loyalty-cards/{card}/stats/bulk": {[]string{"[]"}, (*Server).createHoldersV4},
}

// holderFieldsV4 are the editable fields of a person.
var holderFieldsV4 = []string{
	"first_name", "last_name", "address", "zip", "city", "phone", "email", "custom_1", "custom_2", "custom_3", "custom_4",
	"custom_5", "custom_6", "custom_7", "custom_8",
}

func (c *card) objectV4() object {
	return object{"id": c.number, "code": c.code, "name": c.name, "domain": "save2wallet.example", "type": c.kind}
}

// cardOf finds the card in the path.
func (s *Server) cardOf(p params) (*card, *failure) {
	c := s.loyalty.byID["loy_"+p["{card}"]]
	if c == nil {
		return nil, notThere()
	}
	return c, nil
}

func (s *Server) copyCardV4(p params) (reply, *failure) {
	c, f := s.cardOf(p)
	if f = first(f, p.atMost(50, "name")); f != nil {
		return reply{}, f
	}
	made := &card{number: 480_012 + len(s.loyalty.cards), name: p["name"], kind: c.kind, status: "active", filled: true}
	if made.name == "" {
		made.name = c.name + " (copy)"
	}
	s.addCard(made, newShortCode(rand.New(rand.NewPCG(s.seed, uint64(made.number))), 6))
	return reply{bare: made.objectV4()}, nil
}

func (h *held) objectV4() object {
	o := object{"id": h.number, "points": h.points, "voided": h.voided, "created_at": h.created}
	for _, name := range holderFieldsV4 {
		o[name] = h.fields[name]
	}
	return o
}

func (s *Server) createHolderV4(p params) (reply, *failure) {
	c, f := s.cardOf(p)
	if f != nil {
		return reply{}, f
	}
	if p["email"] != "" {
		if f := checkAddress(p["email"]); f != nil {
			return reply{}, f
		}
	}
	return reply{bare: s.issueCard(c, p).objectV4()}, nil
}

// issueCard gives a new person a card.
func (s *Server) issueCard(c *card, fields map[string]string) *held {
	s.holdersOf(c)
	h := &held{holder: s.addHolder(fields), created: now().Format(dateTime)}
	c.holders = append(c.holders, h)
	return h
}

func (s *Server) createHoldersV4(p params) (reply, *failure) {
	c, f := s.cardOf(p)
	if f != nil {
		return reply{}, f
	}
	var people []map[string]string
	if err := json.Unmarshal([]byte(p["[]"]), &people); err != nil || len(people) == 0 {
		return reply{}, unprocessable(codeBadValue, "The body is no list of users.")
	}
	list := make([]object, 0, len(people))
	for _, fields := range people {
		if unknown := params(fields).unknown(holderFieldsV4); len(unknown) > 0 {
			return reply{}, unprocessable(codeBadValue, unknown[0])
		}
		list = append(list, s.issueCard(c, fields).objectV4())
	}
	return reply{bare: list}, nil
}
