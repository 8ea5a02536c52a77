package slacksim

import (
	"context"
	"net/http"
	"time"
)

// Server is the local Slack.
type Server struct {
	appToken, botToken         string
	groups                     []Group
	commands                   []SlashCommand
	scopes                     []string
	now                        func() time.Time
	enterprise, enterpriseName string
	pingEvery                  time.Duration
	mux                        *http.ServeMux
}

// Ids of the ready workspace.
const (
	Team = "T0COUPONS"

	Mia      = "U0MIA"      // marketer
	Noah     = "U0NOAH"     // colleague, full member
	Gus      = "U0GUS"      // guest
	Stranger = "U0STRANGER" // of another company
	Bot      = "U0COUPONBOT"

	Marketing = "C0MARKETING" // the bot is a member
	General   = "C0GENERAL"   // the bot is not
	Partners  = "C0PARTNERS"  // shared with another company
	Private   = "G0LAUNCH"    // a private channel; the bot is a member
)

// DefaultScopes are those of the bot token.
var DefaultScopes = []string{"commands"}

// New returns a ready workspace.
func New(settings ...Setting) *Server { return &Server{} }

func (s *Server) setUsers(users []User)          {}
func (s *Server) setChannels(channels []Channel) {}

// Close ends all connections.
func (s *Server) Close() {}

// SetPage sets what answers every path that is not Slack's own: the web page.
func (s *Server) SetPage(h http.Handler) {}

func (s *Server) AppToken() string         { return s.appToken }
func (s *Server) BotToken() string         { return s.botToken }
func (s *Server) Users() []User            { return nil }
func (s *Server) Channels() []Channel      { return nil } // all, direct messages too
func (s *Server) Groups() []Group          { return s.groups }
func (s *Server) Commands() []SlashCommand { return s.commands }
func (s *Server) Direct(user string) string { return "" } // the channel of the person's direct messages with the bot
func (s *Server) Connections() int         { return 0 }

// Acting as a person. The error says what a person could not do (no such button, a required field is empty); what the
// bot or Slack did wrong is in the Outcome.
func (s *Server) Command(ctx context.Context, user, channel, command, text string) (Outcome, error) {
	return Outcome{}, nil
}

// Say posts a message as a person.
func (s *Server) Say(ctx context.Context, user, channel, text string) (Message, error) {
	return Message{}, nil
}

// Click presses a button. block "" = any block; value, if given, must be the button's own.
func (s *Server) Click(ctx context.Context, user string, at Place, block, action string, value ...string) (Outcome, error) {
	return Outcome{}, nil
}

// Choose sets what is chosen in a select, radio buttons, checkboxes, overflow or a date element; no value = clear.
func (s *Server) Choose(ctx context.Context, user string, at Place, block, action string, values ...string) (Outcome, error) {
	return Outcome{}, nil
}

// Type puts text into the input block of a view.
func (s *Server) Type(ctx context.Context, user, viewID, block, text string) (Outcome, error) {
	return Outcome{}, nil
}

// Attach puts a file into the file_input of an input block.
func (s *Server) Attach(ctx context.Context, user, viewID, block, name string, content []byte) error {
	return nil
}

// Suggest asks the bot for the options of an external select.
func (s *Server) Suggest(ctx context.Context, user string, at Place, block, action, typed string) ([]Option, error) {
	return nil, nil
}

// Submit presses the submit button of a modal. An *InvalidError says which fields Slack itself refuses.
func (s *Server) Submit(ctx context.Context, user, viewID string) (Outcome, error) {
	return Outcome{}, nil
}

// CloseView closes a modal by its Close button, CloseAll the whole stack by its cross.
func (s *Server) CloseView(ctx context.Context, user, viewID string) (Outcome, error) {
	return Outcome{}, nil
}

// CloseAll closes the person's whole stack.
func (s *Server) CloseAll(ctx context.Context, user string) (Outcome, error) { return Outcome{}, nil }

// OpenHome opens the app's Home tab.
func (s *Server) OpenHome(ctx context.Context, user string) (Outcome, error) { return Outcome{}, nil }

// InvalidError tells of fields that Slack itself refuses before the bot hears of the submit.
type InvalidError struct {
	View   string
	Errors map[string]string // block_id: words
}

func (e *InvalidError) Error() string { return "" }

// Observing.
func (s *Server) Messages(channel string) []Message           { return nil } // oldest first, ephemerals of everyone included
func (s *Server) MessagesFor(user, channel string) []Message  { return nil } // what that person sees
func (s *Server) Message(channel, ts string) (Message, bool)  { return Message{}, false }
func (s *Server) View(user string) *View                      { return nil } // top of the stack, nil if none
func (s *Server) Views(user string) []View                    { return nil } // the stack, lowest first
func (s *Server) ViewByID(id string) (View, bool)             { return View{}, false }
func (s *Server) Home(user string) *View                      { return nil }
func (s *Server) Traffic() []TrafficEntry                     { return nil } // the last 500, oldest first
func (s *Server) Violations() []string                        { return nil }
func (s *Server) Acks() []AckRecord                           { return nil }
func (s *Server) Closes() []CloseRecord                       { return nil }
func (s *Server) Transcript() string                          { return "" }
func (s *Server) FileContent(id string) (File, []byte, bool)  { return File{}, nil, false }

// Subscribe tells of changes until cancel is called.
func (s *Server) Subscribe() (events <-chan Event, cancel func()) { return nil, func() {} }

// Await waits until met, which is asked anew after each change.
func (s *Server) Await(ctx context.Context, met func(*Server) bool) error { return nil }

// AwaitMessage waits for a message that matches.
func (s *Server) AwaitMessage(ctx context.Context, channel string, match func(Message) bool) (Message, error) {
	return Message{}, nil
}

// AwaitView waits until the top of the person's stack matches.
func (s *Server) AwaitView(ctx context.Context, user string, match func(View) bool) (View, error) {
	return View{}, nil
}

// AwaitConnections waits until at least n connections have had hello.
func (s *Server) AwaitConnections(ctx context.Context, n int) error { return nil }

// Fault is a wrong answer of the Web API, in the place of the right one.
type Fault struct {
	Method     string        // "" = every method
	Error      string        // ok:false with this error
	Status     int           // an HTTP status with an HTML page
	RetryAfter time.Duration // 429 with this header
	Delay      time.Duration // before answering, rightly or wrongly
	Times      int           // how many calls; 0 = all until ClearFaults
}

func (s *Server) Inject(f Fault) {}
func (s *Server) ClearFaults()   {}

// RefuseTickets makes the next n socket handshakes fail.
func (s *Server) RefuseTickets(n int) {}

// Duplicate delivers the next n envelopes twice.
func (s *Server) Duplicate(n int) {}

// Withhold holds back the next n envelopes for d.
func (s *Server) Withhold(n int, d time.Duration) {}

// Disconnect sends every connection a disconnect frame with the reason and closes it a moment later.
func (s *Server) Disconnect(reason string) {}

// Drop cuts every connection without a frame.
func (s *Server) Drop() {}

// Silence makes the open connections half-open: they stay counted and get envelopes, but nothing passes any more.
func (s *Server) Silence() {}

// SendRaw sends a text frame as it is on one connection.
func (s *Server) SendRaw(frame []byte) error { return nil }

// PlainText returns what a person reads in blocks (a JSON array), one block a line.
func PlainText(blocks []byte) string { return "" }

func plainMrkdwn(text string) string { return text }
