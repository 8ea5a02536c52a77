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

// checkCoupontools makes every read call for which it finds the ids in a list, within the rate limit that all replicas
// share. It counts the items of a response and never shows them. Differences from the known shape are shown by name and
// type.
func checkCoupontools(ctx context.Context, c Config) []finding {
	rdb := redis.NewClient(redisOptions(c))
	defer rdb.Close()
	pacing := pace.New(pace.Config{Redis: rdb, Prefix: keyPrefix(c), Rate: c.CoupontoolsRate})
	diffs := newShapeDiffs()
	client, err := newCoupontools(c, coupontools.WithPace(pacing.Lookup()), coupontools.WithAnswers(diffs.record))
	if err != nil {
		return []finding{bad.findingf("Coupontools: %s", err)}
	}
	var findings []finding
	if plainHTTP(string(c.CoupontoolsBaseURL)) {
		findings = append(findings, warn.findingf("COUPONTOOLS_BASE_URL: keys go there unencrypted. Use https"))
	}
	ids := new(coupontools.ProbeIDs)
	for i, r := range readRoutes() {
		f, err := probeRoute(ctx, r, client, ids, diffs)
		findings = append(findings, f)
		if i == 0 && err != nil {
			return append(findings, warn.findingf("Coupontools, all other calls: not tried, since the first did not work"))
		}
	}
	return findings
}

// readRoutes returns the routes that change nothing. A call to the first one shows whether the API keys are valid.
func readRoutes() []coupontools.Route {
	return slices.DeleteFunc(coupontools.Routes(), func(r coupontools.Route) bool { return r.Probe == nil })
}

// probeRoute probes a route and returns the finding. It returns an error only if the call failed.
func probeRoute(
	ctx context.Context, r coupontools.Route, client *coupontools.Client, ids *coupontools.ProbeIDs, diffs *shapeDiffs,
) (finding, error) {
	name := fmt.Sprintf("Coupontools %s (%s)", r.Name, r.Known)
	result, err := r.Probe(ctx, client, ids)
	if missing, ok := errors.AsType[coupontools.MissingError](err); ok {
		return warn.findingf("%s: %s", name, missing), nil
	}
	differences := diffs.forRoute(r.Name)
	switch {
	case err != nil:
		f := probeFailure(name, r.Known, err)
		if len(differences) > 0 {
			f.text += "; it differs from the known shape: " + strings.Join(differences, "; ")
		}
		return f, err
	case len(differences) > 0:
		return warn.findingf("%s: understood, but it differs from the known shape: %s. Report this line", name,
			strings.Join(differences, "; ")), nil
	case result == "":
		return warn.findingf("%s: there are none, so the shape of its answer could not be seen", name), nil
	}
	return pass.findingf("%s: %s, in the known shape", name, result), nil
}

// probeFailure returns the finding for a failed call. It is only a warning if the account lacks the service or the API
// turns out not to have an assumed route, since the operator can't fix either.
func probeFailure(name, known string, err error) finding {
	e, ok := errors.AsType[*coupontools.Error](err)
	switch {
	case !ok:
	case slices.Contains(e.Codes, codeNoSMS), slices.Contains(e.Codes, codeNoEmail):
		return warn.findingf("%s: the account has no such service connected (%s)", name, e)
	case slices.Contains(e.Codes, codeSubaccount):
		return warn.findingf("%s: the keys are those of a subaccount, which has no subaccounts (%s)", name, e)
	case e.Status == http.StatusNotFound && strings.Contains(known, "assumed"):
		return warn.findingf("%s: this call was assumed, and there is none such (%s). Report this line", name, e)
	}
	return bad.findingf("%s: %s", name, explainCoupontools(err))
}

// shapeDiffs records how responses differ from the known shape of their route. It is safe for concurrent use.
type shapeDiffs struct {
	mu      sync.Mutex
	byRoute map[string][]string
}

func newShapeDiffs() *shapeDiffs { return &shapeDiffs{byRoute: make(map[string][]string)} }

// record stores the differences of a response. A later response of the same route replaces them.
func (s *shapeDiffs) record(a coupontools.Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byRoute[a.Route] = a.Differences
}

// forRoute returns the differences of a route's last response.
func (s *shapeDiffs) forRoute(route string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byRoute[route]
}

// Error codes of the Coupontools API. codeSubaccount means that the call needs the keys of the main account; codeNoSMS
// and codeNoEmail mean that the account has no such service connected.
const (
	codeWrongKey   = 1000
	codeExpired    = 101
	codeSubaccount = 102
	codeNoSMS      = 103
	codeNoEmail    = 104
)

// explainCoupontools describes an error of the Coupontools API, with a fix.
func explainCoupontools(err error) string {
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
