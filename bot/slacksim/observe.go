package slacksim

import (
	"slices"
	"strings"
)

// Users returns everyone in the workspace, including the bot.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.users)
}

// Channels returns all channels, including direct messages.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Channel, len(s.channels))
	for i, c := range s.channels {
		out[i] = *c
		out[i].Members = slices.Clone(c.Members)
	}
	return out
}

// Groups returns the user groups.
func (s *Server) Groups() []Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.groups)
}

// Commands returns the slash commands of the app.
func (s *Server) Commands() []SlashCommand {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// Direct returns the id of the channel of a person's direct messages with the bot, "" if there is none.
func (s *Server) Direct(user string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.direct(user); c != nil {
		return c.ID
	}
	return ""
}

// Connections returns how many connections have got hello and aren't being closed.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.connections.usable())
}

// Messages returns the messages of a channel, oldest first, including everyone's ephemeral messages.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Message, 0, len(s.messages[channel]))
	for _, m := range s.messages[channel] {
		out = append(out, m.copy())
	}
	return out
}

// MessagesFor returns the messages that a person sees in a channel, oldest first.
func (s *Server) MessagesFor(user, channel string) []Message {
	return slices.DeleteFunc(s.Messages(channel), func(m Message) bool { return m.OnlyFor != "" && m.OnlyFor != user })
}

// Message returns a message. It reports false if there is none.
func (s *Server) Message(channel, ts string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.message(channel, ts); m != nil {
		return m.copy(), true
	}
	return Message{}, false
}

// View returns the modal on top of the person's stack, nil if none is open.
func (s *Server) View(user string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.topView(user)
}

// Views returns the person's stack of modals, the lowest first.
func (s *Server) Views(user string) []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, v := range s.stacks[user] {
		out = append(out, v.copy())
	}
	return out
}

// ViewByID returns an open modal or a Home tab. It reports false if there is none.
func (s *Server) ViewByID(id string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.findView(func(v *storedView) bool { return v.ID == id }); v != nil {
		return v.copy(), true
	}
	return View{}, false
}

// Home returns the person's Home tab, nil if the bot has published none.
func (s *Server) Home(user string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.homes[user]; v != nil {
		c := v.copy()
		return &c
	}
	return nil
}

// FileContent returns a file and its content. It reports false if there is no such file, or its upload isn't complete.
func (s *Server) FileContent(id string) (File, []byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil || !f.complete {
		return File{}, nil, false
	}
	return f.File, f.content, true
}

// Traffic returns the last 500 exchanges with the bot, oldest first.
func (s *Server) Traffic() []TrafficEntry {
	s.mu.Lock()
	lines := lastN(s.traffic, maxTraffic)
	s.mu.Unlock()
	out := make([]TrafficEntry, len(lines))
	for i, l := range lines {
		out[i] = l.formatted()
	}
	return out
}

// Violations returns the rules that the bot broke, in words and oldest first. A test should end with none.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// Acks returns the bot's acknowledgements, oldest first.
func (s *Server) Acks() []AckRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.acks)
}

// Closes returns the connections that have ended, oldest first.
func (s *Server) Closes() []CloseRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.closes)
}

// Transcript returns the conversation as text, one line for each thing typed, posted or changed:
//
//	mia> /directory dir_9
//	only mia: There is no directory “dir_9”.
func (s *Server) Transcript() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.transcript, "\n")
}
