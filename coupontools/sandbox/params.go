package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// params are the parameters of a call as text, whichever way they came.
type params map[string]string

// readParams reads a JSON object or a form. What is wrong with them comes back in words.
func readParams(r *http.Request, body []byte) (p params, wrong []string) {
	if r.URL.RawQuery != "" {
		wrong = append(wrong, "parameters in the URL")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return params{}, wrong
	case kind == "application/json":
		p, err := jsonParams(body)
		return p, appendError(wrong, err)
	case kind == "application/x-www-form-urlencoded":
		p, err := formParams(body)
		return p, appendError(wrong, err)
	}
	return params{}, append(wrong, fmt.Sprintf("the content type %q", kind))
}

func appendError(wrong []string, err error) []string {
	if err != nil {
		return append(wrong, err.Error())
	}
	return wrong
}

// jsonParams reads an object, or the empty array that the PHP samples send for no parameters.
func jsonParams(body []byte) (params, error) {
	if string(bytes.Join(bytes.Fields(body), nil)) == "[]" {
		return params{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var raw map[string]any
	if err := d.Decode(&raw); err != nil || d.More() {
		return params{}, errors.New("a body that is no JSON object")
	}
	p := params{}
	for name, value := range raw {
		switch value.(type) {
		case string, json.Number, bool:
			p[name] = fmt.Sprint(value)
		default:
			return p, fmt.Errorf("parameter %q is neither text, number nor boolean", name)
		}
	}
	return p, nil
}

func formParams(body []byte) (params, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return params{}, errors.New("a body that is no form")
	}
	p := params{}
	for name, values := range form {
		if len(values) > 1 {
			return p, fmt.Errorf("parameter %q comes twice", name)
		}
		p[name] = values[0]
	}
	return p, nil
}

// unknown names the parameters that a route does not know.
func (p params) unknown(known []string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(known, name) && name != "client_id" && name != "client_secret" {
			out = append(out, fmt.Sprintf("unknown parameter %q", name))
		}
	}
	return out
}

// require refuses a call in which a parameter is missing or empty, with one error for each.
func (p params) require(names ...string) *failure {
	f := &failure{status: http.StatusUnprocessableEntity}
	for _, name := range names {
		if strings.TrimSpace(p[name]) == "" {
			f.add(codeMissing, "Missing parameter: "+name)
		}
	}
	return f.orNil()
}

// numeric refuses ids that are no digits behind one of the prefixes; the API calls these parameters numeric.
func (p params) numeric(name string, prefixes ...string) *failure {
	id := p[name]
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(id, prefix); ok {
			id = rest
			break
		}
	}
	if !digits.MatchString(id) {
		return invalidCharacter(name)
	}
	return nil
}

var digits = regexp.MustCompile(`^[0-9]{1,18}$`)

func invalidCharacter(name string) *failure {
	return unprocessable(codeBadCharacter, "Invalid character in parameter: "+name)
}

// first returns the first failure there is.
func first(failures ...*failure) *failure {
	for _, f := range failures {
		if f != nil {
			return f
		}
	}
	return nil
}
