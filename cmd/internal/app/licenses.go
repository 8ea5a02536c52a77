package app

import (
	_ "embed"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// licenses holds the licences of couponbot and of all linked modules. TestLicenses_file -update writes the file, without
// versions, so that updating a module changes it only if the licence changes.
//
//go:embed licenses.txt
var licenses string

// printLicenses prints the linked modules with their versions, then all licences.
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
