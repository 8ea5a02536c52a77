// Package app wires couponbot together: it reads the settings, connects the packages that do the work and runs the
// subcommands. [Main] is the whole program except signal handling; the end-to-end tests run the same [Serve].
//
// The package has no domain logic. It is the only one that reads settings; other packages get them as plain values.
package app
