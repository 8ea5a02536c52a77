package sandbox

import (
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// The keys of a [Server] that was not given others. They look like real ones: digits, then letters and digits.
const (
	DefaultClientID     = "271828182845904523536028747135"
	DefaultClientSecret = "s4ndb0xs4ndb0xs4ndb0xs4ndb0xs4"
)

// maxBody is far above what any call needs.
const maxBody = 1 << 20

// Server is the service. Its methods may be called at any time, also while it serves.
type Server struct {
	clientID, clientSecret string
	seed                   uint64

	mu          sync.Mutex
	directories []*directory
	byID        map[string]*directory
	smsGroups   []*smsGroup
	campaigns   campaigns
	loyalty     loyalty
	subaccounts []*subaccount
	quirks      Quirks
	rules       []*activeRule
	chance      *rand.Rand
	busyOnce    map[string]bool
	record      record
}

// Option changes a [Server] while [New] makes it.
type Option func(*settings)

type settings struct {
	clientID, clientSecret string
	seed                   uint64
	directories            int
	bulk                   int
	sessions               int
	now                    time.Time
	quirks                 Quirks
}

// WithKeys sets the only keys that are let in.
func WithKeys(clientID, clientSecret string) Option {
	return func(s *settings) { s.clientID, s.clientSecret = clientID, clientSecret }
}

// WithSeed changes ids, codes, people, and what a [Rule] with a Chance hits. The same seed gives the same.
func WithSeed(seed uint64) Option { return func(s *settings) { s.seed = seed } }

// WithDirectories sets how many directories there are; 40 by default. The first 40 are always the same ones.
func WithDirectories(n int) Option { return func(s *settings) { s.directories = n } }

// WithBulk sets how many there are of everything that has a list of its own: directories, campaigns, loyalty cards, users of
// the first of these, subaccounts, SMS groups. The first of each are always the same ones.
func WithBulk(n int) Option {
	return func(s *settings) { s.directories, s.bulk = n, n }
}

// WithSessions sets how many sessions the first campaign has.
func WithSessions(n int) Option { return func(s *settings) { s.sessions = n } }

// WithNow sets the end of the thirteen weeks in which campaigns have sessions. It is the time of [New] by default.
func WithNow(now time.Time) Option { return func(s *settings) { s.now = now } }

// WithQuirks is [Server.SetQuirks] from the beginning.
func WithQuirks(q Quirks) Option { return func(s *settings) { s.quirks = q } }

// New returns a service that is ready to be served.
func New(opts ...Option) *Server {
	set := settings{
		clientID: DefaultClientID, clientSecret: DefaultClientSecret, seed: 1, directories: len(knownDirectories),
		now: now(),
	}
	for _, o := range opts {
		o(&set)
	}
	s := &Server{
		clientID: set.clientID, clientSecret: set.clientSecret, seed: set.seed, quirks: set.quirks,
		chance:   rand.New(rand.NewPCG(set.seed, 0)),
		busyOnce: map[string]bool{},
		record:   newRecord(),
	}
	s.fillDirectories(set.directories)
	s.fillSMSGroups(set.bulk)
	s.fillCampaigns(set)
	s.fillLoyalty(set)
	s.fillSubaccounts(set)
	return s
}

// ServeHTTP answers one call of the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The body is read first: only then does net/http notice that the client has gone.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "unreadable body", http.StatusBadRequest)
		return
	}
	fault, mended := s.arrived(r.URL.Path)
	if fault.before != nil && fault.before(w, r, mended) {
		return
	}
	a := s.answer(r, body)
	if fault.after != nil {
		fault.after(w, a)
		return
	}
	a.write(w)
}

// arrived counts a call and says what shall go wrong with it.
func (s *Server) arrived(path string) (Fault, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record.called(path)
	return s.pick(path)
}

// answer does the work of a call.
func (s *Server) answer(r *http.Request, body []byte) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	route, ids, ok, known := find(r.Method, r.URL.Path)
	if !ok {
		return s.unknown(r, known)
	}
	p, broken := readParams(r, body, route)
	if f := s.authorize(r, p); f != nil {
		return s.refuse(f)
	}
	if broken = append(broken, p.unknown(route.params)...); len(broken) > 0 {
		return s.violated(r, broken)
	}
	maps.Copy(p, ids)
	reply, f := route.handle(s, p)
	if f != nil {
		return s.refuse(f)
	}
	return s.accept(reply)
}

// unknown answers what is no call of the API.
func (s *Server) unknown(r *http.Request, known bool) answer {
	status, what := http.StatusNotFound, "unknown path"
	if known {
		status, what = http.StatusMethodNotAllowed, "no such method here"
	}
	s.record.violation(r, what)
	return answer{status: status, body: object{"message": http.StatusText(status)}}
}

// violated answers a call that the documentation does not allow.
func (s *Server) violated(r *http.Request, what []string) answer {
	f := &failure{status: http.StatusUnprocessableEntity}
	for _, w := range what {
		s.record.violation(r, w)
		f.add(codeBadValue, "The sandbox does not know this: "+w+".")
	}
	return s.refuse(f)
}

// authorize lets a call in by either pair of headers or by the values in its body.
func (s *Server) authorize(r *http.Request, p params) *failure {
	pairs := [][2]string{
		{r.Header.Get("X-Client-Id"), r.Header.Get("X-Client-Secret")},
		{r.Header.Get("X-Api-Key"), r.Header.Get("X-Api-Secret")},
		{p["client_id"], p["client_secret"]},
	}
	if !slices.Contains(pairs, [2]string{s.clientID, s.clientSecret}) {
		return unauthorized(codeWrongKeys, "The client id or the client secret is wrong.")
	}
	return s.accountState()
}

func (s *Server) accountState() *failure {
	if s.quirks.Expired {
		return unauthorized(codeExpired, "The account has expired.")
	}
	return nil
}

// now is the time written into records.
func now() time.Time { return time.Now().UTC() }
