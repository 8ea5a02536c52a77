package slacksim

import (
	"regexp"
	"strings"
)

// Escape is what Slack makes of a typed text before it reaches a bot with should_escape: &, < and > as entities, @name
// and #channel as ids, links, e-mail addresses and phone numbers in angle brackets.
func (s *Server) Escape(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.escape(text)
}

var (
	entities  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	linkable  = regexp.MustCompile(`https?://[^\s"“”]+|[\w.+'-]+@[\w-]+(?:\.[\w-]+)+|[@#][\w.-]+|\+\d[\d ()./-]{5,}\d`)
	notDigits = regexp.MustCompile(`[^\d+]`)
)

func (s *Server) escape(text string) string {
	return linkable.ReplaceAllStringFunc(entities.Replace(text), func(found string) string {
		switch {
		case strings.HasPrefix(found, "http"):
			return "<" + found + ">"
		case found[0] == '@', found[0] == '#':
			return s.mention(found)
		case found[0] == '+':
			return "<tel:" + notDigits.ReplaceAllString(found, "") + "|" + found + ">"
		}
		return "<mailto:" + found + "|" + found + ">"
	})
}

// mention turns @mia and #general into ids; what names nobody stays as typed.
func (s *Server) mention(found string) string {
	name := found[1:]
	if found[0] == '#' {
		for _, c := range s.channels {
			if !c.IM && c.Name == name {
				return "<#" + c.ID + "|" + name + ">"
			}
		}
		return found
	}
	for _, u := range s.users {
		if u.Name == name {
			return "<@" + u.ID + "|" + name + ">"
		}
	}
	for _, g := range s.groups {
		if g.Handle == name {
			return "<!subteam^" + g.ID + "|@" + name + ">"
		}
	}
	return found
}
