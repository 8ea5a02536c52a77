package send

import (
	"context"
	"strings"

	"github.com/coupontools/couponbot/bot"
	"github.com/coupontools/couponbot/bot/blocks"
	"github.com/coupontools/couponbot/commands/internal/form"
	"github.com/coupontools/couponbot/commands/internal/format"
	"github.com/coupontools/couponbot/commands/internal/recipientlist"
	"github.com/coupontools/couponbot/commands/internal/ui"
	"github.com/coupontools/couponbot/coupontools/cache"
	"github.com/coupontools/couponbot/sends"
	"github.com/coupontools/couponbot/sends/recipients"
)

// formCommand answers /send-directory with the modal, filled in from the words.
func formCommand(s formHandlers) bot.Command {
	return bot.Command{
		Name: "/send-directory", Topic: "send", Group: ui.GroupSends, Usage: "[email or sms] [to] [name or dir_ID]",
		Summary: "Send a directory by e-mail or SMS", Right: bot.Send,
		Examples: []bot.Example{
			{Line: "/send-directory", Does: "opens the form"},
			{Line: "/send-directory sms +32470123456 City deals", Does: "opens it for one text message"},
			{Line: "/send-directory email anna@example.com dir_5501", Does: "opens it for one e-mail"},
			{Line: ui.Root + " send sms campaign Summer sale", Does: "opens it for the coupon of a campaign"},
			{Line: ui.Root + " send email loyalty Club card", Does: "opens it for a loyalty card"},
		},
		Run: s.run,
		Actions: map[string]bot.Action{
			ui.ActionSend:         {Run: s.openFor(sends.OfferDirectory)},
			ui.ActionSendCampaign: {Run: s.openFor(sends.OfferCampaign)},
			ui.ActionSendLoyalty:  {Run: s.openFor(sends.OfferLoyaltyCard)},

			fieldChannel: {Run: s.changeChannel},

			actionColumn:   {Run: s.otherColumn},
			actionForeign:  {Run: s.switchForeign},
			actionConsent:  {Run: s.switchConsent},
			actionSimplify: {Run: s.simplify},
			actionLeftOut:  {Run: s.uploadLeftOut},
			actionTest:     {Run: s.sendTest},
		},
		Submissions: map[string]bot.Submission{
			viewForm:    {Run: s.submitted},
			viewColumn:  {Run: s.columnChosen},
			viewPreview: {Run: s.confirmed},
		},
		Options: map[string]bot.Options{
			form.FieldDirectory: {Run: s.suggestOffers},
			fieldRegion:         {Run: s.suggestRegions},
		},
	}
}

func (s formHandlers) run(ctx context.Context, req bot.Request) (bot.Reply, error) {
	return s.open(ctx, req, s.fill(req.Words))
}

// openFor returns the handler of a button that opens the modal for an offer.
func (s formHandlers) openFor(kind sends.Offer) bot.Handler {
	return func(ctx context.Context, req bot.Request) (bot.Reply, error) {
		f := formState{Offer: kind, Directory: req.Value, Name: req.Value}
		if name, ok := s.offer(kind).name(req.Value); ok {
			f.Name = name
		}
		return s.open(ctx, req, f)
	}
}

func (s formHandlers) open(ctx context.Context, req bot.Request, f formState) (bot.Reply, error) {
	f = f.withNewID(req)
	f.Region = s.Region
	forms(s.Store).Put(ctx, req.Person, f.ID, f)
	return bot.Reply{View: s.view(req.Person, f, f.Channel)}, nil
}

// fill parses the words of the command into a form.
func (s formHandlers) fill(words []bot.Word) formState {
	var f formState
	if len(words) > 0 && !words[0].Quoted {
		if f.Channel = channelWord(words[0].Text); f.Channel != "" {
			words = words[1:]
		}
	}
	if len(words) > 1 && !words[0].Quoted && strings.EqualFold(words[0].Text, "to") {
		if to, _ := s.takeRecipients(words[1:2]); len(to) > 0 {
			words = words[1:] // "to" before a recipient has no meaning
		}
	}
	to, rest := s.takeRecipients(words)
	f.Offer, rest = s.offerWord(rest)
	f.Recipients = strings.Join(to, ", ")
	if f.Channel == "" && len(to) > 0 {
		f.Channel = recipientlist.KindOf(to[0])
	}
	f.Directory, f.Name, f.Note = s.offer(f.Offer).find(rest)
	return f
}

// channelWord returns the channel that a word names, or "".
func channelWord(word string) recipients.Kind {
	switch strings.ToLower(word) {
	case "email", "e-mail", "mail":
		return recipients.Email
	case "sms", "text":
		return recipients.SMS
	}
	return ""
}

