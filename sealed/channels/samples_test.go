package channels

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"hash"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/canary"
)

// kind is how a sample holds the plaintext.
type kind string

const (
	plain      kind = "plain"
	sealedKind kind = "sealed"
)

const (
	label = "user name"
	size  = 26 // bytes of the plaintext, which is rand.Text
	part  = 8  // bytes of it that would be found by themselves
)

// The plaintext, as text and as a number: its first eight bytes, with the upper bit set so
// that no int64 holds it.
var (
	secret = rand.Text()
	number = numberOf([]byte(secret))
	digits = fmt.Sprint(number)
)

// secrets is what is searched for. It is made late: a child must not have it.
var secrets = sync.OnceValue(func() *canary.Set {
	var s canary.Set
	add(&s, secret)
	for _, text := range []string{digits, fmt.Sprintf("%x", number), fmt.Sprint(indexOf([]byte(secret)))} {
		s.Text("number", text)
	}
	s.Binary("number", binary.LittleEndian.AppendUint64(nil, number))
	return &s
})

// add adds a plaintext and its parts to a set.
func add(s *canary.Set, text string) {
	s.Text("plaintext", text)
	for i := 0; i+part <= len(text); i += part {
		s.Text("a part of it", text[i:i+part])
	}
}

// find tells the first form of the plaintext in b, "" without any.
func find(t *testing.T, b []byte) string {
	t.Helper()
	report, err := secrets().Bytes("output", b)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Findings) == 0 {
		return ""
	}
	return report.Findings[0].String()
}

// sample is one thing that a program may have in its hand.
type sample struct {
	kind  kind
	leaf  string
	shape string
	v     any
}

// text is what a program writes that makes a string of what it has.
func (s sample) text() string { return fmt.Sprint(s.v) }

// The plain leaves. None has methods, as the values of most programs.
type (
	plainText   string
	plainStruct struct{ s string }
	plainOpen   struct{ S string }
	plainArray  [size]byte
	plainNumber uint64
)

// The sealed leaves that others make of Value and Of.
type (
	redefined   sealed.Value
	redefinedOf sealed.Of[[size]byte]
)

// The shapes around a leaf.
type (
	exported[T any]   struct{ S T }
	unexported[T any] struct{ s T }
	openAny           struct{ A any }
	hiddenAny         struct{ a any }
	deep[T any]       struct {
		name string
		list []unexported[T]
		byID map[string]*unexported[T]
	}
	pointers[T any] struct {
		p *T
		a atomic.Pointer[T]
	}
	embedsPlain struct{ plainText }
	embedsValue struct{ sealed.Value }
	embedsNamed struct {
		sealed.Value
		Name string
	}
	embedsTwo struct { // the methods of both are ambiguous and so lost
		sealed.Value
		sealed.Of[[size]byte]
	}
	embedsPointer struct{ *sealed.Value }
	hidesMethods  struct {
		sealed.Value
		String, Format, MarshalJSON, MarshalText, LogValue int
	}
)

func around[T comparable](k kind, leaf string, v T) []sample {
	p := &v
	ptrs := &pointers[T]{p: p}
	ptrs.a.Store(p)
	hidden := unexported[T]{v}
	var all []sample
	for _, s := range []struct {
		shape string
		v     any
	}{
		{"value", v},
		{"pointer", p},
		{"pointer to pointer", &p},
		{"exported field", exported[T]{v}},
		{"pointer in exported field", &exported[*T]{p}},
		{"interface in exported field", openAny{v}},
		{"unexported field", hidden},
		{"pointer to unexported field", &hidden},
		{"pointer in unexported field", unexported[*T]{p}},
		{"interface in unexported field", hiddenAny{v}},
		{"deep in unexported fields", deep[T]{"n", []unexported[T]{hidden}, map[string]*unexported[T]{"k": &hidden}}},
		{"pointers in unexported fields", ptrs},
		{"slice", []T{v}},
		{"array", [2]T{v, v}},
		{"slice of interfaces", []any{v, p}},
		{"map value", map[string]T{"k": v}},
		{"map of interfaces", map[string]any{"k": v}},
		{"map key", map[T]int{v: 1}},
		{"sql.Null", sql.Null[T]{V: v, Valid: true}},
	} {
		all = append(all, sample{k, leaf, s.shape, s.v})
	}
	return all
}

