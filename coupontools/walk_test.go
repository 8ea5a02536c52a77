package coupontools_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
	"github.com/google/go-cmp/cmp"
)

// step is one call of the walk over all routes.
type step struct {
	route string
	// call makes the call and returns its result.
	call func(*world) (any, error)
	// codes are the documented errors, or the expected ones where none are; notFound are the codes among them that mean
	// [ErrNotFound].
	codes, notFound []int
}

// world is a client in a test, with the ids of existing objects.
type world struct {
	*testing.T
	c *coupontools.Client
	// session is a code, event the id of a webhook event.
	session, event string

	mu          sync.Mutex
	differences []string
}

// walk is every route once, with something that is there.
var walk = []step{
	{"POST /v3/coupon/list", func(w *world) (any, error) {
		return w.c.Campaigns(w.Context(), coupontools.CampaignsOptions{ActiveOnly: true, Folder: "fol_1", Tags: []string{"sale"}})
	}, []int{302, 515}, []int{515}},
	{"POST /v3/coupon/info", func(w *world) (any, error) {
		return w.c.CampaignWithStats(w.Context(), "cam_400001")
	}, []int{200, 301, 502}, []int{502}},
	{"POST /v3/campaign/data", func(w *world) (any, error) {
		return w.c.SessionsPage(w.Context(), coupontools.SessionsOptions{Campaign: "cam_400001"}, 1)
	}, []int{200, 301, 303, 502}, []int{502}},
	{"POST /v3/campaign/opens", func(w *world) (any, error) {
		return w.c.SessionsPage(w.Context(), coupontools.SessionsOptions{Campaign: "400001", Event: coupontools.WasOpened}, 1)
	}, []int{200, 301, 303, 502}, []int{502}},
	{"POST /v3/campaign/claims", func(w *world) (any, error) {
		return w.c.SessionsPage(w.Context(), coupontools.SessionsOptions{Campaign: "cam_400001", Event: coupontools.WasClaimed}, 1)
	}, []int{200, 301, 303, 502}, []int{502}},
	{"POST /v3/campaign/validations", func(w *world) (any, error) {
		return w.c.SessionsPage(w.Context(), coupontools.SessionsOptions{Campaign: "cam_400001", Event: coupontools.WasValidated}, 1)
	}, []int{200, 301, 303, 502}, []int{502}},
	{"POST /v3/couponsession/data", func(w *world) (any, error) {
		return w.c.Session(w.Context(), w.session)
	}, []int{200, 505}, []int{505}},
	{"POST /v3/couponsession/update", func(w *world) (any, error) {
		return nil, w.c.UpdateSession(w.Context(), w.session[:6], coupontools.SessionChange{Claimed: new(true)})
	}, []int{200, 300, 505}, []int{505}},
	{"POST /v3/couponsession/update/multiple", func(w *world) (any, error) {
		return w.c.UpdateSessions(w.Context(), []string{w.session, "none"}, coupontools.SessionChange{Claimed: new(false)})
	}, []int{200, 300}, nil},
	{"POST /v3/couponsession/search", func(w *world) (any, error) {
		return w.c.SearchSessions(w.Context(), coupontools.SearchSessionsOptions{Text: "OWN100000", Campaign: "cam_400001"})
	}, []int{200, 502}, []int{502}},
	{"POST /v3/coupon/pushnotification/single", func(w *world) (any, error) {
		return nil, w.c.PushToSession(w.Context(), coupontools.SessionPush{Campaign: "cam_400001", Session: w.session, Message: "Hi"})
	}, []int{200, 301, 502, 505}, []int{502, 505}},
	{"POST /v3/coupon/pushnotification/all", func(w *world) (any, error) {
		return nil, w.c.PushToCampaign(w.Context(), coupontools.CampaignPush{Campaign: "cam_400001", Message: "Hi"})
	}, []int{200, 301, 502}, []int{502}},

	{"POST /v3/loyalty/list", func(w *world) (any, error) {
		return w.c.LoyaltyCards(w.Context(), coupontools.LoyaltyCardsOptions{ActiveOnly: true})
	}, []int{302}, nil},
	{"POST /v3/loyalty/info", func(w *world) (any, error) {
		return w.c.LoyaltyCard(w.Context(), "loy_480012")
	}, []int{200, 507}, []int{507}},
	{"POST /v3/loyaltyusers/list", func(w *world) (any, error) {
		return w.c.LoyaltyUsers(w.Context(), "loy_480012")
	}, []int{301, 505}, []int{505}},
	{"POST /v3/loyaltyusers/link", func(w *world) (any, error) {
		users, err := w.c.LoyaltyUsers(w.Context(), "loy_480012")
		if err != nil || len(users) == 0 {
			return nil, err
		}
		return nil, w.c.LinkLoyaltyUser(w.Context(), "loy_480013", users[0].ID)
	}, []int{200, 301, 505}, []int{505}},
	{"POST /v3/loyaltyusers/update", func(w *world) (any, error) {
		users, err := w.c.LoyaltyUsers(w.Context(), "loy_480012")
		if err != nil || len(users) == 0 {
			return nil, err
		}
		return w.c.UpdateLoyaltyUser(w.Context(), coupontools.LoyaltyUserUpdate{Card: "loy_480012", User: users[0].ID, Points: 5})
	}, []int{200, 300, 301, 505}, []int{505}},
	{"POST /v3/loyalty/pushnotification/single", func(w *world) (any, error) {
		users, err := w.c.LoyaltyUsers(w.Context(), "loy_480012")
		if err != nil || len(users) == 0 {
			return nil, err
		}
		return nil, w.c.PushToLoyaltyUser(w.Context(), coupontools.LoyaltyPush{Card: "loy_480012", User: users[0].ID, Message: "Hi"})
	}, []int{200, 505}, []int{505}},
	{"POST /v3/loyalty/pushnotification/all", func(w *world) (any, error) {
		return nil, w.c.PushToLoyaltyCard(w.Context(), coupontools.LoyaltyPush{Card: "loy_480012", Message: "Hi"})
	}, []int{200, 505}, []int{505}},
	{"POST /v4/loyalty/loyalty-cards/{card}/copy", func(w *world) (any, error) {
		return w.c.CopyLoyaltyCardV4(w.Context(), "480012", "A copy")
	}, []int{300}, nil},
	{"POST /v4/loyalty/loyalty-cards/{card}/stats", func(w *world) (any, error) {
		return w.c.CreateLoyaltyUserV4(w.Context(), "480012", coupontools.LoyaltyUserV4Fields{FirstName: "Mia", Custom: [8]string{"a"}})
	}, []int{305}, nil},
	{"POST /v4/loyalty/loyalty-cards/{card}/stats/bulk", func(w *world) (any, error) {
		return w.c.CreateLoyaltyUsersV4(w.Context(), "480012", []coupontools.LoyaltyUserV4Fields{{FirstName: "Mia"}, {FirstName: "Tom"}})
	}, []int{300}, nil},

	{"POST /v3/directory/list", func(w *world) (any, error) { return w.c.Directories(w.Context()) }, nil, nil},
	{"POST /v3/directory/info", func(w *world) (any, error) {
		return w.c.Directory(w.Context(), "dir_5502")
	}, []int{200, 301, 507}, []int{507}},
	{"POST /v3/directory/campaigns", func(w *world) (any, error) {
		return w.c.DirectoryCampaigns(w.Context(), "dir_5502")
	}, []int{200, 301, 507}, []int{507}},
	{"POST /v3/category/list", func(w *world) (any, error) { return w.c.Categories(w.Context()) }, nil, nil},
	{"POST /v3/category/main/list", func(w *world) (any, error) { return w.c.MainCategories(w.Context()) }, nil, nil},
	{"POST /v3/directoryusers/list", func(w *world) (any, error) {
		return w.c.DirectoryUsers(w.Context(), "dir_5502", 1)
	}, []int{200, 301, 507}, []int{507}},
	{"POST /v3/directoryusers/update", func(w *world) (any, error) {
		users, err := w.c.DirectoryUsers(w.Context(), "dir_5502", 1)
		if err != nil || len(users) == 0 {
			return nil, err
		}
		return w.c.UpdatePaymentStatus(w.Context(), coupontools.PaymentUpdate{
			Directory: "dir_5502", User: users[0].ID, Status: coupontools.PaymentCompleted,
		})
	}, []int{200, 301, 302, 303, 507}, []int{507}},
	{"GET /v4/directory/{directory}/users", func(w *world) (any, error) {
		return w.c.DirectoryUsersV4(w.Context(), "dir_5502")
	}, nil, nil},
	{"GET /v4/directory/{directory}/users/{user}", func(w *world) (any, error) {
		return w.c.DirectoryUserV4(w.Context(), "dir_5502", w.user())
	}, nil, nil},
	{"POST /v4/directory/{directory}/users", func(w *world) (any, error) {
		return w.c.CreateDirectoryUser(w.Context(), coupontools.DirectoryUserCreate{
			Directory: "dir_5502", Email: "new@example.com", FirstName: "Mia", Custom: [3]string{"a", "", "c"},
		})
	}, []int{200, 303, 305}, nil},
	{"POST /v4/directory/{directory}/users/{user}", func(w *world) (any, error) {
		return nil, w.c.BlockDirectoryUser(w.Context(), "dir_5502", w.user(), true)
	}, []int{302}, nil},
	{"POST /v4/directory/{directory}/users/{user}/access", func(w *world) (any, error) {
		return nil, w.c.GiveDirectoryAccess(w.Context(), "dir_5502", w.user(), time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	}, []int{303}, nil},
	{"DELETE /v4/directory/{directory}/users/{user}/access", func(w *world) (any, error) {
		return nil, w.c.RevokeDirectoryAccess(w.Context(), "dir_5502", w.user())
	}, nil, nil},
	{"POST /v4/directory/{directory}/users/{user}/sso", func(w *world) (any, error) {
		return w.c.SignOnDirectoryUser(w.Context(), "dir_5502", w.user())
	}, []int{300}, nil},

	{"POST /v3/send/email", func(w *world) (any, error) {
		return w.c.SendEmail(w.Context(), coupontools.Email{
			Campaign: "cam_400001", To: "mia@example.com", FirstName: "Mia", Unique: true, Session: w.session,
		})
	}, []int{104, 200, 301, 305, 502, 604}, []int{502}},
	{"POST /v3/send/sms", func(w *world) (any, error) {
		return w.c.SendSMS(w.Context(), coupontools.SMS{LoyaltyCard: "loy_480012", To: "+32470000001", Body: "Hi"})
	}, []int{103, 200, 301, 502}, []int{502}},
	{"POST /v3/smstool/grouplist", func(w *world) (any, error) { return w.c.SMSGroups(w.Context()) }, []int{103}, nil},
	{"POST /v3/smstool/userlist", func(w *world) (any, error) {
		return w.c.SMSContacts(w.Context(), "gro_90011")
	}, []int{103, 200, 301, 514}, []int{514}},
	{"POST /v3/smstool/addgroup", func(w *world) (any, error) { return w.c.AddSMSGroup(w.Context(), "New") }, []int{103, 200}, nil},
	{"POST /v3/smstool/addcontact", func(w *world) (any, error) {
		return w.c.AddSMSContact(w.Context(), coupontools.SMSContactAdd{Group: "gro_90011", Phone: "+32470000001", FirstName: "Mia"})
	}, []int{103, 200, 301, 303, 514}, []int{514}},
	{"POST /v3/emailtool/grouplist", func(w *world) (any, error) { return w.c.EmailGroups(w.Context()) }, []int{103}, nil},
	{"POST /v3/singleuse/create", func(w *world) (any, error) {
		return w.c.CreateSingleUse(w.Context(), coupontools.SingleUseCreate{
			Campaign: "cam_400001", FirstName: "Mia", CustomID: "crm-1", ValidationDigits: 8, DuplicateCheck: "customid",
			Expires: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), CustomFields: [7]string{"a"},
		})
	}, []int{200, 301, 502}, []int{502}},
	{"POST /v3/multiplesingleuse/create", func(w *world) (any, error) {
		return w.c.WriteSingleUses(w.Context(), io.Discard, coupontools.SingleUsesCreate{
			Campaign: "cam_400001", Amount: 3, CodeType: coupontools.CodesNumeric, CodeLength: 12, Status: coupontools.SingleUseVoided,
		})
	}, []int{200, 300, 301, 302, 502}, []int{502}},
	{"POST /v3/singleuse/remove", func(w *world) (any, error) {
		return nil, w.c.RemoveSingleUse(w.Context(), "cam_400001", w.session)
	}, []int{200, 301, 502, 505}, []int{502, 505}},

	{"POST /v4/subaccount/list", func(w *world) (any, error) { return w.c.Subaccounts(w.Context()) }, []int{102}, nil},
	{"POST /v4/subaccount", func(w *world) (any, error) {
		return w.c.Subaccount(w.Context(), "sub_2078")
	}, []int{102, 200, 301, 510}, []int{510}},
	{"POST /v4/subaccount/create", func(w *world) (any, error) {
		return w.c.CreateSubaccount(w.Context(), coupontools.SubaccountFields{
			Email: "new@example.com", Company: "New", Status: coupontools.SubaccountTrial, Package: "300210",
		})
	}, []int{102, 200, 303, 304, 305}, nil},
	{"POST /v4/subaccount/update", func(w *world) (any, error) {
		return w.c.UpdateSubaccount(w.Context(), "sub_2078", coupontools.SubaccountFields{Company: "Newer"})
	}, []int{102, 200, 303, 304, 305, 510}, []int{510}},
	{"POST /v3/subaccount/reset/url", func(w *world) (any, error) {
		return w.c.SubaccountPasswordReset(w.Context(), "sub_2078")
	}, []int{102, 200, 510}, []int{510}},
	{"POST /v3/subaccount/sso", func(w *world) (any, error) {
		return w.c.SignOnSubaccount(w.Context(), "sub_2078", coupontools.SignOnOptions{
			Page: coupontools.PageUpdateCampaign, Campaign: "cam_400001",
		})
	}, []int{102, 200, 301, 510}, []int{510}},
	{"POST /v3/account/sso", func(w *world) (any, error) { return w.c.SignOnAccount(w.Context()) }, nil, nil},
	{"POST /v3/teammate/sso", func(w *world) (any, error) {
		return w.c.SignOnTeammate(w.Context(), "12", coupontools.SignOnOptions{Page: coupontools.PageCampaigns})
	}, []int{200, 301, 502, 503}, []int{502, 503}},
	{"POST /v3/webhook/verification", func(w *world) (any, error) {
		return w.c.VerifyWebhook(w.Context(), w.event, "")
	}, []int{509}, []int{509}},
}

