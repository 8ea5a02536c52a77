//go:build !long

package app

import "time"

// Short runs: mutationTime is how long responses are mutated, floodRequests the number of one user's requests.
const (
	mutationTime  = 30 * time.Second
	floodRequests = 1200
)
