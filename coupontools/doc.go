// Package coupontools is a client for the Coupontools REST API.
//
// Start with [New], then call the methods of [Client]: one per endpoint, each taking a context first. A client is safe for
// concurrent use and keeps its connections, so a program needs only one.
//
// Every failure is an [*Error]. Its [Class] says whether the call may be repeated. That matters most for sends, which must
// not reach a person twice: the client never repeats a send or a call that creates something, and follows no redirect. Reads
// and idempotent writes are tried up to three times. The API uses POST for nearly everything, so the route table says which
// call is which; docs/coupontools.md lists it.
//
// Several answers of the API are documented only in part, so they are decoded leniently: a list is found under any of its
// likely names, a number may be a string, an absent price may be written in five ways. An answer that still can't be decoded
// is an error that describes its shape, never an empty list.
//
// Methods whose names end in V4 call v4's resource-style routes, which use numeric ids. The others call v3, which the
// vendor's examples use. API keys and sign-on links are of type [Secret], which prints as a placeholder. Personal data logs
// as its ID only.
//
// The client stores no data. Package cache caches lists; [WithPace] sets the rate limiter, usually one of package pace.
package coupontools
