package coupontools_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools"
)

// Each way to write a list gives the same list.
func TestDirectories_lists(t *testing.T) {
	t.Parallel()
	const a, b = `{"ID":"dir_2","code":"x","name":"B"}`, `{"ID":"dir_1","code":"y","name":"A"}`
	want := []coupontools.Directory{{ID: "dir_2", Code: "x", Name: "B"}, {ID: "dir_1", Code: "y", Name: "A"}}
	for name, body := range map[string]string{
		"as its sisters":     `{"status":{"status":"OK"},"amount_of_directories":2,"directory":[` + a + `,` + b + `]}`,
		"plural":             `{"status":{"status":"OK"},"amount_of_directories":"2","directories":[` + a + `,` + b + `]}`,
		"with its kind":      `{"status":{"status":"OK"},"directory_list":[` + a + `,` + b + `]}`,
		"data":               `{"status":{"status":"OK"},"data":[` + a + `,` + b + `]}`,
		"items":              `{"items":[` + a + `,` + b + `]}`,
		"result in data":     `{"data":{"result":{"Directories":[` + a + `,` + b + `]}}}`,
		"a bare array":       `[` + a + `,` + b + `]`,
		"numbers for names":  `{"status":{"status":"OK"},"directory":{"7":` + a + `,"2":` + b + `}}`,
		"ids for names":      `{"status":{"status":"OK"},"directory":{"dir_2":` + a + `,"dir_1":` + b + `}}`,
		"numbers at the top": `{"0":` + a + `,"1":` + b + `}`,
		"with holes":         `{"directory":[null,` + a + `,[],` + b + `,{}]}`,
		"small id, no prefix": `[{"id":2,"code":"x","name":"B","payment":null},` +
			`{"id":"1","code":"y","name":" A\n","payment":[]}]`,
		"free in other ways": `[{"Id":"DIR_2","Code":"x","Name":"B","payment":{}},` +
			`{"ID":"dir_1","code":"y","name":"A","payment":false}]`,
		"free as a price of 0": `[{"ID":"dir_2","code":"x","name":"B","payment":{"amount":"0.00","type":"basic"}},` +
			`{"ID":"dir_1","code":"y","name":"A","payment":""}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := serve(t, answers(http.StatusOK, body)).Directories(t.Context())
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("Directories = %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestDirectories_none(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"an empty array":         `{"status":{"status":"OK"},"amount_of_directories":0,"directory":[]}`,
		"an empty object":        `{"status":{"status":"OK"},"directory":{}}`,
		"nothing":                `{"status":{"status":"OK"},"directory":null}`,
		"false":                  `{"status":{"status":"OK"},"amount_of_directories":"0","directory":false}`,
		"an amount of 0":         `{"status":{"status":"OK"},"amount_of_directories":0}`,
		"an amount of 0 as text": `{"status":{"status":"OK"},"amount_of_directories":"0"}`,
		"a bare empty array":     `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := serve(t, answers(http.StatusOK, body)).Directories(t.Context())
			if err != nil || len(got) != 0 {
				t.Errorf("Directories = %+v, %v, want none and no error", got, err)
			}
		})
	}
}

