package sandbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// pageSize is how many users a page has at most.
const pageSize = 100

type user struct {
	id, first, last, email, phone, registered, payment, expires string
	blocked                                                     bool
	// more are the fields that only v4 has.
	more map[string]string
}

// newestUser is when the newest user of each directory registered. Older ones are some hours apart.
var newestUser = time.Date(2026, time.October, 31, 18, 4, 11, 0, time.UTC)

const dateTime = "2006-01-02 15:04:05"

// usersOf returns a directory's users, oldest first. They depend on the seed and the directory only.
func (s *Server) usersOf(d *directory) []*user {
	if d.users == nil {
		dice := rand.New(rand.NewPCG(s.seed, uint64(1000+d.number)))
		for i := range d.size {
			d.users = append(d.users, newUser(s.names, dice, d, i))
		}
	}
	return d.users
}

func newUser(names dataset, dice *rand.Rand, d *directory, i int) *user {
	one, two := names.person(dice)
	age := time.Duration(d.size-1-i) * (7*time.Hour + 13*time.Minute + 5*time.Second)
	u := &user{
		id:         fmt.Sprintf("reg_%d", 10_000*(700+d.number)+i),
		first:      one.shown,
		last:       two.shown,
		email:      fmt.Sprintf("%s.%s%d@example.%s", one.plain, two.plain, i, []string{"com", "org"}[i%2]),
		phone:      newPhone(dice, i),
		registered: newestUser.Add(-age).Format(dateTime),
	}
	if d.price != "" {
		u.payment, u.expires = newPayment(dice, newestUser.Add(-age))
	}
	return u
}

// newPhone returns mobile numbers of three countries. Some lack the plus, as the API writes them, and some people have none.
// The German ones are from a range reserved for fiction.
func newPhone(dice *rand.Rand, i int) string {
	n := dice.IntN(100)
	switch i % 6 {
	case 0, 1:
		return fmt.Sprintf("+324700100%02d", n)
	case 2:
		return fmt.Sprintf("324700101%02d", n)
	case 3:
		return fmt.Sprintf("+4917139200%02d", n)
	case 4:
		return fmt.Sprintf("+316100000%02d", n)
	}
	return ""
}

func newPayment(dice *rand.Rand, registered time.Time) (status, expires string) {
	switch dice.IntN(10) {
	case 0, 1:
		return "pending", ""
	case 2:
		return "cancelled", registered.AddDate(0, 1, 0).Format(dateTime)
	case 3:
		return "completed", ""
	}
	return "completed", registered.AddDate(1, 0, 0).Format(dateTime)
}

func (u *user) object() object {
	return object{
		"ID": u.id, "first_name": u.first, "last_name": u.last, "email": u.email, "phone": u.phone,
		"registration_date": u.registered, "payment_status": u.payment, "payment_expiry_date": u.expires,
	}
}

// listUsers is POST /v3/directoryusers/list. The page size and order are proven, the answer is assumed.
func (s *Server) listUsers(p params) (reply, *failure) {
	d, f := s.directory(p)
	if f != nil {
		return reply{}, f
	}
	page, f := p.page()
	if f != nil {
		return reply{}, f
	}
	list := pageOf(s.usersOf(d), page)
	return reply{list: "user", fields: object{
		"directory": d.id, "amount_of_users": len(list), "page": page, "user": list,
	}}, nil
}

// pageOf returns a page of users, newest first.
func pageOf(all []*user, page int) []object {
	end := len(all)
	if page-1 > end/pageSize {
		return []object{}
	}
	end -= (page - 1) * pageSize
	list := []object{}
	for _, u := range slices.Backward(all[max(0, end-pageSize):max(0, end)]) {
		list = append(list, u.object())
	}
	return list
}

// updateUser is POST /v3/directoryusers/update. The answer is proven, the code for an unknown user assumed.
func (s *Server) updateUser(p params) (reply, *failure) {
	if f := first(
		p.require("directory", "user", "status"), p.numeric("directory", "dir_"), p.numeric("user", "reg_"),
		p.oneOf("status", "pending", "completed", "cancelled"), p.date("expiry_date", "2006-01-02 15:04"),
	); f != nil {
		return reply{}, f
	}
	d, f := s.directory(p)
	if f != nil {
		return reply{}, f
	}
	id := prefixed("reg_", p["user"])
	i := slices.IndexFunc(s.usersOf(d), func(u *user) bool { return u.id == id })
	if i < 0 {
		return reply{}, unprocessable(codeDirectoryNotFound, "User not found.")
	}
	u := d.users[i]
	u.payment, u.expires = p["status"], ""
	if p["expiry_date"] != "" {
		u.expires = p["expiry_date"] + ":00"
	}
	return reply{fields: object{"directory": d.id, "user": u.id, "payment_status": u.payment}}, nil
}

// prefixed returns an id with its prefix, which callers may omit.
func prefixed(prefix, id string) string { return prefix + strings.TrimPrefix(id, prefix) }
