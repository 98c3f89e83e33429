package channels

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

// verbs is every verb and flag that fmt knows, and some that it does not.
var verbs = strings.Fields("%v %+v %#v %s %+s %#s %q %#q %+q %x %X %#x %d %c %U %#U %t %b %o %O %e %E %f %g %p %w %z %40v %-40s %040d %.30s")

// verb is a check of one format. Formats are no constants, or vet would refuse them.
func verb(format string, fits func(sample) bool) check {
	return check{name: format, fits: fits, run: func(o *out, s sample) { fmt.Fprintf(o, format, s.v) }}
}

func formats(fits func(sample) bool, all ...string) (checks []check) {
	for _, f := range all {
		checks = append(checks, verb(f, fits))
	}
	return checks
}

func fmtChannels() []channel {
	args := func(name, format string, before ...any) check {
		return check{name: name, run: func(o *out, s sample) { fmt.Fprintf(o, format, append(before, s.v, s.v)...) }}
	}
	return []channel{
		{number: 1, name: "SEAL-1 %v and %s of the value", checks: formats(bare, "%v", "%s", "%40v", "%-40s", "%.30s")},
		{number: 2, name: "SEAL-2 %+v of an exported field", checks: formats(shaped("exported field", "pointer in exported field", "interface in exported field"), "%v", "%+v")},
		{number: 3, name: "SEAL-3 %#v", checks: formats(nil, "%#v", "%#s", "%#q", "%#x")},
		{number: 4, name: "SEAL-4 other verbs", checks: formats(bare, strings.Fields("%q %+q %x %X %d %c %U %t %b %o %O %e %f %g %z")...)},
		{number: 5, name: "SEAL-5 an unexported field, every verb", checks: formats(hidden, verbs...)},
		{number: 6, name: "SEAL-6 an interface in an unexported field", checks: formats(shaped("interface in unexported field"), "%v", "%+v", "%#v", "%s", "%q", "%x", "%d")},
		{number: 7, name: "SEAL-7 %p of what is no pointer", checks: formats(nil, "%p", "%#p", "%+p", "%40p")},
		{number: 8, name: "SEAL-8 %w outside Errorf", checks: formats(nil, "%w", "%+w", "%#w")},
		{number: 9, name: "SEAL-9 arguments too many", checks: []check{args("no verb", "x"), args("one verb", "%v"), args("the first only", "%[1]v")}},
		{number: 10, name: "SEAL-10 bad width, precision and index", checks: []check{
			args("width", "%*d"), args("precision", "%.*d"), args("left", "%-*s"), args("index", "%[2]*[1]d"), args("no verb", "%v %!"),
		}},
		{number: 11, name: "SEAL-11 slices, arrays and maps", checks: formats(shaped("slice", "array", "slice of interfaces", "map value", "map of interfaces"), "%v", "%+v", "%s", "%q", "%x", "%d")},
		{number: 12, name: "SEAL-12 keys of maps", checks: append(formats(shaped("map key"), "%v", "%+v", "%#v", "%s", "%x"),
			check{name: "order", judge: orderOfKeys})},
		{number: 13, name: "SEAL-13 embedding", checks: formats(embedded, "%v", "%+v", "%#v", "%s", "%q", "%x", "%d")},
		{number: 14, name: "SEAL-14 a type redefined", checks: formats(func(s sample) bool {
			return s.kind == plain || strings.HasPrefix(s.leaf, "redefined")
		}, "%v", "%+v", "%#v", "%s", "%x", "%d", "%p")},
		{number: 15, name: "SEAL-15 Print, Println, Append and Fprint", checks: []check{
			{name: "Sprint", run: func(o *out, s sample) { o.WriteString(fmt.Sprint(s.v, s.v)) }},
			{name: "Sprintln", run: func(o *out, s sample) { o.WriteString(fmt.Sprintln(s.v)) }},
			{name: "Fprint", run: func(o *out, s sample) { fmt.Fprint(o, s.v) }},
			{name: "Fprintln", run: func(o *out, s sample) { fmt.Fprintln(o, s.v, s.v) }},
			{name: "Append", run: func(o *out, s sample) { o.Write(fmt.Append(nil, s.v)) }},
			{name: "Appendln", run: func(o *out, s sample) { o.Write(fmt.Appendln(nil, s.v)) }},
			{name: "Appendf", run: func(o *out, s sample) { o.Write(fmt.Appendf(nil, "%+v", s.v)) }},
		}},
		{number: 16, name: "SEAL-16 a panic inside a method of printing", checks: []check{
			{name: "String", fits: texts, run: func(o *out, s sample) { fmt.Fprint(o, panics{s}) }},
			{name: "Error", fits: texts, run: func(o *out, s sample) { fmt.Fprintf(o, "%v", panicsAsError{s}) }},
		}},
		{number: 17, name: "SEAL-17 %T", checks: []check{{name: "%T", run: typeNames}}},
		{number: 18, name: "SEAL-18 Scan", checks: []check{
			{name: "Sscan", fits: texts, run: scans},
			{name: "Sscanf", fits: texts, run: func(o *out, s sample) {
				v := s
				if v.kind == plain {
					var n int8
					_, err := fmt.Sscanf(digits, "%d", &n)
					o.err(err)
					return
				}
				value := v.v.(sealed.Value)
				_, err := fmt.Sscanf(secret, "%s", &value)
				o.err(err)
				fmt.Fprintf(o, "%v", value)
			}},
		}},
	}
}

// panics is printed by a method that panics with the plaintext.
type panics struct{ s sample }

func (p panics) String() string {
	_ = p.s.reveal(func(b []byte) error { panic("bad " + string(b)) })
	return ""
}

type panicsAsError struct{ s sample }

func (p panicsAsError) Error() string { return panics(p).String() }

// typeNames prints types. The plain one has the plaintext in a tag, as programs may have
// that make types while they run.
func typeNames(o *out, s sample) {
	if s.kind == plain {
		s.v = reflect.New(reflect.StructOf([]reflect.StructField{{
			Name: "S", Type: reflect.TypeFor[string](), Tag: reflect.StructTag(s.text()),
		}})).Interface()
	}
	fmt.Fprintf(o, "%T", s.v)
}

// scans reads the plaintext as a number that is too large.
func scans(o *out, s sample) {
	if s.kind == plain {
		var n int64
		_, err := fmt.Sscan(digits, &n)
		o.err(err)
		return
	}
	o.err(sealText(digits).Use(func(plain []byte) error {
		_, err := sealed.ParseInt(plain)
		return err
	}))
	o.err(sealText(digits).Use(func(plain []byte) error {
		var n int64
		_, err := fmt.Sscan(string(plain), &n)
		return err
	}))
}

// orderOfKeys asks whether fmt, which sorts the keys of a map, tells which of two values is
// the greater one: it does when their order never depends on which was made first.
func orderOfKeys(_ *testing.T, k kind) bool {
	if k == plain {
		return strings.HasPrefix(fmt.Sprint(map[plainText]int{"b": 2, "a": 1}), "map[a:1")
	}
	s := sealed.Open(context.Background())
	defer s.Close()
	sorted := 0
	const rounds = 64
	for i := range rounds {
		texts := []string{"a", "b"}
		if i%2 == 0 {
			texts = []string{"b", "a"}
		}
		m := map[sealed.Value]string{}
		for _, text := range texts {
			v, err := s.Seal(label, []byte(text))
			must(err)
			m[v] = text
		}
		if printed := fmt.Sprint(m); strings.Index(printed, ":a") < strings.Index(printed, ":b") {
			sorted++
		}
	}
	return sorted == 0 || sorted == rounds
}
