package commands

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/sends/recipients"
)

// formCase is a form that is opened and filled in as a user would.
type formCase struct {
	name string
	open func(t *testing.T, w *world) *slack.ModalViewRequest
	// fill is typed and chosen in addition to the values that the form opens with.
	fill map[string]string
	// then is the callback_id of the view that replaces the form. It is empty for a form that needs a file, which isn't
	// submitted as it is.
	then string
	// empty is the text of the answer if a field with choices comes back empty. A field that is missing here must be an error.
	empty map[string]string
}

func typing(line string) func(*testing.T, *world) *slack.ModalViewRequest {
	return func(t *testing.T, w *world) *slack.ModalViewRequest {
		return commandstest.Must(t)(w.Types(t, line)).View
	}
}

func clicking(action, value string) func(*testing.T, *world) *slack.ModalViewRequest {
	return func(t *testing.T, w *world) *slack.ModalViewRequest {
		return commandstest.Must(t)(w.Clicks(t, action, value, nil)).View
	}
}

// choosing clicks options that update the form. The form is filled in before each.
func choosing(open func(*testing.T, *world) *slack.ModalViewRequest, action string, fill map[string]string, options ...string,
) func(*testing.T, *world) *slack.ModalViewRequest {
	return func(t *testing.T, w *world) *slack.ModalViewRequest {
		view := open(t, w)
		for _, option := range options {
			view = commandstest.Must(t)(w.Clicks(t, action, option, commandstest.FilledIn(t, view, fill))).View
		}
		return view
	}
}

