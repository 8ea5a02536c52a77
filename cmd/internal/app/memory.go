package app

import (
	"log/slog"
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// defaultMemoryLimit is the soft memory limit in bytes if neither the container nor GOMEMLIMIT sets one. Near the limit the
// garbage collector runs more often; above it nothing fails.
const defaultMemoryLimit = 160 << 20

// memoryShare is the share of the container's memory limit that Go may use. The rest is for files in /tmp, which may be
// in memory, too.
const memoryShare = 0.75

// limitMemory sets Go's memory limit below that of the container, so that the garbage collector frees memory before the
// container is killed. If GOMEMLIMIT is set, it applies instead.
func limitMemory(log *slog.Logger) {
	limit, err := memlimit.Set(memlimit.WithRatio(memoryShare))
	if err != nil {
		log.Warn("The memory limit of the container can't be read", "err", err)
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set && limit == math.MaxInt64 {
		limit = defaultMemoryLimit
		debug.SetMemoryLimit(limit)
	}
	log.Info("Memory limit", "mb", limit>>20)
}
