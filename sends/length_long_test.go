//go:build long

package sends

// The tests' longest do-not-contact list: how many people are on it, and how many of them one file of its backup holds.
const (
	bigList       = 1_000_000
	bigListPeople = partPeople
)
