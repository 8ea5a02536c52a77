//go:build long

package app

import "time"

// Long runs: mutationTime is how long responses are mutated, floodRequests the number of one user's requests.
const (
	mutationTime  = 20 * time.Minute
	floodRequests = 4000
)
