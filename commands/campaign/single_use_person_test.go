package campaign

import (
	"maps"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

func TestSingleUse_checkPerson(t *testing.T) {
	t.Parallel()
	today := time.Now().UTC()
	for name, tt := range map[string]struct {
		fields map[string]string
		want   coupontools.SingleUseCreate
		wrong  string // the field
	}{
		"a name is enough": {map[string]string{"last_name": " Peeters\n"}, coupontools.SingleUseCreate{LastName: "Peeters"}, ""},
		"all": {
			map[string]string{
				"email": "Anna@Example.com", "phone": "0470/12.34.56", fieldOwnID: "crm-7", fieldDigits: "10",
				"expiry_date": "2040-02-29", fieldDuplicate: "phone",
			},
			coupontools.SingleUseCreate{
				Email: "anna@example.com", Phone: "+32470123456", CustomID: "crm-7", ValidationDigits: 10,
				Expires: time.Date(2040, 2, 29, 23, 59, 59, 0, time.UTC), DuplicateCheck: "phone",
			},
			"",
		},
		"a code of the owner's": {
			map[string]string{fieldOwnID: "7", fieldOwnCode: "KAAS"}, coupontools.SingleUseCreate{CustomID: "7", ValidationCode: "KAAS"}, "",
		},
		"ends somewhere today": {
			map[string]string{fieldOwnID: "7", "expiry_date": today.Format(time.DateOnly)},
			coupontools.SingleUseCreate{CustomID: "7", Expires: today.Truncate(24 * time.Hour).Add(24*time.Hour - time.Second)},
			"",
		},
		"nobody":           {nil, coupontools.SingleUseCreate{}, "email"},
		"long id":          {map[string]string{fieldOwnID: strings.Repeat("é", 51)}, coupontools.SingleUseCreate{}, fieldOwnID},
		"long code":        {map[string]string{fieldOwnID: "7", fieldOwnCode: strings.Repeat("é", 101)}, coupontools.SingleUseCreate{}, fieldOwnCode},
		"two codes":        {map[string]string{fieldOwnID: "7", fieldOwnCode: "A", fieldDigits: "6"}, coupontools.SingleUseCreate{}, fieldOwnCode},
		"no phone number":  {map[string]string{"phone": "12"}, coupontools.SingleUseCreate{}, "phone"},
		"ended":            {map[string]string{fieldOwnID: "7", "expiry_date": "2020-01-31 18:00"}, coupontools.SingleUseCreate{}, "expiry_date"},
		"no day":           {map[string]string{fieldOwnID: "7", "expiry_date": "31/01/2040"}, coupontools.SingleUseCreate{}, "expiry_date"},
		"known by nothing": {map[string]string{fieldOwnID: "7", fieldDuplicate: "email"}, coupontools.SingleUseCreate{}, fieldDuplicate},
		"known by a word":  {map[string]string{fieldOwnID: "7", fieldDuplicate: "true"}, coupontools.SingleUseCreate{}, fieldDuplicate},
	} {
		wrong := form.Problems{}
		var d singleUseDraft
		d.checkPerson(forOnePerson(tt.fields), "BE", wrong)
		if tt.wrong != "" {
			if len(wrong) != 1 || wrong[tt.wrong] == "" {
				t.Errorf("%s: wrong = %v, want %s alone", name, wrong, tt.wrong)
			}
			continue
		}
		if diff := cmp.Diff(tt.want, *d.Person); diff != "" || len(wrong) > 0 {
			t.Errorf("%s: wrong = %v, difference (-want +got):\n%s", name, wrong, diff)
		}
	}
}

// forOnePerson is the form for one known person, with the given fields.
func forOnePerson(fields map[string]string) *bot.View {
	all := map[string]string{"campaign": "cam_400018", fieldDigits: noCodes, fieldDuplicate: anotherOne}
	maps.Copy(all, fields)
	return bot.NewView(viewSingleUse, ui.Value(singleUseForm{ID: "f", Shown: forOne}), all)
}

func TestSingleUse_onePersonNotTheirs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	reply, err := w.Submits(t, forOnePerson(map[string]string{"first_name": "Anna"}))
	if err != nil {
		t.Fatal(err)
	}
	noah := bot.Request{
		Person: bot.Person{ID: "U0NOAH", Team: commandstest.Mia.Team}, View: bot.NewView("single_use_confirm", reply.View.PrivateMetadata, nil),
	}
	s := singleUseHandlers{campaigns: NewList(w.Campaigns, ui.Deliverer{}), api: w.Client, store: w.Store, audit: w.Sends}
	if _, err := s.makeChange().Confirmed(t.Context(), noah); err == nil {
		t.Error("a form was confirmed by somebody else")
	}
}

// A repeated form makes one draft, and a repeated confirmation one link. Only the first answer shows the link, and Redis
// doesn't hold it.
func TestSingleUse_onePersonTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := forOnePerson(map[string]string{"first_name": "Anna", fieldDigits: "8"})
	first := commandstest.Must(t)(w.Submits(t, form))
	if again := commandstest.Must(t)(w.Submits(t, form)); again.View.PrivateMetadata != first.View.PrivateMetadata {
		t.Fatalf("the same form made the drafts %q and %q", first.View.PrivateMetadata, again.View.PrivateMetadata)
	}
	var both sync.WaitGroup
	shown, told := make(chan string, 2), make(chan error, 2)
	for range 2 {
		both.Go(func() {
			reply, err := w.Submits(t, bot.NewView("single_use_confirm", first.View.PrivateMetadata, nil))
			if err != nil {
				told <- err
				return
			}
			shown <- commandstest.Picture(reply)
		})
	}
	both.Wait()
	if len(shown) != 1 || len(told) != 1 {
		t.Fatalf("%d answers show the link and %d point to it, want one of each", len(shown), len(told))
	}
	commandstest.WantIn(t, ui.ErrorText(<-told), "You've already submitted this form. It makes one link at most, and only the first answer shows it.")
	secrets := regexp.MustCompile(`https://\S+/p/\S+|[a-z0-9]{21}|till: \w+|code: \w+`).FindAllString(<-shown, -1)
	if len(secrets) != 4 {
		t.Fatalf("the first answer shows %q, want a link, a session and two codes", secrets)
	}
	for _, secret := range secrets {
		_, secret, _ = strings.Cut(": "+secret, ": ")
		commandstest.WantNotIn(t, commandstest.Stored(t, w), secret[strings.LastIndex(secret, " ")+1:])
	}
	if calls := w.API.Calls("/v3/singleuse/create"); calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}

// After a refusal, the change can be confirmed again from a new view.
func TestSingleUse_onePersonRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	draft := commandstest.Must(t)(w.Submits(t, forOnePerson(map[string]string{"first_name": "Anna"}))).View.PrivateMetadata
	mend := w.API.Break(sandbox.Rule{Path: "/v3/singleuse/create", Fault: sandbox.Refusal(422, sandbox.ShapeNested, 101, "Expired.")})
	_, err := w.Submits(t, bot.NewView("single_use_confirm", draft, nil))
	commandstest.WantIn(t, ui.ErrorText(err), "Nothing was made.")
	mend()
	again := bot.NewView("single_use_confirm", draft, nil)
	again.ID = "V2"
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(w.Submits(t, again))), "https://")
}
