//go:build !long

package app

import "time"

// mutationTime is how long answers are mutated.
const mutationTime = 30 * time.Second
