package slacksim

import (
	"slices"
	"strings"
)

// visible returns a channel as far as the bot can see it: not a private one or a direct message it is not in.
func (s *Server) visible(id string) (*Channel, *refusal) {
	c := s.channel(id)
	if c == nil || (c.Private || c.IM) && !c.Has(Bot) {
		return nil, refuse("channel_not_found")
	}
	return c, nil
}

// readable returns a channel if the bot may read facts of its kind.
func (s *Server) readable(id string) (*Channel, *refusal) {
	c, no := s.visible(id)
	if no != nil {
		return nil, no
	}
	return c, s.checkScope(readScope(c))
}

func readScope(c *Channel) string {
	switch {
	case c.IM:
		return "im:read"
	case c.Private:
		return "groups:read"
	}
	return "channels:read"
}

func (s *Server) conversationInfo(c *call) (answer, *refusal) {
	ch, no := s.readable(c.params["channel"])
	if no != nil {
		return nil, no
	}
	o := channelObject(ch)
	if c.flag("include_num_members", false) {
		o["num_members"] = len(ch.Members)
	}
	return answer{"channel": o}, nil
}

// channelObject is a conversation as Slack describes one.
func channelObject(c *Channel) answer {
	o := answer{
		"id": c.ID, "created": 1_700_000_000, "is_archived": c.Archived, "is_im": c.IM, "is_mpim": false,
		"is_org_shared": false, "is_shared": c.ExtShared, "is_ext_shared": c.ExtShared, "context_team_id": Team,
	}
	if c.IM {
		o["user"] = c.Person
		return o
	}
	private := c.Private
	o["name"], o["name_normalized"], o["is_member"] = c.Name, c.Name, c.Has(Bot)
	o["is_channel"], o["is_group"], o["is_private"] = !private, private, private
	o["is_general"], o["is_pending_ext_shared"] = c.ID == General, false
	return o
}

func (s *Server) conversationOpen(c *call) (answer, *refusal) {
	users := strings.FieldsFunc(c.params["users"], func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case c.params["channel"] != "":
		ch, no := s.visible(c.params["channel"])
		if no != nil {
			return nil, no
		}
		return answer{"channel": answer{"id": ch.ID}}, nil
	case len(users) == 0:
		return nil, refuse("users_list_not_supplied")
	case len(users) > 8:
		return nil, refuse("too_many_users")
	case len(users) > 1:
		return nil, refuse("not_enough_users", "the local Slack has no group messages")
	}
	ch, no := s.direct(users[0])
	if no != nil {
		return nil, no
	}
	out := answer{"id": ch.ID}
	if c.flag("return_im", false) {
		out = channelObject(ch)
	}
	return answer{"channel": out}, nil
}

// direct opens the direct messages with a person.
func (s *Server) direct(user string) (*Channel, *refusal) {
	u := s.user(user)
	switch {
	case u == nil:
		return nil, refuse("user_not_found")
	case u.Deleted:
		return nil, refuse("user_disabled")
	case u.Bot:
		return nil, refuse("cannot_dm_bot")
	}
	return s.openDirect(user), nil
}

func (s *Server) conversationMembers(c *call) (answer, *refusal) {
	ch, no := s.readable(c.params["channel"])
	if no != nil {
		return nil, no
	}
	part, next, no := pageOf(c, ch.Members)
	if no != nil {
		return nil, no
	}
	return answer{"members": slices.Clone(part), "response_metadata": answer{"next_cursor": next}}, nil
}

func (s *Server) conversationList(c *call) (answer, *refusal) {
	return s.listChannels(c, func(*Channel) bool { return true })
}

func (s *Server) usersConversations(c *call) (answer, *refusal) {
	user := c.params["user"]
	if user == "" {
		user = Bot
	}
	return s.listChannels(c, func(ch *Channel) bool { return ch.Has(user) })
}

// listChannels lists what the bot can see of the kinds asked for. Each kind has its scope.
func (s *Server) listChannels(c *call, wanted func(*Channel) bool) (answer, *refusal) {
	types := strings.Split(c.params["types"], ",")
	if c.params["types"] == "" {
		types = []string{"public_channel"}
	}
	for _, t := range types {
		scope, ok := typeScopes[strings.TrimSpace(t)]
		if !ok {
			return nil, refuse("invalid_types")
		}
		if no := s.checkScope(scope); no != nil {
			return nil, no
		}
	}
	all := []answer{}
	for _, ch := range s.channels {
		_, hidden := s.visible(ch.ID)
		asked := slices.ContainsFunc(types, func(t string) bool { return typeScopes[strings.TrimSpace(t)] == readScope(ch) })
		if hidden != nil || !asked || !wanted(ch) || ch.Archived && c.flag("exclude_archived", false) {
			continue
		}
		all = append(all, channelObject(ch))
	}
	part, next, no := pageOf(c, all)
	if no != nil {
		return nil, no
	}
	return answer{"channels": part, "response_metadata": answer{"next_cursor": next}}, nil
}

var typeScopes = map[string]string{
	"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read",
}

func (s *Server) conversationJoin(c *call) (answer, *refusal) {
	ch, no := s.visible(c.params["channel"])
	switch {
	case no != nil:
		return nil, no
	case ch.Private || ch.IM:
		return nil, refuse("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, refuse("is_archived")
	}
	if !ch.Has(Bot) {
		ch.Members = append(ch.Members, Bot)
		s.change(Event{Kind: EventEverything})
	}
	return answer{"channel": channelObject(ch)}, nil
}
