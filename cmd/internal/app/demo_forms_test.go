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

// formScenarios open, fill in and submit each form as a user would. They run in order in the same workspace. A new form
// needs a scenario here: TestDemo_everyFormInTheBrowser fails for forms without one.
var formScenarios = []struct {
	name string
	run  func(w formDriver)
}{
	{"the menu", func(w formDriver) {
		w.typeLine("/coupontools")
		w.waitForText("dialog[open]", "Show a message on the phones")
		w.markTested()
		w.search(`//dialog[@open]//*[@role="combobox"]`, "webhook", "webhook – ")
		w.waitForText("dialog[open]", "/coupontools webhook evt_")
		w.do("open it", chromedp.Click(`//dialog[@open]//button[normalize-space()="Open"]`))
		w.fill("Event", "evt_i0cvqmt1omyp3183vis1")
		w.submit("Ask")
		w.waitForText("dialog[open]", "Genuine: Coupontools sent this event.")
	}},
	{"users of a directory", func(w formDriver) {
		w.typeLine("/directory-users")
		w.searchField("Directory", "vip", "VIP members only")
		w.fill("Who", "reg_7200003")
		w.submit("Look up")
		w.waitForText("dialog[open]", "Camille Van den Broeck")
	}},
	{"a payment", func(w formDriver) {
		w.typeLine("/directory-users dir_5521 reg_7200003")
		w.waitForMessage("Camille Van den Broeck")
		w.pressButton("Payment")
		w.pick("Payment status", "Pending")
		w.setValue("Access ends", "2040-07-31T12:00")
		w.submit("Change")
		w.waitForText("dialog[open]", "is now “pending”. Access ends on 31 July 2040, 12:00 (Europe/Brussels).")
	}},
	{"a payment without an end", func(w formDriver) {
		w.pressButton("Payment")
		w.setValue("Access ends", "")
		w.submit("Change")
		w.submit("Remove the end date")
		w.waitForText("dialog[open]", "is now “completed”. No end date is set.")
	}},
	{"access", func(w formDriver) {
		w.pressButton("Give access")
		w.setValue("Access ends", "2040-01-31T10:00")
		w.submit("Check")
		w.submit("Give access")
		w.waitForText("dialog[open]", "reg_7200003 has access until 31 January 2040, 10:00")
	}},
	{"a block", func(w formDriver) {
		w.pressButton("Block")
		w.submit("Block")
		w.waitForText("dialog[open]", "reg_7200003 is blocked.")
	}},
	{"a new user of a directory", func(w formDriver) {
		w.pressButton("New user")
		w.fill("E-mail address", "anna@example.com")
		w.fill("Phone number", "0470 12 34 56")
		w.submit("Check")
		w.submit("Register")
		w.waitForText("dialog[open]", "is registered for VIP members only")
	}},
	{"sessions", func(w formDriver) {
		w.typeLine("/coupontools sessions")
		w.searchField("Campaign", "scratch", "Example: scratch card")
		w.submit("List")
		w.waitForText("dialog[open]", "crm-5004")
	}},
	{"a session", func(w formDriver) {
		w.typeLine("/coupontools session")
		w.fill("What you know of it", "crm-5004")
		w.searchField("Campaign", "scratch", "Example: scratch card")
		w.submit("Find")
		w.waitForText("dialog[open]", "Session wn3kwr7yvs1wn1ur17mbe")
	}},
	{"a push to phones", func(w formDriver) {
		w.typeLine("/coupontools push Kaasweken")
		w.pick("To", "Everybody who keeps a coupon of it in a wallet")
		w.fill("Message", "Proef vandaag!")
		w.submit("Preview")
		w.submit("Push to 19 people")
		w.waitForText("dialog[open]", "Coupontools took the message for everybody who keeps a coupon of Kaasweken")
	}},
	{"single-use addresses", func(w formDriver) {
		w.typeLine("/coupontools single-use Nobody yet")
		w.fill("How many", "2")
		w.pick("Validation codes", "Letters and digits")
		w.fill("Prefix of the codes", "KAAS-")
		w.submit("Preview")
		w.submit("Make 2 addresses")
		w.waitForText("dialog[open]", "The file with them is in your direct messages.")
	}},
	{"a single-use address for one person", func(w formDriver) {
		w.typeLine("/coupontools single-use Nobody yet")
		w.pick("For", "One person who is known")
		w.fill("E-mail address", "anna@example.com")
		w.fill("First name", "Anna")
		w.submit("Preview")
		w.submit("Make 1 address")
		w.waitForText("dialog[open]", "The address of Anna for Nobody yet")
	}},
	{"points", func(w formDriver) {
		w.typeLine("/coupontools loyalty-card loy_480016")
		w.waitForMessage("VIP Gold")
		w.pressButton("Points")
		w.searchField("Who", "lus_61001", "Bram Dubois")
		w.pick("What", "Set the points to")
		w.fill("How many", "200")
		w.submit("Check")
		w.submit("Change")
		w.waitForText("dialog[open]", "Bram Dubois (lus_61001) now has 200 points (before: 180).")
	}},
	{"a push to a loyalty card", func(w formDriver) {
		w.pressButton("Push")
		w.pick("To", "One person")
		w.searchField("Person", "lus_61001", "Bram Dubois")
		w.fill("Message", "Coffee is on us today")
		w.submit("Check")
		w.submit("Send")
		w.waitForText("dialog[open]", "Coupontools accepted the message to the user lus_61001.")
	}},
	{"a copy of a loyalty card", func(w formDriver) {
		w.pressButton("Copy")
		w.fill("Name of the copy", "VIP Gold 2027")
		w.submit("Check")
		w.submit("Copy")
		w.waitForText("dialog[open]", "The copy of VIP Gold (loy_480016) is made")
	}},
	{"a new user of a loyalty card", func(w formDriver) {
		w.typeLine("/coupontools loyalty-users loy_480016")
		w.waitForMessage("Who has VIP Gold")
		w.pressButton("New user")
		w.fill("E-mail address", "anna@example.com")
		w.fill("First name", "Anna")
		w.submit("Check")
		w.submit("Give the card")
		w.waitForText("dialog[open]", "Anna now has VIP Gold")
	}},
	{"a user of another loyalty card", func(w formDriver) {
		w.pressButton("Link a user")
		w.fill("Id of the user", "lus_61002")
		w.submit("Check")
		w.submit("Give the card")
		w.waitForText("dialog[open]", "The user lus_61002 now has VIP Gold")
	}},
	{"a file of users of a loyalty card", func(w formDriver) {
		w.pressButton("Import")
		w.upload("people.csv", "first_name,email\nTom,tom@example.com\nEva,eva@example.com\n")
		w.submit("Check")
		w.submit("Give the cards")
		w.waitForText("dialog[open]", "2 people now have VIP Gold")
	}},
	{"a new SMS group", func(w formDriver) {
		w.typeLine("/coupontools sms-groups")
		w.waitForMessage("Summer party")
		w.pressButton("New group")
		w.fill("Name", "Winter party")
		w.submit("Check")
		w.submit("Create")
		w.waitForText("dialog[open]", "The SMS group Winter party (gro_90015) was made.")
	}},
	{"a new contact", func(w formDriver) {
		w.typeLine("/coupontools sms-contacts gro_90014")
		w.waitForMessage("Contacts of Summer party")
		w.pressButton("New contact")
		w.fill("Phone number", "0470 12 34 56")
		w.submit("Check")
		w.submit("Add")
		w.waitForText("dialog[open]", "+32470123456 is now in Summer party")
	}},
	{"a new subaccount", func(w formDriver) {
		w.typeLine("/coupontools subaccounts")
		w.waitForMessage("12 subaccounts")
		w.pressButton("New subaccount")
		w.fill("E-mail address", "new@example.com")
		w.fill("Company", "New Shop")
		w.pick("Status", "Trial")
		w.submit("Check")
		w.submit("Create")
		w.waitForText("dialog[open]", "The subaccount New Shop (sub_2089) was made.")
	}},
	{"a change of a subaccount", func(w formDriver) {
		w.typeLine("/coupontools subaccount sub_2085")
		w.waitForMessage("Sushi Bar")
		w.pressButton("Update")
		w.setValue("Company", "Sushi Bar")
		w.setValue("Last day", "2040-01-31")
		w.submit("Check")
		w.submit("Change")
		w.waitForText("dialog[open]", "The subaccount Sushi Bar 東京 (sub_2085) was changed.")
	}},
	{"a link to sign on", func(w formDriver) {
		w.typeLine("/coupontools sign-on")
		w.pick("Sign on as", "A subaccount")
		w.searchField("Subaccount", "north", "Shop North")
		w.submit("Show the link")
		w.waitForText("dialog[open]", "Anyone with this link is signed in as the subaccount Shop North")
	}},
	{"suppression", func(w formDriver) {
		w.typeLine("/coupontools suppress")
		w.pick("What they are", "Phone numbers")
		w.fill("Who gets nothing any more", "0470 99 88 77")
		w.submit("Suppress")
		w.waitForText("dialog[open]", "Added 1 person to the do-not-contact list.")
	}},
	{"import of the do-not-contact list", func(w formDriver) {
		w.typeLine("/coupontools suppress import")
		w.pick("What to do", "Continue with the list as it is: new, or what's left of it")
		w.submit("Import")
		w.waitForText("dialog[open]", "The do-not-contact list is used as it is, with 1 person on it.")
	}},
	{"suppression of a column of a file", func(w formDriver) {
		w.typeLine("/coupontools suppress")
		w.pick("What they are", "Phone numbers")
		w.upload("two.csv", "name,phone 1,phone 2\nAnna,+32470123456,+32470123466\nTom,+32470123457,+32470123467\n")
		w.submit("Suppress")
		w.pick("Column", "phone 1")
		w.submit("Preview")
		w.submit("Add 2 people")
		w.waitForText("dialog[open]", "Added 2 people to the do-not-contact list.")
	}},
	{"a send", func(w formDriver) {
		w.typeLine("/directories zomer") // caches the list, so that the form knows the directory's name
		w.waitForMessage("1 directory matching")
		w.typeLine("/send-directory sms Zomerpas Oostende")
		w.fill("Text of the SMS", "Your summer pass is here. Enjoy!")
		w.upload("two.csv", "name,phone 1,phone 2\nAnna,+32470123456,+32470123466\nTom,+32470123457,+32470123467\n")
		w.submit("Preview")
		w.pick("Column", "phone 2")
		w.submit("Preview")
		w.submit("Send to 2 people")
		w.waitForText("dialog[open]", "is going out by SMS to 2 people")
	}},
}

