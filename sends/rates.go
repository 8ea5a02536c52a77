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
	// slotWait is how long a turn waits for recipients who were put aside. For a longer wait it gives up its worker slot.
	slotWait = 2 * time.Second
	// ratePeriod is in how long as many text messages go out as an SMS rate has a second: what lies between a claim and the
	// API takes longer for one call than for another, so that calls that left evenly come in unevenly.
	ratePeriod = 1020 * time.Millisecond
)

// formatRates writes SMS rates as scripts read them: the least time (ms) between two text messages, by country.
func formatRates(rates map[string]float64) string {
	var all []string
	for _, country := range slices.Sorted(maps.Keys(rates)) {
		ms := math.Ceil(float64(ratePeriod.Milliseconds()) / rates[country])
		all = append(all, fmt.Sprintf("%s=%.0f", country, ms))
	}
	return strings.Join(all, " ")
}
