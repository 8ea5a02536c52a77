package blockkit

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

// rule checks the value at a JSON pointer and reports its problems to the checker.
type rule func(k *checker, at string, x any)

// objectRule checks fields of an object that depend on each other.
type objectRule func(k *checker, at string, o map[string]any)

// shape lists the fields that an object may have.
type shape map[string]field

// field is the rule for one field of an object.
type field struct {
	required bool
	rule     rule
}

// required is a field that must be there and not null.
func required(r rule) field { return field{required: true, rule: r} }

// optional is a field that may be missing or null.
func optional(r rule) field { return field{rule: r} }

// with returns a copy of the shape with more fields.
func (s shape) with(more shape) shape {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// objectOf checks each field of an object, then the rules for the whole object.
func objectOf(s shape, rules ...objectRule) rule {
	return func(k *checker, at string, x any) {
		o, ok := x.(map[string]any)
		if !ok {
			k.report(at, "type", "object", "must be an object")
			return
		}
		s.check(k, at, o)
		for _, r := range rules {
			r(k, at, o)
		}
	}
}

// check reports unknown, invalid and missing fields, in the order of their names.
func (s shape) check(k *checker, at string, o map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(o)) {
		f, known := s[key]
		switch {
		case !known:
			k.report(at+"/"+key, "additional_property", nil, "invalid additional property: %s", key)
		case o[key] == nil && f.required:
			k.report(at+"/"+key, "required", key, "must not be null")
		case o[key] != nil:
			f.rule(k, at+"/"+key, o[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if _, present := o[key]; s[key].required && !present {
			k.report(at, "required", key, "missing required field: %s", key)
		}
	}
}

// anything allows every value. It is for fields that another rule checks.
func anything(*checker, string, any) {}

// boolean allows true and false.
func boolean(k *checker, at string, x any) {
	if _, ok := x.(bool); !ok {
		k.report(at, "type", "boolean", "must be true or false")
	}
}

// stringOf allows strings of least to most characters.
func stringOf(least, most int) rule {
	return func(k *checker, at string, x any) {
		s, ok := x.(string)
		if !ok {
			k.report(at, "type", "string", "must be a string")
			return
		}
		n := utf8.RuneCountInString(s)
		if n < least {
			k.report(at, "min_length", least, "must be more than %d characters", least-1)
		}
		if n > most {
			k.report(at, "max_length", most, "must be less than %d characters", most+1)
		}
	}
}

// integer allows whole numbers from least to most.
func integer(least, most int64) rule {
	return func(k *checker, at string, x any) {
		n, ok := x.(json.Number)
		i, err := strconv.ParseInt(n.String(), 10, 64)
		if !ok || err != nil {
			k.report(at, "type", "integer", "must be a whole number")
			return
		}
		if i < least || i > most {
			k.report(at, "range", []int64{least, most}, "must be from %d to %d", least, most)
		}
	}
}

// number allows any JSON number.
func number(k *checker, at string, x any) {
	if _, ok := x.(json.Number); !ok {
		k.report(at, "type", "number", "must be a number")
	}
}

// oneOf allows the strings listed.
func oneOf(values ...string) rule {
	return func(k *checker, at string, x any) {
		if s, ok := x.(string); !ok || !slices.Contains(values, s) {
			k.report(at, "enum", values, "must be one of: %s", strings.Join(values, ", "))
		}
	}
}

// matching allows strings that match a regular expression; format describes it.
func matching(pattern, format string) rule {
	re := regexp.MustCompile(pattern)
	return func(k *checker, at string, x any) {
		if s, ok := x.(string); !ok || !re.MatchString(s) {
			k.report(at, "format", format, "must be %s", format)
		}
	}
}

// listOf allows lists of least to most valid items.
func listOf(least, most int, item rule) rule {
	return func(k *checker, at string, x any) {
		items, ok := x.([]any)
		if !ok {
			k.report(at, "type", "array", "must be a list")
			return
		}
		if len(items) < least {
			k.report(at, "min_items", least, "must have at least %d items", least)
		}
		if len(items) > most {
			k.report(at, "max_items", most, "no more than %d items allowed", most)
		}
		for i, x := range items {
			item(k, fmt.Sprintf("%s/%d", at, i), x)
		}
	}
}

// anyText allows a text object of either type with 1 to most characters.
func anyText(most int) rule { return textObject(most, "plain_text", "mrkdwn") }

// plainText allows a plain_text object with 1 to most characters.
func plainText(most int) rule { return textObject(most, "plain_text") }

// textObject allows text objects of the types listed. emoji and verbatim each belong to one of the types.
func textObject(most int, types ...string) rule {
	return objectOf(shape{
		"type":     required(oneOf(types...)),
		"text":     required(stringOf(1, most)),
		"emoji":    optional(boolean),
		"verbatim": optional(boolean),
	}, func(k *checker, at string, o map[string]any) {
		if o["emoji"] != nil && o["type"] == "mrkdwn" {
			k.report(at+"/emoji", "additional_property", nil, "emoji goes with plain_text only")
		}
		if o["verbatim"] != nil && o["type"] == "plain_text" {
			k.report(at+"/verbatim", "additional_property", nil, "verbatim goes with mrkdwn only")
		}
	})
}

// typeKey is the field "type" of an object. Its value was checked when the shape was chosen.
var typeKey = required(anything)

// idKey is a block_id or an action_id. Slack fills in one that is missing or empty.
var idKey = optional(stringOf(0, maxID))
