package slacksim

import "slices"

// Invite makes a user, for instance the bot, a member of a channel.
func (s *Server) Invite(channel, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(channel); c != nil && !c.Has(user) {
		c.Members = append(c.Members, user)
		s.notify(Event{Kind: EventEverything})
	}
}

// Remove removes a user, for instance the bot, from a channel.
func (s *Server) Remove(channel, user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(channel); c != nil {
		c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(m string) bool { return m == user })
		s.notify(Event{Kind: EventEverything})
	}
}
