package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/pace"
)

// checkCoupontools makes every reading call for which a list gives it the ids, at the fleet's pace. What the answers hold is
// counted, never shown; how they differ from the known shape is told by names and types.
func checkCoupontools(ctx context.Context, c Config) []finding {
	rdb := redis.NewClient(redisOptions(c))
	defer rdb.Close()
	fleet := pace.New(pace.Config{Redis: rdb, Prefix: keyPrefix(c), Rate: c.CoupontoolsRate})
	seen := newShapes()
	client, err := newCoupontools(c, coupontools.WithPace(fleet.Lookup()), coupontools.WithAnswers(seen.note))
	if err != nil {
		return []finding{bad.say("Coupontools: %s", err)}
	}
	var found []finding
	if plainHTTP(string(c.CoupontoolsBaseURL)) {
		found = append(found, warn.say("COUPONTOOLS_BASE_URL: keys go there unencrypted. Use https"))
	}
	at := &place{client: client}
	for i, p := range probes {
		f, err := p.try(ctx, at, seen)
		found = append(found, f)
		if i == 0 && err != nil {
			return append(found, warn.say("Coupontools, all other calls: not tried, since the first did not work"))
		}
	}
	return found
}

// place is where the probes are: the client, and the ids that they have found.
type place struct {
	client *coupontools.Client

	directory, user, directoryV4, userV4 string
	campaign, session, word              string
	card, holder, cardV4, holderV4       string
	group, subaccount                    string
}

// probe tries one reading call.
type probe struct {
	route string
	// run makes the call and says what it found, nothing if the answer is empty. If it lacks an id it says so by a [needs].
	run func(context.Context, *place) (string, error)
}

// needs is what a probe needs and has not got. Nothing was called.
type needs string

func (n needs) Error() string { return "not tried, since it needs " + string(n) }

