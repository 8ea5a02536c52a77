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
	ids := new(coupontools.ProbeIDs)
	for i, r := range reads() {
		f, err := tryRoute(ctx, r, client, ids, seen)
		found = append(found, f)
		if i == 0 && err != nil {
			return append(found, warn.say("Coupontools, all other calls: not tried, since the first did not work"))
		}
	}
	return found
}

// reads returns the routes that change nothing. The first tells whether the keys are good.
func reads() []coupontools.Route {
	return slices.DeleteFunc(coupontools.Routes(), func(r coupontools.Route) bool { return r.Probe == nil })
}

// tryRoute probes a route and returns its finding. The error is that of a failed call.
func tryRoute(
	ctx context.Context, r coupontools.Route, client *coupontools.Client, ids *coupontools.ProbeIDs, seen *shapes,
) (finding, error) {
	name := fmt.Sprintf("Coupontools %s (%s)", r.Name, r.Known)
	what, err := r.Probe(ctx, client, ids)
	if missing, ok := errors.AsType[coupontools.MissingError](err); ok {
		return warn.say("%s: %s", name, missing), nil
	}
	differences := seen.of(r.Name)
	switch {
	case err != nil:
		f := refusedProbe(name, r.Known, err)
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
