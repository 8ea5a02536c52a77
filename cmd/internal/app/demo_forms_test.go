package app

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/commands"
)

// legs are the way through the forms, one after the other in the same workspace: each is opened by what a person would type
// or press, filled in and submitted to its end. Whoever adds a form adds a leg; TestDemo_everyFormInTheBrowser names those
// that are missing.
var legs = []struct {
	name string
	walk func(w walker)
}{
	{"the menu", func(w walker) {
		w.types("/coupontools")
		w.sees("dialog[open]", "Show a message on the phones")
		w.meets()
		w.searches(`//dialog[@open]//*[@role="combobox"]`, "webhook", "webhook – ")
		w.sees("dialog[open]", "/coupontools webhook evt_")
		w.do("open it", chromedp.Click(`//dialog[@open]//button[normalize-space()="Open"]`))
		w.fills("Event", "evt_i0cvqmt1omyp3183vis1")
		w.submits("Ask")
		w.sees("dialog[open]", "Genuine: Coupontools sent this event.")
	}},
	{"users of a directory", func(w walker) {
		w.types("/directory-users")
		w.finds("Directory", "vip", "VIP members only")
		w.fills("Who", "reg_7350003")
		w.submits("Look up")
		w.sees("dialog[open]", "Γιώργος D’Souza")
	}},
	{"a payment", func(w walker) {
		w.types("/directory-users dir_5521 reg_7200003")
		w.reads("Γιώργος D’Souza")
		w.presses("Payment")
		w.picks("Payment status", "Pending")
		w.sets("Access ends", "2040-07-31T12:00")
		w.submits("Change")
		w.sees("dialog[open]", "is now “pending”. Access ends on 31 July 2040, 12:00 (Europe/Brussels).")
	}},
	{"a payment without an end", func(w walker) {
		w.presses("Payment")
		w.sets("Access ends", "")
		w.submits("Change")
		w.submits("Remove the end date")
		w.sees("dialog[open]", "is now “completed”. No end date is set.")
	}},
	{"access", func(w walker) {
		w.presses("Give access")
		w.sets("Access ends", "2040-01-31T10:00")
		w.submits("Check")
		w.submits("Give access")
		w.sees("dialog[open]", "reg_7350003 has access until 31 January 2040, 10:00")
	}},
	{"a block", func(w walker) {
		w.presses("Block")
		w.submits("Block")
		w.sees("dialog[open]", "reg_7350003 is blocked.")
	}},
	{"a new user of a directory", func(w walker) {
		w.presses("New user")
		w.fills("E-mail address", "anna@example.com")
		w.fills("Phone number", "0470 12 34 56")
		w.submits("Check")
		w.submits("Register")
		w.sees("dialog[open]", "is registered for VIP members only")
	}},
	{"sessions", func(w walker) {
		w.types("/coupontools sessions")
		w.finds("Campaign", "scratch", "Example: scratch card")
		w.submits("List")
		w.sees("dialog[open]", "crm-5004")
	}},
	{"a session", func(w walker) {
		w.types("/coupontools session")
		w.fills("What you know of it", "crm-5004")
		w.finds("Campaign", "scratch", "Example: scratch card")
		w.submits("Find")
		w.sees("dialog[open]", "Session wn3kwr7yvs1wn1ur17mbe")
	}},
	{"a push to phones", func(w walker) {
		w.types("/coupontools push Kaasweken")
		w.picks("To", "Everybody who keeps a coupon of it in a wallet")
		w.fills("Message", "Proef vandaag!")
		w.submits("Preview")
		w.submits("Push to 19 people")
		w.sees("dialog[open]", "Coupontools took the message for everybody who keeps a coupon of Kaasweken")
	}},
	{"single-use addresses", func(w walker) {
		w.types("/coupontools single-use Nobody yet")
		w.fills("How many", "2")
		w.picks("Validation codes", "Letters and digits")
		w.fills("Prefix of the codes", "KAAS-")
		w.submits("Preview")
		w.submits("Make 2 addresses")
		w.sees("dialog[open]", "The file with them is in your direct messages.")
	}},
	{"a single-use address for one person", func(w walker) {
		w.types("/coupontools single-use Nobody yet")
		w.picks("For", "One person who is known")
		w.fills("E-mail address", "anna@example.com")
		w.fills("First name", "Anna")
		w.submits("Preview")
		w.submits("Make 1 address")
		w.sees("dialog[open]", "The address of Anna for Nobody yet")
	}},
	{"points", func(w walker) {
		w.types("/coupontools loyalty-card loy_480016")
		w.reads("VIP Gold")
		w.presses("Points")
		w.finds("Who", "lus_61001", "François 田中")
		w.picks("What", "Set the points to")
		w.fills("How many", "200")
		w.submits("Check")
		w.submits("Change")
		w.sees("dialog[open]", "François 田中 (lus_61001) now has 200 points (before: 180).")
	}},
	{"a push to a loyalty card", func(w walker) {
		w.presses("Push")
		w.picks("To", "One person")
		w.finds("Person", "lus_61001", "François 田中")
		w.fills("Message", "Coffee is on us today")
		w.submits("Check")
		w.submits("Send")
		w.sees("dialog[open]", "Coupontools accepted the message to the user lus_61001.")
	}},
	{"a copy of a loyalty card", func(w walker) {
		w.presses("Copy")
		w.fills("Name of the copy", "VIP Gold 2027")
		w.submits("Check")
		w.submits("Copy")
		w.sees("dialog[open]", "The copy of VIP Gold (loy_480016) is made")
	}},
	{"a new user of a loyalty card", func(w walker) {
		w.types("/coupontools loyalty-users loy_480016")
		w.reads("Who has VIP Gold")
		w.presses("New user")
		w.fills("E-mail address", "anna@example.com")
		w.fills("First name", "Anna")
		w.submits("Check")
		w.submits("Give the card")
		w.sees("dialog[open]", "Anna now has VIP Gold")
	}},
	{"a user of another loyalty card", func(w walker) {
		w.presses("Link a user")
		w.fills("Id of the user", "lus_61002")
		w.submits("Check")
		w.submits("Give the card")
		w.sees("dialog[open]", "The user lus_61002 now has VIP Gold")
	}},
	{"a file of users of a loyalty card", func(w walker) {
		w.presses("Import")
		w.upload("people.csv", "first_name,email\nTom,tom@example.com\nEva,eva@example.com\n")
		w.submits("Check")
		w.submits("Give the cards")
		w.sees("dialog[open]", "2 people now have VIP Gold")
	}},
	{"a new SMS group", func(w walker) {
		w.types("/coupontools sms-groups")
		w.reads("Summer party")
		w.presses("New group")
		w.fills("Name", "Winter party")
		w.submits("Check")
		w.submits("Create")
		w.sees("dialog[open]", "The SMS group Winter party (gro_90015) was made.")
	}},
	{"a new contact", func(w walker) {
		w.types("/coupontools sms-contacts gro_90014")
		w.reads("Contacts of Summer party")
		w.presses("New contact")
		w.fills("Phone number", "0470 12 34 56")
		w.submits("Check")
		w.submits("Add")
		w.sees("dialog[open]", "+32470123456 is now in Summer party")
	}},
	{"a new subaccount", func(w walker) {
		w.types("/coupontools subaccounts")
		w.reads("12 subaccounts")
		w.presses("New subaccount")
		w.fills("E-mail address", "new@example.com")
		w.fills("Company", "New Shop")
		w.picks("Status", "Trial")
		w.submits("Check")
		w.submits("Create")
		w.sees("dialog[open]", "The subaccount New Shop (sub_2089) was made.")
	}},
	{"a change of a subaccount", func(w walker) {
		w.types("/coupontools subaccount sub_2085")
		w.reads("Sushi Bar")
		w.presses("Update")
		w.sets("Company", "Sushi Bar")
		w.sets("Last day", "2040-01-31")
		w.submits("Check")
		w.submits("Change")
		w.sees("dialog[open]", "The subaccount Sushi Bar 東京 (sub_2085) was changed.")
	}},
	{"a link to sign on", func(w walker) {
		w.types("/coupontools sign-on")
		w.picks("Sign on as", "A subaccount")
		w.finds("Subaccount", "north", "Shop North")
		w.submits("Show the link")
		w.sees("dialog[open]", "Whoever has this link is signed on as the subaccount Shop North")
	}},
	{"suppression", func(w walker) {
		w.types("/coupontools suppress")
		w.picks("What they are", "Phone numbers")
		w.fills("Who gets nothing any more", "0470 99 88 77")
		w.submits("Suppress")
		w.sees("dialog[open]", "Added 1 person to the do-not-contact list.")
	}},
	{"import of the do-not-contact list", func(w walker) {
		w.types("/coupontools suppress import")
		w.picks("What to do", "Continue with the list as it is: new, or what's left of it")
		w.submits("Import")
		w.sees("dialog[open]", "The do-not-contact list is used as it is, with 1 person on it.")
	}},
	{"suppression of a column of a file", func(w walker) {
		w.types("/coupontools suppress")
		w.picks("What they are", "Phone numbers")
		w.upload("two.csv", "name,phone 1,phone 2\nAnna,+32470123456,+32470123466\nTom,+32470123457,+32470123467\n")
		w.submits("Suppress")
		w.picks("Column", "phone 1")
		w.submits("Preview")
		w.submits("Add 2 people")
		w.sees("dialog[open]", "Added 2 people to the do-not-contact list.")
	}},
	{"a send", func(w walker) {
		w.types("/directories zomer") // so that the form knows the directory by its name
		w.reads("1 directory matching")
		w.types("/send-directory sms Zomerpas Oostende")
		w.fills("Text of the SMS", "Your summer pass is here. Enjoy!")
		w.upload("two.csv", "name,phone 1,phone 2\nAnna,+32470123456,+32470123466\nTom,+32470123457,+32470123467\n")
		w.submits("Preview")
		w.picks("Column", "phone 2")
		w.submits("Preview")
		w.submits("Send to 2 people")
		w.sees("dialog[open]", "is going out by SMS to 2 people")
	}},
}

