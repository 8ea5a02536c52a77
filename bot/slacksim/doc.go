// Package slacksim is a local Slack: one workspace in memory, as an [http.Handler].
//
// It offers the Web API methods a bot like couponbot uses, the Socket Mode server, response URLs and files, and enforces
// the rules Slack documents: the three seconds of an acknowledgement, its size, the life of a trigger_id, the limits of
// Block Kit, the stack of views, scopes. What a bot does wrong is answered as Slack would answer it and, where Slack
// would stay silent or the person would merely see a failure, written down in [Server.Violations].
//
// Start with [New], serve it, and give the bot [Server.AppToken], [Server.BotToken] and the URL with /api/ added:
//
//	slack := slacksim.New()
//	defer slack.Close()
//	web := httptest.NewServer(slack)
//	// run the bot against web.URL + "/api/"
//	slack.AwaitConnections(ctx, 1)
//	slack.Command(ctx, slacksim.Mia, slacksim.Marketing, "/directories", "summer")
//	m, err := slack.AwaitMessage(ctx, slacksim.Marketing, func(m slacksim.Message) bool { return m.User == slacksim.Bot })
//
// Methods such as [Server.Command], [Server.Click] and [Server.Submit] act as a person; [Server.Messages], [Server.View]
// and [Server.Traffic] show what has come of it; [Server.Inject] and its neighbours make Slack misbehave.
//
// Where Slack's behaviour is not documented, the choice here is the one that a careful bot survives either way: an
// update without blocks keeps the old ones, an ephemeral message is not in the payload of its click, views.open on a
// trigger from inside a modal comes on top of it, a click's trouble is a banner or a notice. What an acknowledgement on
// another connection is worth can be set ([Server.RefuseForeignAcks]). The HTTP status of a spent response_url (404) and of
// an expired one (410), and the words Slack puts at fields, are assumed.
//
// The package is written from Slack's documentation and shares no type with the bot or with a Slack library, so that a
// shared misreading shows as a failing test. It leaves out what a bot in Socket Mode does not meet: OAuth, request
// signatures, search, reminders, canvases.
package slacksim
