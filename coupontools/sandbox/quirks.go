package sandbox

import (
	"strconv"
	"strings"
)

// Quirks are the ways in which the whole service may speak otherwise than assumed, and the states its account can be in.
// The zero Quirks are the form that package sandbox assumes.
type Quirks struct {
	// AlwaysOK answers refusals with HTTP 200 instead of 401 and 422.
	AlwaysOK bool
	// Lists is the form of the lists.
	Lists Lists
	// NumbersAsText writes counters as "40" instead of 40.
	NumbersAsText bool
	// Free is how the payment of a free directory is written.
	Free Free
	// Expired refuses every call with code 101.
	Expired bool
	// NoSMS and NoEmail refuse sends with codes 103 and 104: no such service is connected to the account. Both refuse
	// the groups too, with code 103.
	NoSMS, NoEmail bool
	// Subaccount refuses the calls for subaccounts with code 102: the keys are those of a subaccount.
	Subaccount bool
}

// SetQuirks changes how the service speaks from now on.
func (s *Server) SetQuirks(q Quirks) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quirks = q
}

// Lists is a form that lists can have.
type Lists int

const (
	// ListsSingular names a list "directory" or "user", as the API names its other lists.
	ListsSingular Lists = iota
	// ListsPlural names it "directories", "users" and so on.
	ListsPlural
	// ListsData names it "data".
	ListsData
	// ListsBare answers with the array alone, as v4 does.
	ListsBare
	// ListsNumbered makes it an object with the keys "0", "1" and so on, as PHP does with an array that has gaps.
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

// Free is a form that the payment of a free directory can have.
type Free int

const (
	// FreeAbsent leaves payment out.
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