// probes are all reading calls, each after those that find its ids. The first of them tells whether the keys are good.
var probes = []probe{
	{"POST /v3/directory/list", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.Directories(ctx)
		return counted(list, err, "directories", func(d coupontools.Directory) { p.directory = d.ID })
	}},
	{"POST /v3/directory/info", func(ctx context.Context, p *place) (string, error) {
		return one(p.directory, "a directory", func() error { _, err := p.client.Directory(ctx, p.directory); return err })
	}},
	{"POST /v3/directory/campaigns", func(ctx context.Context, p *place) (string, error) {
		if p.directory == "" {
			return "", needs("a directory")
		}
		list, err := p.client.DirectoryCampaigns(ctx, p.directory)
		return counted(list, err, "campaigns", func(coupontools.Campaign) {})
	}},
	{"POST /v3/directoryusers/list", func(ctx context.Context, p *place) (string, error) {
		if p.directory == "" {
			return "", needs("a directory")
		}
		list, err := p.client.DirectoryUsers(ctx, p.directory, 1)
		return counted(list, err, "users on the first page", func(u coupontools.DirectoryUser) { p.user = u.ID })
	}},
	{"GET /v4/directory", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.DirectoriesV4(ctx)
		return counted(list, err, "directories", func(d coupontools.Directory) { p.directoryV4 = d.ID })
	}},
	{"GET /v4/directory/{directory}", func(ctx context.Context, p *place) (string, error) {
		return one(p.directoryV4, "a directory of v4", func() error { _, err := p.client.DirectoryV4(ctx, p.directoryV4); return err })
	}},
	{"GET /v4/directory/{directory}/users", func(ctx context.Context, p *place) (string, error) {
		if p.directoryV4 == "" {
			return "", needs("a directory of v4")
		}
		list, err := p.client.DirectoryUsersV4(ctx, p.directoryV4)
		return counted(list, err, "users", func(u coupontools.DirectoryUser) { p.userV4 = u.ID })
	}},
	{"GET /v4/directory/{directory}/users/{user}", func(ctx context.Context, p *place) (string, error) {
		return one(p.userV4, "a user of v4", func() error {
			_, err := p.client.DirectoryUserV4(ctx, p.directoryV4, p.userV4)
			return err
		})
	}},
	{"POST /v3/category/list", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.Categories(ctx)
		return counted(list, err, "categories", func(coupontools.Category) {})
	}},
	{"POST /v3/category/main/list", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.MainCategories(ctx)
		return counted(list, err, "categories", func(coupontools.Category) {})
	}},

	{"POST /v3/coupon/list", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.Campaigns(ctx, coupontools.CampaignsOptions{})
		return counted(list, err, "campaigns", func(c coupontools.Campaign) { p.campaign = c.ID })
	}},
	{"POST /v3/coupon/info", func(ctx context.Context, p *place) (string, error) {
		return one(p.campaign, "a campaign", func() error { _, err := p.client.Campaign(ctx, p.campaign); return err })
	}},
	usageProbe("POST /v3/campaign/data", coupontools.AnyEvent),
	usageProbe("POST /v3/campaign/opens", coupontools.WasOpened),
	usageProbe("POST /v3/campaign/claims", coupontools.WasClaimed),
	usageProbe("POST /v3/campaign/validations", coupontools.WasValidated),
	{"POST /v3/couponsession/data", func(ctx context.Context, p *place) (string, error) {
		return one(p.session, "a session", func() error { _, err := p.client.Session(ctx, p.session); return err })
	}},
	{"POST /v3/couponsession/search", func(ctx context.Context, p *place) (string, error) {
		if p.word == "" {
			return "", needs("a session with a validation code of the owner's own")
		}
		list, err := p.client.SearchSessions(ctx, coupontools.SearchSessionsOptions{Text: p.word})
		return counted(list, err, "sessions", func(coupontools.Session) {})
	}},

	{"POST /v3/loyalty/list", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.LoyaltyCards(ctx, coupontools.LoyaltyCardsOptions{})
		return counted(list, err, "loyalty cards", func(c coupontools.LoyaltyCard) { p.card = c.ID })
	}},
	{"POST /v3/loyalty/info", func(ctx context.Context, p *place) (string, error) {
		return one(p.card, "a loyalty card", func() error { _, err := p.client.LoyaltyCard(ctx, p.card); return err })
	}},
	{"POST /v3/loyaltyusers/list", func(ctx context.Context, p *place) (string, error) {
		if p.card == "" {
			return "", needs("a loyalty card")
		}
		list, err := p.client.LoyaltyUsers(ctx, p.card)
		return counted(list, err, "users", func(u coupontools.LoyaltyUser) { p.holder = u.ID })
	}},
	{"POST /v3/loyaltyusers/search", func(ctx context.Context, p *place) (string, error) {
		if p.holder == "" {
			return "", needs("a user of a loyalty card")
		}
		list, err := p.client.SearchLoyaltyUsers(ctx, p.card, p.holder)
		return counted(list, err, "users", func(coupontools.LoyaltyUser) {})
	}},
	{"GET /v4/loyalty/loyalty-cards", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.LoyaltyCardsV4(ctx)
		return counted(list, err, "loyalty cards", func(c coupontools.LoyaltyCard) { p.cardV4 = c.ID })
	}},
	{"GET /v4/loyalty/loyalty-cards/{card}/stats", func(ctx context.Context, p *place) (string, error) {
		if p.cardV4 == "" {
			return "", needs("a loyalty card of v4")
		}
		list, err := p.client.LoyaltyUsersV4(ctx, coupontools.LoyaltyUsersV4Options{Card: p.cardV4})
		return counted(list, err, "users", func(u coupontools.LoyaltyUser) { p.holderV4 = u.ID })
	}},
	{"GET /v4/loyalty/loyalty-cards/{card}/stats/{user}", func(ctx context.Context, p *place) (string, error) {
		return one(p.holderV4, "a user of a loyalty card of v4", func() error {
			_, err := p.client.LoyaltyUserV4(ctx, p.cardV4, p.holderV4)
			return err
		})
	}},

	{"POST /v3/smstool/grouplist", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.SMSGroups(ctx)
		return counted(list, err, "SMS groups", func(g coupontools.SMSGroup) { p.group = g.ID })
	}},
	{"POST /v3/smstool/userlist", func(ctx context.Context, p *place) (string, error) {
		if p.group == "" {
			return "", needs("an SMS group")
		}
		list, err := p.client.SMSContacts(ctx, p.group)
		return counted(list, err, "contacts", func(coupontools.SMSContact) {})
	}},
	{"POST /v3/emailtool/grouplist", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.EmailGroups(ctx)
		return counted(list, err, "e-mail groups", func(coupontools.EmailGroup) {})
	}},
	{"POST /v4/subaccount/list", func(ctx context.Context, p *place) (string, error) {
		list, err := p.client.Subaccounts(ctx)
		return counted(list, err, "subaccounts", func(s coupontools.Subaccount) { p.subaccount = s.ID })
	}},
	{"POST /v4/subaccount", func(ctx context.Context, p *place) (string, error) {
		return one(p.subaccount, "a subaccount", func() error { _, err := p.client.Subaccount(ctx, p.subaccount); return err })
	}},
	{"POST /v3/webhook/verification", func(context.Context, *place) (string, error) {
		return "", needs("the id of an event that came to a webhook")
	}},
}

