package slacksim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// tinyBot is a bot of a few lines, connected over the simulator's own socket, so that the page is tested with all that
// lies between a click and its answer.
type tinyBot struct {
	t    testing.TB
	base string
	ws   *websocket.Conn
	sim  *Server
}

// startTinyBot serves a workspace with its page and connects the bot to it.
func startTinyBot(t testing.TB) (sim *Server, base string) {
	t.Helper()
	sim = New(WithCommands(
		SlashCommand{Name: "/coupontools", Usage: "[help]", Summary: "Help, status, and every other topic by name"},
		SlashCommand{Name: "/directories", Usage: "[words to filter by]", Summary: "List the directories"},
		SlashCommand{Name: "/directory", Usage: "[name or dir_ID]", Summary: "Show one directory"},
		SlashCommand{Name: "/directory-users", Usage: "[name or dir_ID] [who]", Summary: "Look up registered users"},
		SlashCommand{Name: "/send-directory", Usage: "[email or sms] [to] [name or dir_ID]", Summary: "Send a directory by e-mail or SMS"},
		SlashCommand{Name: "/silent", Summary: "Is never acknowledged"},
	))
	web := httptest.NewUnstartedServer(sim)
	var hanging atomic.Bool
	sim.SetPage(sim.Page(PageOptions{
		Name: "Acme Coupons",
		Hints: []Hint{
			{Line: "/directories", Does: "List what there is to send"},
			{Line: "/directory City deals", Does: "Look at one directory"},
			{Line: "/send-directory sms +32 470 12 34 56 City deals", Does: "Send it by SMS"},
		},
		Toggles: []Toggle{{
			Name: "Coupontools hangs", Help: "Calls are answered by nothing",
			On: hanging.Load, Set: hanging.Store,
		}},
	}))
	web.Start()
	t.Cleanup(web.Close)
	t.Cleanup(sim.Close)
	b := &tinyBot{t: t, base: web.URL, sim: sim}
	b.connect(t.Context())
	if err := sim.AwaitConnections(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return sim, web.URL
}

func (b *tinyBot) connect(ctx context.Context) {
	b.t.Helper()
	var opened struct{ URL string }
	if err := json.Unmarshal(b.call(ctx, "apps.connections.open", b.sim.AppToken(), map[string]any{}), &opened); err != nil {
		b.t.Fatal(err)
	}
	ws, _, err := websocket.Dial(ctx, opened.URL, nil) //nolint:bodyclose // The library closes it.
	if err != nil {
		b.t.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	b.ws = ws
	go b.read(context.WithoutCancel(ctx))
}

// read answers envelopes until the workspace closes.
func (b *tinyBot) read(ctx context.Context) {
	for {
		_, frame, err := b.ws.Read(ctx)
		if err != nil {
			return
		}
		var env envelopeForTiny
		if json.Unmarshal(frame, &env) != nil || env.ID == "" {
			continue
		}
		if env.Payload.Command == "/silent" {
			continue
		}
		payload, after := b.answer(ctx, env)
		ack, err := json.Marshal(map[string]any{"envelope_id": env.ID, "payload": payload})
		if payload == nil {
			ack = fmt.Appendf(nil, `{"envelope_id":%q}`, env.ID)
		}
		if err == nil {
			_ = b.ws.Write(ctx, websocket.MessageText, ack) // the workspace may be closing
		}
		if after != nil {
			after()
		}
	}
}

type envelopeForTiny struct {
	ID      string `json:"envelope_id"`
	Payload struct {
		Type      string `json:"type"`
		Command   string `json:"command"`
		Text      string `json:"text"`
		Trigger   string `json:"trigger_id"`
		Respond   string `json:"response_url"`
		Value     string `json:"value"`
		ChannelID string `json:"channel_id"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
		Actions []struct {
			ID     string `json:"action_id"`
			Chosen struct {
				Value string `json:"value"`
			} `json:"selected_option"`
		} `json:"actions"`
		View struct {
			ID, Hash string
			Callback string `json:"callback_id"`
			State    struct {
				Values map[string]map[string]struct {
					Value  string
					Chosen struct {
						Text  struct{ Text string }
						Value string
					} `json:"selected_option"`
				}
			}
		} `json:"view"`
	} `json:"payload"`
}

// answer returns the payload of the acknowledgement and what is done after it.
func (b *tinyBot) answer(ctx context.Context, env envelopeForTiny) (payload any, after func()) {
	p := env.Payload
	api := func(method string, args map[string]any) func() {
		return func() { b.call(ctx, method, b.sim.BotToken(), args) }
	}
	reply := func(message map[string]any) func() { return func() { b.post(ctx, p.Respond, "", message) } }
	switch {
	case p.Command == "/directories":
		return nil, reply(map[string]any{"response_type": "in_channel", "text": "Directories", "blocks": tinyList()})
	case p.Command == "/directory-users":
		return nil, reply(map[string]any{"text": "No one by the name of *Ada* is registered in <City> deals."})
	case p.Command == "/send-directory":
		return nil, api("views.open", map[string]any{"trigger_id": p.Trigger, "view": tinyForm("sms")})
	case p.Command != "":
		return map[string]any{"text": "Hello <@" + Mia + ">, `/directories` lists what there is."}, nil
	case p.Type == "block_suggestion":
		return map[string]any{"options": tinyMatches(p.Value)}, nil
	case p.Type == "block_actions" && p.Actions[0].ID == "channel":
		return nil, api("views.update", map[string]any{"view_id": p.View.ID, "hash": p.View.Hash, "view": tinyForm(p.Actions[0].Chosen.Value)})
	case p.Type == "block_actions" && p.Actions[0].ID == "directory_send":
		return nil, api("views.open", map[string]any{"trigger_id": p.Trigger, "view": tinyForm("email")})
	case p.Type == "block_actions" && p.Actions[0].ID == "directories_refresh":
		return nil, reply(map[string]any{"replace_original": true, "text": "Directories", "blocks": tinyList()[:2]})
	case p.Type == "view_submission" && p.View.Callback == "send_directory":
		if !strings.HasPrefix(p.View.State.Values["recipients"]["recipients"].Value, "+") {
			return map[string]any{"response_action": "errors", "errors": map[string]string{
				"recipients": "“" + p.View.State.Values["recipients"]["recipients"].Value + "” is not a phone number. Write it with + and the country code.",
			}}, nil
		}
		return map[string]any{"response_action": "push", "view": tinyPreview(p.View.State.Values["directory"]["directory"].Chosen.Text.Text)}, nil
	case p.Type == "view_submission":
		return map[string]any{"response_action": "clear"}, api("chat.postMessage", map[string]any{"channel": Marketing, "text": "Sent", "blocks": tinyReport()})
	}
	return nil, nil
}

func (b *tinyBot) call(ctx context.Context, method, token string, args map[string]any) []byte {
	return b.post(ctx, b.base+"/api/"+method, token, args)
}

func (b *tinyBot) post(ctx context.Context, url, token string, args map[string]any) []byte {
	body, err := json.Marshal(args)
	if err != nil {
		b.t.Error(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		b.t.Error(err)
		return nil
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil // the workspace is closing
	}
	defer res.Body.Close()
	var answer bytes.Buffer
	_, _ = answer.ReadFrom(res.Body) // cut off only when the workspace closes
	if strings.Contains(answer.String(), `"ok":false`) {
		b.t.Errorf("%s = %s", url, answer.String())
	}
	return answer.Bytes()
}

// A few lines of Block Kit.

type obj = map[string]any

func plainObject(s string) obj  { return obj{"type": "plain_text", "text": s, "emoji": true} }
func mrkdwnObject(s string) obj { return obj{"type": "mrkdwn", "text": s} }

func tinyOption(text, value string) obj { return obj{"text": plainObject(text), "value": value} }

func tinyInput(id, label string, element obj, more obj) obj {
	element["action_id"] = id
	b := obj{"type": "input", "block_id": id, "label": plainObject(label), "element": element}
	maps.Copy(b, more)
	return b
}

var tinyDirectories = []string{"City deals", "Citrus & Co", "Summer in Gent", "Été à Liège", "Loyal <friends> *club*", "Winter warmers"}

func tinyMatches(typed string) []obj {
	out := []obj{}
	for i, name := range tinyDirectories {
		if strings.Contains(strings.ToLower(name), strings.ToLower(typed)) {
			out = append(out, tinyOption(name, fmt.Sprintf("dir_%d", i+1)))
		}
	}
	return out
}

func tinyList() []obj {
	rich := []obj{}
	for i, name := range tinyDirectories {
		rich = append(rich, obj{"type": "rich_text_section", "elements": []obj{
			{"type": "text", "text": name, "style": obj{"bold": true}},
			{"type": "text", "text": " "},
			{"type": "text", "text": fmt.Sprintf("dir_%d", i+1), "style": obj{"code": true}},
			{"type": "text", "text": []string{" free", " € 4.99 a month"}[i%2]},
		}})
	}
	button := func(id, text string, more obj) obj {
		b := obj{"type": "button", "action_id": id, "text": plainObject(text), "value": id}
		maps.Copy(b, more)
		return b
	}
	return []obj{
		{"type": "header", "text": plainObject("Directories")},
		{"type": "context", "elements": []obj{mrkdwnObject(fmt.Sprintf("1–6 of 128, as of <!date^%d^{time}|now>", time.Now().Unix()))}},
		{"type": "rich_text", "elements": []obj{{"type": "rich_text_list", "style": "bullet", "elements": rich}}},
		{"type": "divider"},
		{"type": "section", "text": mrkdwnObject("*City deals* is the one <@" + Noah + "> sent last. More at <https://example.com/help|the help page>."), "accessory": obj{
			"type": "overflow", "action_id": "more", "options": []obj{tinyOption("Users", "users"), tinyOption("Copy the id", "copy")},
		}},
		{"type": "actions", "elements": []obj{
			button("directory_send", "Send", obj{"style": "primary"}),
			button("directories_page:next", "Next", nil),
			button("directories_refresh", "Refresh", obj{"confirm": obj{
				"title": plainObject("Refresh the list?"), "text": mrkdwnObject("It costs *one* call."), "confirm": plainObject("Refresh"), "deny": plainObject("Leave it"),
			}}),
			{"type": "static_select", "action_id": "directory_pick", "placeholder": plainObject("Pick a directory"), "options": tinyMatches("")},
		}},
	}
}

func tinyForm(channel string) obj {
	options := []obj{tinyOption("By e-mail", "email"), tinyOption("By SMS", "sms")}
	blocks := []obj{
		tinyInput("directory", "Directory", obj{"type": "external_select", "min_query_length": 0, "placeholder": plainObject("Search by name or id")}, nil),
		tinyInput("channel", "How", obj{"type": "radio_buttons", "options": options, "initial_option": options[map[string]int{"email": 0, "sms": 1}[channel]]}, obj{"dispatch_action": true}),
		tinyInput("recipients", "To", obj{"type": "plain_text_input", "multiline": true, "placeholder": plainObject("+32 470 12 34 56")}, obj{"hint": plainObject("One or many: a line each, or with commas between.")}),
	}
	if channel == "email" {
		blocks = append(blocks, tinyInput("subject", "Subject", obj{"type": "plain_text_input", "max_length": 150}, nil))
	} else {
		blocks = append(blocks, tinyInput("message", "Message", obj{"type": "plain_text_input", "multiline": true}, obj{"hint": plainObject("Coupontools puts the link behind it.")}))
	}
	blocks = append(blocks,
		tinyInput("schedule", "When", obj{"type": "datetimepicker"}, obj{"optional": true}),
		tinyInput("file", "Or a file", obj{"type": "file_input", "filetypes": []string{"csv"}, "max_files": 1}, obj{"optional": true}))
	return obj{
		"type": "modal", "callback_id": "send_directory", "title": plainObject("Send a directory"),
		"submit": plainObject("Preview"), "close": plainObject("Cancel"), "blocks": blocks,
	}
}

func tinyPreview(directory string) obj {
	return obj{
		"type": "modal", "callback_id": "send_preview", "title": plainObject("Check and send"),
		"submit": plainObject("Send to 1"), "close": plainObject("Back"),
		"blocks": []obj{
			{"type": "section", "text": plainObject("“" + directory + "” goes to 1 person by SMS.")},
			{"type": "section", "fields": []obj{mrkdwnObject("*Left out*\nnone"), mrkdwnObject("*Segments*\n1 of 160 characters")}},
		},
	}
}

func tinyReport() []obj {
	return []obj{
		{"type": "section", "text": mrkdwnObject("*City deals* by SMS: sent by <@" + Mia + ">\n`██████████` 1 of 1")},
		{"type": "context", "elements": []obj{mrkdwnObject("1 accepted, 0 failed, 0 skipped, 0 unknown")}},
	}
}
