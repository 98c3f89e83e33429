package edge

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed/wire"
)

const (
	maxFormFields = 500
	maxFieldName  = 100
)

// Form is a decoded form. Its accessors read one field each and note what is
// wrong with it instead of returning an error, so that a handler reads
// everything, asks Err once, and shows the page again with each message beside
// its field and what was typed still in it ([Form.Typed], [Form.Problem]).
//
// A field that no accessor has named is unknown, and Err refuses the form. A
// Form belongs to one request and is not safe for concurrent use.
type Form struct {
	ctx      context.Context // of the request, where its secrets are
	names    []string        // in the order sent
	values   map[string][]string
	asked    map[string]bool
	problems Problems
}

// DecodeForm reads the body of r as application/x-www-form-urlencoded, at most
// maxBytes and 500 fields. It refuses invalid percent-encoding, invalid UTF-8
// and control characters other than line breaks and tabs; the query of the URL
// is not part of a form. The error is a *habeas.Error and repeats no input.
func DecodeForm(w http.ResponseWriter, r *http.Request, maxBytes int64) (*Form, error) {
	if err := wantBody(r, "application/x-www-form-urlencoded"); err != nil {
		return nil, err
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer release(buf)
	if err := readBody(w, r, maxBytes, buf); err != nil {
		return nil, err
	}
	f, err := parseForm(buf.String())
	if err != nil {
		return nil, err
	}
	f.ctx = r.Context()
	return f, nil
}

func parseForm(body string) (*Form, error) {
	f := &Form{ctx: context.Background(), values: make(map[string][]string), asked: make(map[string]bool)}
	if body == "" {
		return f, nil
	}
	count := 0
	for pair := range strings.SplitSeq(body, "&") {
		if count++; count > maxFormFields {
			return nil, &habeas.Error{Kind: habeas.KindTooLarge, Code: "form.fields", Message: "The form has too many fields."}
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		value, err2 := url.QueryUnescape(rawValue)
		if err != nil || err2 != nil || name == "" || len(name) > maxFieldName || strings.Contains(pair, ";") {
			return nil, habeas.Invalid("", "The form did not arrive as a browser sends it.").WithCode("form.syntax")
		}
		if !cleanText(name) || !cleanText(value) {
			return nil, habeas.Invalid("", "The form holds characters that cannot be used.").WithCode("form.characters")
		}
		if _, known := f.values[name]; !known {
			f.names = append(f.names, name)
		}
		f.values[name] = append(f.values[name], value)
	}
	return f, nil
}

// cleanText reports whether s is UTF-8 without control characters; line breaks
// and tabs are judged by the accessors.
func cleanText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, c := range s {
		if unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
	}
	return true
}

// Typed returns what was sent for a field, unchanged, to show it again. It is
// "" for a field that was not sent, and the first value of several. A secret is not shown
// again.
func (f *Form) Typed(name string) string {
	if v := f.values[name]; len(v) > 0 {
		if _, secret := wire.Take(f.ctx, v[0]); !secret {
			return v[0]
		}
	}
	return ""
}

// TypedAll returns every value sent for a field, such as the ticked boxes.
func (f *Form) TypedAll(name string) []string { return f.values[name] }

// Fail notes an error about a field; nil notes nothing. An error that is not
// about input, such as "too often", keeps its kind and decides the answer.
func (f *Form) Fail(name string, err *habeas.Error) {
	if err == nil {
		return
	}
	e := *err
	if e.Kind == habeas.KindInvalid {
		e.Field = name
	}
	f.problems = append(f.problems, &e)
}

// Problem returns what is wrong with a field, or nil.
func (f *Form) Problem(name string) *habeas.Error {
	for _, e := range f.problems {
		if e.Field == name {
			return e
		}
	}
	return nil
}

// Problems returns what is wrong, in the order the fields were read.
func (f *Form) Problems() Problems { return f.problems }

// Err returns nil if every field was as asked and no other was sent, else
// Problems. Call it after the last accessor.
func (f *Form) Err() error {
	for _, name := range f.names {
		if !f.asked[name] {
			// The name is the sender's text: it is not repeated.
			return append(f.problems, habeas.Invalid("", "The form holds a field that is not known here. Reload the page and try again.").
				WithCode("form.unknown"))
		}
	}
	if len(f.problems) == 0 {
		return nil
	}
	return f.problems
}

// one returns the only value of a field.
func (f *Form) one(name string) (string, bool) {
	f.asked[name] = true
	v := f.values[name]
	if len(v) > 1 {
		f.Fail(name, habeas.Invalid(name, "This field was sent twice.").WithCode("form.duplicate"))
		return "", false
	}
	if len(v) == 0 {
		return "", false
	}
	return v[0], true
}
