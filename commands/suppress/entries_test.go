package suppress

import (
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/commands/internal/commandstest"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

func TestBarrierRow(t *testing.T) {
	t.Parallel()
	got := commandstest.Picture(bot.Reply{Blocks: append(
		barrierRow(sends.Barrier{Rule: recipients.RuleSuppressed, Since: commandstest.Began, By: "U0BEN", Note: noteByHand}),
		append(barrierRow(sends.Barrier{Rule: recipients.RuleFrequencyCap, Since: commandstest.Began, Until: commandstest.Began.Add(time.Hour)}),
			barrierRow(sends.Barrier{Rule: recipients.RuleUnsubscribed})...)...)})
	want := "It is on the do-not-contact list. Put there by @U0BEN by hand.\n~ Since <date>\n" +
		"It was sent something not long ago (FREQUENCY_CAP).\n~ Since <date> | Until <date>\n" +
		"It has unsubscribed in Coupontools.\ntext: \n"
	if got != want {
		t.Errorf("the rules are\n%s\nwant\n%s", got, want)
	}
}

func TestParseContacts(t *testing.T) {
	t.Parallel()
	s := entryHandlers{region: "BE"}
	all, err := s.parseContacts(bot.Split("0470 12 34 56,anna@example.com; +12015550123 ,"))
	var got []string
	for _, who := range all {
		got = append(got, string(who.kind)+" "+who.to)
	}
	if want := "sms +32470123456, email anna@example.com, sms +12015550123"; strings.Join(got, ", ") != want || err != nil {
		t.Errorf("named = %q, %v, want %q", got, err, want)
	}
	if _, err := s.parseContacts(bot.Split("ann@")); err == nil {
		t.Error("no error, want one for what is no address")
	}
}

// buttonValue finds the value of a button in a view.
func buttonValue(t *testing.T, set []slack.Block, action string) string {
	t.Helper()
	for _, block := range set {
		actions, ok := block.(*slack.ActionBlock)
		if !ok {
			continue
		}
		for _, e := range actions.Elements.ElementSet {
			if b, ok := e.(*slack.ButtonBlockElement); ok && b.ActionID == action {
				return b.Value
			}
		}
	}
	t.Fatalf("there is no button %s", action)
	return ""
}

// clicks clicks a button of a view.
func clicks(t *testing.T, handler bot.Handler, shown bot.Reply, action string) (bot.Reply, error) {
	t.Helper()
	view := bot.NewView(shown.View.CallbackID, shown.View.PrivateMetadata, nil)
	return commandstest.Follow(t.Context(), handler, bot.Request{Person: commandstest.Mia, View: view, Value: buttonValue(t, shown.View.Blocks.BlockSet, action)})
}

// confirms submits the preview of a file.
func confirms(t *testing.T, s entryHandlers, preview bot.Reply) (bot.Reply, error) {
	t.Helper()
	view := bot.NewView(viewPreview, preview.View.PrivateMetadata, nil)
	return commandstest.Follow(t.Context(), s.addChange().Confirmed, bot.Request{Person: commandstest.Mia, View: view})
}

// suppressFile submits the form with a file.
func suppressFile(t *testing.T, w *commandstest.World, kind recipients.Kind, content string) (entryHandlers, bot.Reply, error) {
	t.Helper()
	s := entryHandlers{people: w.Sends, uploads: ui.NewUploads(commandstest.Uploaded(content)), store: w.Store, audit: w.Sends, region: "BE"}
	view := bot.NewView(viewAdd, "", map[string]string{fieldKind: string(kind)}).
		WithFiles("file", bot.File{ID: "F1", Name: "list.csv", User: commandstest.Mia.ID})
	reply, err := commandstest.Follow(t.Context(), s.submitted, bot.Request{Person: commandstest.Mia, View: view})
	return s, reply, err
}

// A file is previewed before its people are added, and adds nobody twice.
func TestSuppress_file(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, said := range []string{
		"Added 2 people to the do-not-contact list.", "Nobody was added to the do-not-contact list. 2 were already on it.",
	} {
		end := strings.Repeat("\n", i) // another file
		s, preview, err := suppressFile(t, w, recipients.SMS, "GSM\n0470 12 34 56\n+32470123457\n+32 470 12 34 57\n123\n"+end)
		commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(preview, err)), "2 people will go on the do-not-contact list.", "list.csv, column A “GSM”",
			"2 people in 4 rows: +32 470 •• •• 56", "Row 5 of the file", "It has too few digits", "(Add 2 people)")

		commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(confirms(t, s, preview))), said)
	}
	if n, err := w.Sends.ListStatus(t.Context()); n.Suppressed != 2 || err != nil {
		t.Errorf("%+v people are suppressed, error %v, want 2", n, err)
	}
}

