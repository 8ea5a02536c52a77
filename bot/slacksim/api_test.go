package slacksim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coupontools/couponbot/bot/slacksim"
)

func TestAPI_errors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method    string
		params    []string
		want      string
		violation string // "" for none
	}{
		"a post where the bot is a member": {"chat.postMessage", []string{"channel", slacksim.Marketing, "text", "hi"}, "", ""},
		"a post where it isn't":            {"chat.postMessage", []string{"channel", slacksim.General, "text", "hi"}, "not_in_channel", ""},
		"a post in an unknown channel":     {"chat.postMessage", []string{"channel", "C9", "text", "hi"}, "channel_not_found", ""},
		"a post to a person": {
			"chat.postMessage", []string{"channel", slacksim.Mia, "text", "hi"}, "", "",
		},
		"a post without text": {"chat.postMessage", []string{"channel", slacksim.Marketing}, "no_text", "no_text"},
		"blocks that are no list": {
			"chat.postMessage",
			[]string{"channel", slacksim.Marketing, "text", "x", "blocks", "{}"},
			"invalid_blocks_format", "invalid_blocks_format",
		},
		"blocks without text": {
			"chat.postMessage", []string{"channel", slacksim.Marketing, "blocks", `[{"type":"divider"}]`}, "", "blocks without text",
		},
		"an unknown parameter": {
			"chat.postMessage", []string{"channel", slacksim.Marketing, "text", "x", "colour", "red"}, "", `no parameter "colour"`,
		},
		"ephemeral to a non-member": {
			"chat.postEphemeral", []string{"channel", slacksim.Private, "user", slacksim.Noah, "text", "x"}, "user_not_in_channel", "",
		},
		"an update of no message": {"chat.update", []string{"channel", slacksim.Marketing, "ts", "1.2", "text", "x"}, "message_not_found", ""},
		"an update in a user id":  {"chat.update", []string{"channel", slacksim.Mia, "ts", "1.2", "text", "x"}, "channel_not_found", ""},
		"invalid metadata": {
			"chat.postMessage",
			[]string{"channel", slacksim.Marketing, "text", "x", "metadata", "{}"},
			"invalid_metadata_format", "invalid_metadata_format",
		},
		"an unknown method":           {"chat.shout", nil, "unknown_method", "no such method"},
		"an unknown user":             {"users.info", []string{"user", "U9"}, "user_not_found", ""},
		"an unknown group":            {"usergroups.users.list", []string{"usergroup", "S9"}, "no_such_subteam", ""},
		"a missing scope":             {"team.info", nil, "missing_scope", ""},
		"info about direct messages":  {"conversations.info", []string{"channel", "D0MIA"}, "missing_scope", ""},
		"direct messages with nobody": {"conversations.open", nil, "users_list_not_supplied", ""},
		"direct messages with many":   {"conversations.open", []string{"users", "1,2,3,4,5,6,7,8,9"}, "too_many_users", ""},
		"an empty upload":             {"files.getUploadURLExternal", []string{"filename", "a", "length", "0"}, "missing_argument", "length"},
		"a view without a trigger":    {"views.open", []string{"view", `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[]}`}, "invalid_arguments", "trigger_id"},
		"an unknown trigger": {
			"views.open",
			[]string{"trigger_id", "1.2.3", "view", `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[]}`},
			"invalid_trigger_id", "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			wantError(t, s.form(test.method, test.params...), test.want)
			wantViolation(t, s.Server, test.violation)
		})
	}
}

func TestAPI_tokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := map[string]struct {
		method, token, body string
		want                string
	}{
		"none":                        {"auth.test", "", "", "not_authed"},
		"wrong":                       {"auth.test", "xoxb-wrong", "", "invalid_auth"},
		"the bot's, in the header":    {"auth.test", s.BotToken(), "", ""},
		"the bot's, in the form":      {"auth.test", "", "token=" + s.BotToken(), ""},
		"the app's for the Web API":   {"users.info", s.AppToken(), "user=U0MIA", "not_allowed_token_type"},
		"the bot's for a connection":  {"apps.connections.open", s.BotToken(), "", "not_allowed_token_type"},
		"the app's token in the form": {"apps.connections.open", "", "token=" + s.AppToken(), "not_authed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, body := s.do(s.request(host+"/api/"+test.method, formType, test.body, test.token))
			wantError(t, s.decode(body), test.want)
		})
	}
}