// TestDemo_everyFormInTheBrowser runs all form scenarios in a browser and fails for each form that none of them opens.
func TestDemo_everyFormInTheBrowser(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	env := startDemoEnv(t)
	b.do("open the page", chromedp.Navigate("http://"+env.host+"/"), chromedp.WaitVisible("#box"))
	b.waitForText(".status", "The bot is connected")
	untested := map[string]bool{"menu": true}
	for _, c := range commands.All(commands.Deps{}) {
		for form := range c.Submissions {
			untested[form] = true
		}
	}
	for _, scenario := range formScenarios {
		if !t.Run(scenario.name, func(t *testing.T) {
			w := formDriver{browser{t: t, tab: b.tab}, env.slack, untested}
			scenario.run(w)
			w.closeAll()
		}) {
			return
		}
	}
	for _, form := range slices.Sorted(maps.Keys(untested)) {
		t.Errorf("no scenario opens the form %s: add one", form)
	}
}

// startDemoEnv runs the demo until the end of the test and returns its parts. Calls that Slack or Coupontools would reject
// fail the test.
func startDemoEnv(t *testing.T) *demoEnv {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	page, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDemoEnv(ctx, DemoOptions{}, page.Addr())
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
			t.Errorf("the demo returned %v", err)
		}
		d.close()
		for _, v := range append(d.slack.Violations(), d.sandbox.Violations()...) {
			t.Errorf("invalid call: %s", v)
		}
	})
	return d
}

