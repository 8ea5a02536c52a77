//go:build !long

package sends

// bigList is how many people are on the longest do-not-contact list of the tests.
const bigList = 360_000
