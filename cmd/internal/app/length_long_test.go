//go:build long

package app

import "time"

// mutationTime is how long answers are mutated, floodSize how many requests one person sends against another's quarter.
const (
	mutationTime = 20 * time.Minute
	floodSize    = 4000
)
