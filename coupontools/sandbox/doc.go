// Package sandbox is an in-memory Coupontools REST API for tests and demos: an [http.Handler] that behaves as the API's
// documentation says and can be told to fail in every way that a real service fails.
//
// [New] returns a [Server]; serve it with httptest in a test or with net/http in a program. Its data look like a customer's
// (see names.go) and depend on the seed only: directories and their users, campaigns with sessions of the last thirteen
// weeks, loyalty cards, subaccounts, groups. Changes made by calls persist. [Server.Sent] returns the messages sent;
// [Server.AwaitSent] waits for them.
//
// The server is strict. It refuses paths, methods, content types and parameters that aren't documented and records them:
// after a test, [Server.Violations] should be empty.
//
// [Server.Break] makes single requests fail; [Server.SetQuirks] changes the behaviour of the whole service. A few recipients
// have a scripted outcome, so that every outcome can be tried without either:
//
//	reject@example.com     +32470000404   refused with code 604; nothing is sent
//	timeout@example.com    +32470000408   sent, but the connection is cut before the answer
//	error@example.com      +32470000500   HTTP 500 with a page of HTML; nothing is sent
//	busy@example.com       +32470000429   HTTP 429 with Retry-After the first time, then sent
//	duplicate@example.com  +32470000409   status OK with the action "already_sent"; nothing is sent
//
// A plus tag doesn't change an address's outcome (reject+2@example.com).
//
// # What is proven and what is assumed
//
// Shown by the owner's documents or other copies of them: the methods, most paths, X-Client-Id and X-Client-Secret and the
// same values in the body, the body [] for no parameters, the status envelope, the three shapes of errors, the codes, most
// parameters, and the answers of directory/info, directoryusers/update, send/sms, couponsession/data, the push messages of
// campaigns, multiplesingleuse/create, smstool/grouplist and userlist, subaccount/list and sso, webhook/verification, and
// of the copy of loyalty cards in v4; also the page of 100 users, newest first, and of 5,000 sessions.
//
// Seen in code that calls the API: x-api-key and x-api-secret for v3, form bodies, the action "email_sent", the answers of
// campaign/data and its siblings and of singleuse/create, the array coupon_info, and the parameters firstname, lastname,
// check_unique, couponsession and sender.
//
// Assumed, since no copy shows it: the answers of all other routes; the paths directory/campaigns,
// couponsession/update/multiple, singleuse/remove, subaccount/update and those of push messages to all and of loyalty cards;
// the HTTP statuses 401 and 422 of refusals, and 404 and its body in the resource style of v4; a first page numbered 1 and
// an empty one past the end; the absence of payment for a free directory; the action "sms_sent"; code 604 for any message
// that couldn't be sent; the shapes of the errors 101 to 104; ids without their prefix, and the prefixes loy_ and lus_;
// code 507 for an unknown user of a directory; the parameters of updates of sessions and cards, and their refusals; that a
// GET takes parameters in its query; and that send/email and send/sms leave the single-use fields out for a directory. A
// comment at each route repeats it. [Quirks] has variants of those that a client must cope with.
//
// The package shares no code with the client, so that a misreading of the documentation becomes a failing test.
package sandbox
