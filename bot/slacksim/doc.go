// Package slacksim is a local Slack: one workspace in memory, as an [http.Handler].
//
// It has the methods of the Web API that a bot like couponbot uses, Socket Mode, response URLs and files. It enforces the rules
// that Slack documents: 3 s for an acknowledgement, its size, the life of a trigger_id, the limits of Block Kit, the stack of
// views, scopes. A mistake of the bot is answered as Slack answers it. If Slack says nothing, or only the person notices, the
// mistake is in [Server.Violations].
//
// Create one with [New], serve it, and give the bot [Server.AppToken], [Server.BotToken] and the URL with /api/ added:
//
//	slack := slacksim.New()
//	defer slack.Close()
//	web := httptest.NewServer(slack)
//	// run the bot against web.URL + "/api/"
//	slack.AwaitConnections(ctx, 1)
//	slack.Command(ctx, slacksim.Mia, slacksim.Marketing, "/directories", "summer")
//	m, err := slack.AwaitMessage(ctx, slacksim.Marketing, func(m slacksim.Message) bool { return m.User == slacksim.Bot })
//
// Methods such as [Server.Command], [Server.Click] and [Server.Submit] act as a person. [Server.Messages], [Server.View] and
// [Server.Traffic] show the result. [Server.Inject] and its neighbours make Slack misbehave.
//
// Where Slack's behaviour isn't documented, the package does what a bot has to expect in the worst case: an update without blocks
// keeps the old ones, the payload of a click in an ephemeral message doesn't contain the message, views.open with a trigger from a
// modal pushes another one, and a click that fails shows a banner or a notice. Whether an acknowledgement on another connection
// counts can be set with [Server.RefuseForeignAcks]. The HTTP status of used and expired response URLs and the texts beside invalid
// fields are assumed.
//
// The package is written from Slack's documentation and shares no type with the bot or a Slack library, so that a misreading shows
// as a failing test. It doesn't have what a bot in Socket Mode doesn't need: OAuth, request signatures, search, reminders, canvases.
//
// Package [github.com/coupontools/couponbot/bot/slacksim/blockkit] has the rules of Block Kit, and package
// [github.com/coupontools/couponbot/bot/slacksim/page] shows the workspace in a browser.
package slacksim
