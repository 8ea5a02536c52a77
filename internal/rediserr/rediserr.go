// Package rediserr tells apart the ways in which Redis fails couponbot: it can be away, or it can answer and refuse, and
// each refusal has its own cause and its own cure.
//
// [KindOf] classifies an error of go-redis, however it is wrapped. [Problem] and [Hint] put it into words for people.
package rediserr

import (
	"errors"
	"regexp"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Kind is one way in which Redis fails.
type Kind int

// The kinds. Every error that Redis itself did not answer with is [Away].
const (
	Away         Kind = iota // no connection, or no answer in time
	Refused                  // an error that is none of those below
	NoPermission             // the ACL of the account lacks a command, a key or a channel
	NoLogin                  // user and password are missing or wrong
	NoScripting              // EVAL or EVALSHA is forbidden or switched off
	NoCommand                // a command is renamed away, or the server is too old for it
	MemoryFull               // maxmemory is reached
	ReadOnly                 // a replica
	CannotSave               // the disk fails, and Redis takes no writes until it works
	NoReplicas               // fewer replicas are connected than min-replicas-to-write
	Loading                  // Redis has just started
	Busy                     // a script hogs Redis, or too many clients are connected
	Cluster                  // a node of a cluster
	Damaged                  // a key holds another type of value than couponbot put there; Redis itself is fine
)

// words describe a kind: its name in a word or two, what is wrong as a clause, and what the operator has to do as the end
// of a sentence. A failure that ends without anybody has no task.
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

// String is the kind in a word or two, such as "memory full".
func (k Kind) String() string { return inWords[k].name }

// Task is what the operator has to do, as the end of a sentence: "raise maxmemory in Redis". It is empty for a
// failure that ends without anybody.
func (k Kind) Task() string { return inWords[k].task }

// PartError says which part of what couponbot keeps in Redis an error is about.
type PartError struct {
	// Part is the part in words, such as "the queue's keys".
	Part string
	Err  error
}

func (e *PartError) Error() string { return e.Part + ": " + e.Err.Error() }

func (e *PartError) Unwrap() error { return e.Err }

// Problem says what is wrong, as a clause without a full stop: "Redis answers, but its memory is full".
func Problem(err error) string {
	kind := KindOf(err)
	part, ok := errors.AsType[*PartError](err)
	if ok && kind == NoPermission && strings.Contains(part.Err.Error(), "key") { // else it is a command that is refused
		return "Redis refuses " + part.Part + " (NOPERM)"
	}
	return inWords[kind].problem
}

// Hint says what to do, in a sentence for somebody who cannot change Redis: whom to ask, or to wait.
func Hint(err error) string {
	if task := KindOf(err).Task(); task != "" {
		return "Ask whoever runs couponbot to " + task + "."
	}
	return "Please try again in a few minutes."
}

// kinds are the kinds by the code that begins an error of Redis.
var kinds = map[string]Kind{
	"NOPERM": NoPermission, "NOAUTH": NoLogin, "WRONGPASS": NoLogin, "DENIED": NoLogin, // DENIED is the protected mode
	"OOM": MemoryFull, "READONLY": ReadOnly, "MASTERDOWN": ReadOnly, "MISCONF": CannotSave, "NOREPLICAS": NoReplicas,
	"LOADING": Loading, "BUSY": Busy,
	"MOVED": Cluster, "ASK": Cluster, "CLUSTERDOWN": Cluster, "CROSSSLOT": Cluster, "TRYAGAIN": Cluster,
	"WRONGTYPE": Damaged,
}

var (
	// code finds the code. Redis wraps the error of a command in one of its own inside a transaction and, before version 7,
	// inside a script: "ERR Error running script (call to f_…): @user_script:1: -OOM command not allowed…". The Redis
	// of the demo calls that "compiling", without the sign.
	code = regexp.MustCompile(`^(?:ERR Error (?:running|compiling) script .*?: -?|EXECABORT .* because of: )?([A-Z]{3,})\b`)
	// aboutScripts finds the refusal of EVAL or EVALSHA, by an ACL or since it was renamed.
	aboutScripts = regexp.MustCompile("(?i)^(?:NOPERM .*|ERR unknown command )['`]eval(?:sha)?['`]")
	// inScript finds the refusal by an ACL of what a script does. Redis 7.0 gives it no code of its own.
	inScript = regexp.MustCompile(`^ERR (?:Error running script .*)?(?:.*: )?(?:The user executing the script|ACL failure in script)`)
	// noCommand finds a command that is not there, called or in a script.
	noCommand = regexp.MustCompile(`(?i)^ERR (?:unknown command|.*unknown redis command)`)
	// noLogin and tooMany find errors without a code of their own.
	noLogin = regexp.MustCompile(`(?i)^ERR .*(?:invalid password|AUTH .*without any password)`)
	tooMany = regexp.MustCompile(`^ERR max number of clients`)
)

// KindOf returns the kind of an error that a command of go-redis returned. nil and what Redis did not answer is [Away].
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
