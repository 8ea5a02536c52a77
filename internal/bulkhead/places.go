package bulkhead

// Place names where a panic was recovered. It is a metric's label, so the set is fixed.
type Place string

// The places.
const (
	// Carried is a helper that passes its panic on to the goroutine that waits for it, which reports it as its own.
	Carried Place = "carried"

	BotAnswer      Place = "bot_answer"
	BotDrain       Place = "bot_drain"
	BotHandler     Place = "bot_handler"
	BotHolders     Place = "bot_holders"
	BotInterim     Place = "bot_interim"
	BotOptions     Place = "bot_options"
	BotPeople      Place = "bot_people"
	BotStop        Place = "bot_stop"
	BotSubmission  Place = "bot_submission"
	CacheFetch     Place = "cache_fetch"
	CacheLock      Place = "cache_lock"
	Check          Place = "check"
	Demo           Place = "demo"
	Figures        Place = "figures"
	LocalCache     Place = "local_cache"
	OpsPage        Place = "ops_page"
	OpsServer      Place = "ops_server"
	OpsStop        Place = "ops_stop"
	Pace           Place = "pace" // the library of the rate limits, which panics at an answer that it does not expect
	SendBroken     Place = "send_broken"
	SendClaim      Place = "send_claim"
	SendDrain      Place = "send_drain"
	SendKeeper     Place = "send_keeper"
	SendLookout    Place = "send_lookout"
	SendMayStart   Place = "send_may_start"
	SendNews       Place = "send_news"
	SendOptOuts    Place = "send_opt_outs"
	SendPlace      Place = "send_place"
	SendPlaces     Place = "send_places"
	SendQueue      Place = "send_queue"
	SendSafety     Place = "send_safety"
	SendShutdown   Place = "send_shutdown"
	SendStalls     Place = "send_stalls"
	SendTell       Place = "send_tell"
	SendTend       Place = "send_tend"
	SendTurn       Place = "send_turn"
	Sends          Place = "sends"
	Serve          Place = "serve"
	Signal         Place = "signal"
	Socket         Place = "socket"
	SocketAbort    Place = "socket_abort"
	SocketClose    Place = "socket_close"
	SocketConnect  Place = "socket_connect"
	SocketEnvelope Place = "socket_envelope"
	SocketRead     Place = "socket_read"
	SocketWatch    Place = "socket_watch"
)

// Places are all places that are counted.
var Places = []Place{
	BotAnswer, BotDrain, BotHandler, BotHolders, BotInterim, BotOptions, BotPeople, BotStop, BotSubmission,
	CacheFetch, CacheLock, Check, Demo, Figures, LocalCache, OpsPage, OpsServer, OpsStop, Pace,
	SendBroken, SendClaim, SendDrain, SendKeeper, SendLookout, SendMayStart, SendNews, SendOptOuts, SendPlace, SendPlaces, SendQueue,
	SendSafety, SendShutdown, SendStalls, SendTell, SendTend, SendTurn, Sends, Serve, Signal,
	Socket, SocketAbort, SocketClose, SocketConnect, SocketEnvelope, SocketRead, SocketWatch,
}
