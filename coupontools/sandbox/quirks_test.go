package sandbox_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestQuirks_lists(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lists    sandbox.Lists
		of, with string
	}{
		"singular": {sandbox.ListsSingular, "directory", "user"},
		"plural":   {sandbox.ListsPlural, "directories", "users"},
		"data":     {sandbox.ListsData, "data", "data"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, sandbox.WithQuirks(sandbox.Quirks{Lists: tt.lists}))
			if got := s.wantOK(t, list, nil).at(t, tt.of, 0, "ID"); got != "dir_5501" {
				t.Errorf("directory %v under %q", got, tt.of)
			}
			if got, _ := s.wantOK(t, users, p{"directory": "dir_5501"}).at(t, tt.with, 0, "ID").(string); !strings.HasPrefix(got, "reg_") {
				t.Errorf("user %q under %q", got, tt.with)
			}
		})
	}
}

func TestQuirks_list_alone(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithQuirks(sandbox.Quirks{Lists: sandbox.ListsBare}))
	var got []map[string]any
	if err := json.Unmarshal([]byte(s.call(t, list, nil).body), &got); err != nil || len(got) != 40 {
		t.Errorf("%d directories, %v, want an array of 40", len(got), err)
	}
}

func TestQuirks_list_with_numbers(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithQuirks(sandbox.Quirks{Lists: sandbox.ListsNumbered}))
	if got := s.wantOK(t, list, nil).at(t, "directory", "39", "ID"); got != "dir_5540" {
		t.Errorf("directory 39 is %v, want dir_5540", got)
	}
}

func TestQuirks_numbers_as_text(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithQuirks(sandbox.Quirks{NumbersAsText: true}))
	if got := s.wantOK(t, list, nil).at(t, "amount_of_directories"); got != "40" {
		t.Errorf("amount is %v, want the text 40", got)
	}
}

func TestQuirks_payment_of_free_directories(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for form, want := range map[sandbox.Free]string{
		sandbox.FreeNull: `"payment":null`, sandbox.FreeObject: `"payment":{}`, sandbox.FreeArray: `"payment":[]`,
	} {
		s.SetQuirks(sandbox.Quirks{Free: form})
		if r := s.wantOK(t, info, p{"directory": "dir_5501"}); !strings.Contains(r.body, want) {
			t.Errorf("got %s, want %s", r.body, want)
		}
	}
}

func TestQuirks_of_the_account(t *testing.T) {
	t.Parallel()
	mail := p{"campaign": "dir_5501", "email": "mia@example.com"}
	s := serve(t)

	s.SetQuirks(sandbox.Quirks{NoSMS: true})
	wantCodes(t, s.call(t, sms, good), 422, 103)
	s.wantOK(t, email, mail)

	s.SetQuirks(sandbox.Quirks{NoEmail: true})
	wantCodes(t, s.call(t, email, mail), 422, 104)
	s.wantOK(t, sms, good)

	s.SetQuirks(sandbox.Quirks{Expired: true})
	if r := s.call(t, list, nil); r.status != 401 || r.at(t, "status", "errors", "error_code") != 101.0 {
		t.Errorf("an expired account gets %d %s", r.status, r.body)
	}
}

func TestQuirks_always_200(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithQuirks(sandbox.Quirks{AlwaysOK: true}), sandbox.WithKeys("1", "2"))
	if r := s.call(t, list, nil); r.status != 200 || r.at(t, "status", "errors", "error_code") != 1000.0 {
		t.Errorf("wrong keys get %d %s", r.status, r.body)
	}
	own := serve(t, sandbox.WithQuirks(sandbox.Quirks{AlwaysOK: true}))
	wantCodes(t, own.call(t, info, nil), 200, 200)
}