func TestAuthTest_scopesHeader(t *testing.T) {
	t.Parallel()
	s := start(t, slacksim.WithScopes("commands", "chat:write"), slacksim.WithEnterprise("E1", "Org"))
	_, header, body := s.do(s.request(host+"/api/auth.test", formType, "", s.BotToken()))
	if got := header.Get("X-OAuth-Scopes"); got != "commands,chat:write" {
		t.Errorf("X-OAuth-Scopes = %q", got)
	}
	got := s.decode(body)
	want := object{"team_id": slacksim.Team, "user_id": slacksim.Bot, "enterprise_id": "E1", "app_id": slacksim.App}
	for key, want := range want {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	missing := s.form("users.info", "user", slacksim.Mia)
	if missing["needed"] != "users:read" || missing["provided"] != "commands,chat:write" {
		t.Errorf("missing scope = %v", missing)
	}
}

func TestAPI_jsonNotAccepted(t *testing.T) {
	t.Parallel()
	s := start(t)
	wantError(t, s.json("users.info", object{"user": slacksim.Mia}), "user_not_found")
	wantViolation(t, s.Server, "not JSON")
	wantError(t, s.json("chat.postMessage", object{
		"channel": slacksim.Marketing, "text": "hi", "blocks": []any{section("hi")},
	}), "")
}

func TestChat_postUpdateDelete(t *testing.T) {
	t.Parallel()
	s := start(t)
	posted := s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "one", "blocks", encode(t, []any{section("one &amp; all")}))
	ts := posted["ts"].(string)
	wantError(t, s.form("chat.update", "channel", slacksim.Marketing, "ts", ts, "text", "two"), "")
	m, ok := s.Message(slacksim.Marketing, ts)
	if !ok || m.Text != "two" || m.Edits != 1 || m.Plain() != "one & all" {
		t.Errorf("after an update of the text: %+v, want the blocks kept", m)
	}
	wantError(t, s.form("chat.update", "channel", slacksim.Marketing, "ts", ts, "text", strings.Repeat("x", 4001)), "msg_too_long")
	ephemeral := s.form("chat.postEphemeral", "channel", slacksim.Marketing, "user", slacksim.Mia, "text", "psst")
	wantError(t, s.form("chat.update", "channel", slacksim.Marketing, "ts", ephemeral["message_ts"].(string), "text", "x"), "message_not_found")
	if got := len(s.MessagesFor(slacksim.Noah, slacksim.Marketing)); got != 1 {
		t.Errorf("noah sees %d messages, want 1", got)
	}
	wantError(t, s.form("chat.delete", "channel", slacksim.Marketing, "ts", ts), "")
	if _, ok := s.Message(slacksim.Marketing, ts); ok {
		t.Error("the message is still there")
	}
}

func TestUsersList_pages(t *testing.T) {
	t.Parallel()
	s := start(t)
	seen, cursor := 0, ""
	for range 10 {
		page := s.form("users.list", "limit", "2", "cursor", cursor)
		seen += len(page["members"].([]any))
		cursor = page["response_metadata"].(object)["next_cursor"].(string)
		if cursor == "" {
			break
		}
	}
	if seen != len(s.Users()) {
		t.Errorf("saw %d users, want %d", seen, len(s.Users()))
	}
}

func TestInject(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.Inject(slacksim.Fault{Method: "auth.test", RetryAfter: 1500 * time.Millisecond, Times: 1})
	s.Inject(slacksim.Fault{Method: "auth.test", Status: http.StatusBadGateway, Times: 1})
	s.Inject(slacksim.Fault{Method: "auth.test", Error: "token_revoked", Times: 1})
	call := func() (int, http.Header, []byte) {
		return s.do(s.request(host+"/api/auth.test", formType, "", s.BotToken()))
	}
	status, header, body := call()
	if status != http.StatusTooManyRequests || header.Get("Retry-After") != "2" {
		t.Errorf("limited: %d, Retry-After %q", status, header.Get("Retry-After"))
	}
	wantError(t, s.decode(body), "ratelimited")
	if status, _, body := call(); status != http.StatusBadGateway || !strings.Contains(string(body), "<html>") {
		t.Errorf("broken: %d %s", status, body)
	}
	_, _, body = call()
	wantError(t, s.decode(body), "token_revoked")
	_, _, body = call()
	wantError(t, s.decode(body), "")
}