// usageProbe tries a list of a campaign's sessions.
func usageProbe(route string, event coupontools.SessionEvent) probe {
	return probe{route, func(ctx context.Context, p *place) (string, error) {
		if p.campaign == "" {
			return "", needs("a campaign")
		}
		list, err := p.client.SessionsPage(ctx, coupontools.SessionsOptions{Campaign: p.campaign, Event: event}, 1)
		return counted(list, err, "sessions on the first page", func(s coupontools.Session) {
			p.session, p.word = s.Code, firstOf(p.word, s.ValidationCode)
		})
	}}
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	i := slices.IndexFunc(texts, func(s string) bool { return s != "" })
	if i < 0 {
		return ""
	}
	return texts[i]
}

// counted says how many there are, and keeps the first.
func counted[T any](list []T, err error, what string, keep func(T)) (string, error) {
	if err != nil || len(list) == 0 {
		return "", err
	}
	keep(list[0])
	return fmt.Sprintf("%d %s", len(list), what), nil
}

// one calls for something by its id, if there is one.
func one(id, what string, call func() error) (string, error) {
	if id == "" {
		return "", needs(what)
	}
	return "it is there", call()
}

// try makes the call and says what is to be said of it. The error is that of a call that did not work.
func (p probe) try(ctx context.Context, at *place, seen *shapes) (finding, error) {
	known := knownOf(p.route)
	name := fmt.Sprintf("Coupontools %s (%s)", p.route, known)
	what, err := p.run(ctx, at)
	if n, ok := errors.AsType[needs](err); ok {
		return warn.say("%s: %s", name, n), nil
	}
	differences := seen.of(p.route)
	switch {
	case err != nil:
		f := refusedProbe(name, known, err)
		if len(differences) > 0 {
			f.text += "; it differs from the known shape: " + strings.Join(differences, "; ")
		}
		return f, err
	case len(differences) > 0:
		return warn.say("%s: understood, but it differs from the known shape: %s. Report this line", name,
			strings.Join(differences, "; ")), nil
	case what == "":
		return warn.say("%s: there are none, so the shape of its answer could not be seen", name), nil
	}
	return fine.say("%s: %s, in the known shape", name, what), nil
}

// knownOf returns how much of a route is known.
func knownOf(route string) string {
	all := coupontools.Routes()
	i := slices.IndexFunc(all, func(r coupontools.Route) bool { return r.Name == route })
	return all[i].Known
}

// refusedProbe is for a call that did not work. What an account has not got, and what was guessed wrong, is nothing that the
// operator could mend.
func refusedProbe(name, known string, err error) finding {
	e, ok := errors.AsType[*coupontools.Error](err)
	switch {
	case !ok:
	case slices.Contains(e.Codes, codeNoSMS), slices.Contains(e.Codes, codeNoEmail):
		return warn.say("%s: the account has no such service connected (%s)", name, e)
	case slices.Contains(e.Codes, codeSubaccount):
		return warn.say("%s: the keys are those of a subaccount, which has no subaccounts (%s)", name, e)
	case e.Status == http.StatusNotFound && strings.Contains(known, "assumed"):
		return warn.say("%s: this call was assumed, and there is none such (%s). Report this line", name, e)
	}
	return bad.say("%s: %s", name, coupontoolsSays(err))
}

// shapes are the differences of answers from their known shapes, by route. Its methods may be called by many goroutines.
type shapes struct {
	mu    sync.Mutex
	found map[string][]string
}

func newShapes() *shapes { return &shapes{found: make(map[string][]string)} }

func (s *shapes) note(a coupontools.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found[a.Route] = a.Differences
}

func (s *shapes) of(route string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found[route]
}

// Coupontools: code 1000 is a wrong key, 101 an expired account, 102 keys of a subaccount where they are not enough, 103 and
// 104 a service that is not connected.
const (
	codeWrongKey   = 1000
	codeExpired    = 101
	codeSubaccount = 102
	codeNoSMS      = 103
	codeNoEmail    = 104
)

func coupontoolsSays(err error) string {
	e, ok := errors.AsType[*coupontools.Error](err)
	if !ok {
		return err.Error()
	}
	switch {
	case slices.Contains(e.Codes, codeExpired):
		return "the account has expired. Ask Coupontools to renew it"
	case slices.Contains(e.Codes, codeWrongKey), e.Status == 401, e.Status == 403:
		return "the keys are refused. Copy COUPONTOOLS_CLIENT_ID and COUPONTOOLS_CLIENT_SECRET again from the account's page"
	}
	switch e.Class {
	case coupontools.NotSent:
		return fmt.Sprintf("it cannot be reached. Look at the network and COUPONTOOLS_BASE_URL (%s)", e)
	case coupontools.RateLimited:
		return "it was asked too often. Try again in a few minutes, with a lower COUPONTOOLS_RATE"
	case coupontools.Refused, coupontools.AccountRefused:
		return fmt.Sprintf("it was refused (%s). Ask Coupontools why", e)
	default:
		return fmt.Sprintf("there was no answer that could be understood (%s). Look at COUPONTOOLS_BASE_URL; "+
			"if that is right, report this line", e)
	}
}
