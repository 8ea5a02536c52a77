package slacksim

import (
	"slices"
	"strings"
)

// readableChannel returns a channel that the bot can see, if it has the scope for channels of its type.
func (s *Server) readableChannel(id string) (*Channel, *apiError) {
	ch, err := s.visibleChannel(id)
	if err != nil {
		return nil, err
	}
	return ch, s.requireScopes(readScope(ch))
}

// readScope returns the scope that reading about a channel of this type needs.
func readScope(c *Channel) string {
	switch {
	case c.IM:
		return "im:read"
	case c.Private:
		return "groups:read"
	}
	return "channels:read"
}

// conversationsInfo returns a channel that the bot can see.
func (s *Server) conversationsInfo(c *call) (object, *apiError) {
	ch, err := s.readableChannel(c.params["channel"])
	if err != nil {
		return nil, err
	}
	o := ch.object()
	if c.flag("include_num_members", false) {
		o["num_members"] = len(ch.Members)
	}
	return object{"channel": o}, nil
}

// object returns the channel as Slack sends it.
func (c *Channel) object() object {
	o := object{
		"id": c.ID, "created": 1_700_000_000, "is_archived": c.Archived, "is_im": c.IM, "is_mpim": false,
		"is_org_shared": false, "is_shared": c.ExtShared, "is_ext_shared": c.ExtShared, "context_team_id": Team,
	}
	if c.IM {
		o["user"] = c.Person
		return o
	}
	o["name"], o["name_normalized"], o["is_member"] = c.Name, c.Name, c.Has(Bot)
	o["is_channel"], o["is_group"], o["is_private"] = !c.Private, c.Private, c.Private
	o["is_general"], o["is_pending_ext_shared"] = c.ID == General, false
	return o
}

// conversationsOpen opens direct messages with one user. Slack's group messages aren't supported.
func (s *Server) conversationsOpen(c *call) (object, *apiError) {
	users := strings.FieldsFunc(c.params["users"], func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case c.params["channel"] != "":
		ch, err := s.visibleChannel(c.params["channel"])
		if err != nil {
			return nil, err
		}
		return object{"channel": object{"id": ch.ID}}, nil
	case len(users) == 0:
		return nil, newError("users_list_not_supplied")
	case len(users) > 8:
		return nil, newError("too_many_users")
	case len(users) > 1:
		return nil, newError("not_enough_users", "the local Slack has no group messages")
	}
	ch, err := s.directWith(users[0])
	if err != nil {
		return nil, err
	}
	o := object{"id": ch.ID}
	if c.flag("return_im", false) {
		o = ch.object()
	}
	return object{"channel": o}, nil
}

// conversationsMembers returns the ids of the members.
func (s *Server) conversationsMembers(c *call) (object, *apiError) {
	ch, err := s.readableChannel(c.params["channel"])
	if err != nil {
		return nil, err
	}
	return onePage(c, "members", ch.Members)
}

// conversationsList returns all channels that the bot can see.
func (s *Server) conversationsList(c *call) (object, *apiError) {
	return s.listChannels(c, func(*Channel) bool { return true })
}

// usersConversations returns the channels of a user; without one, those of the bot.
func (s *Server) usersConversations(c *call) (object, *apiError) {
	user := c.params["user"]
	if user == "" {
		user = Bot
	}
	return s.listChannels(c, func(ch *Channel) bool { return ch.Has(user) })
}

// channelTypes are the scopes that the types of channels need.
var channelTypes = map[string]string{
	"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read",
}

// listChannels lists the channels that the bot can see, of the requested types.
func (s *Server) listChannels(c *call, wanted func(*Channel) bool) (object, *apiError) {
	types := strings.Split(c.params["types"], ",")
	if c.params["types"] == "" {
		types = []string{"public_channel"}
	}
	var allowed []string // scopes of the requested types
	for _, t := range types {
		scope, ok := channelTypes[strings.TrimSpace(t)]
		if !ok {
			return nil, newError("invalid_types")
		}
		if err := s.requireScopes(scope); err != nil {
			return nil, err
		}
		allowed = append(allowed, scope)
	}
	all := []object{}
	for _, ch := range s.channels {
		_, hidden := s.visibleChannel(ch.ID)
		archived := ch.Archived && c.flag("exclude_archived", false)
		if hidden == nil && !archived && slices.Contains(allowed, readScope(ch)) && wanted(ch) {
			all = append(all, ch.object())
		}
	}
	return onePage(c, "channels", all)
}

// conversationsJoin makes the bot a member of a public channel.
func (s *Server) conversationsJoin(c *call) (object, *apiError) {
	ch, err := s.visibleChannel(c.params["channel"])
	switch {
	case err != nil:
		return nil, err
	case ch.Private || ch.IM:
		return nil, newError("method_not_supported_for_channel_type")
	case ch.Archived:
		return nil, newError("is_archived")
	}
	if !ch.Has(Bot) {
		ch.Members = append(ch.Members, Bot)
		s.notify(Event{Kind: EventEverything})
	}
	return object{"channel": ch.object()}, nil
}
