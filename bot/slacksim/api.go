package slacksim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// apiMethod is a method of the Web API.
type apiMethod struct {
	params string   // names of the parameters; those with a star are required
	scopes []string // required, all of them
	json   bool     // accepts JSON, not only a form
	app    bool     // requires the app-level token
	tier   int      // calls per minute if rates are enforced; 0 is no limit
	run    func(*Server, *call) (object, *apiError)
}

// Calls per minute of Slack's tiers.
const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

// Parameters that several methods have.
const (
	messageParams = "text blocks attachments markdown_text thread_ts mrkdwn link_names parse metadata username " +
		"icon_emoji icon_url as_user "
	unfurlParams = "unfurl_links unfurl_media reply_broadcast "
	viewParams   = "view* trigger_id interactivity_pointer"
	pageParams   = "cursor limit "
	listParams   = "types exclude_archived team_id " + pageParams
)

// needs lists the scopes of a method.
func needs(scopes ...string) []string { return scopes }

// methods are the methods of the Web API. Tiers and parameters are from Slack's reference, https://docs.slack.dev/reference/methods.
var methods = map[string]apiMethod{
	"auth.test":             {json: true, run: (*Server).authTest},
	"apps.connections.open": {json: true, app: true, tier: tier3, run: (*Server).appsConnectionsOpen},

	"chat.postMessage": {
		params: "channel* " + messageParams + unfurlParams, json: true, scopes: needs("chat:write"), run: (*Server).chatPostMessage,
	},
	"chat.postEphemeral": {
		params: "channel* user* " + messageParams, json: true, scopes: needs("chat:write"), tier: tier4,
		run: (*Server).chatPostEphemeral,
	},
	"chat.update": {
		params: "channel* ts* file_ids " + messageParams + unfurlParams, json: true, scopes: needs("chat:write"), tier: tier3,
		run: (*Server).chatUpdate,
	},
	"chat.delete": {
		params: "channel* ts* as_user", json: true, scopes: needs("chat:write"), tier: tier3, run: (*Server).chatDelete,
	},
	"chat.getPermalink": {params: "channel* message_ts*", run: (*Server).chatGetPermalink},
	"reactions.add": {
		params: "channel* timestamp* name*", json: true, scopes: needs("reactions:write"), tier: tier3, run: (*Server).reactionsAdd,
	},

	"views.open":      {params: viewParams, json: true, tier: tier4, run: (*Server).viewsOpen},
	"views.push":      {params: viewParams, json: true, tier: tier4, run: (*Server).viewsPush},
	"views.update":    {params: "view* view_id external_id hash", json: true, tier: tier4, run: (*Server).viewsUpdate},
	"views.publish":   {params: "view* user_id* hash", json: true, tier: tier4, run: (*Server).viewsPublish},
	"blocks.validate": {params: "blocks view message", json: true, run: (*Server).blocksValidate},

	"conversations.info": {
		params: "channel* include_locale include_num_members", tier: tier3, run: (*Server).conversationsInfo,
	},
	"conversations.open": {
		params: "users channel return_im prevent_creation", json: true, scopes: needs("im:write"), tier: tier3,
		run: (*Server).conversationsOpen,
	},
	"conversations.members": {params: "channel* " + pageParams, tier: tier4, run: (*Server).conversationsMembers},
	"conversations.list":    {params: listParams, tier: tier2, run: (*Server).conversationsList},
	"conversations.join": {
		params: "channel*", json: true, scopes: needs("channels:join"), tier: tier3, run: (*Server).conversationsJoin,
	},
	"users.conversations": {params: "user " + listParams, tier: tier3, run: (*Server).usersConversations},

	"users.info": {params: "user* include_locale", scopes: needs("users:read"), tier: tier4, run: (*Server).usersInfo},
	"users.list": {
		params: "include_locale presence team_id " + pageParams, scopes: needs("users:read"), tier: tier2, run: (*Server).usersList,
	},
	"usergroups.list": {
		params: "include_count include_disabled include_users team_id", scopes: needs("usergroups:read"), tier: tier2,
		run: (*Server).usergroupsList,
	},
	"usergroups.users.list": {
		params: "usergroup* include_disabled team_id", scopes: needs("usergroups:read"), tier: tier2,
		run: (*Server).usergroupsUsersList,
	},
	"team.info": {params: "team domain", scopes: needs("team:read"), tier: tier3, run: (*Server).teamInfo},
	"bots.info": {params: "bot team_id", scopes: needs("users:read"), tier: tier3, run: (*Server).botsInfo},

	"files.getUploadURLExternal": {
		params: "filename* length* alt_txt snippet_type", scopes: needs("files:write"), tier: tier4,
		run: (*Server).filesGetUploadURL,
	},
	"files.completeUploadExternal": {
		params: "files* channel_id channels thread_ts initial_comment blocks", json: true, scopes: needs("files:write"),
		tier: tier4, run: (*Server).filesCompleteUpload,
	},
	"files.info": {params: "file* count page " + pageParams, scopes: needs("files:read"), tier: tier4, run: (*Server).filesInfo},
}

