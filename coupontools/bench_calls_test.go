package coupontools_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// heap samples the heap and keeps the peak.
type heap struct{ base, peak uint64 }

func newHeap() *heap {
	runtime.GC()
	h := &heap{}
	h.base = h.now()
	return h
}

func (*heap) now() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (h *heap) look() { h.peak = max(h.peak, h.now()-min(h.base, h.now())) }

func (h *heap) report(b *testing.B) { b.ReportMetric(float64(h.peak)/(1<<20), "peak-MB") }

// made returns a handler that streams single-use codes, so that the server needs no memory.
func made() http.HandlerFunc {
	number := 0
	return func(w http.ResponseWriter, r *http.Request) {
		var p struct{ Amount int }
		_ = json.NewDecoder(r.Body).Decode(&p)
		_, _ = io.WriteString(w, `{`+okStatus+`,"campaign":"cam_1","action":" multiple_single_use_codes_created","data":[`)
		for i := range p.Amount {
			if i > 0 {
				_, _ = io.WriteString(w, ",")
			}
			number++
			_, _ = fmt.Fprintf(w, `{"single_use_code":"k3v9t0q2m7x1r%08d","sequence_id":%d,`+
				`"single_use_url":"https:\/\/digicpn.com\/p\/q7w8e9\/k3v9t0q2m7x1r%08d","widget_validation_code":"k3v9t0",`+
				`"custom_validation_code":""}`, number, number, number)
		}
		_, _ = io.WriteString(w, `]}`)
	}
}

// looking is a writer that samples the heap every few writes.
type looking struct {
	*heap
	writes int
}

func (l *looking) Write(p []byte) (int, error) {
	if l.writes++; l.writes%50 == 0 {
		l.look()
	}
	return len(p), nil
}

// BenchmarkWriteSingleUses creates 100,000 codes and writes them as CSV.
func BenchmarkWriteSingleUses(b *testing.B) {
	c := serve(b, made())
	h := newHeap()
	for b.Loop() {
		n, err := c.WriteSingleUses(b.Context(), &looking{heap: h}, coupontools.SingleUsesCreate{Campaign: "cam_1", Amount: 100_000})
		if err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
	h.report(b)
}

// BenchmarkSumSessions sums a campaign of 50,000 sessions in pages of 5,000.
func BenchmarkSumSessions(b *testing.B) {
	calls := 0
	c := serve(b, sessionPages(&calls, func(n int) []int {
		if n > 10 {
			return nil
		}
		return span(1_000_000-(n-1)*5000, 5000)
	}))
	h := newHeap()
	for b.Loop() {
		var sums coupontools.SessionSums
		for s, err := range c.Sessions(b.Context(), coupontools.SessionsOptions{Campaign: "cam_1"}) {
			if err != nil {
				b.Fatal(err)
			}
			if sums.Add(s); sums.Sessions%1000 == 0 {
				h.look()
			}
		}
		if sums.Sessions != 50_000 {
			b.Fatal(sums.Sessions)
		}
	}
	h.report(b)
}

// BenchmarkLists fetches each list from a sandbox with 10,000 of everything.
func BenchmarkLists(b *testing.B) {
	_, c := against(b, sandbox.WithBulk(10_000))
	ctx := b.Context()
	for name, list := range map[string]func() (int, error){
		"directories": lengthOf(func() ([]coupontools.Directory, error) { return c.Directories(ctx) }),
		"campaigns": lengthOf(func() ([]coupontools.Campaign, error) {
			return c.Campaigns(ctx, coupontools.CampaignsOptions{})
		}),
		"loyalty": lengthOf(func() ([]coupontools.LoyaltyCard, error) {
			return c.LoyaltyCards(ctx, coupontools.LoyaltyCardsOptions{})
		}),
		"loyalty-users": lengthOf(func() ([]coupontools.LoyaltyUser, error) { return c.LoyaltyUsers(ctx, "loy_480012") }),
		"subaccounts":   lengthOf(func() ([]coupontools.Subaccount, error) { return c.Subaccounts(ctx) }),
		"sms-groups":    lengthOf(func() ([]coupontools.SMSGroup, error) { return c.SMSGroups(ctx) }),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := list(); err != nil || n != 10_000 {
					b.Fatal(n, err)
				}
			}
		})
	}
}

func lengthOf[T any](list func() ([]T, error)) func() (int, error) {
	return func() (int, error) {
		all, err := list()
		return len(all), err
	}
}

// BenchmarkDecodeUsage decodes a page of 5,000 sessions.
func BenchmarkDecodeUsage(b *testing.B) {
	one := `{"session":"k3v9t0q2m7x1r8b5c6n4d","sequenceid":"1","customid":"","status":` + sessionStatus + `}`
	body := []byte(`{` + okStatus + `,"data":[` + strings.Repeat(one+",", 4999) + one + `]}`)
	decode := coupontools.Decoders()["sessions"]
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
