package slacksim

import (
	"slices"
	"strings"
)

// workspace has the people, channels, messages, views and files.
type workspace struct {
	users    []User
	channels []*Channel
	groups   []Group
	commands []SlashCommand
	messages map[string][]*storedMessage // by channel, oldest first
	stacks   map[string][]*storedView    // modals by user, the lowest first
	homes    map[string]*storedView      // by user
	files    map[string]*storedFile
}

// newWorkspace returns the default workspace.
func newWorkspace() workspace {
	return workspace{
		users: append([]User{botUser()}, defaultUsers()...), channels: pointers(defaultChannels()), groups: defaultGroups(),
		messages: map[string][]*storedMessage{}, stacks: map[string][]*storedView{}, homes: map[string]*storedView{},
		files: map[string]*storedFile{},
	}
}

// pointers returns channels that can be changed in place.
func pointers(channels []Channel) []*Channel {
	out := make([]*Channel, len(channels))
	for i := range channels {
		out[i] = &channels[i]
	}
	return out
}

// user returns a user by id, nil if there is none.
func (w *workspace) user(id string) *User {
	for i := range w.users {
		if w.users[i].ID == id {
			return &w.users[i]
		}
	}
	return nil
}

// userName returns the name of a user, or the id if there is no such user.
func (w *workspace) userName(id string) string {
	if u := w.user(id); u != nil {
		return u.Name
	}
	return id
}

// group returns a user group by id, nil if there is none.
func (w *workspace) group(id string) *Group {
	for i := range w.groups {
		if w.groups[i].ID == id {
			return &w.groups[i]
		}
	}
	return nil
}

// channel returns a channel by id, nil if there is none.
func (w *workspace) channel(id string) *Channel {
	for _, c := range w.channels {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// payloadName returns a channel's name in payloads. Those of private channels and direct messages aren't in them.
func (w *workspace) payloadName(channel string) string {
	c := w.channel(channel)
	switch {
	case c == nil:
		return ""
	case c.IM:
		return "directmessage"
	case c.Private:
		return "privategroup"
	}
	return c.Name
}

// direct returns the channel of a person's direct messages with the bot, nil if there is none.
func (w *workspace) direct(user string) *Channel {
	for _, c := range w.channels {
		if c.IM && c.Person == user {
			return c
		}
	}
	return nil
}

// openDirect returns the channel of a person's direct messages with the bot. It creates the channel if necessary.
func (w *workspace) openDirect(user string) *Channel {
	if c := w.direct(user); c != nil {
		return c
	}
	c := &Channel{ID: "D" + strings.TrimLeft(user, "UW"), IM: true, Person: user, Members: []string{Bot, user}}
	w.channels = append(w.channels, c)
	return c
}

// message returns a message by its ts, nil if there is none.
func (w *workspace) message(channel, ts string) *storedMessage {
	for _, m := range slices.Backward(w.messages[channel]) {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

// topView returns a copy of the top of a person's stack, nil if no modal is open.
func (w *workspace) topView(user string) *View {
	stack := w.stacks[user]
	if len(stack) == 0 {
		return nil
	}
	c := stack[len(stack)-1].copy()
	return &c
}

// findView returns a view that matches: an open modal or a Home tab.
func (w *workspace) findView(match func(*storedView) bool) *storedView {
	for _, stack := range w.stacks {
		if i := slices.IndexFunc(stack, match); i >= 0 {
			return stack[i]
		}
	}
	for _, v := range w.homes {
		if match(v) {
			return v
		}
	}
	return nil
}

// storeFile adds a file and deletes the oldest one if there are too many.
func (w *workspace) storeFile(f *storedFile) {
	for len(w.files) >= maxFiles {
		oldest := ""
		for id, old := range w.files {
			if oldest == "" || old.Created.Before(w.files[oldest].Created) {
				oldest = id
			}
		}
		delete(w.files, oldest)
	}
	w.files[f.ID] = f
}