// missingParam returns the error of a required parameter that is missing.
func missingParam(name string) *apiError {
	code := "invalid_arguments"
	switch name {
	case "channel":
		code = "channel_not_found"
	case "user", "user_id":
		code = "user_not_found"
	case "usergroup":
		code = "no_such_subteam"
	case "filename", "length":
		code = "missing_argument"
	case "file":
		code = "file_not_found"
	}
	return newError(code, "[ERROR] missing required field: "+name)
}

// serveAPI answers a call of the Web API.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	start, name := time.Now(), r.PathValue("method")
	c, err := readCall(w, r, name)
	if err != nil {
		http.Error(w, "unreadable body", http.StatusBadRequest)
		return
	}
	fault := s.takeFault(r, name)
	if fault.Status != 0 {
		s.addCall(c, start, fmt.Sprintf("HTTP %d", fault.writeStatus(w)), nil)
		return
	}
	s.mu.Lock()
	c.base = s.baseURL(r)
	result, apiErr := s.run(c, fault)
	body := responseBody(result, apiErr, s.scopes)
	s.mu.Unlock()

	status := http.StatusOK
	if apiErr.status() == "ratelimited" {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", retryAfter(apiErr.RetryAfter))
	}
	s.addCall(c, start, apiErr.status(), body)
	if c.token == s.botToken {
		w.Header().Set("X-OAuth-Scopes", strings.Join(s.scopes, ","))
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// addCall records a call in the traffic. It locks mu itself.
func (s *Server) addCall(c *call, start time.Time, status string, response []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addTraffic(TrafficEntry{
		FromBot: true, Kind: "api", Name: c.method, Status: status, Duration: time.Since(start),
		Request: c.body, Response: string(response), Violation: slices.Contains(botErrors, status),
	})
}

// run checks what is the same for all methods and runs the method.
func (s *Server) run(c *call, fault Fault) (object, *apiError) {
	m, known := methods[c.method]
	switch {
	case !known:
		s.violation("%s: the local Slack has no such method", c.method)
		return nil, newError("unknown_method")
	case fault.RetryAfter > 0:
		return nil, rateLimited(fault.RetryAfter)
	case fault.Error != "":
		return nil, newError(fault.Error)
	}
	var result object
	err := s.check(c, m)
	if err == nil {
		result, err = m.run(s, c)
	}
	if err != nil && slices.Contains(botErrors, err.Code) {
		s.violation("%s: %s", c.method, err)
	}
	return result, err
}

// check checks the token, the scopes, the rate and the parameters.
func (s *Server) check(c *call, m apiMethod) *apiError {
	if err := s.checkToken(c, m); err != nil {
		return err
	}
	if err := s.requireScopes(m.scopes...); err != nil {
		return err
	}
	if wait := s.rates.checkCall(c.method, m.tier); wait > 0 {
		return rateLimited(wait)
	}
	if c.isJSON && !m.json {
		s.violation("%s: accepts a form but not JSON", c.method)
		clear(c.params)
	}
	return s.checkParams(c, m)
}

// checkToken accepts the bot token, and for Socket Mode the app-level token, which must be in the header.
func (s *Server) checkToken(c *call, m apiMethod) *apiError {
	switch {
	case c.token == "":
		return newError("not_authed")
	case c.token != s.appToken && c.token != s.botToken:
		return newError("invalid_auth")
	case m.app && !c.inHeader:
		return newError("not_authed", "an app-level token goes into the Authorization header")
	case m.app != (c.token == s.appToken):
		return newError("not_allowed_token_type")
	}
	return nil
}

// checkParams rejects missing parameters. Unknown ones are a violation: Slack ignores them, so they're a mistake that nobody
// sees.
func (s *Server) checkParams(c *call, m apiMethod) *apiError {
	known := map[string]bool{}
	for name := range strings.FieldsSeq(m.params) {
		bare, required := strings.CutSuffix(name, "*")
		known[bare] = true
		if required && c.params[bare] == "" {
			return missingParam(bare)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.params)) {
		if !known[name] {
			s.violation("%s: has no parameter %q", c.method, name)
		}
	}
	return nil
}
