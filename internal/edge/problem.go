package edge

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/habeas-data/habeas"
)

// Problem is the body of a failed answer to a program: application/problem+json
// (RFC 9457) with members of ours. Type is a stable path of this server.
type Problem struct {
	Type     string         `json:"type"`              // "/problems/invalid"
	Title    string         `json:"title"`             // the same for every problem of a type
	Status   int            `json:"status"`            // as in the status line
	Detail   string         `json:"detail,omitzero"`   // what to do, one sentence
	Code     string         `json:"code,omitzero"`     // stable, for programs
	Field    string         `json:"field,omitzero"`    // when it is about one field
	Errors   []ProblemField `json:"errors,omitempty"`  // when it is about several
	Incident string         `json:"incident,omitzero"` // quote it when asking us
}

// ProblemField is what is wrong with one field.
type ProblemField struct {
	Field  string `json:"field"`
	Code   string `json:"code,omitzero"`
	Detail string `json:"detail"`
}

// ProblemOf returns the document that describes f.
func ProblemOf(f Failure) Problem {
	p := Problem{
		Type:     "/problems/" + f.Kind.String(),
		Title:    titleOf(f.Kind),
		Status:   f.Status,
		Detail:   f.Main.Text(),
		Code:     f.Main.Code,
		Field:    f.Main.Field,
		Incident: f.Incident,
	}
	if len(f.Fields) > 1 {
		for _, e := range f.Fields {
			p.Errors = append(p.Errors, ProblemField{Field: e.Field, Code: e.Code, Detail: e.Text()})
		}
	}
	return p
}

func writeProblem(w http.ResponseWriter, f Failure) {
	h := w.Header()
	if f.Kind == habeas.KindUnauthenticated && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", `Bearer`) // RFC 9110, 15.5.2: a 401 must name a scheme
	}
	if err := writeJSON(w, f.Status, "application/problem+json", ProblemOf(f)); err != nil {
		w.WriteHeader(f.Status) // only text that is no UTF-8 gets here; the status says the most
	}
}

// WriteJSON answers with v as JSON. The body is made before the status goes
// out, so a value that cannot be encoded is an error and not half an answer.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	return writeJSON(w, status, "application/json", v)
}

// WriteJSONAs is WriteJSON with another media type: one that ends in +json.
func WriteJSONAs(w http.ResponseWriter, status int, mediaType string, v any) error {
	return writeJSON(w, status, mediaType, v)
}

func writeJSON(w http.ResponseWriter, status int, mediaType string, v any) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := json.MarshalWrite(buf, v); err != nil {
		return habeas.Internal(err)
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	w.Write(buf.Bytes()) //nolint:errcheck // the client has gone; the access log shows the bytes
	return nil
}

// buffers are shared between requests; see release.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// release wipes a buffer, for it held somebody's data, and gives it back
// unless one large body has grown it.
func release(buf *bytes.Buffer) {
	if buf.Cap() > 64<<10 {
		return
	}
	clear(buf.Bytes())
	buf.Reset()
	buffers.Put(buf)
}

// titleOf names a kind for people.
func titleOf(k habeas.ErrorKind) string {
	titles := [...]string{
		"Something went wrong", "Please correct the input", "Please sign in", "Not allowed", "Not found",
		"Changed meanwhile", "No longer there", "Too large", "Too many requests", "Try again later",
		"The server is sealed",
	}
	if int(k) < len(titles) {
		return titles[k]
	}
	return titles[0]
}