// If the column is unclear the user chooses it, and nobody else can.
func TestSuppress_fileAsksForTheColumn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, asked, err := suppressFile(t, w, recipients.Email, "a,b\nx@example.com,y@example.com\nz@example.com,v@example.com\n")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(asked, err)), "More than one column holds e-mail addresses. Which column of “list.csv” should couponbot use?",
		"Nobody has been added yet.")
	choose := func(person bot.Person, column string) (bot.Reply, error) {
		view := bot.NewView(viewColumn, asked.View.PrivateMetadata, map[string]string{"column": column})
		return commandstest.Follow(t.Context(), s.columnChosen, bot.Request{Person: person, View: view})
	}
	if reply := commandstest.Must(t)(choose(commandstest.Mia, "")); reply.Errors["column"] == "" {
		t.Error("no error on the field without a column")
	}
	noah := commandstest.Mia
	noah.ID = "U0NOAH"
	_, err = choose(noah, "2/1")
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Text, "isn't yours")
	preview := commandstest.Must(t)(choose(commandstest.Mia, "2/1"))
	commandstest.WantIn(t, commandstest.Picture(preview), "list.csv, column B “b”")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(confirms(t, s, preview))), "Added 2 people to the do-not-contact list.")
	for to, want := range map[string]int{"x@example.com": 0, "y@example.com": 1, "v@example.com": 1} {
		if got, err := w.Sends.Why(t.Context(), recipients.Email, to, commandstest.Mia.ID); len(got) != want || err != nil {
			t.Errorf("%s is barred by %v, error %v, want %d rules", to, got, err, want)
		}
	}
	other := commandstest.Must(t)(clicks(t, s.otherColumn, preview, actionColumn))
	commandstest.WantIn(t, commandstest.Picture(other), "A · a · 2 addresses", "B · b · 2 addresses")
}

func TestSuppress_unreadableFile(t *testing.T) {
	t.Parallel()
	_, _, err := suppressFile(t, newWorld(t), recipients.Email, "%PDF-1.7\x00\x01\x02")
	if m := commandstest.MistakeOf(t, ui.Explain, err); m.Text == "" || m.Hint == "" || m.Cause != nil {
		t.Errorf("the fault of a file = %+v, want words for the person", m)
	}
}

func TestSuppress_unconfirmedFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, preview, err := suppressFile(t, w, recipients.SMS, "GSM\n0470 12 34 56\n")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(preview, err)), "Add 1 person")
	if n, err := w.Sends.ListStatus(t.Context()); n.Suppressed != 0 || err != nil {
		t.Errorf("%+v people are suppressed, error %v, want none before the preview is submitted", n, err)
	}
}

// Everybody in a file is added, including people who opted out; a button restricts it to those.
func TestSuppress_fileWithConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, preview, err := suppressFile(t, w, recipients.SMS, "GSM;Status\n0470000001;Subscribed\n0470000002;Unsubscribed\n")
	commandstest.WantIn(t, commandstest.Picture(commandstest.Must(t)(preview, err)), "2 people will go", "whatever column B “Status” says", "Only those who said no")

	only := commandstest.Must(t)(clicks(t, s.switchRefused, preview, actionRefused))
	commandstest.WantIn(t, commandstest.Picture(only), "1 person will go", "+32 470 •• •• 02")
	commandstest.Must(t)(confirms(t, s, only))

	if got, err := w.Sends.Why(t.Context(), recipients.SMS, "+32470000001", commandstest.Mia.ID); len(got) > 0 || err != nil {
		t.Errorf("who didn't say no is barred by %v, %v", got, err)
	}
}

func TestSuppress_redisAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, preview, err := suppressFile(t, w, recipients.Email, "a@example.com\n")
	commandstest.Must(t)(preview, err)
	w.Redis.Close()
	_, err = confirms(t, s, preview)
	commandstest.WantIn(t, commandstest.MistakeOf(t, ui.Explain, err).Hint, "Redis, which may be away")
}

// Before the unsubscribed people were read from Coupontools, the answer says that they aren't known.
func TestWhy_namesConcerns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Sends = sends.New(sends.Config{Redis: w.RDB, Prefix: "test:", API: w.Client, Contacts: w.Client})
	answer := commandstest.Picture(commandstest.Must(t)(w.Types(t, "/coupontools why anna@example.com")))
	commandstest.WantIn(t, answer, "it can be sent to", "hasn't read yet who unsubscribed in Coupontools")
}
