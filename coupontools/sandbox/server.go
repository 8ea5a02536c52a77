package sandbox

import (
	"cmp"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// The default keys of a [Server]. They look like real ones: digits, then letters and digits.
const (
	DefaultClientID     = "271828182845904523536028747135"
	DefaultClientSecret = "s4ndb0xs4ndb0xs4ndb0xs4ndb0xs4"
)

// maxBody is far above what any call needs, in bytes.
const maxBody = 1 << 20

// Server is the service. Its methods are safe for concurrent use, also while it serves.
type Server struct {
	clientID, clientSecret string
	seed                   uint64
	names                  dataset

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

// Option configures a [Server].
type Option func(*settings)

type settings struct {
	clientID, clientSecret string
	seed                   uint64
	names                  dataset
	directories            int // 0: as many as have known names
	bulk                   int
	sessions               int
	now                    time.Time
	quirks                 Quirks
}

// WithKeys sets the only accepted keys.
func WithKeys(clientID, clientSecret string) Option {
	return func(s *settings) { s.clientID, s.clientSecret = clientID, clientSecret }
}

// WithSeed changes ids, codes, people, and which calls a [Rule] with a Chance hits. The same seed gives the same data.
func WithSeed(seed uint64) Option { return func(s *settings) { s.seed = seed } }

// WithLocalNames names directories, campaigns and people as an account of Belgian shops and towns would, for a demo. By default
// names come from all over the world, and some attempt markup.
func WithLocalNames() Option { return func(s *settings) { s.names = localNames } }

// WithDirectories sets the number of directories; the default is 40. The first 40 are always the same.
func WithDirectories(n int) Option { return func(s *settings) { s.directories = n } }

// WithBulk sets the number of directories, campaigns, loyalty cards, users of the first of each, subaccounts and SMS groups.
// The first of each are always the same.
func WithBulk(n int) Option {
	return func(s *settings) { s.directories, s.bulk = n, n }
}

// WithSessions sets the number of sessions of the first campaign.
func WithSessions(n int) Option { return func(s *settings) { s.sessions = n } }

// WithNow sets the end of the thirteen weeks that have sessions. The default is the time of [New].
func WithNow(end time.Time) Option { return func(s *settings) { s.now = end } }

// WithQuirks is [Server.SetQuirks] from the start.
func WithQuirks(q Quirks) Option { return func(s *settings) { s.quirks = q } }

// New returns a service ready to serve.
func New(opts ...Option) *Server {
	set := settings{
		clientID: DefaultClientID, clientSecret: DefaultClientSecret, seed: 1, names: worldwideNames,
		now: now(),
	}
	for _, o := range opts {
		o(&set)
	}
	s := &Server{
		clientID: set.clientID, clientSecret: set.clientSecret, seed: set.seed, names: set.names, quirks: set.quirks,
		chance:   rand.New(rand.NewPCG(set.seed, 0)),
		busyOnce: map[string]bool{},
		record:   newRecord(),
	}
	s.fillDirectories(cmp.Or(set.directories, len(set.names.directories)))
	s.fillSMSGroups(set.bulk)
	s.fillCampaigns(set)
	s.fillLoyalty(set)
	s.fillSubaccounts(set)
	return s
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Read the body first: only then does net/http notice that the client has disconnected.
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

// arrived counts a call and returns the fault that applies to it.
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
	to, ids, ok, known := find(r.Method, r.URL.Path)
	if !ok {
		return s.unknown(r, known)
	}
	p, broken := readParams(r, body, to)
	if f := s.authorize(r, p); f != nil {
		return s.refuse(f)
	}
	if broken = append(broken, p.unknown(to.params)...); len(broken) > 0 {
		return s.violated(r, broken)
	}
	maps.Copy(p, ids)
	out, f := to.handle(s, p)
	if f != nil {
		return s.refuse(f)
	}
	return s.accept(out)
}

// unknown answers a call that isn't in the API.
func (s *Server) unknown(r *http.Request, known bool) answer {
	status, what := http.StatusNotFound, "unknown path"
	if known {
		status, what = http.StatusMethodNotAllowed, "no such method here"
	}
	s.record.violation(r, what)
	return answer{status: status, body: object{"message": http.StatusText(status)}}
}

// violated answers a call that violates the documentation.
func (s *Server) violated(r *http.Request, what []string) answer {
	f := &failure{status: http.StatusUnprocessableEntity}
	for _, w := range what {
		s.record.violation(r, w)
		f.add(codeBadValue, "The sandbox does not know this: "+w+".")
	}
	return s.refuse(f)
}

// authorize accepts the keys in either pair of headers or in the body.
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
