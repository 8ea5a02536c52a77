// Package coupontools is a client for the Coupontools REST API.
//
// Start with [New], then call the methods of [Client]: one per endpoint, each taking a context first. A client is safe
// for use by many goroutines and keeps its connections, so a program needs one.
//
// Every failure is an [*Error]. Its [Class] says what may be done next, above all for a send, which must not reach a
// person twice: the client never repeats a send, nor anything else that would be there twice, and follows no redirect.
// Reads, and writes that may safely be done again, are tried up to three times. Which is which stands in the route table,
// since the API uses POST for nearly all; docs/coupontools.md lists it.
//
// Several answers of the API are documented only in part. They are read leniently: a list is found under any of its
// likely names, a number may be a string, an absent price may be written in five ways. An answer that still cannot be
// understood is an error that names its shape, never an empty list.
//
// Methods whose names end in V4 call the resource style of v4, whose ids are numbers, beside those that call v3, which is
// what the owner's documents show. Keys and links that sign one on are of the type [Secret], which shows itself nowhere, and
// people's data show their ID only in logs.
//
// The client keeps no data. Lists are cached by the package cache beside it, and the pace of calls is kept by whatever is
// given to [WithPace], such as the package pace.
package coupontools