// user returns the id of a user of dir_5502.
func (w *world) user() string {
	w.Helper()
	users, err := w.c.DirectoryUsers(w.Context(), "dir_5502", 1)
	if err != nil || len(users) == 0 {
		// A server with invalid answers has no user; any id will do.
		return "reg_1"
	}
	return users[0].ID
}

// newWalk returns a sandbox and its world. In a bubble there is no network.
func newWalk(t *testing.T, bubble bool, opts ...sandbox.Option) (*sandbox.Server, *world) {
	t.Helper()
	opts = append(opts, sandbox.WithSessions(60))
	var (
		w = &world{T: t}
		s *sandbox.Server
		c *coupontools.Client
	)
	if bubble {
		s = sandbox.New(append(opts, sandbox.WithKeys(testID, testSecret))...)
		c = inBubble(t, s.ServeHTTP)
	} else {
		s, c = watched(t, func(a coupontools.Answer) { w.differ(a) }, opts...)
	}
	sessions, err := c.SessionsPage(t.Context(), coupontools.SessionsOptions{Campaign: "cam_400001"}, 1)
	if err != nil || len(sessions) == 0 {
		t.Fatal(len(sessions), err)
	}
	w.c, w.session, w.event = c, sessions[0].Code, s.Events(1)[0]
	return s, w
}

