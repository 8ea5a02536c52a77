package sandbox

import (
	"maps"
	"strings"
)

// route is one endpoint.
type route struct {
	// params are its parameters, in addition to client_id and client_secret. A name that ends in "[]" is a list of texts; "[]"
	// alone is a body that is a list of objects.
	params []string
	// handle does the work. It is called with the lock held.
	handle func(*Server, params) (reply, *failure)
}

// routes are all endpoints, by method and path.
var routes = merged(directoryRoutes, directoryV4Routes, sendRoutes, smsRoutes, campaignRoutes, sessionRoutes, singleUseRoutes,
	loyaltyRoutes, loyaltyV4Routes, subaccountRoutes, webhookRoutes)

func merged(areas ...map[string]route) map[string]route {
	all := make(map[string]route)
	for _, area := range areas {
		maps.Copy(all, area)
	}
	return all
}

// find returns the route of a request and the ids in its path, by their names in braces. If ok is false, known reports
// whether the path exists with another method.
func find(method, path string) (r route, ids params, ok, known bool) {
	for name, candidate := range routes {
		wanted, pattern, _ := strings.Cut(name, " ")
		found, fits := match(pattern, path)
		known = known || fits
		if fits && wanted == method {
			r, ids, ok = candidate, found, true
		}
	}
	return r, ids, ok, known
}

// match returns the parts of a path at the pattern's braces.
func match(pattern, path string) (params, bool) {
	wanted, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(wanted) != len(got) {
		return nil, false
	}
	ids := params{}
	for i, part := range wanted {
		switch {
		case strings.HasPrefix(part, "{"):
			ids[part] = got[i]
		case part != got[i]:
			return nil, false
		}
	}
	return ids, true
}
