package edge

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/habeas-data/habeas"
)

// maxDepth is how deep a document may nest. Ours nest to about five.
const maxDepth = 32

// DecodeJSON reads the body of r, at most maxBytes, as exactly one JSON value
// of type T. It refuses what parsers are known to disagree about (RFC 8259,
// RFC 7493): another Content-Type, an encoded body, invalid UTF-8, a member
// given twice, spelled in another case or not known, data after the value,
// nesting deeper than 32, a value of the wrong type. A null stands for an
// absent member.
//
// The error is a *habeas.Error whose Field is a dotted path such as
// "contact.email" or "tickets.3.name", made only of names that T declares:
// neither values nor names that the caller made up are repeated. Custom
// decoders of T's fields may return a *habeas.Error; its message is kept.
func DecodeJSON[T any](w http.ResponseWriter, r *http.Request, maxBytes int64) (T, error) {
	var v T
	if err := wantBody(r, "application/json"); err != nil {
		return v, err
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := readBody(w, r, maxBytes, buf); err != nil {
		return v, err
	}
	return ParseJSON[T](buf.Bytes())
}

// ParseJSON is [DecodeJSON] for a document that came some other way, such as in the field of
// a form. What it returns holds nothing of doc.
func ParseJSON[T any](doc []byte) (T, error) {
	var v T
	if tooDeep(doc) {
		return v, habeas.Invalid("", "The document nests too deeply.").WithCode("json.depth")
	}
	// Safe with a shared buffer: decoding copies every string it keeps.
	if err := json.Unmarshal(doc, &v, strict); err != nil {
		var zero T // half a document must not be used by mistake
		return zero, explainJSON(err, doc, reflect.TypeFor[T]())
	}
	return v, nil
}

// strict adds to the defaults, which already refuse duplicate names, invalid
// UTF-8, trailing data and names in another case.
var strict = json.RejectUnknownMembers(true)

// wantBody checks what is known before the body is read.
func wantBody(r *http.Request, mediaType string) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		// A request that only reads has no body that could change anything.
		return habeas.Internal(errors.New("edge: a body decoder on a GET route"))
	}
	unsupported := &habeas.Error{Kind: habeas.KindInvalid, Code: "content-type"}
	if h := r.Header["Content-Encoding"]; len(h) > 0 && !strings.EqualFold(h[0], "identity") {
		unsupported.Message = "The body must not be compressed."
		return WithStatus(unsupported, http.StatusUnsupportedMediaType)
	}
	if ct := r.Header["Content-Type"]; len(ct) == 1 {
		if ct[0] == mediaType {
			return nil
		}
		got, params, err := mime.ParseMediaType(ct[0])
		charset, given := params["charset"]
		if err == nil && got == mediaType && (!given || strings.EqualFold(charset, "utf-8")) {
			return nil
		}
	}
	unsupported.Message = "The body must be sent as {type} in UTF-8."
	return WithStatus(unsupported.With("type", mediaType), http.StatusUnsupportedMediaType)
}

// readBody fills buf with the body, or refuses it when it is longer than max
// bytes, in which case the rest is not read and the connection not reused.
func readBody(w http.ResponseWriter, r *http.Request, max int64, buf *bytes.Buffer) error {
	tooLarge := func() error {
		w.Header().Set("Connection", "close")
		return &habeas.Error{Kind: habeas.KindTooLarge, Code: "body.size", Message: "This is more than can be sent at once."}
	}
	if r.ContentLength > max {
		return tooLarge()
	}
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead) // ReadFrom wants room to see the end
	}
	_, err := buf.ReadFrom(&io.LimitedReader{R: r.Body, N: max + 1})
	var capped *http.MaxBytesError
	switch {
	case errors.As(err, &capped), int64(buf.Len()) > max:
		return tooLarge()
	case err != nil:
		return habeas.Invalid("", "The body did not arrive in full.").WithCode("body.incomplete").WithCause(err)
	}
	return nil
}

