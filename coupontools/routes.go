package coupontools

import (
	"iter"
	"net/http"
	"net/url"
	"strings"
)

// kind says whether a failed call may be repeated. The method doesn't tell: every v3 read is a POST.
type kind int

const (
	// send is never repeated by the client: messages, and calls that create something. It is the zero value, so a route
	// without a kind is safe.
	send kind = iota
	// read changes nothing and may be repeated.
	read
	// write is idempotent: it changes something and may be repeated.
	write
)

// style is one of the API's two calling conventions.
type style int

const (
	// rpc is all of v3, and subaccounts in v4: POST, prefixed ids, an envelope with a status, keys in X-Client-Id and
	// X-Client-Secret.
	rpc style = iota
	// resource is the rest of v4: the id in the path, no envelope, the same keys in x-api-key and x-api-secret.
	resource
)

// keyHeaders returns the names of the headers for client id and secret.
func (s style) keyHeaders() (id, secret string) {
	if s == resource {
		return "X-Api-Key", "X-Api-Secret"
	}
	return "X-Client-Id", "X-Client-Secret"
}

// knowledge says how well a route is documented. What is assumed follows similar routes and is decoded leniently; the first
// answer of a live account confirms or corrects it (see [WithAnswers]).
type knowledge int

const (
	// pathAssumed: the call is documented, but no copy of the documentation shows its path.
	pathAssumed knowledge = iota
	// answerAssumed: the path is documented, the answer isn't, or only in part.
	answerAssumed
	// proven: path and answer are documented, or seen in code that calls the API.
	proven
)

// String returns the words used in docs/coupontools.md.
func (k knowledge) String() string {
	return [...]string{"path and answer assumed", "answer assumed", "proven"}[k]
}

// route is one endpoint.
type route struct {
	method string
	// path may hold ids in braces, which at fills in.
	path  string
	style style
	kind  kind
	known knowledge
	// notFound are the error codes that mean "no such object" on this route.
	notFound []int
	// callerPaces is true for messages to one person. A sender waits for the rate limiter before it claims the recipient, so
	// the client must not wait a second time.
	callerPaces bool
	// shape is an example of a good answer in JSON, without its envelope. A name that ends in "?" may be missing; null matches
	// anything. Only reads have one.
	shape string
	// filled is the path with its ids and query, empty if nothing was filled in.
	filled string
}

// String returns method and path; errors and metrics name the route by it.
func (r *route) String() string { return r.method + " " + r.path }

// address returns the path and query to append to the base URL.
func (r *route) address() string {
	if r.filled != "" {
		return r.filled
	}
	return r.path
}

// withIDs returns the route with ids filled in, in order.
func (r *route) withIDs(ids ...string) *route {
	out := *r
	out.filled = r.path
	for _, id := range ids {
		before, after, _ := strings.Cut(out.filled, "{")
		_, after, _ = strings.Cut(after, "}")
		out.filled = before + url.PathEscape(id) + after
	}
	return &out
}

// Constructors of routes, and methods that add details to one.

func post(path string, k kind, known knowledge) *route {
	return &route{method: http.MethodPost, path: path, kind: k, known: known}
}

func v4(method, path string, k kind, known knowledge) *route {
	return &route{method: method, path: path, style: resource, kind: k, known: known}
}

func (r *route) missing(codes ...int) *route {
	r.notFound = codes
	return r
}

func (r *route) answers(shape string) *route {
	r.shape = shape
	return r
}

func (r *route) pacedByCaller() *route {
	r.callerPaces = true
	return r
}

