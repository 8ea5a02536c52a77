package slacksim

// method is one method of the Web API.
type method struct {
	params string   // the names it knows; a star marks those it must have
	scopes []string // needed, all of them
	json   bool     // takes JSON as well as a form
	app    bool     // wants the app-level token
	tier   int      // calls a minute, when rates are kept; 0 = no limit by method
	run    func(*Server, *call) (answer, *refusal)
}

// Calls a minute of Slack's tiers.
const (
	tier2 = 20
	tier3 = 50
	tier4 = 100
)

// Names of parameters that several methods share.
const (
	messageParams = "text blocks attachments markdown_text thread_ts mrkdwn link_names parse metadata username " +
		"icon_emoji icon_url as_user "
	unfurlParams = "unfurl_links unfurl_media reply_broadcast "
	viewParams   = "view* trigger_id interactivity_pointer"
	pageParams   = "cursor limit "
	listParams   = "types exclude_archived team_id " + pageParams
)

// needs is the list of scopes of a method.
func needs(scopes ...string) []string { return scopes }

// methods are the Web API here. The tiers and parameters are those of Slack's method reference.
var methods = map[string]method{
	"auth.test":             {json: true, run: (*Server).authTest},
	"apps.connections.open": {json: true, app: true, tier: tier3, run: (*Server).connectionsOpen},

	"chat.postMessage": {
		params: "channel* " + messageParams + unfurlParams, json: true, scopes: needs("chat:write"),
		run: (*Server).postMessage,
	},
	"chat.postEphemeral": {
		params: "channel* user* " + messageParams, json: true, scopes: needs("chat:write"), tier: tier4,
		run: (*Server).postEphemeral,
	},
	"chat.update": {
		params: "channel* ts* file_ids " + messageParams + unfurlParams, json: true, scopes: needs("chat:write"), tier: tier3,
		run: (*Server).updateMessage,
	},
	"chat.delete": {
		params: "channel* ts* as_user", json: true, scopes: needs("chat:write"), tier: tier3, run: (*Server).deleteMessage,
	},
	"chat.getPermalink": {params: "channel* message_ts*", run: (*Server).permalink},
	"reactions.add": {
		params: "channel* timestamp* name*", json: true, scopes: needs("reactions:write"), tier: tier3, run: (*Server).react,
	},

	"views.open":      {params: viewParams, json: true, tier: tier4, run: (*Server).viewsOpen},
	"views.push":      {params: viewParams, json: true, tier: tier4, run: (*Server).viewsPush},
	"views.update":    {params: "view* view_id external_id hash", json: true, tier: tier4, run: (*Server).viewsUpdate},
	"views.publish":   {params: "view* user_id* hash", json: true, tier: tier4, run: (*Server).viewsPublish},
	"blocks.validate": {params: "blocks view message", json: true, run: (*Server).validate},

	"conversations.info": {
		params: "channel* include_locale include_num_members", tier: tier3, run: (*Server).conversationInfo,
	},
	"conversations.open": {
		params: "users channel return_im prevent_creation", json: true, scopes: needs("im:write"), tier: tier3,
		run: (*Server).conversationOpen,
	},
	"conversations.members": {params: "channel* " + pageParams, tier: tier4, run: (*Server).conversationMembers},
	"conversations.list":    {params: listParams, tier: tier2, run: (*Server).conversationList},
	"conversations.join": {
		params: "channel*", json: true, scopes: needs("channels:join"), tier: tier3, run: (*Server).conversationJoin,
	},
	"users.conversations": {params: "user " + listParams, tier: tier3, run: (*Server).usersConversations},

	"users.info": {params: "user* include_locale", scopes: needs("users:read"), tier: tier4, run: (*Server).userInfo},
	"users.list": {
		params: "include_locale presence team_id " + pageParams, scopes: needs("users:read"), tier: tier2, run: (*Server).userList,
	},
	"usergroups.list": {
		params: "include_count include_disabled include_users team_id", scopes: needs("usergroups:read"), tier: tier2,
		run: (*Server).groupList,
	},
	"usergroups.users.list": {
		params: "usergroup* include_disabled team_id", scopes: needs("usergroups:read"), tier: tier2, run: (*Server).groupUsers,
	},
	"team.info": {params: "team domain", scopes: needs("team:read"), tier: tier3, run: (*Server).teamInfo},
	"bots.info": {params: "bot team_id", scopes: needs("users:read"), tier: tier3, run: (*Server).botInfo},

	"files.getUploadURLExternal": {
		params: "filename* length* alt_txt snippet_type", scopes: needs("files:write"), tier: tier4, run: (*Server).uploadURL,
	},
	"files.completeUploadExternal": {
		params: "files* channel_id channels thread_ts initial_comment blocks", json: true, scopes: needs("files:write"),
		tier: tier4, run: (*Server).completeUpload,
	},
	"files.info": {params: "file* count page " + pageParams, scopes: needs("files:read"), tier: tier4, run: (*Server).fileInfo},
}

// missing is the error of a required parameter that is not there.
func (m method) missing(param string) string {
	switch param {
	case "channel":
		return "channel_not_found"
	case "user", "user_id":
		return "user_not_found"
	case "usergroup":
		return "no_such_subteam"
	case "filename", "length":
		return "missing_argument"
	case "file":
		return "file_not_found"
	}
	return "invalid_arguments"
}
