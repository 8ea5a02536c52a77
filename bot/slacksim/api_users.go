package slacksim

import (
	"slices"
	"strconv"
)

// authTest returns who the bot is.
func (s *Server) authTest(c *call) (object, *apiError) {
	o := object{
		"url": c.base + "/", "team": teamName, "team_id": Team, "user": "couponbot", "user_id": Bot, "bot_id": botID,
		"app_id": App, "is_enterprise_install": false,
	}
	if s.enterprise != "" {
		o["enterprise_id"] = s.enterprise
	}
	return o, nil
}

// usersInfo returns one user.
func (s *Server) usersInfo(c *call) (object, *apiError) {
	u := s.user(c.params["user"])
	if u == nil {
		return nil, newError("user_not_found")
	}
	return object{"user": s.userObject(*u)}, nil
}

// usersList returns everyone, including the bot and people who left.
func (s *Server) usersList(c *call) (object, *apiError) {
	all := make([]object, len(s.users))
	for i, u := range s.users {
		all[i] = s.userObject(u)
	}
	return onePage(c, "members", all)
}

// userObject returns a user as Slack sends it. The e-mail address needs a scope of its own.
func (s *Server) userObject(u User) object {
	profile := object{
		"real_name": u.RealName, "display_name": u.Name, "title": u.Title, "team": u.TeamID, "phone": u.Phone,
		"real_name_normalized": u.RealName, "display_name_normalized": u.Name,
	}
	if u.Email != "" && slices.Contains(s.scopes, "users:read.email") {
		profile["email"] = u.Email
	}
	o := object{
		"id": u.ID, "team_id": u.TeamID, "name": u.Name, "real_name": u.RealName, "deleted": u.Deleted,
		"tz": u.TZ, "tz_label": u.TZLabel, "tz_offset": u.TZOffset, "profile": profile,
		"is_admin": u.Admin, "is_owner": false, "is_primary_owner": false, "is_bot": u.Bot, "is_app_user": false,
		"is_restricted": u.Guest || u.SingleGuest, "is_ultra_restricted": u.SingleGuest, "updated": 1_700_000_000,
	}
	if u.Stranger {
		o["is_stranger"] = true
	}
	if u.EnterpriseID != "" {
		o["enterprise_user"] = object{"id": u.ID, "enterprise_id": u.EnterpriseID, "teams": []string{u.TeamID}}
	}
	return o
}

// usergroupsList returns the user groups, with members and their number on request.
func (s *Server) usergroupsList(c *call) (object, *apiError) {
	all := []object{}
	for _, g := range s.groups {
		if g.Disabled && !c.flag("include_disabled", false) {
			continue
		}
		o := object{"id": g.ID, "team_id": Team, "handle": g.Handle, "name": g.Name, "is_usergroup": true, "date_delete": 0}
		if c.flag("include_users", false) {
			o["users"] = g.Users
		}
		if c.flag("include_count", false) {
			o["user_count"] = len(g.Users)
		}
		all = append(all, o)
	}
	return object{"usergroups": all}, nil
}

// usergroupsUsersList returns the ids of a group's members. A disabled group is unknown unless the call includes those.
func (s *Server) usergroupsUsersList(c *call) (object, *apiError) {
	g := s.group(c.params["usergroup"])
	if g == nil || g.Disabled && !c.flag("include_disabled", false) {
		return nil, newError("no_such_subteam")
	}
	return object{"users": slices.Clone(g.Users)}, nil
}

// teamInfo returns the workspace.
func (s *Server) teamInfo(*call) (object, *apiError) {
	team := object{"id": Team, "name": teamName, "domain": teamDomain, "email_domain": ""}
	if s.enterprise != "" {
		team["enterprise_id"], team["enterprise_name"] = s.enterprise, s.enterpriseName
	}
	return object{"team": team}, nil
}

// botsInfo returns the bot, the only one in the workspace.
func (s *Server) botsInfo(c *call) (object, *apiError) {
	if id := c.params["bot"]; id != "" && id != botID {
		return nil, newError("bot_not_found")
	}
	return object{"bot": object{"id": botID, "app_id": App, "user_id": Bot, "name": "couponbot", "deleted": false}}, nil
}

// onePage returns the page of a list that the parameters cursor and limit select. A cursor is an index.
func onePage[T any](c *call, key string, all []T) (object, *apiError) {
	from, limit := 0, 100
	var err error
	if cursor := c.params["cursor"]; cursor != "" {
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 || from > len(all) {
			return nil, newError("invalid_cursor")
		}
	}
	if size := c.params["limit"]; size != "" && size != "0" {
		if limit, err = strconv.Atoi(size); err != nil || limit < 1 || limit > 1000 {
			return nil, newError("invalid_limit")
		}
	}
	to, next := min(len(all), from+limit), ""
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return object{key: slices.Clone(all[from:to]), "response_metadata": object{"next_cursor": next}}, nil
}
