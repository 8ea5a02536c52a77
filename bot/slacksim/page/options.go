package page

// Options says what the page shows beside the workspace.
type Options struct {
	Name    string   // of the workspace; "" is "Local workspace"
	Hints   []Hint   // offered at the start of each channel; a click puts the line into the message box
	Samples []Sample // files to download, listed under the hints
	Toggles []Toggle // in the inspector, above the local Slack's own faults
}

// Hint is a line to try, and in a few words what it does.
type Hint struct{ Line, Description string }

// Sample is a text file to download, and in a few words what it contains.
type Sample struct{ Name, Description, Content string }

// Toggle is a switch in the inspector. On and Set may be called from several goroutines at the same time.
type Toggle struct {
	Name, Help string
	On         func() bool
	Set        func(on bool)
}