// formCases are all forms. Confirmation views are reached from these.
func formCases() []formCase {
	const vip = `{"card":"loy_480016","user":"lus_61001"}`
	singleUseFor := func(fill map[string]string, kinds ...string) func(*testing.T, *world) *slack.ModalViewRequest {
		return choosing(typing("/coupontools single-use cam_400018"), "single_use_for", fill, kinds...)
	}
	return []formCase{
		{name: "look up users", open: typing("/directory-users"), fill: map[string]string{"directory": "dir_5502"}, then: "lookup_looking"},
		{
			name: "payment without an end", open: clicking("user_payment", "dir_5536 reg_7350001 completed"), then: "payment_done",
			empty: map[string]string{"expiry_date": "No end date is set."},
		},
		{
			name: "payment with an end", open: clicking("user_payment", fmt.Sprintf("dir_5536 reg_7350001 completed %d", time.Now().Add(time.Hour).Unix())),
			then: "payment_end_check", empty: map[string]string{"expiry_date": "Without an end date, it never ends."},
		},
		{name: "block a user", open: func(t *testing.T, w *world) *slack.ModalViewRequest {
			list := commandstest.Must(t)(w.Types(t, "/directory-users dir_5502"))
			return commandstest.Must(t)(w.Clicks(t, "user_block", commandstest.Buttons(t, list)["user_block"], nil)).View
		}, then: "user_wait"},
		{
			name: "give access", open: clicking("user_access", `{"directory":"dir_5536","user":"reg_7350001"}`),
			then: "user_access_check", empty: map[string]string{"expiry_date": "without end"},
		},
		{
			name: "register a user", open: typing("/directory-users create"), then: "user_create_check",
			fill: map[string]string{"directory": "dir_5502", "email": "anna@example.com"},
		},
		{
			name: "send", open: typing("/send-directory sms 0470123456 dir_5503"), fill: map[string]string{"message": "Hi"},
			then: "send_preview", empty: map[string]string{"region": "Belgium 1", "schedule": "Send to 1 person"},
		},
		{
			name: "send, changed twice", then: "send_preview", fill: map[string]string{"region": "FR"},
			open: choosing(typing("/send-directory sms 0612345678 dir_5503"), "channel",
				map[string]string{"region": "NL", "message": "Hi", "subject": "Hi"}, "email", "sms"),
			empty: map[string]string{"schedule": "Send to 1 person"},
		},
		{
			name: "import of the do-not-contact list", open: typing("/coupontools suppress import"),
			fill: map[string]string{"how": "keep"}, then: "suppress_done",
		},
		{
			name: "suppress", open: typing("/coupontools suppress"), then: "suppress_done",
			fill: map[string]string{"kind": string(recipients.Email), "recipients": "anna@example.com"},
		},
		{name: "sessions", open: typing("/coupontools sessions"), fill: map[string]string{"campaign": "cam_400001"}, then: "sessions_shown"},
		{
			name: "session", open: typing("/coupontools session"), fill: map[string]string{"query": "mfadqu0il4iosrut76vui"},
			then: "session_shown", empty: map[string]string{"campaign": "Session mfadqu0il4iosrut76vui"},
		},
		{
			name: "push to all", open: typing("/coupontools push cam_400008"), fill: map[string]string{"message": "Hi"},
			then: "push_confirm",
		},
		{
			name: "single use for many", open: typing("/coupontools single-use cam_400018"), fill: map[string]string{"amount": "3"},
			then: "single_use_confirm", empty: map[string]string{"single_use_for": "3 new addresses"},
		},
		{
			name: "single use for many, changed twice", then: "single_use_confirm",
			open: singleUseFor(map[string]string{
				"amount": "3", "status": coupontools.SingleUseVoided, "codes": coupontools.CodesNumeric,
			}, "one", "many"),
			empty: map[string]string{
				"single_use_for": "3 new addresses", "campaign": "cam_400018", "status": "voided", "codes": "numeric, 12 long",
			},
		},
		{
			name: "single use for one, changed to", open: singleUseFor(nil, "one"), fill: map[string]string{"single_use_for": "one", "custom_id": "crm-7"},
			then: "single_use_confirm",
			empty: map[string]string{
				"single_use_for": "crm-7", "campaign": "cam_400018", "validation_digits": "crm-7", "duplicate_check": "makes a new address",
			},
		},
		{
			name: "single use for one, changed thrice", fill: map[string]string{"single_use_for": "one"}, then: "single_use_confirm",
			open: singleUseFor(map[string]string{"custom_id": "crm-7", "validation_digits": "8", "duplicate_check": "customid"}, "one", "many", "one"),
			empty: map[string]string{
				"single_use_for": "crm-7", "campaign": "cam_400018", "validation_digits": "8 digits", "duplicate_check": "has an address for your id crm-7",
			},
		},
		{
			name: "webhook", open: typing("/coupontools webhook"), fill: map[string]string{"webhook_event": "evt_i0cvqmt1omyp3183vis1"},
			then: "webhook_answer",
		},
		{
			name: "new user of a card", open: clicking("loyalty_create", "loy_480016"), fill: map[string]string{"email": "anna@example.com"},
			then: "loyalty_create_check",
		},
		{
			name: "link a user to a card", open: clicking("loyalty_link", "loy_480016"), fill: map[string]string{"user_id": "lus_61010"},
			then: "loyalty_link_check",
		},
		{name: "import users of a card", open: clicking("loyalty_import", "loy_480016")},
		{
			name: "push to a card", open: clicking("loyalty_push", "loy_480016"), fill: map[string]string{"message": "Hi"},
			then: "loyalty_push_check", empty: map[string]string{"loyalty_user": "everybody who keeps the card"},
		},
		{
			name: "push to one user of a card", open: clicking("loyalty_push", "loy_480016"), then: "loyalty_push_check",
			fill: map[string]string{"to": "one", "loyalty_user": "lus_61001", "message": "Hi"},
		},
		{name: "copy a card", open: clicking("loyalty_copy", "loy_480016"), then: "loyalty_copy_check"},
		{
			name: "points", open: typing("/coupontools points VIP"), then: "points_check",
			fill:  map[string]string{"loyalty_user": "lus_61001", "amount": "7"},
			empty: map[string]string{"change": "180 → 187"},
		},
		{
			name: "points of a person", open: clicking("points", vip), fill: map[string]string{"amount": "7"}, then: "points_check",
			empty: map[string]string{"change": "180 → 187", "loyalty_user": "lus_61001"},
		},
		{
			name: "new subaccount", open: clicking("subaccount_create", ""), fill: map[string]string{"email": "anna@example.com"},
			then: "subaccount_create_check", empty: map[string]string{"status": "Coupontools makes the subaccount"},
		},
		{
			name: "update a subaccount", open: clicking("subaccount_update", "sub_2077"), then: "subaccount_update_check",
			fill:  map[string]string{"company_name": "New Shop", "status": coupontools.SubaccountTrial},
			empty: map[string]string{"status": "Shop North → New Shop"},
		},
		{
			name: "sign on", open: typing("/coupontools sign-on"), then: "reveal",
			empty: map[string]string{"subaccount": "the own account", "page": "the own account"},
		},
		{
			name: "sign on to a page of a subaccount", open: typing("/coupontools sign-on subaccount sub_2077"), then: "reveal",
			fill: map[string]string{"page": coupontools.PageUpdateCampaign, "campaign": "cam_400001"},
		},
		{
			name: "new SMS group", open: clicking("sms_group_create", ""), fill: map[string]string{"group_name": "VIPs"},
			then: "sms_group_create_check",
		},
		{
			name: "new SMS contact", open: clicking("sms_contact_create", "gro_90011"), fill: map[string]string{"phone": "+32470999999"},
			then: "sms_contact_create_check",
		},
	}
}