// differ collects the differences of answers from their known shapes.
func (w *world) differ(a coupontools.Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.differences = append(w.differences, a.Differences...)
}

// every goes over the routes of the walk, in tests of their own.
func every(t *testing.T, do func(*testing.T, step)) {
	t.Helper()
	for _, st := range walk {
		t.Run(st.route, func(t *testing.T) {
			t.Parallel()
			do(t, st)
		})
	}
}

func TestWalk_coversAllRoutes(t *testing.T) {
	t.Parallel()
	var want, got []string
	for _, r := range coupontools.Routes() {
		want = append(want, r.Name)
	}
	for _, st := range walk {
		got = append(got, st.route)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the walk needs one step for each route (-want +got):\n%s", diff)
	}
}

// Every route succeeds on the sandbox, in each of its formats, and its answer has the known shape.
func TestWalk_succeeds(t *testing.T) {
	t.Parallel()
	for _, lists := range []sandbox.Lists{sandbox.ListsSingular, sandbox.ListsPlural, sandbox.ListsBare, sandbox.ListsNumbered} {
		for _, st := range walk {
			t.Run(fmt.Sprintf("lists %d %s", lists, st.route), func(t *testing.T) {
				t.Parallel()
				_, w := newWalk(t, false, sandbox.WithQuirks(sandbox.Quirks{Lists: lists, NumbersAsText: lists == sandbox.ListsPlural}))
				got, err := st.call(w)
				if err != nil || isEmpty(got) {
					t.Errorf("got %+v, %v", got, err)
				}
				if lists == sandbox.ListsSingular && len(w.differences) > 0 {
					t.Errorf("its shape differs from the known one: %q", w.differences)
				}
			})
		}
	}
}

