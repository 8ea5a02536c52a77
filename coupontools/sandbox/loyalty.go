package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// loyalty are the cards and their users.
type loyalty struct {
	cards []*card
	byID  map[string]*card
	// people are the users created so far, by id.
	people map[string]*holder
	made   int
}

// knownCards are loyalty cards like customers' own.
var knownCards = []struct {
	name, kind, status string
	size               int // number of users
}{
	{"Club card", "membership", "active", 640},
	{"Koffiekaart", "stamp", "active", 212},
	{"Carte de fidélité Liège", "membership", "active", 95},
	{"Bäcker-Bonus", "stamp", "active", 37},
	{"VIP Gold", "membership", "active", 8},
	{"Old stamp card", "stamp", "inactive", 14},
	{"New card", "stamp", "active", 0},
}

type card struct {
	number                       int
	id, code, name, kind, status string
	size                         int
	holders                      []*held // created on first use, oldest first
	filled                       bool
}

// holder is a person known to the loyalty cards.
type holder struct {
	number int
	fields map[string]string
}

// held is one person's card.
type held struct {
	*holder
	points  int
	voided  bool
	created string
}

// stamp reports whether the card has stamps instead of points.
func (c *card) stamp() bool { return c.kind == "stamp" }

func (s *Server) fillLoyalty(set settings) {
	dice := rand.New(rand.NewPCG(s.seed, 3))
	s.loyalty = loyalty{byID: map[string]*card{}, people: map[string]*holder{}, made: 61_000}
	for i := range max(len(knownCards), set.bulk) {
		c := &card{number: 480_012 + i, name: fmt.Sprintf("Card %d", i), kind: "stamp", status: "active", size: i % 5}
		if i < len(knownCards) {
			k := knownCards[i]
			c.name, c.kind, c.status, c.size = k.name, k.kind, k.status, k.size
		}
		if i == 0 {
			c.size = max(c.size, set.bulk)
		}
		s.addCard(c, newShortCode(dice, 6))
	}
}

func (s *Server) addCard(c *card, code string) {
	c.id, c.code = fmt.Sprintf("loy_%d", c.number), code
	s.loyalty.cards = append(s.loyalty.cards, c)
	s.loyalty.byID[c.id] = c
}

// holdersOf returns the users of a card.
func (s *Server) holdersOf(c *card) []*held {
	if c.filled {
		return c.holders
	}
	c.filled = true
	dice := rand.New(rand.NewPCG(s.seed, uint64(c.number)))
	for i := range c.size {
		one, two := s.names.person(dice)
		h := s.addHolder(map[string]string{
			"first_name": one.shown, "last_name": two.shown, "phone": newPhone(dice, i),
			"email": one.plain + "." + two.plain + strconv.Itoa(i) + "@example.org",
		})
		most := 400
		if c.stamp() {
			most = 10
		}
		age := time.Duration(c.size-i) * 5 * time.Hour
		c.holders = append(c.holders, &held{
			holder: h, points: dice.IntN(most), voided: i%23 == 22, created: newestUser.Add(-age).Format(dateTime),
		})
	}
	return c.holders
}

func (s *Server) addHolder(fields map[string]string) *holder {
	s.loyalty.made++
	h := &holder{number: s.loyalty.made, fields: fields}
	s.loyalty.people[h.id()] = h
	return h
}

func (h *holder) id() string { return fmt.Sprintf("lus_%d", h.number) }

// The loyalty card routes of v3. Paths and parameters are documented, except for push messages; the answers are assumed.
var loyaltyRoutes = map[string]route{
	"POST /v3/loyalty/list":        {[]string{"only_active", "sorting"}, (*Server).listCards},
	"POST /v3/loyalty/info":        {[]string{"loyaltycard"}, (*Server).cardInfo},
	"POST /v3/loyaltyusers/list":   {[]string{"loyaltycard"}, (*Server).listHolders},
	"POST /v3/loyaltyusers/link":   {[]string{"loyaltycard", "user"}, (*Server).linkHolder},
	"POST /v3/loyaltyusers/update": {[]string{"loyaltycard", "user", "points", "stamps", "void"}, (*Server).updateHolder},
	"POST /v3/loyalty/pushnotification/single": {
		[]string{"loyaltycard", "user", "message"}, (*Server).pushHolder,
	},
	"POST /v3/loyalty/pushnotification/all": {[]string{"loyaltycard", "message"}, (*Server).pushCard},
}

func (c *card) object() object {
	return object{
		"ID": c.id, "code": c.code, "name": c.name, "url": "https://save2wallet.example/" + c.code, "type": c.kind, "status": c.status,
	}
}

func (s *Server) listCards(p params) (reply, *failure) {
	if f := first(p.boolean("only_active"), p.oneOf("sorting", "asc", "desc")); f != nil {
		return reply{}, f
	}
	list := []object{}
	for _, c := range s.loyalty.cards {
		if !p.yes("only_active") || c.status == "active" {
			list = append(list, c.object())
		}
	}
	if p["sorting"] == "desc" {
		slices.Reverse(list)
	}
	return reply{list: "loyaltycard", fields: object{"amount_of_loyaltycards": len(list), "loyaltycard": list}}, nil
}

