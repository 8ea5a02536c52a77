package page

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/coupontools/couponbot/bot/slacksim"
	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// say posts what stands in the message box, or runs it if it is a slash command.
func (p *page) say(w http.ResponseWriter, r *http.Request) {
	v, ok := p.actor(w, r)
	if !ok {
		return
	}
	text := strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
	switch {
	case text == "":
		p.notice(w, "")
	case strings.HasPrefix(text, "/"):
		p.notice(w, p.command(r.Context(), v, text))
	default:
		_, err := p.slack.Say(acting(r.Context()), v.person.ID, v.channel.ID, text)
		p.notice(w, wordsOf(err))
	}
}

// command runs a slash command and returns what to tell the person besides, if anything.
func (p *page) command(ctx context.Context, v viewer, line string) string {
	name, rest := line, ""
	if i := strings.IndexAny(line, " \n\t"); i >= 0 {
		name, rest = line[:i], strings.TrimSpace(line[i:])
	}
	_, err := p.slack.Command(acting(ctx), v.person.ID, v.channel.ID, name, rest)
	return wordsOf(err)
}

// act passes on a click or a choice. In a modal, what was typed into its other fields goes first.
func (p *page) act(w http.ResponseWriter, r *http.Request) {
	v, ok := p.actor(w, r)
	if !ok {
		return
	}
	ctx := acting(r.Context())
	at := placeOf(r)
	if err := p.fill(ctx, v, at.View, r); err != nil {
		p.notice(w, wordsOf(err))
		return
	}
	block, action := r.FormValue("block"), r.FormValue("action")
	e := findElement(p.blocksAt(at), block, action)
	var out slacksim.Outcome
	var err error
	switch values := p.formValues(v, e, r.Form[fieldName(block, action)]); e.Type {
	case "button", "workflow_button":
		out, err = p.slack.Click(ctx, v.person.ID, at, block, action)
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		out, err = p.slack.Type(ctx, v.person.ID, at.View, block, strings.Join(values, ""))
	case "overflow":
		out, err = p.slack.Choose(ctx, v.person.ID, at, block, action, r.FormValue("chosen"))
	default:
		out, err = p.slack.Choose(ctx, v.person.ID, at, block, action, values...)
	}
	p.notice(w, firstOf(wordsOf(err), failureOf(out, at)))
}

// failureOf says what Slack would show at an element that came to nothing. In a modal the banner says it already.
func failureOf(out slacksim.Outcome, at slacksim.Place) string {
	if out.Failure == "" || at.View != "" {
		return ""
	}
	return "That did not work: the app did not answer as it should (" + out.Failure + ")."
}

// suggest answers with the options of an external select for what was typed.
func (p *page) suggest(w http.ResponseWriter, r *http.Request) {
	v, ok := p.actor(w, r)
	if !ok {
		return
	}
	found, err := p.slack.Suggest(acting(r.Context()), v.person.ID, placeOf(r), r.FormValue("block"), r.FormValue("action"),
		r.FormValue("typed"))
	var list struct {
		Options []blockkit.Option
		Trouble string
	}
	list.Options, list.Trouble = limited(found, maxDrawnItems), wordsOf(err)
	for i := range list.Options {
		list.Options[i].Text = emojied(list.Options[i].Text)
	}
	p.answer(w, p.render("choices", list))
}

// submit fills in the modal and presses its submit button. Wrong fields, and Slack's own words when the bot fails, are
// in the view that follows.
func (p *page) submit(w http.ResponseWriter, r *http.Request) {
	v, ok := p.actor(w, r)
	if !ok {
		return
	}
	ctx := acting(r.Context())
	view := r.FormValue("view")
	if err := p.fill(ctx, v, view, r); err != nil {
		p.notice(w, wordsOf(err))
		return
	}
	_, err := p.slack.Submit(ctx, v.person.ID, view)
	p.notice(w, wordsOf(err))
}

// closeView closes one modal, or with "all" the whole stack.
func (p *page) closeView(w http.ResponseWriter, r *http.Request) {
	v, ok := p.actor(w, r)
	if !ok {
		return
	}
	var err error
	if r.FormValue("all") != "" {
		_, err = p.slack.CloseAll(acting(r.Context()), v.person.ID)
	} else {
		_, err = p.slack.CloseView(acting(r.Context()), v.person.ID, r.FormValue("view"))
	}
	p.notice(w, wordsOf(err))
}

// fault makes the local Slack misbehave.
func (p *page) fault(w http.ResponseWriter, r *http.Request) {
	for _, f := range faults() {
		if f.ID == r.FormValue("fault") {
			f.Cause(p.slack)
			p.answer(w, p.render("done", f.Name))
			return
		}
	}
	http.Error(w, "There is no such fault.", http.StatusNotFound)
}

// toggle switches one of the program's own.
func (p *page) toggle(w http.ResponseWriter, r *http.Request) {
	i, err := strconv.Atoi(r.FormValue("toggle"))
	if err != nil || i < 0 || i >= len(p.opts.Toggles) {
		http.Error(w, "There is no such toggle.", http.StatusNotFound)
		return
	}
	t := p.opts.Toggles[i]
	t.Set(!t.On())
	p.answer(w, p.render("toggle", p.toggles()[i]))
}

// actor reads who acts, and answers itself if that is nobody.
func (p *page) actor(w http.ResponseWriter, r *http.Request) (viewer, bool) {
	v, ok := p.viewer(r)
	if !ok {
		http.Error(w, "There is no such person or channel.", http.StatusNotFound)
	}
	return v, ok
}

// acting outlives the request: an act once begun goes on when the tab closes.
func acting(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// notice answers with words for the person, or with none.
func (p *page) notice(w http.ResponseWriter, words string) { p.answer(w, p.render("notice", words)) }

func (p *page) answer(w http.ResponseWriter, html string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(html)) // the reader may have left
}

// wordsOf says what a person could not do. Fields that Slack itself refuses are shown at the fields.
func wordsOf(err error) string {
	if err == nil || isInvalid(err) {
		return ""
	}
	return "That did not work: " + err.Error() + "."
}

// placeOf reads where an element is.
func placeOf(r *http.Request) slacksim.Place {
	if view := r.FormValue("view"); view != "" {
		return slacksim.Place{View: view}
	}
	return slacksim.Place{Channel: r.FormValue("channel"), TS: r.FormValue("ts")}
}

// blocksAt returns the blocks of a message or a view.
func (p *page) blocksAt(at slacksim.Place) json.RawMessage {
	if at.View != "" {
		v, _ := p.slack.ViewByID(at.View)
		return v.Blocks
	}
	m, _ := p.slack.Message(at.Channel, at.TS)
	return m.Blocks
}