// TestDemo_everyFormInTheBrowser fills in every form of the product once, as people do, and fails for one that it never
// came to.
func TestDemo_everyFormInTheBrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	demo := startWorkspace(t)
	b.do("open the page", chromedp.Navigate("http://"+demo.host+"/"), chromedp.WaitVisible("#box"))
	b.sees(".status", "The bot is connected")
	left := map[string]bool{"menu": true}
	for _, c := range commands.All(commands.Deps{}) {
		for form := range c.Submissions {
			left[form] = true
		}
	}
	for _, leg := range legs {
		if !t.Run(leg.name, func(t *testing.T) {
			w := walker{browser{t: t, tab: b.tab}, demo.slack, left}
			leg.walk(w)
			w.closesAll()
		}) {
			return
		}
	}
	for _, form := range slices.Sorted(maps.Keys(left)) {
		t.Errorf("the walk never comes to the form %s: add a leg for it", form)
	}
}

// startWorkspace is startDemo with its parts at hand. At the end of the test, what the bot did against the rules of Slack or
// Coupontools fails it.
func startWorkspace(t *testing.T) *workspace {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	page, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := newWorkspace(ctx, DemoOptions{}, page.Addr())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- d.run(ctx, page, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the demo ends with %v", err)
		}
		d.close()
		for _, v := range append(d.slack.Violations(), d.sandbox.Violations()...) {
			t.Errorf("broke a rule: %s", v)
		}
	})
	return d
}

