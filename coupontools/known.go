package coupontools

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Answer describes the shape of one good answer.
type Answer struct {
	// Route is the method and path: "POST /v3/directory/list".
	Route string
	// Differences describe in words, at most twelve, what differs from the known shape: names and types, never a value.
	Differences []string
}

// Route describes one endpoint.
type Route struct {
	// Name is the method and path, with ids in braces: "GET /v4/directory/{directory}".
	Name string
	// Area is the part of the API it belongs to, Does what it does.
	Area, Does string
	// Topics are the words after /coupontools of the commands that call it; none for a route that only programs call.
	Topics []string
	// Read is true if it changes nothing, Repeated if the client retries it after a transient failure.
	Read, Repeated bool
	// Known is "proven", "answer assumed" or "path and answer assumed".
	Known string
	// Shape is an example of a good answer to a read in JSON, without its envelope. A name that ends in "?" may be missing;
	// null matches anything.
	Shape string
	// Probe tries the route. It is nil unless Read is true.
	Probe Probe
}

// Routes returns every endpoint that the client can call, in the order in which to probe them.
func Routes() []Route {
	var out []Route
	for name, e := range entries() {
		r := e.route
		out = append(out, Route{
			Name: r.String(), Area: name, Does: e.does,
			Topics: strings.FieldsFunc(e.topics, func(c rune) bool { return c == ',' || c == ' ' }),
			Read:   r.kind == read, Repeated: r.kind != send, Known: r.known.String(), Shape: r.shape, Probe: e.probe,
		})
	}
	return out
}

// compare reports how an answer differs from the known shape, if [WithAnswers] is set.
func (c *Client) compare(r *route, a answer) {
	if c.answers == nil || r.shape == "" {
		return
	}
	d := differ{envelope: r.style == rpc}
	d.value("", json.RawMessage(r.shape), a.raw)
	c.answers(Answer{Route: r.String(), Differences: d.found})
}

const (
	maxDifferences = 12
	// maxCompared is how many elements of a list are compared.
	maxCompared = 50
)

// differ collects the differences between two shapes.
type differ struct {
	// envelope is true if the answer has a status that isn't part of its shape.
	envelope bool
	found    []string
}

// say adds a difference unless it is a duplicate or there are too many.
func (d *differ) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(d.found) < maxDifferences && !slices.Contains(d.found, text) {
		d.found = append(d.found, text)
	}
}

// value compares a value at a path with the known one.
func (d *differ) value(path string, known, got json.RawMessage) {
	want, is := typeOf(known), typeOf(got)
	switch {
	case want == "null":
	case want != is:
		d.say("%s is %s, known as %s", either(path, "the answer"), is, want)
	case want == "array":
		d.array(path, known, got)
	case want == "object":
		d.object(path, known, got)
	}
}

func (d *differ) array(path string, known, got json.RawMessage) {
	wanted, _ := elements(known)
	list, _ := elements(got)
	for _, element := range list[:min(len(list), maxCompared)] {
		d.value(path+"[]", wanted[0], element)
	}
}

func (d *differ) object(path string, known, got json.RawMessage) {
	names := make(map[string]bool)
	for name, want := range membersOf(known) {
		name, optional := strings.CutSuffix(name, "?")
		names[name] = true
		value, ok := memberNamed(got, name)
		switch {
		case ok:
			d.value(joinPath(path, name), want, value)
		case !optional:
			d.say("%s is missing", joinPath(path, name))
		}
	}
	for name, value := range membersOf(got) {
		if names[name] || path == "" && d.envelope && name == "status" {
			continue
		}
		d.say("%s is new (%s)", joinPath(path, scrubPeople(cut(clean(name), maxShapeKey))), typeOf(value))
	}
}

// memberNamed returns the member of an object with exactly that name.
func memberNamed(raw json.RawMessage, name string) (json.RawMessage, bool) {
	for key, value := range membersOf(raw) {
		if key == name {
			return value, true
		}
	}
	return nil, false
}

// joinPath returns the path of a member.
func joinPath(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// typeOf returns the type of a JSON value as a word.
func typeOf(raw json.RawMessage) string {
	switch {
	case isArray(raw):
		return "array"
	case isObject(raw):
		return "object"
	default:
		return shapeOf(raw, 0)
	}
}