// isEmpty reports whether a call returned an empty list or text.
func isEmpty(got any) bool {
	text := fmt.Sprintf("%v", got)
	return got != nil && (text == "[]" || text == "" || text == "0")
}

// Every documented error is returned with its code, and is ErrNotFound where it should be.
func TestWalk_refused(t *testing.T) {
	t.Parallel()
	every(t, func(t *testing.T, st step) {
		s, w := newWalk(t, false)
		path := st.pathOf(w)
		for _, code := range append([]int{1000, 101}, st.codes...) {
			status, shape := http.StatusUnprocessableEntity, sandbox.ShapeNested
			if code == 1000 || code == 101 {
				status, shape = http.StatusUnauthorized, sandbox.ShapeSingle
			}
			for _, status := range []int{status, http.StatusOK} {
				mend := s.Break(sandbox.Rule{Path: path, Fault: sandbox.Refusal(status, shape, code, "No.")})
				_, err := st.call(w)
				mend()
				e, ok := errors.AsType[*coupontools.Error](err)
				if !ok || !slices.Contains(e.Codes, code) || e.Route != st.route {
					t.Errorf("code %d at %d gives %#v", code, status, err)
				}
				if errors.Is(err, coupontools.ErrNotFound) != slices.Contains(st.notFound, code) {
					t.Errorf("code %d: not found = %v", code, errors.Is(err, coupontools.ErrNotFound))
				}
			}
		}
	})
}

