//go:build !long

package app

import "time"

// mutationTime is how long answers are mutated, floodSize how many requests one person sends against another's quarter.
const (
	mutationTime = 30 * time.Second
	floodSize    = 1200
)
