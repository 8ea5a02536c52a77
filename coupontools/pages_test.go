package coupontools_test

import (
	"net/http"
	"testing"

	"github.com/coupontools/couponbot/coupontools"
)

// span returns n numbers from first downwards.
func span(first, n int) []int {
	var out []int
	for i := range n {
		out = append(out, first-i)
	}
	return out
}

func TestPages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		page        func(n int) []int
		want, calls int
	}{
		{"ends with a short page", func(n int) []int { return span(1000-n*100, map[int]int{1: 100, 2: 100, 3: 7}[n]) }, 207, 3},
		{"ends with an empty page", func(n int) []int { return span(1000-n*100, map[int]int{1: 100, 2: 100}[n]) }, 200, 3},
		{"has none", func(int) []int { return nil }, 0, 1},
		{"repeats its page for ever", func(int) []int { return span(100, 100) }, 100, 2},
		{"begins again", func(n int) []int { return span(1000-(n%2)*100, 100) }, 200, 3},
		{"moves on by one meanwhile", func(n int) []int {
			if n == 1 {
				return span(300, 100)
			}
			return span(201, 50)
		}, 149, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			c := serve(t, sessionPages(&calls, tt.page))
			seen := make(map[string]bool)
			for s, err := range c.Sessions(t.Context(), coupontools.SessionsOptions{Campaign: "cam_1"}) {
				if err != nil {
					t.Fatal(err)
				}
				if seen[s.Code] {
					t.Errorf("%s came twice", s.Code)
				}
				seen[s.Code] = true
			}
			if len(seen) != tt.want || calls != tt.calls {
				t.Errorf("%d sessions in %d calls, want %d in %d", len(seen), calls, tt.want, tt.calls)
			}
		})
	}
}

func TestPages_stopsEarly(t *testing.T) {
	t.Parallel()
	calls := 0
	c := serve(t, sessionPages(&calls, func(n int) []int { return span(1000-n*100, 100) }))
	for _, err := range c.Sessions(t.Context(), coupontools.SessionsOptions{Campaign: "cam_1"}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}

func TestPages_error(t *testing.T) {
	t.Parallel()
	c := serve(t, answers(http.StatusUnauthorized, ``))
	yields := 0
	for _, err := range c.Sessions(t.Context(), coupontools.SessionsOptions{Campaign: "cam_1"}) {
		yields++
		if coupontools.ClassOf(err) != coupontools.AccountRefused {
			t.Errorf("error = %v, want class AccountRefused", err)
		}
	}
	if yields != 1 {
		t.Errorf("%d yields, want 1", yields)
	}
}
