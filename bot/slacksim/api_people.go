package slacksim

import (
	"slices"
	"strconv"
)

func (s *Server) authTest(c *call) (answer, *refusal) {
	out := answer{
		"url": c.base + "/", "team": teamName, "team_id": Team, "user": "couponbot", "user_id": Bot, "bot_id": botID,
		"app_id": App, "is_enterprise_install": false,
	}
	if s.enterprise != "" {
		out["enterprise_id"] = s.enterprise
	}
	return out, nil
}

func (s *Server) userInfo(c *call) (answer, *refusal) {
	u := s.user(c.params["user"])
	if u == nil {
		return nil, refuse("user_not_found")
	}
	return answer{"user": s.userObject(*u)}, nil
}

func (s *Server) userList(c *call) (answer, *refusal) {
	part, next, no := pageOf(c, s.users)
	if no != nil {
		return nil, no
	}
	out := make([]answer, len(part))
	for i, u := range part {
		out[i] = s.userObject(u)
	}
	return answer{"members": out, "response_metadata": answer{"next_cursor": next}}, nil
}

// userObject is a user as Slack describes one; the address only with its own scope.
func (s *Server) userObject(u User) answer {
	profile := answer{
		"real_name": u.RealName, "display_name": u.Name, "title": u.Title, "team": u.TeamID, "phone": u.Phone,
		"real_name_normalized": u.RealName, "display_name_normalized": u.Name,
	}
	if u.Email != "" && slices.Contains(s.scopes, "users:read.email") {
		profile["email"] = u.Email
	}
	out := answer{
		"id": u.ID, "team_id": u.TeamID, "name": u.Name, "real_name": u.RealName, "deleted": u.Deleted,
		"tz": u.TZ, "tz_label": u.TZLabel, "tz_offset": u.TZOffset, "profile": profile,
		"is_admin": u.Admin, "is_owner": false, "is_primary_owner": false, "is_bot": u.Bot, "is_app_user": false,
		"is_restricted": u.Guest || u.SingleGuest, "is_ultra_restricted": u.SingleGuest, "updated": 1_700_000_000,
	}
	if u.Stranger {
		out["is_stranger"] = true
	}
	if u.EnterpriseID != "" {
		out["enterprise_user"] = answer{"id": u.ID, "enterprise_id": u.EnterpriseID, "teams": []string{u.TeamID}}
	}
	return out
}

func (s *Server) groupList(c *call) (answer, *refusal) {
	out := []answer{}
	for _, g := range s.groups {
		if g.Disabled && !c.flag("include_disabled", false) {
			continue
		}
		o := answer{"id": g.ID, "team_id": Team, "handle": g.Handle, "name": g.Name, "is_usergroup": true, "date_delete": 0}
		if c.flag("include_users", false) {
			o["users"] = g.Users
		}
		if c.flag("include_count", false) {
			o["user_count"] = len(g.Users)
		}
		out = append(out, o)
	}
	return answer{"usergroups": out}, nil
}

func (s *Server) groupUsers(c *call) (answer, *refusal) {
	g := s.group(c.params["usergroup"])
	if g == nil || g.Disabled && !c.flag("include_disabled", false) {
		return nil, refuse("no_such_subteam")
	}
	return answer{"users": slices.Clone(g.Users)}, nil
}

func (s *Server) teamInfo(*call) (answer, *refusal) {
	team := answer{"id": Team, "name": teamName, "domain": teamDomain, "email_domain": ""}
	if s.enterprise != "" {
		team["enterprise_id"], team["enterprise_name"] = s.enterprise, s.enterpriseName
	}
	return answer{"team": team}, nil
}

func (s *Server) botInfo(c *call) (answer, *refusal) {
	if id := c.params["bot"]; id != "" && id != botID {
		return nil, refuse("bot_not_found")
	}
	return answer{"bot": answer{"id": botID, "app_id": App, "user_id": Bot, "name": "couponbot", "deleted": false}}, nil
}

// pageOf cuts one page out of a list by the parameters cursor and limit; the cursor is the index in text.
func pageOf[T any](c *call, list []T) (part []T, next string, no *refusal) {
	from, limit := 0, 100
	var err error
	if text := c.params["cursor"]; text != "" {
		if from, err = strconv.Atoi(text); err != nil || from < 0 || from > len(list) {
			return nil, "", refuse("invalid_cursor")
		}
	}
	if text := c.params["limit"]; text != "" && text != "0" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > 1000 {
			return nil, "", refuse("invalid_limit")
		}
	}
	to := min(len(list), from+limit)
	if to < len(list) {
		next = strconv.Itoa(to)
	}
	return list[from:to], next, nil
}
