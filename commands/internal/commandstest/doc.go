// Package commandstest helps to test commands: with a client against the sandbox, Redis in the process, and a driver that acts
// as a user.
package commandstest