// formDriver fills in the form on top. It identifies fields by their label.
type formDriver struct {
	browser

	slack    *slacksim.Server
	untested map[string]bool // callback ids of the forms that have not been opened yet
}

// markTested records that the form on top was opened.
func (w formDriver) markTested() {
	w.t.Helper()
	v := w.slack.View(slacksim.Mia)
	if v == nil {
		w.t.Fatal("no form is open")
	}
	delete(w.untested, v.CallbackID)
	w.saveScreenshot(v.CallbackID)
}

// submit waits for the submit button with this text and presses it.
func (w formDriver) submit(words string) {
	w.t.Helper()
	button := `//dialog[@open]//button[@type="submit"][normalize-space()="` + words + `"]`
	w.do("see the button "+words, chromedp.WaitVisible(button))
	w.markTested()
	w.do("press "+words, chromedp.Click(button))
}

// waitForMessage waits until the newest message contains words.
func (w formDriver) waitForMessage(words string) {
	w.t.Helper()
	w.waitForText("#messages > li:last-child", words)
}

// fieldByLabel returns an XPath for the field with a label.
func fieldByLabel(label string) string {
	return `//dialog[@open]//*[@id=//dialog[@open]//label[normalize-space(text())="` + label + `"]/@for]`
}

// fill types into a field.
func (w formDriver) fill(label, text string) {
	w.t.Helper()
	w.do("fill in "+label, chromedp.SendKeys(fieldByLabel(label), text))
}

// setValue sets the value of a field that has a value already or that browsers let people type in different ways.
func (w formDriver) setValue(label, value string) {
	w.t.Helper()
	w.do("set "+label, chromedp.SetValue(fieldByLabel(label), value))
}

// pick chooses the option with this text in a select or a group of radio buttons.
func (w formDriver) pick(label, option string) {
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

// searchField types into a type-ahead field and accepts the first suggestion, which must contain option.
func (w formDriver) searchField(label, typed, option string) {
	w.t.Helper()
	w.search(fieldByLabel(label), typed, option)
}

// search is searchField with an XPath instead of a label.
func (w formDriver) search(field, typed, option string) {
	w.t.Helper()
	w.do("search "+typed, chromedp.SendKeys(field, typed), chromedp.PollFunction[chromedp.Void](
		`(option) => document.querySelector("dialog[open] [data-search]:focus-within:not(.busy) [aria-selected=true]")?.innerText.includes(option)`,
		chromedp.WithPollingArgs(option), chromedp.WithPollingInterval(30*time.Millisecond)), chromedp.KeyEvent(kb.Enter))
}

// closeAll closes all forms.
func (w formDriver) closeAll() {
	w.t.Helper()
	w.do("close all", chromedp.Click("dialog[open] [data-cross]"))
	w.waitForNoForm()
}
