package sandbox

import (
	"strconv"
	"strings"
)

// Quirks are deviations of the whole service from what is assumed, and states of its account. The zero value has none.
type Quirks struct {
	// AlwaysOK answers refusals with HTTP 200 instead of 401 and 422.
	AlwaysOK bool
	// Lists is the format of lists.
	Lists Lists
	// NumbersAsText writes counters as "40" instead of 40.
	NumbersAsText bool
	// Free is how a free directory's payment is written.
	Free Free
	// Expired refuses every call with code 101.
	Expired bool
	// NoSMS and NoEmail refuse sends with codes 103 and 104: the account has no such service. Both refuse the groups too, with
	// code 103.
	NoSMS, NoEmail bool
	// Subaccount refuses the subaccount routes with code 102, as with the keys of a subaccount.
	Subaccount bool
}

// SetQuirks changes the quirks.
func (s *Server) SetQuirks(q Quirks) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quirks = q
}

// Lists is a format of lists.
type Lists int

const (
	// ListsSingular names a list "directory" or "user", as the API names its other lists.
	ListsSingular Lists = iota
	// ListsPlural names it "directories", "users" and so on.
	ListsPlural
	// ListsData names it "data".
	ListsData
	// ListsBare answers with the bare array, as v4 does.
	ListsBare
	// ListsNumbered makes it an object with the keys "0", "1" and so on, as PHP does for an array with gaps.
	ListsNumbered
)

func (l Lists) form(r reply) any {
	if r.list == "" || l == ListsSingular {
		return r.fields
	}
	list, _ := r.fields[r.list].([]object)
	delete(r.fields, r.list)
	switch l {
	case ListsPlural:
		r.fields[plural(r.list)] = list
	case ListsData:
		r.fields["data"] = list
	case ListsBare:
		return list
	case ListsNumbered:
		r.fields[r.list] = numbered(list)
	}
	return r.fields
}

func plural(name string) string {
	switch {
	case name == "coupon_info":
		return "campaigns"
	case name == "data":
		return name
	case strings.HasSuffix(name, "y"):
		return strings.TrimSuffix(name, "y") + "ies"
	}
	return name + "s"
}

func numbered(list []object) object {
	out := object{}
	for i, item := range list {
		out[strconv.Itoa(i)] = item
	}
	return out
}

// Free is a format of a free directory's payment.
type Free int

const (
	// FreeAbsent omits payment.
	FreeAbsent Free = iota
	// FreeNull writes null.
	FreeNull
	// FreeObject writes {}.
	FreeObject
	// FreeArray writes [].
	FreeArray
)

func (f Free) put(o object) {
	switch f {
	case FreeNull:
		o["payment"] = nil
	case FreeObject:
		o["payment"] = object{}
	case FreeArray:
		o["payment"] = []object{}
	}
}
