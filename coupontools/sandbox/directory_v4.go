package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The directory routes in the resource style. Methods, paths and parameters are documented; the answers are assumed.
var directoryV4Routes = map[string]route{
	"GET /v4/directory/{directory}/users":                  {nil, (*Server).listUsersV4},
	"GET /v4/directory/{directory}/users/{user}":           {nil, (*Server).userV4},
	"POST /v4/directory/{directory}/users":                 {newUserFields, (*Server).createUserV4},
	"POST /v4/directory/{directory}/users/{user}":          {[]string{"block"}, (*Server).blockUserV4},
	"POST /v4/directory/{directory}/users/{user}/access":   {[]string{"expires_at"}, (*Server).giveAccessV4},
	"DELETE /v4/directory/{directory}/users/{user}/access": {nil, (*Server).revokeAccessV4},
	"POST /v4/directory/{directory}/users/{user}/sso":      {nil, (*Server).signOnUserV4},
}

// userFields are a user's fields without the e-mail address.
var userFields = []string{
	"first_name", "last_name", "phone", "birth_date", "address", "zip", "city", "custom_1", "custom_2", "custom_3",
}

// newUserFields are the fields of a new user.
var newUserFields = append([]string{"email", "password"}, userFields...)

// numberOf returns the number of an id.
func numberOf(id string) int {
	n, err := strconv.Atoi(id[strings.LastIndexByte(id, '_')+1:])
	if err != nil {
		panic("sandbox: an id without a number: " + id)
	}
	return n
}

// directoryOf finds the directory in the path.
func (s *Server) directoryOf(p params) (*directory, *failure) {
	d := s.byID["dir_"+p["{directory}"]]
	if d == nil {
		return nil, notThere()
	}
	return d, nil
}

// userOf finds the directory and the user in the path.
func (s *Server) userOf(p params) (*directory, *user, *failure) {
	d, f := s.directoryOf(p)
	if f != nil {
		return nil, nil, f
	}
	id := "reg_" + p["{user}"]
	i := slices.IndexFunc(s.usersOf(d), func(u *user) bool { return u.id == id })
	if i < 0 {
		return nil, nil, notThere()
	}
	return d, d.users[i], nil
}

func (s *Server) listUsersV4(p params) (reply, *failure) {
	d, f := s.directoryOf(p)
	if f != nil {
		return reply{}, f
	}
	list := []object{}
	for _, u := range s.usersOf(d) {
		list = append(list, u.objectV4())
	}
	return reply{bare: list}, nil
}

func (u *user) objectV4() object {
	o := object{
		"id": numberOf(u.id), "email": u.email, "first_name": u.first, "last_name": u.last, "phone": u.phone,
		"blocked": u.blocked, "created_at": u.registered,
	}
	for _, name := range userFields[3:] {
		o[name] = u.more[name]
	}
	return o
}

func (s *Server) userV4(p params) (reply, *failure) {
	_, u, f := s.userOf(p)
	if f != nil {
		return reply{}, f
	}
	return reply{bare: u.objectV4()}, nil
}

func (s *Server) createUserV4(p params) (reply, *failure) {
	d, f := s.directoryOf(p)
	if f != nil {
		return reply{}, f
	}
	if f := first(p.require("email"), checkAddress(p["email"]), p.date("birth_date", time.DateOnly)); f != nil {
		return reply{}, f
	}
	people := s.usersOf(d)
	u := &user{
		id: fmt.Sprintf("reg_%d", 10_000*(700+d.number)+len(people)), email: p["email"], first: p["first_name"],
		last: p["last_name"], phone: p["phone"], registered: now().Format(dateTime), more: p,
	}
	if d.price != "" {
		u.payment = "pending"
	}
	d.users = append(d.users, u)
	return reply{bare: u.objectV4()}, nil
}

func (s *Server) blockUserV4(p params) (reply, *failure) {
	_, u, f := s.userOf(p)
	if f = first(f, p.boolean("block")); f != nil {
		return reply{}, f
	}
	if p["block"] != "" {
		u.blocked = p.yes("block")
	}
	return reply{bare: u.objectV4()}, nil
}

func (s *Server) giveAccessV4(p params) (reply, *failure) {
	_, u, f := s.userOf(p)
	if f = first(f, p.date("expires_at", dateTime)); f != nil {
		return reply{}, f
	}
	u.payment, u.expires = "completed", p["expires_at"]
	return reply{bare: object{"expires_at": u.expires}}, nil
}

func (s *Server) revokeAccessV4(p params) (reply, *failure) {
	_, u, f := s.userOf(p)
	if f != nil {
		return reply{}, f
	}
	u.payment, u.expires = "cancelled", ""
	return reply{}, nil
}

func (s *Server) signOnUserV4(p params) (reply, *failure) {
	d, u, f := s.userOf(p)
	switch {
	case f != nil:
		return reply{}, f
	case u.blocked:
		return reply{}, unprocessable(codeBadValue, "This user is blocked.")
	}
	token := s.token()
	return reply{bare: object{"token": token, "url": "https://digicpn.example/d/" + d.code + "?sso=" + token}}, nil
}