// An answer that can't be decoded is an error with the shape, without a value.
func TestDirectories_notUnderstood(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, shape string }{
		"another name": {
			`{"status":{"status":"OK"},"folders":[{"ID":"secret value","n":1}],"m@example.com":true}`,
			"object{status: object{status: string}, folders: array[1] of object{ID: string, n: number}, (address): boolean}",
		},
		"an amount without a list": {
			`{"status":{"status":"OK"},"amount_of_directories":3,"directory":null}`,
			"object{status: object{status: string}, amount_of_directories: number, directory: null}",
		},
		"elements without ids":  {`[{"name":"secret value"}]`, "element 0 of the answer's list is not understood: object{name: string}"},
		"elements that are not": {`[{"ID":1},"secret value"]`, "element 1 of the answer's list is not understood: string"},
		"a text":                {`{"directory":"secret value"}`, "object{directory: string}"},
		"only a status":         {`{"status":{"status":"OK"}}`, "object{status: object{status: string}}"},
		"no object":             {`"secret value"`, "string"},
		"no JSON":               {`<b>secret value</b>`, "the answer is not JSON"},
		"nothing":               {``, "the answer is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := coupontools.DecodeDirectories([]byte(tt.body))
			if err == nil || !strings.Contains(err.Error(), tt.shape) || strings.Contains(err.Error(), "secret value") {
				t.Errorf("decode = %+v, %v, want an error with %q and no value", got, err, tt.shape)
			}
		})
	}
	for _, body := range []string{
		`{"status":{"status":"error"},"directory":[]}`, `{"status":"failed","data":[]}`, `{"status":false,"errors":"x","total":0}`,
		`{"errors":{"error_code":[507]},"directory":[]}`,
	} {
		if got, err := serve(t, answers(http.StatusOK, body)).Directories(t.Context()); err == nil {
			t.Errorf("%s gives %v and no error", body, got)
		}
	}
	_, err := serve(t, answers(http.StatusOK, `{"status":{"status":"OK"}}`)).Directories(t.Context())
	if e, ok := errors.AsType[*coupontools.Error](err); !ok || e.Route != "POST /v3/directory/list" || e.Status != 200 {
		t.Errorf("error = %#v, want the route and the status in it", err)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	const fields = `"ID":"dir_5501","code":"7hTq","name":"City deals","payment":` +
		`{"currency":"EUR","amount":4.50,"type":"recurring_yearly","description":"Yearly pass"},"amount_of_users":0,"items":[{"id":1}]`
	want := &coupontools.Directory{ID: "dir_5501", Code: "7hTq", Name: "City deals", Payment: &coupontools.Payment{
		Currency: "EUR", Amount: "4.50", Type: "recurring_yearly", Description: "Yearly pass",
	}}
	for name, body := range map[string]string{
		"as documented":       `{"status":{"status":"OK"},"directory":{` + fields + `}}`,
		"alone in a list":     `{"status":{"status":"OK"},"directory":[{` + fields + `}]}`,
		"info":                `{"status":{"status":"OK"},"directory_info":{` + fields + `}}`,
		"in data":             `{"data":{"directory":{` + fields + `}}}`,
		"bare":                `{` + fields + `}`,
		"without an envelope": `{"directory":{` + fields + `}}`,
		"without its id":      `{"status":{"status":"OK"},"directory":"dir_5501",` + strings.TrimPrefix(fields, `"ID":"dir_5501",`) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := serve(t, answers(http.StatusOK, body)).Directory(t.Context(), "dir_5501")
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("Directory = %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestDirectoryUsers(t *testing.T) {
	t.Parallel()
	want := coupontools.DirectoryUser{
		ID: "reg_7", FirstName: "Mia", LastName: "Claes", Email: "mia@example.com", Phone: "32470000001",
		Registered: "2026-03-04 08:15:00", PaymentStatus: "completed", PaymentExpires: "2027-01-31 12:00",
	}
	with := func(extra map[string]string) []coupontools.DirectoryUser {
		u := want
		u.Blocked = extra["custom_1"] != ""
		u.Extra = extra
		return []coupontools.DirectoryUser{u}
	}
	for name, tt := range map[string]struct {
		body string
		want []coupontools.DirectoryUser
	}{
		"as assumed": {`{"status":{"status":"OK"},"directory":"dir_1","amount_of_users":1,"page":1,"user":[{"ID":"reg_7",` +
			`"first_name":"Mia","last_name":"Claes","email":"mia@example.com","phone":32470000001,` +
			`"registration_date":"2026-03-04 08:15:00","payment_status":"completed","payment_expiry_date":"2027-01-31 12:00"}]}`, with(nil)},
		"other names": {`{"users":{"3":{"id":7,"firstname":"Mia","Last-Name":"Claes","e-mail":"mia@example.com",` +
			`"phone_number":"32470000001","created_at":"2026-03-04 08:15:00",` +
			`"payment":{"status":"completed","expires_at":"2027-01-31 12:00"}}}}`, with(nil)},
		"name twice": {`[{"id":"reg_7","first_name":"","firstname":"Mia","lastname":"Claes","last_name":null,` +
			`"mail":"mia@example.com","mobile":"32470000001","registered":"2026-03-04 08:15:00",` +
			`"paymentStatus":"completed","expiry_date":"2027-01-31 12:00"}]`, with(nil)},
		"one alone, more fields": {`{"status":{"status":"OK"},"user":{"ID":"reg_7","first_name":"Mia","last_name":"Claes",` +
			`"email":"mia@example.com","phone":"32470000001","registration_date":"2026-03-04 08:15:00",` +
			`"payment_status":"completed","payment_expiry_date":"2027-01-31 12:00",` +
			`"city":"Gent","custom_1":5,"blocked":true,"zip":"","tags":["a","b"]}}`, with(map[string]string{
			"city": "Gent", "custom_1": "5", "tags": `["a","b"]`,
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := serve(t, answers(http.StatusOK, tt.body)).DirectoryUsers(t.Context(), "dir_1", 1)
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("DirectoryUsers: %v, difference (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestDirectoryUsers_past(t *testing.T) {
	t.Parallel()
	body := `{"status":{"status":"OK"},"directory":"dir_1","amount_of_users":250,"user":[]}`
	got, err := serve(t, answers(http.StatusOK, body)).DirectoryUsers(t.Context(), "dir_1", 4)
	if err != nil || len(got) != 0 {
		t.Errorf("DirectoryUsers = %v, %v, want an empty page", got, err)
	}
}

// Long texts and many fields are cut, so that nothing from outside grows without bounds.
func TestDirectoryUsers_bounded(t *testing.T) {
	t.Parallel()
	var fields strings.Builder
	for i := range 100 {
		fmt.Fprintf(&fields, `,"field_%d%s":%q`, i, strings.Repeat("k", 200), strings.Repeat("é", 1000))
	}
	body := `[{"id":7,"name":"` + strings.Repeat("ü", 1000) + `"` + fields.String() + `}]`
	got, err := coupontools.DecodeUsers([]byte(body))
	if err != nil || len(got) != 1 {
		t.Fatalf("decode = %v, %v", got, err)
	}
	if n := len([]rune(got[0].Name())); n != 300 {
		t.Errorf("the name has %d characters, want 300", n)
	}
	if len(got[0].Extra) != 30 {
		t.Errorf("%d fields are kept, want 30", len(got[0].Extra))
	}
	for name, value := range got[0].Extra {
		if len([]rune(name)) > 60 || len([]rune(value)) > 300 {
			t.Errorf("field of %d and %d characters", len([]rune(name)), len([]rune(value)))
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 3, 4, 8, 15, 0, 0, time.UTC)
	for _, text := range []string{
		"2026-03-04 08:15:00", "2026-03-04 08:15", "2026-03-04T08:15:00Z", "2026-03-04T09:15:00+01:00", "04/03/2026 08:15 UTC",
		"1772612100",
	} {
		got, ok := coupontools.DirectoryUser{Registered: text}.RegisteredAt()
		if !ok || !got.Equal(want) {
			t.Errorf("%q is %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "0000-00-00 00:00:00", "soon", "12"} {
		if got, ok := (coupontools.DirectoryUser{PaymentExpires: text}).PaymentExpiresAt(); ok {
			t.Errorf("%q is %v, want no date", text, got)
		}
	}
}

func TestUpdatePaymentStatus(t *testing.T) {
	t.Parallel()
	update := coupontools.PaymentUpdate{Directory: "dir_1", User: "reg_2", Status: coupontools.PaymentCancelled}
	for name, body := range map[string]string{
		"as documented": `{"status":{"status":"OK"},"directory":"dir_1","user":"reg_2","payment_status":"cancelled"}`,
		"bare":          `{"status":{"status":"OK"}}`,
	} {
		got, err := serve(t, answers(http.StatusOK, body)).UpdatePaymentStatus(t.Context(), update)
		if err != nil || *got != (coupontools.PaymentStatus{Directory: "dir_1", User: "reg_2", Status: "cancelled"}) {
			t.Errorf("%s: UpdatePaymentStatus = %+v, %v", name, got, err)
		}
	}
	_, err := serve(t, answers(http.StatusOK, `{"payment_status":"cancelled"}`)).UpdatePaymentStatus(t.Context(), update)
	if err == nil || coupontools.ClassOf(err) != coupontools.Unknown {
		t.Errorf("without a verdict: %v, want class Unknown", err)
	}
}