func TestEnforceRates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := start(t)
		s.EnforceRates(true)
		post := func() object { return s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x") }
		for range 3 {
			wantError(t, post(), "")
		}
		wantError(t, post(), "ratelimited")
		wantError(t, s.form("chat.postMessage", "channel", slacksim.Private, "text", "x"), "")
		time.Sleep(3 * time.Second)
		wantError(t, post(), "")
		for range 20 {
			wantError(t, s.form("users.list"), "")
		}
		wantError(t, s.form("users.list"), "ratelimited")
		time.Sleep(time.Minute)
		wantError(t, s.form("users.list"), "")
	})
}

func TestTraffic_masksTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "my token is "+s.BotToken())
	s.ticket()
	for _, e := range s.Traffic() {
		if all := e.Request + e.Response; strings.Contains(all, s.BotToken()) || strings.Contains(all, "ticket=") && !strings.Contains(all, "ticket=…") {
			t.Errorf("%s shows a secret: %s", e.Name, all)
		}
	}
	for range 700 {
		s.form("auth.test")
	}
	if got := len(s.Traffic()); got != 500 {
		t.Errorf("%d lines, want 500", got)
	}
}

func TestServeHTTP_unknownPath(t *testing.T) {
	t.Parallel()
	s := start(t)
	if status, _, _ := s.do(s.request(host+"/nowhere", formType, "", "")); status != http.StatusNotFound {
		t.Errorf("status = %d", status)
	}
	wantViolation(t, s.Server, "/nowhere")
}

func TestConversations(t *testing.T) {
	t.Parallel()
	s := start(t, slacksim.WithScopes(append(slices.Clone(slacksim.DefaultScopes), "channels:join")...))
	info := s.form("conversations.info", "channel", slacksim.Partners, "include_num_members", "true")["channel"].(object)
	if info["is_ext_shared"] != true || info["is_member"] != true || info["num_members"] != float64(4) {
		t.Errorf("partners = %v", info)
	}
	var names []any
	for _, c := range s.form("users.conversations", "types", "public_channel,private_channel")["channels"].([]any) {
		names = append(names, c.(object)["name"])
	}
	if got := encode(t, names); got != `["marketing","partners","launch"]` {
		t.Errorf("the bot is in %s", got)
	}
	if got := len(s.form("conversations.list")["channels"].([]any)); got != 3 {
		t.Errorf("public channels = %d, want 3", got)
	}
	wantError(t, s.form("conversations.list", "types", "im"), "missing_scope")
	wantError(t, s.form("conversations.list", "types", "secret"), "invalid_types")
	if got := s.form("conversations.members", "channel", slacksim.Private)["members"]; encode(t, got) != `["U0COUPONBOT","U0MIA"]` {
		t.Errorf("members = %v", got)
	}
	wantError(t, s.form("conversations.join", "channel", slacksim.Private), "method_not_supported_for_channel_type")
	wantError(t, s.form("conversations.join", "channel", slacksim.General), "")
	wantError(t, s.form("chat.postMessage", "channel", slacksim.General, "text", "hi"), "")
	s.Remove(slacksim.Private, slacksim.Bot)
	wantError(t, s.form("conversations.info", "channel", slacksim.Private), "channel_not_found")
	open := s.form("conversations.open", "users", slacksim.Mia)["channel"].(object)
	if open["id"] != s.Direct(slacksim.Mia) {
		t.Errorf("direct messages = %v", open)
	}
	wantError(t, s.form("conversations.open", "users", "U9"), "user_not_found")
}

func TestPeople(t *testing.T) {
	t.Parallel()
	s := start(t, slacksim.WithScopes("users:read", "usergroups:read", "team:read"))
	gus := s.form("users.info", "user", slacksim.Gus)["user"].(object)
	if gus["is_restricted"] != true || gus["team_id"] != slacksim.Team || gus["profile"].(object)["email"] != nil {
		t.Errorf("gus = %v, want a guest, and no e-mail address without its scope", gus)
	}
	stranger := s.form("users.info", "user", slacksim.Stranger)["user"].(object)
	if stranger["is_stranger"] != true || stranger["team_id"] == slacksim.Team {
		t.Errorf("stranger = %v", stranger)
	}
	if got := s.form("usergroups.users.list", "usergroup", slacksim.Senders)["users"]; encode(t, got) != `["U0MIA","U0NOAH"]` {
		t.Errorf("senders = %v", got)
	}
	group := s.form("usergroups.list", "include_count", "true")["usergroups"].([]any)[0].(object)
	if group["handle"] != "senders" || group["user_count"] != float64(2) || group["users"] != nil {
		t.Errorf("group = %v", group)
	}
	if got := s.form("bots.info")["bot"].(object)["app_id"]; got != slacksim.App {
		t.Errorf("app = %v", got)
	}
	if got := s.form("team.info")["team"].(object)["id"]; got != slacksim.Team {
		t.Errorf("team = %v", got)
	}
}