// Shapes that several answers share.
const (
	directoryShape = `{"ID":"dir_1","code":"","name":"","payment?":null}`
	userShape      = `{"ID":"reg_1","first_name":"","last_name":"","email":"","phone":"","registration_date":"",` +
		`"payment_status":"","payment_expiry_date":""}`
	userV4Shape = `{"id":1,"email":"","first_name":"","last_name":"","phone":"","birth_date":"","address":"","zip":"",` +
		`"city":"","custom_1":"","custom_2":"","custom_3":"","blocked":false,"created_at":""}`
	campaignShape = `{"ID":"cam_1","code":"","name":"","title":"","status":"","url":"","subtitle?":"","description?":"",` +
		`"type?":"","expirydate?":"","coupon_category_name?":"","coupon_tags?":"","coupon_image?":"","coupon_value?":"",` +
		`"custom_validation_codes?":null,"custom_validation_codes_claimed?":null}`
	statusShape = `{"created_date_utc":"","opened":"0","open_date_utc":"","played":"0","played_date_utc":"","claimed":"0",` +
		`"claim_date_utc":"","claimtype":"","saved_to_passbook":"0","validation_date_utc?":"","voided_date_utc?":"",` +
		`"locked?":"0","validation_value?":"","value?":"","own_validation_code?":""}`
	usageShape      = `{"amount_of_results":1,"data":[{"session":"","sequenceid":"1","customid":"","status":` + statusShape + `}]}`
	cardShape       = `{"ID":null,"code":"","name":"","url":"","type":"","status":""}`
	holderShape     = `{"ID":null,"first_name":"","last_name":"","email":"","phone":"","points":1,"voided":"0"}`
	subaccountShape = `{"ID":"sub_1","username":"","company_name":"","first_name":"","last_name":"","email":"",` +
		`"package":"pac_1","language":"","lastlogin":"","amountlogin":null,"currency":"","max_campaigns":null,` +
		`"expiry_date":"","api_key":"","api_secret":"","has_campaigns":null,` +
		`"campaigns?":[{"ID":"cam_1","code":"","url":"","status":""}],"webhook_endpoint?":"","available_campaigns?":"",` +
		`"access_dashboard?":false,"access_directory?":false}`
	signOnShape = `{"ID":null,"token":"","url":"","url_whitelabel?":""}`
)

// Campaigns and their sessions. A session is one person's coupon.
var (
	campaignList = post("/v3/coupon/list", read, answerAssumed).missing(515).
			answers(`{"amount_of_campaigns?":1,"coupon_info":[` + campaignShape + `]}`)
	campaignInfo = post("/v3/coupon/info", read, answerAssumed).missing(502).answers(`{"coupon_info":` + campaignShape + `}`)
	// The errors of the next four aren't documented; 502 is what campaignInfo returns.
	campaignData        = post("/v3/campaign/data", read, proven).missing(502).answers(usageShape)
	campaignOpens       = post("/v3/campaign/opens", read, proven).missing(502).answers(usageShape)
	campaignClaims      = post("/v3/campaign/claims", read, proven).missing(502).answers(usageShape)
	campaignValidations = post("/v3/campaign/validations", read, proven).missing(502).answers(usageShape)
	sessionData         = post("/v3/couponsession/data", read, proven).missing(505).
				answers(`{"campaign":"cam_1","action":"","session":"","session_url":"","sequenceid":"1","customid":"",` +
			`"data":{"status":` + statusShape + `,"consumer?":null}}`)
	sessionUpdate  = post("/v3/couponsession/update", send, answerAssumed).missing(505)
	sessionsUpdate = post("/v3/couponsession/update/multiple", send, pathAssumed).missing(505)
	sessionSearch  = post("/v3/couponsession/search", read, answerAssumed).missing(502).
			answers(`{"amount_of_results":1,"data":[{"campaign":"cam_1","session":"","session_url":"","customid":"","status":` +
			statusShape + `}]}`)
	pushSession = post("/v3/coupon/pushnotification/single", send, proven).missing(502, 505)
	// Only its parameters and its answer have been seen.
	pushCampaign = post("/v3/coupon/pushnotification/all", send, pathAssumed).missing(502)
)

