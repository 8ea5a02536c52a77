package slacksim

import (
	"slices"

	"github.com/coupontools/couponbot/bot/slacksim/blockkit"
)

// maxStack is how many modals may be on top of each other.
const maxStack = 3

// troubleText is Slack's banner in a modal after a submit or a click that failed.
const troubleText = "We had some trouble connecting. Try again?"

// readView reads and validates a view. replaced is the view whose place it takes, nil for a new one.
func (s *Server) readView(raw []byte, viewType string, replaced *storedView) (blockkit.View, *apiError) {
	if len(raw) > blockkit.MaxViewBytes {
		return blockkit.View{}, newError("view_too_large")
	}
	v, problems := blockkit.CheckView(raw, viewType, s.newBlockID)
	if len(problems) > 0 {
		return v, invalidBlocks("invalid_arguments", problems)
	}
	id := v.Text("external_id")
	if id != "" && s.findView(func(v *storedView) bool { return v.ExternalID == id && v != replaced }) != nil {
		return v, newError("duplicate_external_id")
	}
	return v, nil
}

// pushView opens a modal on top of the person's stack.
func (s *Server) pushView(user string, sent blockkit.View) *storedView {
	v := &storedView{View: View{ID: s.ids.next("V"), User: user}}
	v.RootID = v.ID
	if stack := s.stacks[user]; len(stack) > 0 {
		v.RootID, v.PreviousID = stack[0].ID, stack[len(stack)-1].ID
	}
	v.set(sent)
	s.stacks[user] = append(s.stacks[user], v)
	s.viewChanged(v)
	return v
}

// replaceView replaces the content of an open view.
func (s *Server) replaceView(v *storedView, sent blockkit.View) {
	v.set(sent)
	v.Updates++
	s.viewChanged(v)
}

// closeModal removes one modal from its stack.
func (s *Server) closeModal(v *storedView) {
	s.stacks[v.User] = slices.DeleteFunc(slices.Clone(s.stacks[v.User]), func(x *storedView) bool { return x == v })
	s.notify(Event{Kind: EventView, User: v.User, View: v.ID})
}

// closeStack closes all of a person's modals.
func (s *Server) closeStack(user string) {
	delete(s.stacks, user)
	s.notify(Event{Kind: EventView, User: user})
}

// showTrouble shows Slack's banner in the view.
func (s *Server) showTrouble(v *storedView) {
	v.Trouble = troubleText
	s.viewChanged(v)
}

// viewChanged notifies of a change of a view, and puts that of a modal into the transcript.
func (s *Server) viewChanged(v *storedView) {
	kind := EventView
	if v.Type == "home" {
		kind = EventHome
	} else {
		s.transcribe("%s's modal: %s", s.userName(v.User), v.Plain())
	}
	s.notify(Event{Kind: kind, User: v.User, View: v.ID})
}