func TestSettings_tokensAndGroups(t *testing.T) {
	t.Parallel()
	s := start(t, slacksim.WithTokens("xapp-1-A0OTHER-1-a", "xoxb-other"),
		slacksim.WithGroups(slacksim.Group{ID: "S0OTHER", Handle: "other", Users: []string{slacksim.Noah}}))
	if s.AppToken() != "xapp-1-A0OTHER-1-a" || s.BotToken() != "xoxb-other" {
		t.Errorf("tokens = %s, %s, want those of WithTokens", s.AppToken(), s.BotToken())
	}
	if got := s.form("usergroups.users.list", "usergroup", "S0OTHER")["users"]; encode(t, got) != `["U0NOAH"]` {
		t.Errorf("members of the group = %v", got)
	}
	wantError(t, s.form("usergroups.users.list", "usergroup", slacksim.Senders), "no_such_subteam")
}

func TestReactions(t *testing.T) {
	t.Parallel()
	s := start(t, slacksim.WithScopes("chat:write", "reactions:write"))
	ts := s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "hi")["ts"].(string)
	react := func(name string) object {
		return s.form("reactions.add", "channel", slacksim.Marketing, "timestamp", ts, "name", name)
	}
	wantError(t, react("tada"), "")
	wantError(t, react("tada"), "already_reacted")
	wantError(t, react(":tada:"), "invalid_name")
	permalink := s.form("chat.getPermalink", "channel", slacksim.Marketing, "message_ts", ts)["permalink"].(string)
	if !strings.HasSuffix(permalink, strings.ReplaceAll(ts, ".", "")) {
		t.Errorf("permalink = %s", permalink)
	}
	get := s.request(host+"/api/chat.getPermalink?channel="+slacksim.Marketing+"&message_ts="+ts, "", "", s.BotToken())
	get.Method = http.MethodGet
	if _, _, body := s.do(get); !strings.Contains(string(body), permalink) {
		t.Errorf("GET chat.getPermalink = %s, want %s", body, permalink)
	}
	wantError(t, s.form("chat.getPermalink", "channel", slacksim.Marketing, "message_ts", "1.1"), "message_not_found")
}

// Problems with blocks are in response_metadata, as Slack writes them.
func TestAPI_problemsWithBlocks(t *testing.T) {
	t.Parallel()
	s := start(t)
	tests := map[string]struct {
		answer object
		code   string
		want   string
	}{
		"in a message": {
			s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x", "blocks", encode(t, []any{section("")})),
			"invalid_blocks", "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]",
		},
		"in a view": {
			s.json("views.open", object{"trigger_id": s.trigger(), "view": object{"type": "modal", "blocks": []any{}}}),
			"invalid_arguments", "[ERROR] missing required field: title [json-pointer:/view]",
		},
	}
	for name, test := range tests {
		wantError(t, test.answer, test.code)
		meta, _ := test.answer["response_metadata"].(object)
		if got := encode(t, meta["messages"]); got != encode(t, []string{test.want}) {
			t.Errorf("%s: messages = %s, want %s", name, got, test.want)
		}
	}
}

func TestAPI_tooMuchText(t *testing.T) {
	t.Parallel()
	s := start(t)
	blocks := repeat(5, func(int) any { return section(letters(2700)) })
	wantError(t, s.form("chat.postMessage", "channel", slacksim.Marketing, "text", "x", "blocks", encode(t, blocks)), "msg_blocks_too_long")
}

func TestBlocksValidate(t *testing.T) {
	t.Parallel()
	s := start(t)
	wantError(t, s.form("blocks.validate", "blocks", encode(t, []any{section("x")})), "")
	wantError(t, s.form("blocks.validate", "message", encode(t, object{"blocks": []any{section("x")}})), "")
	got := s.form("blocks.validate", "view", encode(t, object{"type": "modal", "blocks": []any{section(letters(3001))}, "title": plain("x")}))
	wantError(t, got, "invalid_view")
	errs, _ := got["errors"].([]any)
	if len(errs) != 1 || errs[0].(object)["pointer"] != "/view/blocks/0/text/text" {
		t.Errorf("errors = %v", errs)
	}
}