// tooDeep scans a document before it is decoded: brackets outside strings.
// What is not JSON is left for the decoder to refuse.
func tooDeep(doc []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(doc); i++ {
		c := doc[i]
		switch {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// explainJSON turns what the decoder found into an error for people.
func explainJSON(err error, doc []byte, t reflect.Type) error {
	var own *habeas.Error
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		path, at := declaredPath(t, string(semantic.JSONPointer))
		switch {
		case errors.As(semantic.Err, &own):
			e := *own
			e.Field = path
			return &e
		case errors.Is(semantic.Err, json.ErrUnknownName):
			return habeas.Invalid(path, "There is a member that is not known here. Known are: {names}.").
				WithCode("json.unknown").With("names", strings.Join(names(at), ", "))
		}
		return habeas.Invalid(path, "This must be {type}.").WithCode("json.type").With("type", describe(at))
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		path, _ := declaredPath(t, string(syntactic.JSONPointer))
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			return habeas.Invalid(path, "Something is given twice here.").WithCode("json.duplicate")
		case !utf8.Valid(doc):
			return habeas.Invalid(path, "The text is not valid UTF-8.").WithCode("json.utf8")
		case strings.Contains(syntactic.Err.Error(), "after top-level value"):
			return habeas.Invalid("", "There is more than one JSON value.").WithCode("json.trailing")
		}
		return habeas.Invalid(path, "This is not valid JSON.").WithCode("json.syntax")
	}
	return habeas.Invalid("", "This is not valid JSON.").WithCode("json.syntax")
}

// declaredPath turns a JSON pointer (RFC 6901) into a dotted path of names that
// t declares, and the type found there. A name that is not declared ends the
// path at its parent, because it is the caller's text; a key of a map, which
// is the caller's too, becomes "*".
func declaredPath(t reflect.Type, pointer string) (string, reflect.Type) {
	var path []string
	for token := range jsontext.Pointer(pointer).Tokens() {
		t = deref(t)
		if t == rawJSON {
			break // all of it is the caller's
		}
		switch t.Kind() {
		case reflect.Struct:
			next, ok := member(t, token)
			if !ok {
				return strings.Join(path, "."), t
			}
			path, t = append(path, token), next
		case reflect.Slice, reflect.Array:
			path, t = append(path, token), t.Elem() // a pointer's token in an array is its index
		case reflect.Map:
			path, t = append(path, "*"), t.Elem()
		default:
			return strings.Join(path, "."), t
		}
	}
	return strings.Join(path, "."), deref(t)
}

var rawJSON = reflect.TypeFor[jsontext.Value]()

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// member finds the type of the member of t that JSON calls name.
func member(t reflect.Type, name string) (reflect.Type, bool) {
	for f := range t.Fields() {
		tag, inline := jsonName(f)
		if inline && deref(f.Type).Kind() == reflect.Struct {
			if found, ok := member(deref(f.Type), name); ok {
				return found, true
			}
		} else if tag == name {
			return f.Type, true
		}
	}
	return nil, false
}

// names lists the members that t takes.
func names(t reflect.Type) []string {
	if t.Kind() != reflect.Struct {
		return nil
	}
	var out []string
	for f := range t.Fields() {
		tag, inline := jsonName(f)
		if inline {
			out = append(out, names(deref(f.Type))...)
		} else if tag != "" {
			out = append(out, tag)
		}
	}
	return out
}

// jsonName returns what a field is called in JSON, "" if it is not there, and
// whether its own members stand in its place.
func jsonName(f reflect.StructField) (name string, inline bool) {
	tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case tag == "-" && options == "":
		return "", false
	case tag == "" && (f.Anonymous || strings.Contains(","+options+",", ",inline,") || strings.Contains(","+options+",", ",embed,")):
		return "", true
	case !f.IsExported():
		return "", false
	case tag == "":
		return f.Name, false
	}
	return tag, false
}

// describe names what a member of type t must be.
func describe(t reflect.Type) string {
	if t == rawJSON {
		return "JSON"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() != reflect.Uint8 {
			return "an array"
		}
	case reflect.Map:
		return "an object"
	case reflect.Struct:
		if len(names(t)) > 0 {
			return "an object"
		}
	}
	return "a string of the stated form"
}
