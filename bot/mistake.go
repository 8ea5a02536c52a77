package bot

// Mistake is an error in words for the user. Everything that a user can correct, or should know in plain words, is a
// Mistake. Its texts are plain; the bot escapes them.
type Mistake struct {
	// Text says what happened: "There is no directory “Cty deals”."
	Text string
	// Done says whether anything was sent or changed. Empty stands for "Nothing was sent or changed."
	Done string
	// Unsure says that the change may have been made despite the error. Done then holds even while the bot is stopping.
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