// Loyalty cards and their users. v4 calls a card's user its stats.
var (
	loyaltyList = post("/v3/loyalty/list", read, answerAssumed).
			answers(`{"amount_of_loyaltycards":1,"loyaltycard":[` + cardShape + `]}`)
	loyaltyInfo  = post("/v3/loyalty/info", read, answerAssumed).missing(507).answers(`{"loyaltycard":` + cardShape + `}`)
	loyaltyUsers = post("/v3/loyaltyusers/list", read, answerAssumed).missing(505).
			answers(`{"loyaltycard":null,"amount_of_users":1,"user":[` + holderShape + `]}`)
	loyaltyLink   = post("/v3/loyaltyusers/link", send, answerAssumed).missing(505)
	loyaltyUpdate = post("/v3/loyaltyusers/update", send, answerAssumed).missing(505)
	pushHolder    = post("/v3/loyalty/pushnotification/single", send, pathAssumed).missing(505, 507)
	pushCard      = post("/v3/loyalty/pushnotification/all", send, pathAssumed).missing(505, 507)

	loyaltyCopyV4   = v4(http.MethodPost, "/v4/loyalty/loyalty-cards/{card}/copy", send, proven)
	loyaltyCreateV4 = v4(http.MethodPost, "/v4/loyalty/loyalty-cards/{card}/stats", send, answerAssumed)
	loyaltyBulkV4   = v4(http.MethodPost, "/v4/loyalty/loyalty-cards/{card}/stats/bulk", send, answerAssumed)
)

// Directories and their registered users.
var (
	directoryList = post("/v3/directory/list", read, answerAssumed).
			answers(`{"amount_of_directories":1,"directory":[` + directoryShape + `]}`)
	directoryInfo      = post("/v3/directory/info", read, proven).missing(507).answers(`{"directory":` + directoryShape + `}`)
	directoryCampaigns = post("/v3/directory/campaigns", read, pathAssumed).missing(507).
				answers(`{"directory":"dir_1","amount_of_campaigns":1,"campaign":[` + campaignShape + `]}`)
	categoryList = post("/v3/category/list", read, answerAssumed).
			answers(`{"amount_of_categories":1,"category":[{"ID":"cat_1","name":""}]}`)
	categoryMainList = post("/v3/category/main/list", read, answerAssumed).
				answers(`{"amount_of_categories":1,"category":[{"ID":"cat_1","name":""}]}`)
	directoryUsersList = post("/v3/directoryusers/list", read, answerAssumed).missing(507).
				answers(`{"directory":"dir_1","amount_of_users":1,"page":1,"user":[` + userShape + `]}`)
	// The documentation lists no errors here; 507 is what similar routes return.
	directoryUsersUpdate = post("/v3/directoryusers/update", write, proven).missing(507)

	directoryUsersV4   = v4(http.MethodGet, "/v4/directory/{directory}/users", read, answerAssumed).answers(`[` + userV4Shape + `]`)
	directoryUserV4    = v4(http.MethodGet, "/v4/directory/{directory}/users/{user}", read, answerAssumed).answers(userV4Shape)
	directoryCreateV4  = v4(http.MethodPost, "/v4/directory/{directory}/users", send, answerAssumed)
	directoryBlockV4   = v4(http.MethodPost, "/v4/directory/{directory}/users/{user}", write, answerAssumed)
	directoryGrantV4   = v4(http.MethodPost, "/v4/directory/{directory}/users/{user}/access", write, answerAssumed)
	directoryRevokeV4  = v4(http.MethodDelete, "/v4/directory/{directory}/users/{user}/access", write, answerAssumed)
	directoryUserSSOV4 = v4(http.MethodPost, "/v4/directory/{directory}/users/{user}/sso", write, answerAssumed)
)