// pathOf returns the path with the ids that the step uses.
func (st step) pathOf(w *world) string {
	_, path, _ := strings.Cut(st.route, " ")
	return strings.NewReplacer("{directory}", "5502", "{card}", "480012",
		"{user}", strings.TrimPrefix(w.user(), "reg_")).Replace(path)
}

// In the resource style a 404 is ErrNotFound. In both styles a read survives a transient failure.
func TestWalk_broken(t *testing.T) {
	t.Parallel()
	reads := make(map[string]bool)
	for _, r := range coupontools.Routes() {
		reads[r.Name] = r.Read
	}
	every(t, func(t *testing.T, st step) {
		synctest.Test(t, func(t *testing.T) {
			s, w := newWalk(t, true)
			path := st.pathOf(w)
			mend := s.Break(sandbox.Rule{Path: path, Fault: sandbox.ServerError(http.StatusNotFound)})
			_, err := st.call(w)
			if classOf(err) != coupontools.Refused {
				t.Errorf("a 404 gives %v, want class Refused", err)
			}
			if st.resource() != errors.Is(err, coupontools.ErrNotFound) {
				t.Errorf("a 404 gives %v, want ErrNotFound = %v", err, st.resource())
			}
			mend()
			s.Break(sandbox.Rule{Path: path, Fault: sandbox.CutAfter(), Times: 1})
			before := s.Calls(path)
			_, err = st.call(w)
			calls := s.Calls(path) - before
			if reads[st.route] && (err != nil || calls != 2) {
				t.Errorf("a read that was cut off gives %v after %d calls, want a second one", err, calls)
			}
			if !reads[st.route] && calls == 1 && classOf(err) != coupontools.Unknown {
				t.Errorf("cut off, it gives %v, want class Unknown", err)
			}
		})
	})
}

