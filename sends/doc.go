// Package sends carries a send from the draft that a person looks at to an outcome for every recipient, through any
// number of processes, crashes and restarts.
//
// [Service.SaveDraft] keeps what a person prepared, [Service.Confirm] makes it a send, and [Service.Run], in every
// replica, carries out what was confirmed. [Service.Send], [Service.Live] and [Service.Recipients] tell how it stands;
// a [Teller] is told as it goes on.
//
// # Laws
//
//   - A recipient gets at most one call that the API may have carried out. A call is made again only if it certainly did
//     nothing: there was no connection, the API answered 429, or it refused the whole account.
//   - Everyone is accounted for. Accepted, failed, skipped, unknown and pending recipients add up to the list at every
//     instant, since an outcome and its counter change in one script.
//   - What was confirmed goes on. A send is in the set of live sends from its confirmation until its end was told, and
//     every process looks there for sends that nobody carries.
//
// # States
//
// A send is a draft, then running, then completed or stopped. It is stopped, and who is left skipped, when its sender may
// no longer send, when the API refuses the account or cannot be reached, and after a run of calls without a verdict. A
// draft whose confirmation got lost on the way is withdrawn.
//
// A recipient is pending, then claimed, then accepted, failed or unknown; skipped if the send is stopped first. A claim is
// given back if its call certainly did nothing. One whose process died becomes unknown when its lease has passed, the
// longest that a call may take and 30 s; a verdict that arrives later still replaces unknown.
//
// # Lost and repeated messages
//
// Redis may run a script whose answer never arrives, and go-redis repeats a script that had no answer, so every script
// does the same when it comes twice, however late. A claim carries a token of its attempt; an outcome or a release acts
// only on that token. Claims are made one after the other under a lease of the whole send, which remembers the number of
// the last one: an older one that turns up late does nothing. Losing that lease costs time only, since what it protects
// is also protected by the claims. All times are Redis's, except the age of a claim just made: by this process's own
// monotonic clock no call starts on one older than 10 s.
//
// # Keys
//
// Behind [Config.Prefix], on one Redis server:
//
//	sends:live        sorted set: ids of the sends that are going on or whose end is still to be told, by time confirmed
//	send:{id}         hash: what is sent, by whom, its state, counters, times, what holds it up, what the Teller remembers
//	send:{id}:to      list: the recipients, in order
//	send:{id}:left    string: who was left out of the list, for the draft's preview
//	send:{id}:out     hash: index in the list → status|token|time|code|text of those that have an outcome
//	send:{id}:claims  hash: token → index:time of those being called now
//	send:{id}:again   list: indexes whose claims were given back
//	test:{day}:{user} string: how many tests a person has sent on a day by UTC
//	send:{id}:lease   hash: the process that carries the send, and the number of its last claim; gone after 15 s unrenewed
//
// The hash's next is the index of the first recipient who was never claimed, so that confirming, stopping and counting
// cost the same for one recipient as for ten thousand. A draft lives 24 hours, a send [Config.ReportTTL] from its end.
// One more key, of redis_rate, holds the pace of edits that all Tellers share.
package sends
