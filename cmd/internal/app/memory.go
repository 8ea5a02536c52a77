package app

import (
	"log/slog"
	"math"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// softLimit is how much memory the program aims to stay below where nothing else limits it. The garbage collector works
// more often near it; nothing fails above it.
const softLimit = 160 << 20

// memoryShare is how much of a container's memory the program uses. The rest is for the files in /tmp, which count as memory, too.
const memoryShare = 0.75

// limitMemory keeps the program below the memory limit of its container, so that the garbage collector gives memory back
// before the container is killed. GOMEMLIMIT, if set, is used as it is.
func limitMemory(log *slog.Logger) {
	limit, err := memlimit.Set(memlimit.WithRatio(memoryShare))
	if err != nil {
		log.Warn("The memory limit of the container can't be read", "err", err)
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set && limit == math.MaxInt64 {
		limit = softLimit
		debug.SetMemoryLimit(limit)
	}
	log.Info("Memory limit", "mb", limit>>20)
}
