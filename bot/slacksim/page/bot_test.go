package page

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

	"github.com/coupontools/couponbot/bot/slacksim"
)

// testBot is a small bot, connected to the simulator's own socket, so that the tests cover everything between a click and its
// answer.
type testBot struct {
	t    testing.TB
	base string
	ws   *websocket.Conn
	sim  *slacksim.Server
}

// startBot serves a workspace with its page and connects the bot to it.
func startBot(t testing.TB) (sim *slacksim.Server, base string) {
	t.Helper()
	sim = slacksim.New(slacksim.WithCommands(
		slacksim.SlashCommand{Name: "/coupontools", Usage: "[help]", Summary: "Help, status, and every other topic by name"},
		slacksim.SlashCommand{Name: "/directories", Usage: "[words to filter by]", Summary: "List the directories"},
		slacksim.SlashCommand{Name: "/directory", Usage: "[name or dir_ID]", Summary: "Show one directory"},
		slacksim.SlashCommand{Name: "/directory-users", Usage: "[name or dir_ID] [who]", Summary: "Look up registered users"},
		slacksim.SlashCommand{Name: "/send-directory", Usage: "[email or sms] [to] [name or dir_ID]", Summary: "Send a directory by e-mail or SMS"},
		slacksim.SlashCommand{Name: "/upload", Summary: "Upload files"},
		slacksim.SlashCommand{Name: "/silent", Summary: "Is never acknowledged"},
	))
	web := httptest.NewUnstartedServer(sim)
	var hanging atomic.Bool
	sim.SetPage(New(sim, Options{
		Name: "Acme Coupons",
		Welcome: &Welcome{Channel: slacksim.Marketing, Title: "Welcome", Steps: []Step{
			{Title: "List what there is to send", Line: "/directories", Done: func() bool { return true }},
			{Title: "Look at one directory", Line: "/directory City deals", Done: func() bool { return false }},
		}},
		Outbox: func() Outbox {
			return Outbox{Texts: 2, Latest: []Received{
				{Kind: "sms", To: "+32470123457", Text: "Your deals <b>", Link: "https://coupons.example/dir_1", At: time.Now()},
				{Kind: "sms", To: "+32470123456", Text: "Your deals <b>", Link: "https://coupons.example/dir_1", At: time.Now()},
			}}
		},
		Toggles: []Toggle{{
			Name: "Coupontools hangs", Help: "Calls are answered by nothing",
			On: hanging.Load, Set: hanging.Store,
		}},
	}))
	web.Start()
	t.Cleanup(web.Close)
	t.Cleanup(sim.Close)
	b := &testBot{t: t, base: web.URL, sim: sim}
	b.connect(t.Context())
	if err := sim.AwaitConnections(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	return sim, web.URL
}

func (b *testBot) connect(ctx context.Context) {
	b.t.Helper()
	var opened struct{ URL string }
	if err := json.Unmarshal(b.call(ctx, "apps.connections.open", b.sim.AppToken(), object{}), &opened); err != nil {
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
func (b *testBot) read(ctx context.Context) {
	for {
		_, frame, err := b.ws.Read(ctx)
		if err != nil {
			return
		}
		var env testEnvelope
		if json.Unmarshal(frame, &env) != nil || env.ID == "" {
			continue
		}
		if env.Payload.Command == "/silent" {
			continue
		}
		payload, after := b.answer(ctx, env)
		ack, err := json.Marshal(object{"envelope_id": env.ID, "payload": payload})
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

type testEnvelope struct {
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

// answer returns the payload of the acknowledgement, and a function to call after it.
func (b *testBot) answer(ctx context.Context, env testEnvelope) (payload any, after func()) {
	p := env.Payload
	api := func(method string, args object) func() {
		return func() { b.call(ctx, method, b.sim.BotToken(), args) }
	}
	reply := func(message object) func() { return func() { b.post(ctx, p.Respond, "", message) } }
	switch {
	case p.Command == "/directories":
		return nil, reply(object{"response_type": "in_channel", "text": "Directories", "blocks": directoryList()})
	case p.Command == "/directory-users":
		return nil, reply(object{"text": "No one by the name of *Ada* is registered in <City> deals."})
	case p.Command == "/send-directory":
		return nil, api("views.open", object{"trigger_id": p.Trigger, "view": sendForm("sms")})
	case p.Command == "/upload":
		return nil, api("views.open", object{"trigger_id": p.Trigger, "view": uploadForm()})
	case p.Command != "":
		return object{"text": "Hello <@" + slacksim.Mia + ">, `/directories` lists what there is."}, nil
	case p.Type == "block_suggestion":
		return object{"options": directoriesMatching(p.Value)}, nil
	case p.Type == "block_actions" && p.Actions[0].ID == "channel":
		return nil, api("views.update", object{"view_id": p.View.ID, "hash": p.View.Hash, "view": sendForm(p.Actions[0].Chosen.Value)})
	case p.Type == "block_actions" && p.Actions[0].ID == "directory_send":
		return nil, api("views.open", object{"trigger_id": p.Trigger, "view": sendForm("email")})
	case p.Type == "block_actions" && p.Actions[0].ID == "directories_refresh":
		return nil, reply(object{"replace_original": true, "text": "Directories", "blocks": directoryList()[:2]})
	case p.Type == "view_submission" && p.View.Callback == "send_directory":
		if !strings.HasPrefix(p.View.State.Values["recipients"]["recipients"].Value, "+") {
			return object{"response_action": "errors", "errors": map[string]string{
				"recipients": "“" + p.View.State.Values["recipients"]["recipients"].Value + "” is not a phone number. Write it with + and the country code.",
			}}, nil
		}
		return object{"response_action": "push", "view": sendPreview(p.View.State.Values["directory"]["directory"].Chosen.Text.Text)}, nil
	case p.Type == "view_submission":
		return object{"response_action": "clear"}, api("chat.postMessage", object{"channel": slacksim.Marketing, "text": "Sent", "blocks": sendReport()})
	}
	return nil, nil
}

func (b *testBot) call(ctx context.Context, method, token string, args object) []byte {
	return b.post(ctx, b.base+"/api/"+method, token, args)
}

func (b *testBot) post(ctx context.Context, url, token string, args object) []byte {
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

type object = map[string]any

func plainText(s string) object  { return object{"type": "plain_text", "text": s, "emoji": true} }
func mrkdwnText(s string) object { return object{"type": "mrkdwn", "text": s} }

func option(text, value string) object { return object{"text": plainText(text), "value": value} }

func input(id, label string, element object, more object) object {
	element["action_id"] = id
	b := object{"type": "input", "block_id": id, "label": plainText(label), "element": element}
	maps.Copy(b, more)
	return b
}

var directories = []string{"City deals", "Citrus & Co", "Summer in Gent", "Été à Liège", "Loyal <friends> *club*", "Winter warmers"}

func directoriesMatching(typed string) []object {
	out := []object{}
	for i, name := range directories {
		if strings.Contains(strings.ToLower(name), strings.ToLower(typed)) {
			out = append(out, option(name, fmt.Sprintf("dir_%d", i+1)))
		}
	}
	return out
}

func directoryList() []object {
	rich := []object{}
	for i, name := range directories {
		rich = append(rich, object{"type": "rich_text_section", "elements": []object{
			{"type": "text", "text": name, "style": object{"bold": true}},
			{"type": "text", "text": " "},
			{"type": "text", "text": fmt.Sprintf("dir_%d", i+1), "style": object{"code": true}},
			{"type": "text", "text": []string{" free", " € 4.99 a month"}[i%2]},
		}})
	}
	button := func(id, text string, more object) object {
		b := object{"type": "button", "action_id": id, "text": plainText(text), "value": id}
		maps.Copy(b, more)
		return b
	}
	return []object{
		{"type": "header", "text": plainText("Directories")},
		{"type": "context", "elements": []object{mrkdwnText(fmt.Sprintf("1–6 of 128, as of <!date^%d^{time}|now>", time.Now().Unix()))}},
		{"type": "rich_text", "elements": []object{{"type": "rich_text_list", "style": "bullet", "elements": rich}}},
		{"type": "divider"},
		{"type": "section", "text": mrkdwnText("*City deals* is the one <@" + slacksim.Noah + "> sent last. More at <https://example.com/help|the help page>."), "accessory": object{
			"type": "overflow", "action_id": "more", "options": []object{option("Users", "users"), option("Copy the id", "copy")},
		}},
		{"type": "actions", "elements": []object{
			button("directory_send", "Send", object{"style": "primary"}),
			button("directories_page:next", "Next", nil),
			button("directories_refresh", "Refresh", object{"confirm": object{
				"title": plainText("Refresh the list?"), "text": mrkdwnText("It costs *one* call."), "confirm": plainText("Refresh"), "deny": plainText("Leave it"),
			}}),
			{"type": "static_select", "action_id": "directory_pick", "placeholder": plainText("Pick a directory"), "options": directoriesMatching("")},
		}},
	}
}

func sendForm(channel string) object {
	options := []object{option("By e-mail", "email"), option("By SMS", "sms")}
	blocks := []object{
		input("directory", "Directory", object{"type": "external_select", "min_query_length": 0, "placeholder": plainText("Search by name or id")}, nil),
		input("channel", "How", object{"type": "radio_buttons", "options": options, "initial_option": options[map[string]int{"email": 0, "sms": 1}[channel]]}, object{"dispatch_action": true}),
		input("recipients", "To", object{"type": "plain_text_input", "multiline": true, "placeholder": plainText("+32 470 12 34 56")}, object{"hint": plainText("One or many: a line each, or with commas between.")}),
	}
	if channel == "email" {
		blocks = append(blocks, input("subject", "Subject", object{"type": "plain_text_input", "max_length": 150}, nil))
	} else {
		blocks = append(blocks, input("message", "Message", object{"type": "plain_text_input", "multiline": true}, object{"hint": plainText("Coupontools puts the link behind it.")}))
	}
	blocks = append(blocks,
		input("schedule", "When", object{"type": "datetimepicker"}, object{"optional": true}),
		input("file", "Or a file", object{"type": "file_input", "filetypes": []string{"csv"}, "max_files": 1}, object{"optional": true}))
	return object{
		"type": "modal", "callback_id": "send_directory", "title": plainText("Send a directory"),
		"submit": plainText("Preview"), "close": plainText("Cancel"), "blocks": blocks,
	}
}

// uploadForm can't be submitted while its text is empty.
func uploadForm() object {
	return object{
		"type": "modal", "callback_id": "upload", "title": plainText("Form"), "submit": plainText("Go"), "blocks": []object{
			input("file", "File", object{"type": "file_input", "max_files": 2}, nil),
			input("text", "Text", object{"type": "plain_text_input"}, nil),
		},
	}
}

func sendPreview(directory string) object {
	return object{
		"type": "modal", "callback_id": "send_preview", "title": plainText("Check and send"),
		"submit": plainText("Send to 1"), "close": plainText("Back"),
		"blocks": []object{
			{"type": "section", "text": plainText("“" + directory + "” goes to 1 person by SMS.")},
			{"type": "section", "fields": []object{mrkdwnText("*Left out*\nnone"), mrkdwnText("*Segments*\n1 of 160 characters")}},
		},
	}
}

func sendReport() []object {
	return []object{
		{"type": "section", "text": mrkdwnText("*City deals* by SMS: sent by <@" + slacksim.Mia + ">\n`██████████` 1 of 1")},
		{"type": "context", "elements": []object{mrkdwnText("1 accepted, 0 failed, 0 skipped, 0 unknown")}},
	}
}
