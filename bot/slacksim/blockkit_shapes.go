package slacksim

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// check looks at one value and tells the checker what is wrong with it.
type check func(k *checker, at string, x any)

// shape is what an object may hold.
type shape map[string]field

type field struct {
	required bool
	check    check
}

func need(c check) field { return field{required: true, check: c} }
func may(c check) field  { return field{check: c} }

// with returns the shape with more fields.
func (s shape) with(more shape) shape {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// object checks an object's keys, then what the rules say of the whole.
func object(s shape, rules ...func(k *checker, at string, o map[string]any)) check {
	return func(k *checker, at string, x any) {
		o, ok := x.(map[string]any)
		if !ok {
			k.fault(at, "type", "object", "must be an object")
			return
		}
		for _, key := range slices.Sorted(maps.Keys(o)) {
			f, known := s[key]
			switch {
			case !known:
				k.fault(at+"/"+key, "additional_property", nil, "invalid additional property: %s", key)
			case o[key] == nil && f.required:
				k.fault(at+"/"+key, "required", key, "must not be null")
			case o[key] != nil:
				f.check(k, at+"/"+key, o[key])
			}
		}
		for _, key := range slices.Sorted(maps.Keys(s)) {
			if _, there := o[key]; s[key].required && !there {
				k.fault(at, "required", key, "missing required field: %s", key)
			}
		}
		for _, rule := range rules {
			rule(k, at, o)
		}
	}
}

func anything(*checker, string, any) {}

func boolean(k *checker, at string, x any) {
	if _, ok := x.(bool); !ok {
		k.fault(at, "type", "boolean", "must be true or false")
	}
}

// str wants a string of least to most characters.
func str(least, most int) check {
	return func(k *checker, at string, x any) {
		s, ok := x.(string)
		if !ok {
			k.fault(at, "type", "string", "must be a string")
			return
		}
		length(k, at, s, least, most)
	}
}

func length(k *checker, at, s string, least, most int) {
	n := utf8.RuneCountInString(s)
	if n < least {
		k.fault(at, "min_length", least, "must be more than %d characters", least-1)
	}
	if n > most {
		k.fault(at, "max_length", most, "must be less than %d characters", most+1)
	}
}

// integer wants a whole number of least to most.
func integer(least, most int64) check {
	return func(k *checker, at string, x any) {
		n, ok := x.(json.Number)
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if !ok || err != nil {
			k.fault(at, "type", "integer", "must be a whole number")
			return
		}
		if i < least || i > most {
			k.fault(at, "range", []int64{least, most}, "must be from %d to %d", least, most)
		}
	}
}

// numeric wants a number.
func numeric(k *checker, at string, x any) {
	if _, ok := x.(json.Number); !ok {
		k.fault(at, "type", "number", "must be a number")
	}
}

func oneOf(words ...string) check {
	return func(k *checker, at string, x any) {
		if s, ok := x.(string); !ok || !slices.Contains(words, s) {
			k.fault(at, "enum", words, "must be one of: %s", strings.Join(words, ", "))
		}
	}
}

func matching(pattern, words string) check {
	re := regexp.MustCompile(pattern)
	return func(k *checker, at string, x any) {
		if s, ok := x.(string); !ok || !re.MatchString(s) {
			k.fault(at, "format", words, "must be %s", words)
		}
	}
}

// list wants a list of least to most items.
func list(least, most int, item check) check {
	return func(k *checker, at string, x any) {
		l, ok := x.([]any)
		if !ok {
			k.fault(at, "type", "array", "must be a list")
			return
		}
		if len(l) < least {
			k.fault(at, "min_items", least, "must have at least %d items", least)
		}
		if len(l) > most {
			k.fault(at, "max_items", most, "no more than %d items allowed", most)
		}
		for i, e := range l {
			item(k, fmt.Sprintf("%s/%d", at, i), e)
		}
	}
}

// text wants a text object of either kind, of 1 to most characters.
func text(most int) check { return textOf(most, "plain_text", "mrkdwn") }

// plain wants a plain_text object.
func plain(most int) check { return textOf(most, "plain_text") }

func textOf(most int, kinds ...string) check {
	return object(shape{
		"type":     need(oneOf(kinds...)),
		"text":     need(str(1, most)),
		"emoji":    may(boolean),
		"verbatim": may(boolean),
	}, func(k *checker, at string, o map[string]any) {
		if o["emoji"] != nil && o["type"] == "mrkdwn" {
			k.fault(at+"/emoji", "additional_property", nil, "emoji goes with plain_text only")
		}
		if o["verbatim"] != nil && o["type"] == "plain_text" {
			k.fault(at+"/verbatim", "additional_property", nil, "verbatim goes with mrkdwn only")
		}
	})
}

// kind wants the value of a key named type; what it may be was settled by looking the shape up.
var kind = need(anything)

// identifier is a block_id or an action_id. Slack makes one up for an empty or missing one.
var identifier = may(str(0, maxIDChars))
