package sandbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
)

// The documented error codes.
const (
	codeWrongKeys          = 1000
	codeExpired            = 101
	codeSubaccount         = 102
	codeNoSMS              = 103
	codeNoEmail            = 104
	codeMissing            = 200
	codeBadValue           = 300
	codeBadCharacter       = 301
	codeNotInList          = 302
	codeBadDate            = 303
	codeEmailTaken         = 304
	codeBadAddress         = 305
	codeCampaignNotFound   = 502
	codeTeammateNotFound   = 503
	codeSessionNotFound    = 505
	codeDirectoryNotFound  = 507
	codeWebhookNotFound    = 509
	codeSubaccountNotFound = 510
	codeSMSGroupNotFound   = 514
	codeFolderNotFound     = 515
	codeNotSent            = 604
	// An unknown card has the code of a session in loyaltyusers/list, and of a directory in loyalty/info.
	codeCardNotFound     = codeSessionNotFound
	codeCardInfoNotFound = codeDirectoryNotFound
)

type object map[string]any

// flag writes a boolean as v3 does.
func flag(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

// reply is a route's successful answer, without the envelope.
type reply struct {
	fields object
	// list is the name of the field that holds a list, if any; [Quirks.Lists] changes its form.
	list string
	// bare is the whole body in the resource style, which has no envelope.
	bare any
}

// answer is the HTTP answer.
type answer struct {
	status int
	header http.Header
	body   any
	// cut closes the connection instead of answering.
	cut bool
	// html replaces the body.
	html string
}

func (a answer) write(w http.ResponseWriter) {
	if a.cut {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), a.header)
	if a.html != "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(a.status)
		_, _ = w.Write([]byte(a.html)) // A client that disconnected needs no answer.
		return
	}
	if a.status == http.StatusNoContent {
		w.WriteHeader(a.status)
		return
	}
	text := a.text()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(a.status)
	_, _ = w.Write(text) // A client that disconnected needs no answer.
}

// text returns the body. It consists of maps, slices and plain values, so encoding can't fail.
func (a answer) text() []byte {
	text, err := json.Marshal(a.body)
	if err != nil {
		panic("sandbox: encode an answer: " + err.Error())
	}
	return text
}

func (s *Server) accept(r reply) answer {
	switch {
	case r.bare != nil:
		return answer{status: http.StatusOK, body: r.bare}
	case r.fields == nil:
		return answer{status: http.StatusNoContent}
	}
	if s.quirks.NumbersAsText {
		for name, value := range r.fields {
			if n, ok := value.(int); ok {
				r.fields[name] = strconv.Itoa(n)
			}
		}
	}
	r.fields["status"] = object{"status": "OK"}
	return answer{status: http.StatusOK, body: s.quirks.Lists.form(r)}
}

// failure is a refusal.
type failure struct {
	status int
	shape  Shape
	codes  []int
	texts  []string
	// raw replaces everything else.
	raw *answer
}

func (f *failure) add(code int, text string) {
	f.codes, f.texts = append(f.codes, code), append(f.texts, text)
}

func (f *failure) orNil() *failure {
	if len(f.codes) == 0 {
		return nil
	}
	return f
}

func unauthorized(code int, text string) *failure {
	return &failure{status: http.StatusUnauthorized, shape: ShapeSingle, codes: []int{code}, texts: []string{text}}
}

func unprocessable(code int, text string) *failure {
	return &failure{status: http.StatusUnprocessableEntity, codes: []int{code}, texts: []string{text}}
}

// notThere is the resource style's answer for an unknown object. Its body is assumed.
func notThere() *failure {
	return &failure{raw: &answer{status: http.StatusNotFound, body: object{"message": "Not Found"}}}
}

func (s *Server) refuse(f *failure) answer {
	if f.raw != nil {
		return *f.raw
	}
	if s.quirks.AlwaysOK {
		f.status = http.StatusOK
	}
	return answer{status: f.status, body: f.shape.form(f.codes, f.texts)}
}