// TestForms_emptyChoices submits every form with each of its choices empty, as Slack is reported to return those that an
// update filled in. That must be an error on the field, or have the meaning that the table gives it.
func TestForms_emptyChoices(t *testing.T) {
	t.Parallel()
	for _, form := range formCases() {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.warm(t)
			view := form.open(t, w)
			if form.then != "" {
				full := commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, view, form.fill)))
				if full.View == nil || full.View.CallbackID != form.then {
					t.Fatalf("the form filled in gives %+v, want the view %s", full, form.then)
				}
			}
			w.WantChoices(t, view, form.fill, form.empty)
		})
	}
}

// ofFiles are the forms that appear only after a file. Their domains test them.
var ofFiles = map[string]bool{
	"recipients_column": true, "suppress_column": true, "suppress_preview": true, "loyalty_import_check": true,
}

// TestForms_all checks that the table has every form with choices.
func TestForms_all(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.warm(t)
	covered := map[string]bool{}
	for _, form := range formCases() {
		view := form.open(t, w)
		covered[view.CallbackID] = true
		if form.then == "" || covered[form.then] {
			continue
		}
		reply := commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, view, form.fill)))
		for name, f := range commandstest.InputsOf(t, reply.View) {
			if f.Choice {
				t.Errorf("%s has the choice %s and is in no row of the table", form.then, name)
			}
		}
		covered[form.then] = true
	}
	for _, c := range All(w.Deps) {
		for _, id := range slices.Sorted(maps.Keys(c.Submissions)) {
			if !covered[id] && !ofFiles[id] {
				t.Errorf("the form %s of %s is in no row of the table", id, c.Topic)
			}
		}
	}
}

// In a form that was filled by an update, a required text that comes back empty keeps its value, since nobody can empty it. An
// optional one is an error that asks for it again.
func TestSingleUse_textComesBackEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := typing("/coupontools single-use cam_400018")
	typed := map[string]string{
		"amount": "3", "codes": coupontools.CodesNumeric, "prefix": "BE-", "email": "anna@example.com", "custom_id": "crm-7",
	}
	many := choosing(open, "single_use_for", typed, "one", "many")(t, w)
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, many, nil, "amount")))), "3 new addresses")
	lost := commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, many, nil, "prefix")))
	commandstest.WantIn(t, lost.Errors["prefix"], "“BE-” was here and came back empty.")

	one := choosing(open, "single_use_for", typed, "one", "many", "one")(t, w)
	lost = commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, one, map[string]string{"single_use_for": "one"}, "email")))
	if len(lost.Errors) != 1 {
		t.Errorf("errors = %q, want one", lost.Errors)
	}
	commandstest.WantIn(t, lost.Errors["email"], "“anna@example.com” was here and came back empty.")
}