// samples are made once.
func samples(k kind) []sample { return made()[k] }

var made = sync.OnceValue(func() map[kind][]sample {
	var p, s []sample
	p = append(p, around(plain, "string", plainText(secret))...)
	p = append(p, around(plain, "struct", plainStruct{secret})...)
	p = append(p, around(plain, "open struct", plainOpen{secret})...)
	p = append(p, around(plain, "array", plainArray([]byte(secret)))...)
	p = append(p, around(plain, "number", plainNumber(number))...)
	p = append(p, sample{plain, "string", "embedded", embedsPlain{plainText(secret)}})

	v, array := value(), ofArray()
	must(session.Store().Set("UserName", []byte(secret)))
	s = append(s, around(sealedKind, "Value", v)...)
	s = append(s, around(sealedKind, "Of array", array)...)
	s = append(s, around(sealedKind, "Of number", ofNumber())...)
	s = append(s, around(sealedKind, "Moved", moved())...)
	s = append(s, around(sealedKind, "redefined Value", redefined(v))...)
	s = append(s, around(sealedKind, "redefined Of", redefinedOf(array))...)
	s = append(s, around(sealedKind, "Store", session.Store())...)
	s = append(s, around(sealedKind, "Session", session)...)
	for shape, e := range map[string]any{
		"embedded": embedsValue{v}, "embedded with a field": embedsNamed{v, "n"}, "two embedded": embedsTwo{v, array},
		"embedded pointer": embedsPointer{&v}, "embedded, methods hidden": hidesMethods{Value: v},
	} {
		s = append(s, sample{sealedKind, "Value", shape, e})
	}
	return map[kind][]sample{plain: p, sealedKind: s}
})

// session owns the sealed samples.
var session = sealed.Open(context.Background())

// must stops a test program that cannot make its samples.
func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func value() sealed.Value { return sealText(secret) }

func sealText(text string) sealed.Value {
	v, err := session.Seal(label, []byte(text))
	must(err)
	return v
}

func ofArray() sealed.Of[[size]byte] {
	b := [size]byte([]byte(secret))
	v, err := sealed.SealOf(session, label, &b)
	must(err)
	return v
}

func ofNumber() sealed.Of[uint64] {
	n := number
	v, err := sealed.SealOf(session, label, &n)
	must(err)
	return v
}

// moved is a hash that holds the plaintext in its buffer.
func moved() sealed.Moved[hash.Hash] {
	h := sha256.New()
	h.Write([]byte(secret))
	v, err := sealed.Move(session, label, h)
	must(err)
	return v
}

// shaped fits samples of these shapes.
func shaped(shapes ...string) func(sample) bool {
	return func(s sample) bool {
		for _, shape := range shapes {
			if s.shape == shape {
				return true
			}
		}
		return false
	}
}

// bare fits leaves and pointers to them.
var bare = shaped("value", "pointer")

// hidden fits what has an unexported field around the leaf.
func hidden(s sample) bool { return strings.Contains(s.shape, "unexported") }

// embedded fits what embeds the leaf.
func embedded(s sample) bool { return strings.Contains(s.shape, "embedded") }

// texts fits one sample of each kind: text as such.
func texts(s sample) bool { return (s.leaf == "string" || s.leaf == "Value") && s.shape == "value" }

// reveal hands the plaintext to f: by Use, or as it is. It is how a check is written once
// for both kinds.
func (s sample) reveal(f func(b []byte) error) error {
	switch v := s.v.(type) {
	case sealed.Value:
		return v.Use(f)
	case plainText:
		return f([]byte(v))
	}
	return nil
}