func (s *Server) cardInfo(p params) (reply, *failure) {
	c, f := s.card(p, codeCardInfoNotFound)
	if f != nil {
		return reply{}, f
	}
	return reply{fields: object{"loyaltycard": c.object()}}, nil
}

// card finds the card that the parameter names. The code for an unknown card differs by route.
func (s *Server) card(p params, unknown int) (*card, *failure) {
	if f := first(p.require("loyaltycard"), p.numeric("loyaltycard", "loy_")); f != nil {
		return nil, f
	}
	c := s.loyalty.byID[prefixed("loy_", p["loyaltycard"])]
	if c == nil {
		return nil, unprocessable(unknown, "Loyalty card not found.")
	}
	return c, nil
}

// held finds the user's card that the parameters name.
func (s *Server) held(p params) (*card, *held, *failure) {
	c, f := s.card(p, codeCardNotFound)
	if f = first(p.require("loyaltycard", "user"), f, p.numeric("user", "lus_")); f != nil {
		return nil, nil, f
	}
	if h := s.find(c, prefixed("lus_", p["user"])); h != nil {
		return c, h, nil
	}
	return nil, nil, unprocessable(codeCardNotFound, "User not found.")
}

func (s *Server) find(c *card, id string) *held {
	holders := s.holdersOf(c)
	i := slices.IndexFunc(holders, func(h *held) bool { return h.id() == id })
	if i < 0 {
		return nil
	}
	return holders[i]
}

func (h *held) object() object {
	return object{
		"ID": h.id(), "first_name": h.fields["first_name"], "last_name": h.fields["last_name"], "email": h.fields["email"],
		"phone": h.fields["phone"], "points": h.points, "voided": flag(h.voided),
	}
}

func (s *Server) listHolders(p params) (reply, *failure) {
	c, f := s.card(p, codeCardNotFound)
	if f != nil {
		return reply{}, f
	}
	list := []object{}
	for _, h := range s.holdersOf(c) {
		list = append(list, h.object())
	}
	return reply{list: "user", fields: object{"loyaltycard": c.id, "amount_of_users": len(list), "user": list}}, nil
}

func (s *Server) linkHolder(p params) (reply, *failure) {
	c, f := s.card(p, codeCardNotFound)
	if f = first(p.require("loyaltycard", "user"), f, p.numeric("user", "lus_")); f != nil {
		return reply{}, f
	}
	id := prefixed("lus_", p["user"])
	h := s.loyalty.people[id]
	if h == nil {
		return reply{}, unprocessable(codeCardNotFound, "User not found.")
	}
	if s.find(c, id) == nil {
		c.holders = append(c.holders, &held{holder: h, created: now().Format(dateTime)})
	}
	return reply{fields: object{"loyaltycard": c.id, "user": id}}, nil
}

func (s *Server) updateHolder(p params) (reply, *failure) {
	c, h, f := s.held(p)
	if f != nil {
		return reply{}, f
	}
	if f := h.change(c, p); f != nil {
		return reply{}, f
	}
	return reply{fields: object{"loyaltycard": c.id, "user": h.id(), "points": h.points}}, nil
}

// change adds points or stamps, or voids the card.
func (h *held) change(c *card, p params) *failure {
	points, badPoints := p.whole("points")
	stamps, badStamps := p.whole("stamps")
	if f := first(badPoints, badStamps, p.boolean("void")); f != nil {
		return f
	}
	switch {
	case p.yes("void") && h.voided:
		return unprocessable(codeBadValue, "The card is voided already.")
	case h.voided && p["void"] == "":
		return unprocessable(codeBadValue, "The card is voided.")
	case c.stamp() && points != 0 || !c.stamp() && stamps != 0:
		return unprocessable(codeBadValue, "The card is of another type.")
	case h.points+points+stamps < 0:
		return unprocessable(codeBadValue, "There are not so many points.")
	}
	h.points += points + stamps
	if p["void"] != "" {
		h.voided = p.yes("void")
	}
	return nil
}

// whole returns a whole number, 0 if the parameter is missing.
func (p params) whole(name string) (int, *failure) {
	if p[name] == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(p[name])
	if err != nil || n > 1_000_000_000 || n < -1_000_000_000 {
		return 0, invalidCharacter(name)
	}
	return n, nil
}

// pushHolder is POST /v3/loyalty/pushnotification/single. All of it is assumed.
func (s *Server) pushHolder(p params) (reply, *failure) {
	c, h, f := s.held(p)
	if f = first(p.require("loyaltycard", "user", "message"), f); f != nil {
		return reply{}, beside(f)
	}
	s.record.send(Message{Kind: "push", LoyaltyCard: c.id, To: h.id(), Body: p["message"]})
	return reply{fields: object{}}, nil
}

// pushCard is POST /v3/loyalty/pushnotification/all. All of it is assumed.
func (s *Server) pushCard(p params) (reply, *failure) {
	c, f := s.card(p, codeCardNotFound)
	if f = first(p.require("loyaltycard", "message"), f); f != nil {
		return reply{}, beside(f)
	}
	s.record.send(Message{Kind: "push", LoyaltyCard: c.id, Body: p["message"]})
	return reply{fields: object{}}, nil
}
