package sends

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

const (
	// slotWait is the longest time for which a batch waits for deferred recipients. For a longer wait it ends and frees its
	// worker.
	slotWait = 2 * time.Second
	// ratePeriod is the time for as many text messages as an SMS rate allows a second. It is longer than a second because calls
	// that leave evenly reach the API unevenly.
	ratePeriod = 1020 * time.Millisecond
)

// formatRates returns SMS rates in the form that scripts read: the least time (ms) between two text messages, by country.
func formatRates(rates map[string]float64) string {
	var all []string
	for _, country := range slices.Sorted(maps.Keys(rates)) {
		ms := math.Ceil(float64(ratePeriod.Milliseconds()) / rates[country])
		all = append(all, fmt.Sprintf("%s=%.0f", country, ms))
	}
	return strings.Join(all, " ")
}
