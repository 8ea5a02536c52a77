// Package app puts couponbot together: it reads the settings, connects the packages that do the work, and runs the
// subcommands. [Main] is the whole program but for its signals; the end-to-end tests start the same [Serve].
//
// Nothing here knows how a coupon is sent or what a command answers. Settings are read in this package alone and passed
// on as plain values.
package app
