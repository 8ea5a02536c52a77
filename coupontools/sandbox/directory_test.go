package sandbox_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestDirectoryList(t *testing.T) {
	t.Parallel()
	s := serve(t)

	r := s.wantOK(t, list, nil)

	all, _ := r.at(t, "directory").([]any)
	if len(all) != 40 || r.at(t, "amount_of_directories") != 40.0 {
		t.Fatalf("%d directories, amount %v, want 40", len(all), r.at(t, "amount_of_directories"))
	}
	names, kinds := map[any]int{}, map[any]bool{}
	for i, d := range all {
		o, _ := d.(map[string]any)
		names[o["name"]]++
		payment, paid := o["payment"].(map[string]any)
		kinds[payment["type"]] = true
		if _, there := o["payment"]; there != paid {
			t.Errorf("directory %d has payment %v, want an object or nothing", i, o["payment"])
		}
		if code, _ := o["code"].(string); !regexp.MustCompile(`^[A-Za-z0-9]{21}$`).MatchString(code) {
			t.Errorf("code %q is not 21 letters and digits", code)
		}
	}
	if names["City deals"] != 2 || len(names) != 39 {
		t.Errorf("%d names, City deals %d times, want 39 and 2", len(names), names["City deals"])
	}
	for _, kind := range []string{"basic", "recurring_daily", "recurring_weekly", "recurring_monthly", "recurring_yearly"} {
		if !kinds[kind] {
			t.Errorf("no directory is paid %s", kind)
		}
	}
}

func TestDirectoryList_same_for_the_same_seed(t *testing.T) {
	t.Parallel()
	one, same, other := serve(t), serve(t), serve(t, sandbox.WithSeed(2))
	for _, path := range []string{list, users} {
		params := p{}
		if path == users {
			params["directory"] = "dir_5501"
		}
		first := one.wantOK(t, path, params).body
		if first != same.wantOK(t, path, params).body {
			t.Errorf("%s differs with the same seed", path)
		}
		if first == other.wantOK(t, path, params).body {
			t.Errorf("%s is alike with another seed", path)
		}
	}
}

func TestDirectoryList_of_ten_thousand(t *testing.T) {
	t.Parallel()
	s := serve(t, sandbox.WithDirectories(10_000))

	r := s.wantOK(t, list, nil)

	if n := r.at(t, "amount_of_directories"); n != 10_000.0 {
		t.Errorf("%v directories, want 10,000", n)
	}
	if got := r.at(t, "directory", 9_999, "ID"); got != "dir_15500" {
		t.Errorf("the last is %v, want dir_15500", got)
	}
}

