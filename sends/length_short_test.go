//go:build !long

package sends

// Sizes of the longest do-not-contact list in the tests: the number of people, and of people in one file of its backup.
const (
	bigList       = 36_000
	bigListPeople = partPeople / 10
)
