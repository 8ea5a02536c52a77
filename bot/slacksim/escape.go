package slacksim

import (
	"regexp"
	"strings"
)

// Escape returns a typed text as Slack passes it to a bot with should_escape: &, < and > as entities, @name and #channel as ids, and
// links, e-mail addresses and phone numbers in angle brackets.
func (s *Server) Escape(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.escape(text)
}

var (
	entityEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	linkPattern   = regexp.MustCompile(`https?://[^\s"“”]+|[\w.+'-]+@[\w-]+(?:\.[\w-]+)+|[@#][\w.-]+|\+\d[\d ()./-]{5,}\d`)
	notInNumber   = regexp.MustCompile(`[^\d+]`)
)

// escapeEntities escapes the three characters that have a meaning in mrkdwn.
func escapeEntities(text string) string { return entityEscaper.Replace(text) }

// escape is Escape, for a caller that holds the mutex.
func (w *workspace) escape(text string) string {
	return linkPattern.ReplaceAllStringFunc(escapeEntities(text), func(link string) string {
		switch {
		case strings.HasPrefix(link, "http"):
			return "<" + link + ">"
		case link[0] == '@', link[0] == '#':
			return w.mention(link)
		case link[0] == '+':
			return "<tel:" + notInNumber.ReplaceAllString(link, "") + "|" + link + ">"
		}
		return "<mailto:" + link + "|" + link + ">"
	})
}

// mention returns @mia or #general with its id. An unknown name stays as typed.
func (w *workspace) mention(typed string) string {
	name := typed[1:]
	if typed[0] == '#' {
		for _, c := range w.channels {
			if !c.IM && c.Name == name {
				return "<#" + c.ID + "|" + name + ">"
			}
		}
		return typed
	}
	for _, u := range w.users {
		if u.Name == name {
			return "<@" + u.ID + "|" + name + ">"
		}
	}
	for _, g := range w.groups {
		if g.Handle == name {
			return "<!subteam^" + g.ID + "|@" + name + ">"
		}
	}
	return typed
}