func TestDirectoryInfo(t *testing.T) {
	t.Parallel()
	s := serve(t)

	got := s.wantOK(t, info, p{"directory": "dir_5502"}).json(t)

	code, _ := got["directory"].(map[string]any)["code"].(string)
	want := map[string]any{
		"status": map[string]any{"status": "OK"},
		"directory": map[string]any{
			"ID": "dir_5502", "name": "City deals", "code": code,
			"payment": map[string]any{
				"currency": "EUR", "amount": "4.50", "type": "recurring_yearly", "description": "Yearly pass",
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("info (-want +got):\n%s", diff)
	}
	if short := s.wantOK(t, info, p{"directory": 5502}); short.at(t, "directory", "ID") != "dir_5502" {
		t.Errorf("the id without its prefix gives %s", short.body)
	}
}

func TestDirectory_refused(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for name, tt := range map[string]struct {
		path   string
		params p
		codes  []float64
	}{
		"info without id":            {info, nil, []float64{200}},
		"info with blank id":         {info, p{"directory": " "}, []float64{200}},
		"info with letters":          {info, p{"directory": "dir_55x1"}, []float64{301}},
		"info with another prefix":   {info, p{"directory": "cam_5501"}, []float64{301}},
		"info of unknown":            {info, p{"directory": "dir_1"}, []float64{507}},
		"users without id":           {users, nil, []float64{200}},
		"users of unknown":           {users, p{"directory": "dir_1"}, []float64{507}},
		"users with page of letters": {users, p{"directory": "dir_5501", "page": "two"}, []float64{301}},
		"users with page 0":          {users, p{"directory": "dir_5501", "page": 0}, []float64{301}},
		"update without anything":    {update, nil, []float64{200, 200, 200}},
		"update with wrong user id":  {update, p{"directory": "dir_5501", "user": "usr_1", "status": "pending"}, []float64{301}},
		"update with wrong status":   {update, p{"directory": "dir_5501", "user": "reg_1", "status": "paid"}, []float64{302}},
		"update with seconds":        {update, p{"directory": "dir_5501", "user": "reg_1", "status": "pending", "expiry_date": "2027-01-01 10:00:00"}, []float64{303}},
		"update of unknown":          {update, p{"directory": "dir_1", "user": "reg_1", "status": "pending"}, []float64{507}},
		"update of unknown user":     {update, p{"directory": "dir_5501", "user": "reg_1", "status": "pending"}, []float64{507}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantCodes(t, s.call(t, tt.path, tt.params), 422, tt.codes...)
		})
	}
}

func TestUsers_page_by_page(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var dates []string
	ids := map[any]bool{}
	for page := 1; ; page++ {
		r := s.wantOK(t, users, p{"directory": "dir_5507", "page": page})
		all, _ := r.at(t, "user").([]any)
		if r.at(t, "amount_of_users") != float64(len(all)) || r.at(t, "page") != float64(page) || len(all) > 100 {
			t.Fatalf("page %v of %v with %d users", r.at(t, "page"), r.at(t, "amount_of_users"), len(all))
		}
		if len(all) == 0 {
			break
		}
		for _, u := range all {
			o, _ := u.(map[string]any)
			date, _ := o["registration_date"].(string)
			dates, ids[o["ID"]] = append(dates, date), true
		}
	}
	if len(dates) != 3400 || len(ids) != 3400 {
		t.Errorf("%d users with %d ids, want 3400", len(dates), len(ids))
	}
	if slices.Reverse(dates); !slices.IsSorted(dates) {
		t.Error("the users do not come newest first")
	}
}

func TestUsers_are_realistic(t *testing.T) {
	t.Parallel()
	s := serve(t)

	r := s.wantOK(t, users, p{"directory": "dir_5507"})

	seen := map[any]bool{}
	address := regexp.MustCompile(`^[a-z]+\.[a-z]+\d+@example\.(com|org)$`)
	all, _ := r.at(t, "user").([]any)
	for _, u := range all {
		o, _ := u.(map[string]any)
		seen[o["payment_status"]] = true
		if mail, _ := o["email"].(string); !address.MatchString(mail) {
			t.Errorf("address %q is not under example.com or example.org", mail)
		}
	}
	if !seen["pending"] || !seen["completed"] || !seen["cancelled"] {
		t.Errorf("payment states %v, want all three", seen)
	}
	empty := s.wantOK(t, users, p{"directory": "dir_5537"})
	if list, ok := empty.at(t, "user").([]any); !ok || len(list) != 0 {
		t.Errorf("the directory without users has %v", empty.body)
	}
	if far := s.wantOK(t, users, p{"directory": "dir_5507", "page": 1 << 60}); far.at(t, "amount_of_users") != 0.0 {
		t.Errorf("a page far away has %v", far.body)
	}
}

func TestUpdate_shows_in_the_list(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.wantOK(t, users, p{"directory": "dir_5502"}).at(t, "user", 3, "ID")

	got := s.wantOK(t, update, p{
		"directory": "dir_5502", "user": id, "status": "completed", "expiry_date": "2027-03-01 12:30",
	}).json(t)

	want := map[string]any{
		"status": map[string]any{"status": "OK"}, "directory": "dir_5502", "user": id, "payment_status": "completed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("update (-want +got):\n%s", diff)
	}
	after := s.wantOK(t, users, p{"directory": "dir_5502"})
	if got := after.at(t, "user", 3, "payment_expiry_date"); got != "2027-03-01 12:30:00" {
		t.Errorf("expiry in the list is %v", got)
	}
	s.wantOK(t, update, p{"directory": "dir_5502", "user": id, "status": "pending"})
	after = s.wantOK(t, users, p{"directory": "dir_5502"})
	if after.at(t, "user", 3, "payment_expiry_date") != "" || after.at(t, "user", 3, "payment_status") != "pending" {
		t.Errorf("without a date the list has %v", after.at(t, "user", 3))
	}
}