// walker fills in forms. A field is named by its label, and always one of the form on top.
type walker struct {
	browser

	slack *slacksim.Server
	left  map[string]bool // forms, by callback_id, that the walk has yet to come to
}

// meets notes that the walk has come to the form on top.
func (w walker) meets() {
	w.t.Helper()
	v := w.slack.View(slacksim.Mia)
	if v == nil {
		w.t.Fatal("no form is open")
	}
	delete(w.left, v.CallbackID)
	w.shootAs(v.CallbackID)
}

// submits waits for the form that the button with these words submits, and presses it.
func (w walker) submits(words string) {
	w.t.Helper()
	button := `//dialog[@open]//button[@type="submit"][normalize-space()="` + words + `"]`
	w.do("see the button "+words, chromedp.WaitVisible(button))
	w.meets()
	w.do("press "+words, chromedp.Click(button))
}

// reads waits until the newest message has the words.
func (w walker) reads(words string) {
	w.t.Helper()
	w.sees("#messages > li:last-child", words)
}

// labelled selects the field with that label.
func labelled(label string) string {
	return `//dialog[@open]//*[@id=//dialog[@open]//label[normalize-space(text())="` + label + `"]/@for]`
}

// fills types into a field.
func (w walker) fills(label, text string) {
	w.t.Helper()
	w.do("fill in "+label, chromedp.SendKeys(labelled(label), text))
}

// sets gives a field another value, or one that browsers have no single way to type.
func (w walker) sets(label, value string) {
	w.t.Helper()
	w.do("set "+label, chromedp.SetValue(labelled(label), value))
}

// picks chooses what has these words: in a list, or among buttons of which one can be on.
func (w walker) picks(label, option string) {
	w.t.Helper()
	w.do("pick "+option, chromedp.PollFunction[chromedp.Void](`(label, option) => {
		const named = (el) => el.firstChild.textContent.trim() === label;
		const has = (el) => el.textContent.includes(option);
		const form = document.querySelector("dialog[open]");
		const set = [...form?.querySelectorAll("fieldset") ?? []].find((set) => named(set.querySelector("legend")));
		const button = [...set?.querySelectorAll("label") ?? []].find(has);
		button?.click();
		const field = [...form?.querySelectorAll("label[for]") ?? []].find(named)?.control;
		const chosen = [...field?.options ?? []].find(has);
		if (chosen) { field.value = chosen.value; field.dispatchEvent(new Event("change", { bubbles: true })); }
		return !!(button || chosen);
	}`, chromedp.WithPollingArgs(label, option), chromedp.WithPollingInterval(30*time.Millisecond)))
}

// finds types into a field with type-ahead and takes what is offered first, which has to have the words.
func (w walker) finds(label, typed, option string) {
	w.t.Helper()
	w.searches(labelled(label), typed, option)
}

func (w walker) searches(field, typed, option string) {
	w.t.Helper()
	w.do("search "+typed, chromedp.SendKeys(field, typed), chromedp.PollFunction[chromedp.Void](
		`(option) => document.querySelector("dialog[open] [data-search]:focus-within:not(.busy) [aria-selected=true]")?.innerText.includes(option)`,
		chromedp.WithPollingArgs(option), chromedp.WithPollingInterval(30*time.Millisecond)), chromedp.KeyEvent(kb.Enter))
}

// closesAll closes all forms.
func (w walker) closesAll() {
	w.t.Helper()
	w.do("close all", chromedp.Click("dialog[open] [data-cross]"))
	w.seesNoForm()
}
