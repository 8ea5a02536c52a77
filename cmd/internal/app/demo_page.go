package app

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/slacksim/page"
	"github.com/coupontools/couponbot/coupontools/sandbox"
)

// demoList is how many people are on the long sample list.
const demoList = 80

// maxOutbox is how many of the latest messages the page gets.
const maxOutbox = 500

// pageOptions describes the demo on its web page.
func (d *demoEnv) pageOptions() page.Options {
	return page.Options{
		Name: "Coupon Market",
		Roles: map[string]string{
			slacksim.Mia: "Sends coupons", slacksim.Noah: "Approves Mia’s sends", slacksim.Gus: "Guest, can’t send",
			slacksim.Stranger: "From another company",
		},
		Welcome: &page.Welcome{
			Channel: slacksim.Marketing, Title: "Welcome to couponbot",
			Text: "couponbot sends your Coupontools deal collections, called directories, from Slack, by text message or e-mail, to one " +
				"person or to thousands. This is a play workspace. Nothing you send leaves this computer.",
			Steps: d.steps(),
		},
		Samples: demoSamples(), Outbox: d.outbox, Toggles: d.toggles(),
	}
}

// steps are the checklist of the demo.
func (d *demoEnv) steps() []page.Step {
	received := func(n int) func() bool { return latch(func() bool { return len(d.sandbox.Sent()) >= n }) }
	used := func(name string) func() bool {
		return latch(func() bool {
			return slices.ContainsFunc(d.slack.Traffic(), func(e slacksim.TrafficEntry) bool { return !e.FromBot && e.Name == name })
		})
	}
	return []page.Step{
		{
			Title: "See your directories", Line: "/directories", Done: used("/directories"),
			Text: "A click puts the command into the message box. Press Enter to run it.",
		},
		{
			Title: "Send one to yourself", Line: "/send-directory sms +32470123456 Zomerpas Oostende", Done: received(1),
			Text: "Write a text, look at the preview, and watch the phone in the outbox.",
		},
		{
			Title: fmt.Sprintf("Send to %d people at once", demoList), Line: "/send-directory sms Zomerpas Oostende",
			Done: received(demoList),
			Text: "Upload guests.csv from below. A long list needs approval: switch to Noah at the bottom left and press Approve.",
		},
		{
			Title: "See who got it", Done: used("send_report"),
			Text: "Press Report on the message about your send. couponbot sends you a file that says who got it.",
		},
	}
}

// latch returns a function that returns true for good once done has.
func latch(done func() bool) func() bool {
	var was atomic.Bool
	return func() bool {
		if !was.Load() && done() {
			was.Store(true)
		}
		return was.Load()
	}
}

// outbox returns what Coupontools would have sent to people.
func (d *demoEnv) outbox() page.Outbox {
	var box page.Outbox
	sent := d.sandbox.Sent()
	for i, m := range slices.Backward(sent) {
		switch m.Kind {
		case "email":
			box.Emails++
		case "sms":
			box.Texts++
		default:
			box.Pushes++
		}
		if len(sent)-i <= maxOutbox {
			box.Latest = append(box.Latest, received(m))
		}
	}
	return box
}

// received is a message as its recipient sees it. Coupontools adds a link, which leads nowhere here.
func received(m sandbox.Message) page.Received {
	r := page.Received{Kind: m.Kind, To: m.To, Subject: m.Subject, Text: m.Body, At: m.At}
	switch m.Kind {
	case "push":
		r.To = "everybody who keeps it"
		return r
	case "email":
		r.Text = "An e-mail with the coupons"
	}
	r.Link = "https://coupons.example/" + strings.ToLower(m.Directory+m.Campaign+m.LoyaltyCard)
	return r
}

// demoSamples are lists to upload: a good one of some length, and one that has everything wrong with it.
func demoSamples() []page.Sample {
	first := []string{"Anna", "Bram", "Camille", "Dirk", "Elise", "Karim", "Lotte", "Noor", "Sofie", "Tom"}
	last := []string{"Peeters", "Maes", "Jacobs", "Mertens", "Claes", "Dubois", "Lambert", "Benali"}
	var guests strings.Builder
	guests.WriteString("First name,Last name,Mobile,Town\n")
	for i := range demoList {
		fmt.Fprintf(&guests, "%s,%s,+324701200%02d,Oostende\n", first[i%len(first)], last[i/len(first)], i)
	}
	return []page.Sample{
		{Name: "guests.csv", Description: fmt.Sprintf("%d phone numbers, enough to need approval", demoList), Content: guests.String()},
		{Name: "mixed.csv", Description: "twelve rows, some of which are skipped, each with its reason", Content: "Naam;Gsm\n" +
			"An;0470 12 34 56\nBram;+32 470 12 34 57\nCas;\nDirk;0470 12 34 56\nEls;3.24701E+10\nFien;12345\n" +
			"Guus;+31 6 12345678\nHilde;+1 415 555 2671\nIvo;+32 900 12 345\nJan;bel me\nKaat;+32 470 12 34 58\nLou;an@example.com\n"},
	}
}
