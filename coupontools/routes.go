package coupontools

import "net/http"

// kind says what may be done with a call that failed. It cannot be told from the method: every v3 read is a POST.
type kind int

const (
	// send is never repeated by the client. It is the zero value, so that a route without a kind is safe.
	send kind = iota
	// read changes nothing and may be repeated.
	read
	// write changes something, to the same end however often it is done.
	write
)

// style is one of the two manners of the API.
type style int

const (
	// rpc is all of v3: POST, prefixed ids, an envelope with a status, keys in X-Client-Id and X-Client-Secret.
	rpc style = iota
	// resource is most of v4: the id in the path, no envelope, the same keys in x-api-key and x-api-secret.
	resource
)

// keyHeaders returns the names of the headers for client id and secret.
func (s style) keyHeaders() (id, secret string) {
	if s == resource {
		return "X-Api-Key", "X-Api-Secret"
	}
	return "X-Client-Id", "X-Client-Secret"
}

// route is one endpoint.
type route struct {
	method string
	path   string
	style  style
	kind   kind
	// proven is true if the shape of the answer is documented, false if it is assumed from the answers of its sisters.
	proven bool
	// notFound are the error codes that mean "no such object" here.
	notFound []int
}

// String returns method and path, which is how errors and metrics name the route.
func (r *route) String() string { return r.method + " " + r.path }

var (
	directoryList = &route{method: http.MethodPost, path: "/v3/directory/list", kind: read}
	directoryInfo = &route{
		method: http.MethodPost, path: "/v3/directory/info", kind: read, proven: true, notFound: []int{507},
	}
	directoryUsersList = &route{method: http.MethodPost, path: "/v3/directoryusers/list", kind: read, notFound: []int{507}}
	// The documentation lists no errors here; 507 is what the sister routes give.
	directoryUsersUpdate = &route{
		method: http.MethodPost, path: "/v3/directoryusers/update", kind: write, proven: true, notFound: []int{507},
	}
	sendEmail = &route{method: http.MethodPost, path: "/v3/send/email", kind: send, notFound: []int{502}}
	sendSMS   = &route{method: http.MethodPost, path: "/v3/send/sms", kind: send, proven: true, notFound: []int{502}}

	smsGroupList   = &route{method: http.MethodPost, path: "/v3/smstool/grouplist", kind: read, proven: true}
	smsContactList = &route{
		method: http.MethodPost, path: "/v3/smstool/userlist", kind: read, proven: true, notFound: []int{514},
	}
)

// routes is every route of the client.
var routes = []*route{
	directoryList, directoryInfo, directoryUsersList, directoryUsersUpdate, sendEmail, sendSMS,
	smsGroupList, smsContactList,
}

// routeNamed returns the route that is written as name.
func routeNamed(name string) (*route, bool) {
	for _, r := range routes {
		if r.String() == name {
			return r, true
		}
	}
	return nil, false
}
