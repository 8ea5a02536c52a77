package page

// welcomeData is the data of the template "welcome".
type welcomeData struct {
	Title, Text string
	Steps       []stepData
	Done        int // how many steps are done
	Samples     []Sample
}

// stepData is one step of the checklist.
type stepData struct {
	Title, Text, Line string
	Done, Next        bool // Next is set on the first step that is not done
}

// welcome returns the welcome of the open channel, nil if it has none.
func (h *handler) welcome(v viewer) *welcomeData {
	w := h.options.Welcome
	if w == nil || v.channel.ID != w.Channel {
		return nil
	}
	d := &welcomeData{Title: w.Title, Text: w.Text, Samples: h.options.Samples}
	next := true
	for _, step := range w.Steps {
		done := step.Done()
		d.Steps = append(d.Steps, stepData{Title: step.Title, Text: step.Text, Line: step.Line, Done: done, Next: next && !done})
		next = next && done
		if done {
			d.Done++
		}
	}
	return d
}