func TestSingleUse_submittedBeforeUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	view := typing("/coupontools single-use cam_400018")(t, w)
	early := commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, view, map[string]string{"amount": "3", "single_use_for": "one"})))
	commandstest.WantIn(t, early.Errors["single_use_for"], "The fields below are for the other choice.")
	view.PrivateMetadata = "{}"
	if lost := commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, view, nil, "single_use_for"))); lost.Errors["single_use_for"] != "Choose one." {
		t.Errorf("errors = %q, want a question for the kind", lost.Errors)
	}
}

// A value that comes back empty stays unchanged, and the reply says so.
func TestSubaccountUpdate_comesBackEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	view := clicking("subaccount_update", "sub_2077")(t, w)
	all := slices.Collect(maps.Keys(commandstest.InputsOf(t, view)))
	_, err := w.Submits(t, commandstest.FilledIn(t, view, nil, all...))
	commandstest.WantIn(t, mistake(t, err).Text, "Nothing differs")

	check := commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, view, map[string]string{"company_name": "New Shop"}, "email", "package", "expiry_date")))
	commandstest.WantIn(t, commandstest.Picture(check), "Shop North → New Shop", "Came back empty, so unchanged: e-mail address, package, last day.")
	commandstest.WantNotIn(t, commandstest.Picture(check), "*Package", "*E-mail")
	commandstest.Must(t)(w.Submits(t, bot.NewView("subaccount_update_check", check.View.PrivateMetadata, nil)))
	s, err := w.Client.Subaccount(t.Context(), "sub_2077")
	if err != nil || s.Company != "New Shop" || s.Email != "mia.shop0@example.com" || s.Package != "pac_300210" || s.Expires.IsZero() {
		t.Errorf("subaccount = %+v, %v; want another company and all else as it was", s, err)
	}
}

// A points form without its initial values changes nothing.
func TestPoints_unknownChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, how := range []string{"", "all"} {
		view := bot.NewView("points", "loy_480016", map[string]string{"loyalty_user": "lus_61001", "amount": "7", "change": how})
		if reply := commandstest.Must(t)(w.Submits(t, view)); reply.Errors["change"] != "Choose one." {
			t.Errorf("%q gives %+v, want a question", how, reply)
		}
	}
}

// An end date that comes back empty is removed only after a confirmation.
func TestPaymentStatus_endComesBackEmpty(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	end := time.Now().Add(240 * time.Hour)
	view := clicking("user_payment", fmt.Sprintf("dir_5536 reg_7350004 completed %d", end.Unix()))(t, w)
	check := commandstest.Must(t)(w.Submits(t, commandstest.FilledIn(t, view, nil)))
	commandstest.WantIn(t, commandstest.Picture(check), "Access was to end on "+format.Zoned(commandstest.Mia, end), "(Remove the end date)")
	if n := w.api.Calls("/v3/directoryusers/update"); n != 0 {
		t.Fatalf("%d changes before it was confirmed", n)
	}
	for range 2 {
		done := commandstest.Must(t)(w.Submits(t, bot.NewView("payment_end_check", check.View.PrivateMetadata, nil)))
		commandstest.WantIn(t, commandstest.Picture(done), "is now “completed”. No end date is set.")
	}
	if n := w.api.Calls("/v3/directoryusers/update"); n != 1 {
		t.Errorf("%d changes, want 1", n)
	}
}
