// Package cache caches an account's directories and campaigns, so that lookups by any number of people on any number of
// replicas share one API call per TTL.
//
// Start with [New], then call [Cache.List]. It answers from an in-process copy for two seconds, then from Redis, then from
// the API. A lock in Redis lets one replica fetch at a time. A list past its TTL is still served while it is being
// refreshed; one that couldn't be refreshed is marked stale. While Redis is down each process calls the API itself.
//
// [ListOf.Search] searches the list in memory, in an index of folded names, without a call.
//
// Only impersonal data is cached. Users of directories and sessions of campaigns are never cached.
package cache
