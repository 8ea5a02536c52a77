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
	"strconv"
	"strings"
	"time"
)

// params are the parameters of a call as text, from any encoding.
type params map[string]string

// readParams reads a JSON object or a form; for GET and DELETE the query, which isn't documented. wrong describes what is
// invalid.
func readParams(r *http.Request, body []byte, to route) (p params, wrong []string) {
	bodiless := r.Method == http.MethodGet || r.Method == http.MethodDelete
	if r.URL.RawQuery != "" && !bodiless {
		wrong = append(wrong, "parameters in the URL")
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case bodiless && len(body) > 0:
		return params{}, append(wrong, "a body with "+r.Method)
	case bodiless:
		p, err := formParams([]byte(r.URL.RawQuery))
		return p, appendError(wrong, err)
	case len(bytes.TrimSpace(body)) == 0:
		return params{}, wrong
	case kind == "application/json" && slices.Contains(to.params, "[]"):
		return params{"[]": string(body)}, wrong
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
		switch value := value.(type) {
		case string, json.Number, bool:
			p[name] = fmt.Sprint(value)
		case []any:
			p[name+"[]"] = strings.Trim(fmt.Sprint(value), "[]")
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

// list returns the elements of a list parameter. No element contains white space.
func (p params) list(name string) []string { return strings.Fields(p[name+"[]"]) }

// yes reports whether a parameter is true.
func (p params) yes(name string) bool { return p[name] == "true" || p[name] == "1" }

// boolean rejects a parameter that isn't a boolean.
func (p params) boolean(names ...string) *failure {
	for _, name := range names {
		if !slices.Contains([]string{"", "true", "false", "1", "0"}, p[name]) {
			return unprocessable(codeNotInList, "Value not allowed for parameter: "+name)
		}
	}
	return nil
}

// oneOf rejects a parameter that isn't one of the values.
func (p params) oneOf(name string, values ...string) *failure {
	if p[name] == "" || slices.Contains(values, p[name]) {
		return nil
	}
	return unprocessable(codeNotInList, "Value not allowed for parameter: "+name)
}

// date rejects a parameter that isn't a date in the layout.
func (p params) date(name, layout string) *failure {
	if _, err := time.Parse(layout, p[name]); err != nil && p[name] != "" {
		return unprocessable(codeBadDate, "Wrong date format in parameter: "+name)
	}
	return nil
}

// page returns the requested page number.
func (p params) page() (int, *failure) {
	if p["page"] == "" {
		return 1, nil
	}
	n, err := strconv.Atoi(p["page"])
	if err != nil || n < 1 {
		return 0, invalidCharacter("page")
	}
	return n, nil
}

// unknown returns the parameters that a route doesn't have.
func (p params) unknown(known []string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(known, name) && name != "client_id" && name != "client_secret" {
			out = append(out, fmt.Sprintf("unknown parameter %q", name))
		}
	}
	return out
}

// require rejects a call with missing or empty parameters, with one error for each.
func (p params) require(names ...string) *failure {
	f := &failure{status: http.StatusUnprocessableEntity}
	for _, name := range names {
		if strings.TrimSpace(p[name]) == "" {
			f.add(codeMissing, "Missing parameter: "+name)
		}
	}
	return f.orNil()
}

// numeric rejects ids that aren't digits after one of the prefixes; the API calls these parameters numeric.
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

// first returns the first failure that isn't nil.
func first(failures ...*failure) *failure {
	for _, f := range failures {
		if f != nil {
			return f
		}
	}
	return nil
}
