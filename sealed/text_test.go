package sealed_test

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

// guarded is what Value and Of have in common.
type guarded interface {
	fmt.Formatter
	fmt.Stringer
	fmt.GoStringer
	fmt.Scanner
	slog.LogValuer
	json.Marshaler
	json.Unmarshaler
	xml.Marshaler
	xml.MarshalerAttr
	xml.Unmarshaler
	gob.GobEncoder
	gob.GobDecoder
	encoding.TextMarshaler
	encoding.TextUnmarshaler
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
	MarshalYAML() (any, error)
	Label() string
	IsZero() bool
}

// redefined has none of Value's own methods, yet the guards.
type redefined sealed.Value

type hidden struct{ v guarded }

type outer struct {
	V    any `json:"v" xml:"v"`
	Name string
}

// leaks reports whether text holds the plaintext in a usual form.
func leaks(text string) bool {
	low := strings.ToLower(text)
	plain := []byte(secret)
	decimals := strings.Trim(fmt.Sprintf("%d", plain), "[]")
	return strings.Contains(low, strings.ToLower(secret)) || strings.Contains(low, hex.EncodeToString(plain)) ||
		strings.Contains(low, decimals) || strings.Contains(low, fmt.Sprintf("%#v", plain[:4])[7:20])
}

// Proves SEAL-A3.
func TestGuards(t *testing.T) {
	s := open(t)
	plain := [len(secret)]byte([]byte(secret))
	of, err := sealed.SealOf(s, "user name", &plain)
	if err != nil {
		t.Fatal(err)
	}
	value := seal(t, s, "user name", secret)
	for name, v := range map[string]guarded{"Value": value, "Of": of, "redefined": redefined(value), "pointer": &value} {
		t.Run(name, func(t *testing.T) {
			for _, verb := range strings.Split("v +v #v s q x X d c U t 10.3s -5d", " ") {
				if got := fmt.Sprintf("%"+verb, v); got != "user name" {
					t.Errorf("%%%s prints %q", verb, got)
				}
				for _, around := range []any{hidden{v}, &hidden{v}, []any{v}, map[guarded]int{v: 1}, outer{V: v}} {
					if got := fmt.Sprintf("%"+verb, around); leaks(got) {
						t.Errorf("%%%s of %T prints %s", verb, around, got)
					}
				}
			}
			bad := "%p %w %!"                                         // in a variable: vet would refuse them
			if got := fmt.Sprintf(bad, v, v, hidden{v}); leaks(got) { //nolint:staticcheck // bad verbs are the test
				t.Errorf("bad verbs print %s", got)
			}
			if v.String() != "user name" || v.GoString() != "user name" || v.LogValue().String() != "user name" || v.IsZero() {
				t.Errorf("String %q, GoString %q, LogValue %q, IsZero %v", v.String(), v.GoString(), v.LogValue(), v.IsZero())
			}
			if y, err := v.MarshalYAML(); y != "user name" || err != nil {
				t.Errorf("YAML %v, %v", y, err)
			}
			const object = `{"untraceable-object":"user name","cause":"untraceable object type"}`
			if b, err := json.Marshal(outer{V: v}); string(b) != `{"v":`+object+`,"Name":""}` || err != nil {
				t.Errorf("JSON %s, %v", b, err)
			}
			if b, err := json.Marshal(map[guarded]int{v: 1}); string(b) != `{"user name":1}` || err != nil {
				t.Errorf("JSON key %s, %v", b, err)
			}
			if b, err := xml.Marshal(outer{V: v}); string(b) != `<outer><v>user name</v><Name></Name></outer>` || err != nil {
				t.Errorf("XML %s, %v", b, err)
			}
			if a, err := v.MarshalXMLAttr(xml.Name{Local: "n"}); a.Value != "user name" || a.Name.Local != "n" || err != nil {
				t.Errorf("XML attribute %v, %v", a, err)
			}
			if err := gob.NewEncoder(&bytes.Buffer{}).Encode(v); !errors.Is(err, sealed.ErrUntraceable) {
				t.Errorf("gob: %v", err)
			}
			if _, err := v.MarshalBinary(); !errors.Is(err, sealed.ErrUntraceable) {
				t.Errorf("binary: %v", err)
			}
			for what, err := range map[string]error{
				"JSON": v.UnmarshalJSON([]byte(`"x"`)), "text": v.UnmarshalText([]byte("x")),
				"binary": v.UnmarshalBinary([]byte("x")), "gob": v.GobDecode([]byte("x")),
				"XML": v.UnmarshalXML(nil, xml.StartElement{}), "scan": v.Scan(nil, 'v'),
			} {
				if !errors.Is(err, sealed.ErrUntraceable) {
					t.Errorf("reading %s: %v", what, err)
				}
			}
			if _, isError := v.(error); isError {
				t.Error("a value passes for an error")
			}
		})
	}
}

func TestSlogSaysTheLabel(t *testing.T) {
	v := seal(t, open(t), "user name", secret)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var b bytes.Buffer
		slog.New(handler(&b)).With("w", v).WithGroup("g").Info("m", "v", v, "p", &v, "h", hidden{v}, "s", []any{v})
		if leaks(b.String()) || strings.Count(b.String(), "user name") < 3 {
			t.Errorf("%s: %s", name, b.String())
		}
	}
}

// What reflection can reach from a value, a session and a store, followed through every
// pointer, exported or not, holds no byte of the plaintext.
//
// Proves SEAL-A1.
func TestNoReflectionReachesThePlaintext(t *testing.T) {
	s := open(t)
	v := seal(t, s, "user name", secret)
	if err := s.Store().Set("UserName", []byte(secret)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PublicKey(); err != nil {
		t.Fatal(err)
	}
	var walked bytes.Buffer
	walk(&walked, reflect.ValueOf(struct {
		v sealed.Value
		s *sealed.Session
		t *sealed.Store
		p *string
	}{v, s, s.Store(), new(string)}), map[uintptr]bool{})
	if bytes.Contains(walked.Bytes(), []byte("Jude")) {
		t.Error("reflection found the plaintext")
	}
	control := secret
	walked.Reset()
	walk(&walked, reflect.ValueOf(struct{ p *string }{&control}), map[uintptr]bool{})
	if !bytes.Contains(walked.Bytes(), []byte("Jude")) {
		t.Error("the walk does not find what lies open")
	}
}

// walk writes every byte and string that reflection can read.
func walk(w *bytes.Buffer, v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.String:
		w.WriteString(v.String())
	case reflect.Uint8:
		w.WriteByte(byte(v.Uint()))
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || v.Kind() == reflect.Pointer && seen[v.Pointer()] {
			return
		}
		if v.Kind() == reflect.Pointer {
			seen[v.Pointer()] = true
		}
		walk(w, v.Elem(), seen)
	case reflect.Struct:
		for i := range v.NumField() {
			walk(w, v.Field(i), seen)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(w, v.Index(i), seen)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			walk(w, it.Key(), seen)
			walk(w, it.Value(), seen)
		}
	}
}
