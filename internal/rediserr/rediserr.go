// Package rediserr classifies the failures of Redis: it can be away, or it can answer and refuse. Each refusal has its own
// cause and fix.
//
// [KindOf] classifies an error of go-redis, even if wrapped. [Problem] and [Hint] word it for people.
package rediserr

import (
	"errors"
	"regexp"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Kind is one way in which Redis fails.
type Kind int

// The kinds. Every error that isn't an answer of Redis is [Away].
const (
	Away         Kind = iota // no connection, or no answer in time
	Refused                  // an error of no other kind
	NoPermission             // the ACL of the account lacks a command, a key or a channel
	NoLogin                  // user and password are missing or wrong
	NoScripting              // EVAL or EVALSHA is forbidden or switched off
	NoCommand                // a command is renamed away, or the server is too old for it
	MemoryFull               // maxmemory is reached
	ReadOnly                 // a replica
	CannotSave               // the disk fails, and Redis refuses writes until it works
	NoReplicas               // fewer replicas are connected than min-replicas-to-write
	Loading                  // Redis has just started
	Busy                     // a script hogs Redis, or too many clients are connected
	Cluster                  // Redis Cluster
	Damaged                  // a key holds an unexpected type of value; Redis itself is fine
)

// words describe a kind: its name in a word or two, the problem as a clause, and the operator's task as the end of a
// sentence. A failure that ends without intervention has no task.
type words struct{ name, problem, task string }

var inWords = [...]words{
	Away:         {"away", "Redis can't be reached", ""},
	Refused:      {"refused", "Redis answers with an error", "look up the error in couponbot's log"},
	NoPermission: {"no permission", "Redis refuses a key or command that couponbot needs (NOPERM)", nameRights},
	NoLogin:      {"login refused", "Redis refuses couponbot's login", "set the user and password of Redis in REDIS_URL"},
	NoScripting:  {"no scripting", "Redis answers, but lets couponbot run no scripts", "allow EVAL and EVALSHA in Redis"},
	NoCommand:    {"command missing", "Redis answers, but lacks a command that couponbot needs", nameRights},
	MemoryFull:   {"memory full", "Redis answers, but its memory is full", "raise maxmemory in Redis"},
	ReadOnly:     {"read-only", "Redis answers, but it's a replica that takes no writes", "set REDIS_URL to the primary"},
	CannotSave: {
		"cannot save", "Redis answers, but takes no writes because it can't save to its disk (MISCONF)",
		"look at the disk and the log of Redis",
	},
	NoReplicas: {
		"too few replicas", "Redis answers, but takes no writes because too few replicas are connected (NOREPLICAS)",
		"look at the replicas of Redis",
	},
	Loading: {"loading", "Redis has just started and is still loading its data", ""},
	Busy:    {"busy", "Redis answers, but is too busy", ""},
	Cluster: {
		"cluster", "Redis is a node of a cluster, which couponbot can't work with",
		"set REDIS_URL to a Redis that is no cluster",
	},
	Damaged: {"damaged", "A record in Redis isn't what couponbot put there", "look up the error in couponbot's log"},
}

const nameRights = "run “couponbot check”, which names what is missing"

// String returns the kind in a word or two, such as "memory full".
func (k Kind) String() string { return inWords[k].name }

// Task returns what the operator has to do, as the end of a sentence: "raise maxmemory in Redis". It is empty for a failure
// that ends without intervention.
func (k Kind) Task() string { return inWords[k].task }

// PartError says which of couponbot's keys in Redis an error concerns.
type PartError struct {
	// Part describes the keys, such as "the queue's keys".
	Part string
	Err  error
}

func (e *PartError) Error() string { return e.Part + ": " + e.Err.Error() }

func (e *PartError) Unwrap() error { return e.Err }

// Problem returns what is wrong, as a clause without a full stop: "Redis answers, but its memory is full".
func Problem(err error) string {
	kind := KindOf(err)
	part, ok := errors.AsType[*PartError](err)
	if ok && kind == NoPermission && strings.Contains(part.Err.Error(), "key") { // otherwise a command is refused
		return "Redis refuses " + part.Part + " (NOPERM)"
	}
	return inWords[kind].problem
}

// Hint returns the next step for somebody who can't change Redis, as a sentence: to ask an administrator, or to wait.
func Hint(err error) string {
	if task := KindOf(err).Task(); task != "" {
		return "Ask the person who runs couponbot to " + task + "."
	}
	return "Please try again in a few minutes."
}

// kinds maps the code at the start of a Redis error to its kind.
var kinds = map[string]Kind{
	"NOPERM": NoPermission, "NOAUTH": NoLogin, "WRONGPASS": NoLogin, "DENIED": NoLogin, // DENIED means protected mode
	"OOM": MemoryFull, "READONLY": ReadOnly, "MASTERDOWN": ReadOnly, "MISCONF": CannotSave, "NOREPLICAS": NoReplicas,
	"LOADING": Loading, "BUSY": Busy,
	"MOVED": Cluster, "ASK": Cluster, "CLUSTERDOWN": Cluster, "CROSSSLOT": Cluster, "TRYAGAIN": Cluster,
	"WRONGTYPE": Damaged,
}

var (
	// code matches the code. Redis wraps a command's error inside a transaction and, before version 7, inside a script: "ERR
	// Error running script (call to f_…): @user_script:1: -OOM command not allowed…". The demo's Redis says "compiling",
	// without the minus.
	code = regexp.MustCompile(`^(?:ERR Error (?:running|compiling) script .*?: -?|EXECABORT .* because of: )?([A-Z]{3,})\b`)
	// aboutScripts matches the refusal of EVAL or EVALSHA, by an ACL or because it was renamed.
	aboutScripts = regexp.MustCompile("(?i)^(?:NOPERM .*|ERR unknown command )['`]eval(?:sha)?['`]")
	// inScript matches an ACL's refusal of a command inside a script. Redis 7.0 has no code for it.
	inScript = regexp.MustCompile(`^ERR (?:Error running script .*)?(?:.*: )?(?:The user executing the script|ACL failure in script)`)
	// noCommand matches an unknown command, called directly or in a script.
	noCommand = regexp.MustCompile(`(?i)^ERR (?:unknown command|.*unknown redis command)`)
	// noLogin and tooMany match errors without a code.
	noLogin = regexp.MustCompile(`(?i)^ERR .*(?:invalid password|AUTH .*without any password)`)
	tooMany = regexp.MustCompile(`^ERR max number of clients`)
)

// KindOf returns the kind of a go-redis error. nil and errors that aren't answers of Redis are [Away].
func KindOf(err error) Kind {
	answer, ok := errors.AsType[redis.Error](err)
	if !ok {
		return Away
	}
	text := strings.TrimPrefix(answer.Error(), "-")
	switch {
	case aboutScripts.MatchString(text):
		return NoScripting
	case inScript.MatchString(text):
		return NoPermission
	case noCommand.MatchString(text):
		return NoCommand
	case noLogin.MatchString(text):
		return NoLogin
	case tooMany.MatchString(text):
		return Busy
	}
	if m := code.FindStringSubmatch(text); m != nil {
		if kind, known := kinds[m[1]]; known {
			return kind
		}
	}
	return Refused
}
