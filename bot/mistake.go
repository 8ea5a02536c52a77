package bot

// Mistake is an error in words for the person who asked. Anything a person can put right, or should know in plain
// words, is a Mistake; its texts are plain and are escaped on the way out.
type Mistake struct {
	// Text says what happened: "There is no directory “Cty deals”."
	Text string
	// Done says whether anything was sent or changed. Empty stands for "Nothing was sent or changed."
	Done string
	// Unsure says that a change may have been made although it failed, so that Done holds even if the bot is being stopped.
	Unsure bool
	// Hint says what to do next: "Try /directories to see them all."
	Hint string
	// Cause is the technical error, for the log only. A Mistake with a Cause is shown with a reference.
	Cause error

	// outsider marks a refusal to people who get help and nothing else.
	outsider bool
}

func (m *Mistake) Error() string {
	if m.Cause != nil {
		return m.Text + ": " + m.Cause.Error()
	}
	return m.Text
}

func (m *Mistake) Unwrap() error { return m.Cause }
