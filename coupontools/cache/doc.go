// Package cache keeps the lists of an account, its directories and its campaigns, so that any number of people looking at
// one, on any number of replicas, cost the API one call in a while.
//
// Start with [New], then ask [Cache.List]. It answers from a copy in the process for two seconds, then from Redis,
// then from the API, which only one flight in the whole fleet asks at a time. A list past its time is still given out
// while it is being renewed; one that could not be renewed is marked. With Redis away every process asks the API for itself.
//
// A [ListOf] is searched in the process, in forms of the names made once: [ListOf.Search] costs no call at all.
//
// Only impersonal data is kept here. Users of directories and sessions of campaigns are not cached anywhere.
package cache
