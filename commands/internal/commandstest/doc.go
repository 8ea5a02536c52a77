// Package commandstest is the kit for tests of commands: a client against the sandbox, Redis in the process, and a
// driver that plays a user.
package commandstest
