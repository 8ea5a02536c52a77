// Package sends carries a send from the draft that a person looks at to an outcome for every recipient, through any
// number of processes, crashes and restarts.
//
// [Service.SaveDraft] keeps what a person prepared, [Service.Confirm] makes it a send, and [Service.Run], in every
// replica, carries out what was confirmed. [Service.Act] is what people do with it then: approve, pause, cancel.
// [Service.Send], [Service.Live] and [Service.Recipients] tell how it stands; a [Notifier] is told as it goes on.
// [Service.Suppress] and [Service.Why] are about who may be written to at all, [Service.Trail] is the audit trail.
//
// # Laws
//
//   - A recipient gets at most one call that the API may have carried out. A call is made again only if it certainly did
//     nothing: there was no connection, the API answered 429, or it refused the whole account.
//   - Everyone is accounted for. Accepted, failed, skipped, unknown and pending recipients add up to the list at every
//     instant, since an outcome and its counter change in one script.
//   - Claims for a slow country are never closer than its rate allows, whichever sends and processes make them.
//   - What was confirmed goes on. A send is in the set of live sends from its confirmation until its end was told, and
//     every process looks there for sends that nobody keeps.
//
// # States
//
// A send is a draft, then awaiting approval if it is large, then scheduled if it is for later, then running, perhaps
// paused in between, and in the end completed, cancelled or stopped. People approve, reject, pause, resume and cancel.
// couponbot pauses it after ten calls in a row without a verdict, or refused for the same reason that no recipient
// explains, or while the API, or Slack about its sender, cannot be reached; cancels it if nobody approves it within a day;
// and stops it if its sender may no longer send, or the API refuses the account. Recipients left over then are skipped.
// A draft whose confirmation got lost on the way is withdrawn.
//
// A recipient is pending, then claimed, then accepted, failed or unknown; skipped if a rule bars it as it is claimed, or if
// the send ends first. A claim is given back if its call certainly did nothing. One whose process died becomes unknown when
// its lease has passed, the longest that a call may take and 30 s; a verdict that arrives later still replaces unknown.
//
// # Who does what
//
// Each live send is kept by one process, which tells people of it, makes lapsed claims unknown, and sees that a turn is in
// the queue while somebody waits. A turn is a task of asynq: a process with room takes it, calls for recipients of that
// send for 5 s, and queues the next, so that sends take turns and small ones wait for no large one. The queue holds nothing
// but a send's id and how many turns it has had: a turn that is lost is queued again, one that comes twice is stale.
//
// # Slow countries
//
// Text messages to some countries may only go out slowly ([Config.SMSRates]). The time of the next one is kept per country,
// for all sends and processes, and moves on by the interval between two as a recipient there is claimed. A claim that comes
// to a recipient whose country is not free puts them aside and passes to the next, so the others go out meanwhile. Those put
// aside are pending. They wait in queues, one for each slow country, and a queue has one time: when its first can be claimed.
// A claim takes the first of a queue whose time has come before anybody else, if the country is still free then, or else
// gives the queue the country's new time. Nobody else has a time that could be missed or lost, so a send that was paused for
// hours goes on at the rate, and one that is cancelled leaves no gap.
//
// A turn waits up to 2 s for the first of a queue. If none is due that soon and nobody else can be called, the turn ends, and
// the next one is queued for the earliest time. A turn that has waited reserves the country before it waits for the pace of
// all calls, so that of several sends that wait for a country only one takes a call of that pace. A reservation that is not
// used costs one interval.
//
// # Lost and repeated messages
//
// Redis may run a script whose answer never arrives, and go-redis repeats a script that had no answer, so every script
// does the same when it comes twice, however late. A claim carries a token of its attempt; an outcome or a release acts
// only on that token. Claims are made one after the other in a turn, whose record remembers the number of the last one: an
// older one that turns up late does nothing. Losing a turn or a lease costs time only, since what they protect is also
// protected by the claims. All times are Redis's, except the age of a claim just made: by this process's own monotonic
// clock no call starts on one older than 10 s.
//
// # A Redis that crashes
//
// Redis writes what a script did to its append-only file as one transaction. A crash in the middle of the write leaves the
// first part of it in the file. Redis then starts without that part, as it should, but does not cut it off: at the next crash
// it runs the part before all that came after it (https://github.com/valkey-io/valkey/pull/4342). So a part of a script must do
// no harm if it is repeated, or if the rest is missing. Counters and positions are set and not incremented, and lists are
// changed by value and not by position. A claim takes nobody who has an outcome or a claim. Before a send ends everybody
// must be accounted for: who is not has lost a record, may have been called, and becomes unknown.
//
// # Keys
//
// Behind [Config.Prefix], on one Redis server:
//
//	sends:live        sorted set: ids of the sends that are going on or whose end is still to be told, by time confirmed
//	sends:recent      sorted set: ids of the last 1,000 sends, by time confirmed
//	send:{id}         hash: what is sent, by whom, its state, counters, times, what holds it up, what the Teller remembers
//	send:{id}:to      list: the recipients, in order: keyed hash of the person|place in the parent's list|country whose
//	                  SMS rate applies|recipient
//	send:{id}:left    string: who was left out of the list, packed, for the draft's preview
//	send:{id}:out     hash: index in the list → status|token|time|code|action|text of those that have an outcome
//	send:{id}:claims  hash: token → index:time of those being called now
//	send:{id}:again   list: indexes whose claims were given back
//	send:{id}:aside   sorted set, by name: queue|index of those who were put aside
//	send:{id}:wait    sorted set: queue → when its first can be claimed
//	send:{id}:turn    hash: the token of the turn that goes on, and the number of its last claim; gone after 15 s
//	send:{id}:keeper  string: the process that keeps the send; gone after 15 s unrenewed
//	gone:{id}         string: how many were waiting in a send whose records are gone, as a turn saw it last; gone after an hour
//	unsubscribed      hash: keyed hash of a person → since when, as Coupontools tells
//	unsubscribed:read hash: how many were unsubscribed, when Coupontools was asked, and the fingerprint of the hashes' key
//	alerted:{concern} string: the admins were told of a concern that lasts; gone after 6 h in which no process has seen it
//	last:{person}     string: the claim by which the person was last called for; gone after the frequency cap
//	sms:{country}     string: when the next text message there can be claimed|the turn that has reserved it; gone by then
//	day:{n}:{who}     string: recipients of a UTC day, of a sender or (*) of all
//	test:{n}:{who}    string: tests that a person has sent on a UTC day
//	audit             stream: the audit trail
//	news              channel: ids of sends that something was done to
//
// The do-not-contact list outlives a change of API keys, so it hangs on a name of its own (see [Service.UseSuppressionList]):
//
//	people            hash: keyed hash of a person → when|by whom|how they came on the list
//	key               string: the key of the hashes of people, or a hash of that key if it is a setting
//	marker            hash: how many people are on the list, a revision that grows with each change, and the fingerprint of the
//	                  key that the people are hashed with
//	aside:{key}       hash: people who are hashed with another key, set aside when an admin continued without them
//
// A send and the unsubscribed have the fingerprint of the key that their people are hashed with. If it isn't that of the
// list, a send is hashed again before anybody is called, and the unsubscribed are read again.
//
// The hash's next is the index of the first recipient who was never claimed, so that confirming, stopping and counting
// cost the same for one recipient as for ten thousand. A draft lives 24 hours, a send [Config.ReportTTL] from its end. One
// more key, of redis_rate, holds the pace of edits that all Tellers share; the rest, whose names begin with "asynq:", are
// the queue's.
package sends