// takeRecipients separates addresses and phone numbers from the other words.
func (s formHandlers) takeRecipients(words []bot.Word) (to []string, rest []bot.Word) {
	for _, w := range words {
		text := strings.Trim(w.Text, ",;")
		switch {
		case w.Quoted:
			rest = append(rest, w)
		case strings.Index(text, "@") > 0:
			to = append(to, text)
		case format.IsNumber(text):
			before, number, after := s.numberIn(text)
			to, rest = append(to, number), append(rest, before...)
			if s.hasNumber(after) {
				more, left := s.takeRecipients([]bot.Word{{Text: bot.Join(after)}})
				to, after = append(to, more...), left
			}
			rest = append(rest, after...)
		default:
			rest = append(rest, w)
		}
	}
	return to, rest
}

// hasNumber reports whether the words hold a valid phone number. A date can be one too ("24/12/2025"), so the number must
// begin with + or 0.
func (s formHandlers) hasNumber(parts []bot.Word) bool {
	_, number, _ := s.numberIn(bot.Join(parts))
	_, err := recipients.Phone(number, recipients.Rules{Kind: recipients.SMS, Region: s.Region})
	return err == nil && strings.ContainsAny(number[:1], "+0")
}

// numberIn finds the phone number in a word of several joined numbers. Another number may be beside it, as in "24/7 deals".
func (s formHandlers) numberIn(text string) (before []bot.Word, number string, after []bot.Word) {
	const few = 8
	parts := ui.SplitNumbers([]bot.Word{{Text: text}})
	if len(parts) > few {
		return nil, text, nil
	}
	rules := recipients.Rules{Kind: recipients.SMS, Region: s.Region}
	for n := len(parts); n > 0; n-- {
		for i := 0; i+n <= len(parts); i++ {
			number := bot.Join(parts[i : i+n])
			if _, err := recipients.Phone(number, rules); err == nil {
				return parts[:i], number, parts[i+n:]
			}
		}
	}
	return nil, text, nil
}

// changeChannel shows the fields of the other channel and keeps what was typed.
func (s formHandlers) changeChannel(ctx context.Context, req bot.Request) (bot.Reply, error) {
	if req.View == nil {
		return bot.Reply{}, ui.BrokenButton("/send-directory", nil)
	}
	before := recallForm(ctx, s.Store, req)
	f := before
	f.keepValues(req.View)
	forms(s.Store).Put(ctx, req.Person, f.ID, f)
	return bot.Reply{
		View: s.view(req.Person, f.shownAs(before, idsOf(req.View).Shown), recipients.Kind(req.Value)), DropIfClosed: true,
	}, nil
}

// suggestRegions offers the countries that text messages may go to.
func (s formHandlers) suggestRegions(_ context.Context, req bot.Request) ([]bot.Option, error) {
	typed := cache.Fold(strings.TrimSpace(req.Value))
	var options []bot.Option
	for _, c := range recipients.Countries() {
		if !s.allowed(c.Code) {
			continue
		}
		if strings.Contains(cache.Fold(c.Name), typed) || strings.EqualFold(c.Code, typed) {
			options = append(options, bot.Option{Text: countryText(c), Value: c.Code})
		}
	}
	const most = 100
	return options[:min(len(options), most)], nil
}

func (s formHandlers) allowed(code string) bool {
	if len(s.Countries) == 0 {
		return true
	}
	for _, c := range s.Countries {
		if strings.EqualFold(c, code) {
			return true
		}
	}
	return false
}

func countryText(c recipients.Country) string {
	const runes = 70
	return blocks.Cut(c.Name, runes) + " (" + c.Code + ")"
}

// suggestOffers offers the choices for the offer of the open form.
func (s formHandlers) suggestOffers(ctx context.Context, req bot.Request) ([]bot.Option, error) {
	var kind sends.Offer
	if req.View != nil {
		kind = idsOf(req.View).Offer
	}
	return s.offer(kind).suggest(ctx, req)
}

// offerWord reads the kind of offer from the first word, unless that begins the name of a directory.
func (s formHandlers) offerWord(words []bot.Word) (sends.Offer, []bot.Word) {
	if len(words) == 0 || words[0].Quoted || s.Offers[0].namesItem(words) {
		return "", words
	}
	switch strings.ToLower(words[0].Text) {
	case "campaign":
		return sends.OfferCampaign, words[1:]
	case "loyalty", "loyalty-card":
		return sends.OfferLoyaltyCard, words[1:]
	}
	return "", words
}