// Messages, the groups that receive them, and single-use sessions.
var (
	sendEmail = post("/v3/send/email", send, answerAssumed).missing(502, 505).pacedByCaller()
	sendSMS   = post("/v3/send/sms", send, proven).missing(502).pacedByCaller()

	smsGroupList   = post("/v3/smstool/grouplist", read, proven).answers(`{"amount_of_groups":1,"group":[{"ID":"gro_1","name":""}]}`)
	smsContactList = post("/v3/smstool/userlist", read, proven).missing(514).
			answers(`{"group_id":"gro_1","group_name":"","amount_of_contacts":"1","contact":[{"ID":"con_1","phone":"",` +
			`"first_name":"","last_name":"","unsubscribed":"0","unsubscribedate?":""}]}`)
	smsGroupAdd    = post("/v3/smstool/addgroup", send, answerAssumed)
	smsContactAdd  = post("/v3/smstool/addcontact", send, answerAssumed).missing(514)
	emailGroupList = post("/v3/emailtool/grouplist", read, answerAssumed).
			answers(`{"amount_of_groups":1,"group":[{"ID":null,"name":""}]}`)

	singleUseCreate  = post("/v3/singleuse/create", send, proven).missing(502)
	singleUsesCreate = post("/v3/multiplesingleuse/create", send, proven).missing(502)
	singleUseRemove  = post("/v3/singleuse/remove", send, pathAssumed).missing(502, 505)
)

// The account, its subaccounts and teammates, and its webhooks.
var (
	subaccountList = post("/v4/subaccount/list", read, proven).
			answers(`{"amount_of_campaigns":1,"subaccount":[` + subaccountShape + `]}`)
	// The documentation lists no errors for it; 510 is what signOnSubaccount returns.
	subaccountInfo      = post("/v4/subaccount", read, answerAssumed).missing(510).answers(`{"subaccount":` + subaccountShape + `}`)
	subaccountCreate    = post("/v4/subaccount/create", send, answerAssumed)
	subaccountUpdate    = post("/v4/subaccount/update", write, pathAssumed).missing(510)
	subaccountReset     = post("/v3/subaccount/reset/url", write, answerAssumed).missing(510)
	signOnSubaccount    = post("/v3/subaccount/sso", write, proven).missing(510)
	signOnAccount       = post("/v3/account/sso", write, answerAssumed)
	signOnTeammate      = post("/v3/teammate/sso", write, answerAssumed).missing(502, 503)
	webhookVerification = post("/v3/webhook/verification", read, proven).missing(509).
				answers(`{"result":"valid","webhook":"evt_1","date":"","campaign":"cam_1","session":"","type":""}`)
)

// area is a chapter of docs/coupontools.md.
type area struct {
	name   string
	routes []entry
}

// entry is a route with its place in the product.
type entry struct {
	route *route
	// does is what the route does, for docs/coupontools.md.
	does string
	// topics are the words after /coupontools of the commands that call it, comma-separated; empty if none does.
	topics string
	// probe tries the route in `couponbot check`; nil unless the route is a read.
	probe Probe
}

