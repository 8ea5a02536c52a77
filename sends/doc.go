// Package sends carries out sends: from a draft to an outcome for every recipient, through any number of processes, crashes and
// restarts.
//
// A send is one message (an e-mail or an SMS with a link to an offer of Coupontools) to a list of recipients. [Service.SaveDraft]
// stores a draft, [Service.Confirm] makes it a send, and [Service.Run], in every replica, carries out confirmed sends.
// [Service.Act] is for the buttons: approve, reject, pause, resume, cancel. [Service.Send], [Service.Live] and
// [Service.Recipients] return the progress; a [Notifier] shows it to people. [Service.Suppress] and [Service.Why] concern who may
// be written to at all, [Service.Trail] returns the audit log.
//
// # Terms
//
//   - recipient: a person's phone number or e-mail address in the list of a send.
//   - claim: the right of one process to make one call for one recipient. It has a token.
//   - outcome: what happened to a recipient: accepted, failed, skipped or unknown.
//   - batch: one process makes calls for one send for 5 s. A batch has a lease and a token, and its number in the send.
//   - leader: the process that has the lease of a live send. It notifies people and keeps batches coming.
//   - live send: a confirmed send that hasn't ended, or ended so recently that people weren't notified yet.
//   - waiting recipient: one without a claim or an outcome. A deferred recipient waits for its slow country.
//   - backoff: a time in which a running send makes no calls, with a reason for people.
//
// # Laws
//
//   - A recipient gets at most one call that the API may have carried out. A call is repeated only if it certainly did nothing:
//     there was no connection, the API answered 429, or it refused the whole account.
//   - Every recipient is accounted for. Accepted, failed, skipped, unknown and pending recipients add up to the list at every
//     moment, since an outcome and its counter change in one script.
//   - Claims for a slow country are never closer together than its rate allows, in all sends and processes.
//   - A confirmed send continues. It is live from its confirmation until people were notified of its end, and every process
//     takes over live sends that have no leader.
//
// # The life of a send
//
// A send is a draft; then awaiting approval if it is large; then scheduled if it is for later; then running, and sometimes paused;
// finally completed, cancelled or stopped. People approve, reject, pause, resume and cancel. couponbot pauses a send after ten
// calls in a row without a clear answer, or refused for the same reason that no recipient explains; or while the API, or Slack for
// the question about its sender, can't be reached for long. It cancels a send that nobody approves within a day. It stops a send
// if its sender may no longer send, or if the API refuses the account. The waiting recipients of a cancelled or stopped send are
// skipped. A draft is withdrawn if its confirmation got no reply.
//
// A recipient is pending, then claimed, then accepted, failed or unknown. It is skipped if a rule bars it when it would be claimed,
// or if the send ends first. A claim is released if its call certainly did nothing. The claim of a process that died becomes
// unknown after the longest time that a call may take, plus 30 s; a later answer still replaces that.
//
// # Who does what
//
//   - The queue (queue.go) is asynq. A task is one batch of one send, for any process with room. It holds only the id of the send
//     and the number of the batch, so a lost task is queued again, and a duplicate one is stale.
//   - A worker (worker.go) is a process in Run. It runs batches, and leads live sends after acquiring their lease.
//   - A batch (batch.go, deliver.go) claims recipients, calls the API and records outcomes. It ends after 5 s and queues the next,
//     so sends alternate, and a small one doesn't wait for a large one.
//   - The leader of a send (leader.go) makes expired claims unknown and queues a batch while recipients wait and none runs.
//   - The notifier (notifier.go) of the leader posts and edits the messages about the send.
//   - Two checks run in every process: stall.go explains why a send makes no progress, safety.go alerts the admins if Redis or the
//     lists of people aren't safe.
//   - The scripts (scripts*.go) make every change of a record in one step; the comment over each has its arguments and its reply.
//   - rules.go has the rules on who may be written to; the claim script checks them again.
//
// # Slow countries
//
// Text messages to some countries may only go out slowly ([Config.SMSRates]). Redis keeps the time of the next message for each
// country, for all sends and processes. A claim there moves that time on by the interval between two messages. If the country of
// a recipient isn't free, the claim defers the recipient and tries the next one, so others go out meanwhile. Deferred
// recipients are pending. They wait in a queue for each slow country, and the queue has one time: when its first recipient can be
// claimed. A claim prefers the first recipient of a queue that is due, if the country is still free; otherwise it gives the queue
// the country's new time. No recipient has a time of its own that could be missed, so a send that was paused for hours continues
// at the rate, and a cancelled one leaves no gap.
//
// A batch waits up to 2 s for the first recipient of a queue. If none is due that soon and nobody else can be called, the batch
// ends, and the next one is queued for the earliest time. A batch that has waited reserves the country before it waits for the pace of
// all calls, so of several sends that wait for a country only one uses a call of that pace. An unused reservation costs one
// interval.
//
// # Lost and repeated messages
//
// Redis may run a script and its reply never arrives, and go-redis repeats a script without a reply. So every script has the same
// effect when it comes twice, however late. A claim has a token; an outcome or a release works only with that token. A batch makes
// its claims one after the other, and its record has the number of the last one: an older claim that arrives late does nothing.
// Losing a batch or a lease costs only time, since the claims protect the calls. All times are Redis's, except the age of a new
// claim: no call starts if the claim is older than 10 s by the process's own monotonic clock.
//
// # A crash of Redis
//
// Redis writes the changes of a script to its append-only file as one transaction. A crash during the write leaves the first part
// of it in the file. Redis then starts without that part, which is right, but doesn't cut it off: after the next crash it runs the
// part before everything that came later (https://github.com/valkey-io/valkey/pull/4342). So a part of a script must do no harm if
// it is repeated, or if the rest is missing. Counters and positions are set and not incremented, and lists are changed by value and
// not by position. A claim takes nobody who has an outcome or a claim. Before a send ends every recipient must be accounted for: one
// who isn't has lost a record, may have been called, and becomes unknown.
//
// # Keys
//
// With the prefix [Config.Prefix], on one Redis server:
//
//	sends:live             sorted set: ids of the live sends, by time of confirmation
//	sends:recent           sorted set: ids of the last 1,000 sends, by time of confirmation
//	send:{id}              hash: what is sent, sender, state, counters, times, backoff, what the Notifier returned (see below)
//	send:{id}:recipients   list: the recipients, in order: keyed hash of the person|place in the parent's list|country with
//	                       an SMS rate|recipient
//	send:{id}:packed       string: the recipients of a draft, packed
//	send:{id}:left_out     string: the skipped entries of the list, packed, for the draft's preview
//	send:{id}:outcomes     hash: index in the list → status|token|time|code|action|text
//	send:{id}:claims       hash: token → index:time
//	send:{id}:released     list: indexes of released claims
//	send:{id}:deferred     sorted set, by name: queue|index of deferred recipients
//	send:{id}:deferred_due sorted set: queue → when its first recipient can be claimed
//	send:{id}:batch        hash: token of the running batch, number of its last claim; expires after 15 s
//	send:{id}:leader       string: token of the leader's lease; expires 15 s after the last renewal
//	drafts:{team}:{user}   sorted set: ids of a person's drafts, in the order in which they were saved
//	gone:{id}              string: how many were waiting when the records of a send were found gone; expires after an hour
//	unsubscribed           hash: keyed hash of a person → since when, from Coupontools
//	unsubscribed:read      hash: their number, that of unreadable ones, when Coupontools was asked, fingerprint of the hashes' key
//	unsubscribed:lease     string: the process that reads them, or the time until the next reading
//	alerted:{concern}      string: the admins were alerted; expires 6 h after a process last saw the concern
//	last:{person}          string: token|time of the claim for the last call; expires after the frequency cap
//	sms:{country}          string: when the next text message there can be claimed|token of the batch that reserved it
//	day:{n}:{who}          string: recipients in a UTC day, of a sender or (*) of all
//	test:{n}:{who}         string: test sends of a person in a UTC day
//	audit                  stream: the audit log
//	news                   channel: ids of sends that changed
//
// The do-not-contact list outlives a change of API keys, so it has a name of its own (see [Service.UseSuppressionList]):
//
//	people                 hash: keyed hash of a person → when|user who added the person|how
//	key                    string: the key of the hashes, or a hash of that key if it is a setting
//	marker                 hash: number of people, a revision that grows with each change, fingerprint of the people's key
//	aside:{key}            hash: people hashed with another key, set aside when an admin continued without them
//
// A send and the list of the unsubscribed have the fingerprint of the key that their people are hashed with. If it differs from that
// of the do-not-contact list, the send is hashed again before anybody is called, and the unsubscribed are read again.
//
// In the hash of a send, offer, offer_kind and offer_name say what is sent, and next is the index of the first recipient that was
// never claimed: so confirming, stopping and counting cost the same for one recipient as for ten thousand. A draft lives 24 hours,
// the records of a send [Config.ReportTTL] after its end. One more key, of redis_rate, holds the common pace of edits; the keys
// that begin with "asynq:" are the queue's.
package sends