// resource reports whether the route is in the resource style.
func (st step) resource() bool {
	return strings.Contains(st.route, "/v4/") && !strings.Contains(st.route, "subaccount")
}

// Hostile and meaningless answers are errors or empty results: no panic, and no secret in the error.
func TestWalk_hostile(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"data":`, 200) + `1` + strings.Repeat(`}`, 200)
	bodies := []string{
		``, `null`, `0`, `"x"`, `<html>`, `[`, `[]`, `{}`, `[[]]`, `[null]`, `[1]`, `{"status":{"status":"OK"}}`,
		`{"status":{"status":"OK"},"data":7}`, `{"status":"OK","user":"hush"}`, deep,
		`{"status":{"status":"OK"},"data":[{"session":{"a":1}}],"subaccount":[{"ID":[]}],"group":[{"ID":{}}]}`,
		`{"status":{"status":"OK"},"ID":"` + strings.Repeat("9", 5000) + `","name":"` + strings.Repeat("é", 5000) + `"}`,
		`{"status":{"status":"OK"},"subaccount":{"ID":"sub_1","token":"hush","url":"javascript:alert('hush')"}}`,
		`{"status":{"status":"OK"},"account":{"url":"https://a.example/\u202e<hush>"}}`,
		`{"status":{"status":"OK"},"user":{"ID":"../../hush","points":1e400,"voided":[]},"amount_of_results":"-1"}`,
		`{"status":{"status":"OK"},"coupon_info":[{"ID":"cam_1","campaigns":{"x":{}},"access_x":["hush"]}]}`,
	}
	every(t, func(t *testing.T, st step) {
		synctest.Test(t, func(t *testing.T) {
			for _, body := range bodies {
				c := inBubble(t, answers(http.StatusOK, body))
				w := &world{T: t, c: c, session: "k3v9t0q2m7x1r8b5c6n4d", event: "evt_1"}
				got, err := st.call(w)
				if err != nil && strings.Contains(err.Error(), "hush") {
					t.Errorf("%.60s gives the error %v", body, err)
				}
				if text := fmt.Sprintf("%v %+v %#v", got, got, got); strings.Contains(text, "javascript") {
					t.Errorf("%.60s gives %s", body, text)
				}
			}
		})
	})
}
