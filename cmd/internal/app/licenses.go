package app

import (
	_ "embed"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// licenses are the licences of couponbot and of everything built into it. TestLicenses_file writes them, without versions, so
// that a new version of a module with the same licence changes nothing.
//
//go:embed licenses.txt
var licenses string

// printLicenses prints the modules in this binary with their versions, and all licences.
func printLicenses(stdout io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "couponbot %s is built with %s and these modules:\n\n", Version(), runtime.Version())
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			fmt.Fprintf(&b, "  %s %s\n", m.Path, m.Version)
		}
	}
	fmt.Fprintf(&b, "\n%s", licenses)
	_, err := io.WriteString(stdout, b.String())
	return err
}