// areas are all routes. Probes run in this order, so a list comes before the routes that need its ids.
var areas = []area{
	{"Directories", []entry{
		{directoryList, "list directories", "directories", probeDirectories},
		{directoryInfo, "show a directory", "directory", probeDirectory},
		{directoryCampaigns, "campaigns of a directory", "directory, categories", probeDirectoryCampaigns},
		{directoryUsersList, "list the users of a directory", "users", probeDirectoryUsers},
		{directoryUsersV4, "list the users of a directory with all fields", "", probeDirectoryUsersV4},
		{directoryUserV4, "show a user of a directory", "users", probeDirectoryUserV4},
		{directoryUsersUpdate, "set a user's payment status", "users", nil},
		{directoryGrantV4, "give a user paid access", "users", nil},
		{directoryRevokeV4, "remove a user's paid access", "users", nil},
		{directoryCreateV4, "create a user of a directory", "users", nil},
		{directoryBlockV4, "block a user of a directory", "users", nil},
		{directoryUserSSOV4, "sign on as a user of a directory", "sign-on", nil},
		{categoryList, "categories", "categories", probeCategories},
		{categoryMainList, "categories of the third level", "categories", probeMainCategories},
	}},
	{"Campaigns and their sessions", []entry{
		{campaignList, "list campaigns", "campaigns, categories", probeCampaigns},
		{campaignInfo, "show a campaign", "campaign", probeCampaign},
		{campaignData, "all sessions of a campaign", "campaign, sessions, session, push, directory", probeSessions(AnyEvent)},
		{campaignOpens, "opened sessions", "sessions", probeSessions(WasOpened)},
		{campaignClaims, "claimed sessions", "sessions", probeSessions(WasClaimed)},
		{campaignValidations, "validated sessions", "sessions", probeSessions(WasValidated)},
		{sessionData, "show a session", "session", probeSession},
		{sessionUpdate, "change a session", "session", nil},
		{sessionsUpdate, "change many sessions", "session", nil},
		{sessionSearch, "search sessions, of all campaigns or of one", "session", probeSearchSessions},
		{pushSession, "push a message to one person", "push", nil},
		{pushCampaign, "push a message to all", "push", nil},
	}},
	{"Single use", []entry{
		{singleUseCreate, "create a single-use link for a known person", "single-use", nil},
		{singleUsesCreate, "create many single-use links", "single-use", nil},
		{singleUseRemove, "remove a single-use link", "session", nil},
	}},
	{"Loyalty cards", []entry{
		{loyaltyList, "list loyalty cards", "loyalty", probeLoyaltyCards},
		{loyaltyInfo, "show a loyalty card", "loyalty-card", probeLoyaltyCard},
		{loyaltyCopyV4, "copy a loyalty card", "loyalty-card", nil},
		{loyaltyUsers, "list the users of a card", "loyalty-users", probeLoyaltyUsers},
		{loyaltyLink, "give a user a card", "loyalty-users", nil},
		{loyaltyCreateV4, "create a user with a card", "loyalty-users", nil},
		{loyaltyBulkV4, "create many users with a card", "loyalty-users", nil},
		{loyaltyUpdate, "add points or stamps, void a card", "points, loyalty-users", nil},
		{pushHolder, "push a message to one user", "loyalty-users", nil},
		{pushCard, "push a message to all users", "loyalty-users", nil},
	}},
	{"Messages and groups", []entry{
		{sendEmail, "send by e-mail", "send", nil},
		{sendSMS, "send by text message", "send", nil},
		{smsGroupList, "list SMS groups", "sms-groups", probeSMSGroups},
		{smsContactList, "contacts of an SMS group", "sms-contacts", probeSMSContacts},
		{smsGroupAdd, "add an SMS group", "sms-groups", nil},
		{smsContactAdd, "add a contact to an SMS group", "sms-contacts", nil},
		{emailGroupList, "list e-mail groups", "email-groups", probeEmailGroups},
	}},
	{"Subaccounts and accounts", []entry{
		{subaccountList, "list subaccounts", "subaccounts", probeSubaccounts},
		{subaccountInfo, "show a subaccount", "subaccount", probeSubaccount},
		{subaccountCreate, "create a subaccount", "subaccount", nil},
		{subaccountUpdate, "change a subaccount", "subaccount", nil},
		{subaccountReset, "link to reset a subaccount's password", "subaccount", nil},
		{signOnSubaccount, "sign on to a subaccount", "sign-on", nil},
		{signOnAccount, "sign on to the account", "sign-on", nil},
		{signOnTeammate, "sign on as a teammate", "sign-on", nil},
	}},
	{"Webhooks", []entry{
		{webhookVerification, "verify an event", "webhook", probeWebhook},
	}},
}

// entries yields every route with its area's name.
func entries() iter.Seq2[string, entry] {
	return func(yield func(string, entry) bool) {
		for _, a := range areas {
			for _, e := range a.routes {
				if !yield(a.name, e) {
					return
				}
			}
		}
	}
}

// routeNamed returns the route with that String.
func routeNamed(name string) (*route, bool) {
	for _, e := range entries() {
		if e.route.String() == name {
			return e.route, true
		}
	}
	return nil, false
}
