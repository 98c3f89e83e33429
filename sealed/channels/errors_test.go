package channels

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/habeas-data/habeas/sealed"
)

// plainError is an error that says what it was given.
type plainError string

func (e plainError) Error() string { return string(e) }

func errorChannels() []channel {
	return []channel{
		{number: 19, name: "SEAL-19 fmt.Errorf", checks: []check{
			{name: "%v", run: func(o *out, s sample) { o.err(fmt.Errorf("bad: %v", s.v)) }},
			{name: "%+v", run: func(o *out, s sample) { o.err(fmt.Errorf("bad: %+v", s.v)) }},
			{name: "%w of no error", run: func(o *out, s sample) { o.err(fmt.Errorf([]string{"bad: %w"}[0], s.v)) }},
			{name: "wrapped twice", run: func(o *out, s sample) { o.err(fmt.Errorf("a: %w", fmt.Errorf("b: %#v", s.v))) }},
		}},
		{number: 20, name: "SEAL-20 a value as an error, errors.Join", checks: []check{
			{name: "Join", run: func(o *out, s sample) {
				if s.shape == "value" && s.leaf == "string" {
					s.v = plainError(secret)
				}
				if e, ok := s.v.(error); ok {
					o.err(errors.Join(e, e))
				}
			}},
			{name: "Join of wrapped", run: func(o *out, s sample) { o.err(errors.Join(fmt.Errorf("%v", s.v), errors.New("x"))) }},
		}},
		{number: 21, name: "SEAL-21 panic(value)", checks: []check{
			dies("value", "panic value", stderrOf), dies("struct", "panic struct", stderrOf),
			dies("unexported field", "panic hidden", stderrOf), dies("error that wraps", "panic error", stderrOf),
			dies("a goroutine", "panic goroutine", stderrOf), dies("GOTRACEBACK=system", "panic value", stderrOf, "GOTRACEBACK=system"),
			dies("os.Exit after log", "log fatal", stderrOf),
		}},
		{number: 22, name: "SEAL-22 panic(string) with the plaintext", checks: []check{
			dies("string", "panic text", stderrOf), dies("error", "panic text error", stderrOf), dies("deferred", "panic deferred", stderrOf),
			dies("index out of range", "panic index", stderrOf), careless(22),
		}},
		{number: 23, name: "SEAL-23 a panic recovered and raised again", checks: []check{
			dies("panic(recover())", "panic again", stderrOf), dies("panic of its text", "panic again text", stderrOf),
			{name: "printed", run: func(o *out, s sample) {
				defer func() { fmt.Fprintf(o, "%v %+v", recover(), s.shape) }()
				panic(s.v)
			}},
		}},
		{number: 24, name: "SEAL-24 arguments in a traceback", checks: []check{
			dies("number", "trace number", stderrOf), dies("array", "trace array", stderrOf), dies("struct", "trace struct", stderrOf),
			dies("SIGQUIT", "trace quit", stderrOf), dies("a copy inside Use", "trace copy", stderrOf),
			careless(24),
		}},
		{number: 25, name: "SEAL-25 debug.Stack, PrintStack, goroutine profiles", checks: []check{
			traced("Stack", func(o *out) { o.Write(debug.Stack()) }),
			traced("runtime.Stack of all", func(o *out) {
				b := make([]byte, 1<<20)
				o.Write(b[:runtime.Stack(b, true)])
			}),
			traced("goroutine profile", func(o *out) { o.err(pprof.Lookup("goroutine").WriteTo(o, 2)) }),
			dies("PrintStack", "trace print", stderrOf),
		}},
		{number: 26, name: "SEAL-26 errors that quote what they could not read", checks: parseChecks()},
		{number: 27, name: "SEAL-27 tests that fail", checks: []check{
			dies("t.Errorf", "test error", stdoutOf), dies("t.Log", "test log", stdoutOf),
			{name: "assert.Equal", run: func(o *out, s sample) { assert.Equal(failing{o}, s.v, reflect.Zero(reflect.TypeOf(s.v)).Interface()) }},
			{name: "assert.EqualValues", run: func(o *out, s sample) { assert.EqualValues(failing{o}, s.v, 1) }},
			{name: "assert.Nil", run: func(o *out, s sample) { assert.Nil(failing{o}, s.v) }},
			{name: "assert.Empty", run: func(o *out, s sample) { assert.Empty(failing{o}, s.v) }},
			{name: "assert.Contains", run: func(o *out, s sample) { assert.Contains(failing{o}, []any{s.v}, 1) }},
			{name: "assert.ElementsMatch", run: func(o *out, s sample) { assert.ElementsMatch(failing{o}, []any{s.v}, []any{1}) }},
			{name: "assert.Len", run: func(o *out, s sample) { assert.Len(failing{o}, s.v, 99) }},
			{name: "require.Same", run: func(o *out, s sample) { require.Same(failing{o}, s.v, &s) }},
		}},
		{number: 28, name: "SEAL-28 go-cmp", checks: []check{
			{name: "Exporter", run: func(o *out, s sample) {
				o.WriteString(cmp.Diff(s.v, reflect.Zero(reflect.TypeOf(s.v)).Interface(), cmp.Exporter(func(reflect.Type) bool { return true })))
			}},
			{name: "Exporter, added", run: func(o *out, s sample) {
				o.WriteString(cmp.Diff([]any{s.v}, []any{}, cmp.Exporter(func(reflect.Type) bool { return true })))
			}},
			{name: "no option", run: func(o *out, s sample) {
				o.WriteString(cmp.Diff(s.v, reflect.Zero(reflect.TypeOf(s.v)).Interface()))
			}},
		}},
	}
}

// failing is a test that keeps what it is told.
type failing struct{ o *out }

func (f failing) Errorf(format string, args ...any) { fmt.Fprintf(f.o, format, args...) }
func (failing) FailNow()                            {}

// traced writes a stack from below a function that has the plaintext as an argument: the
// ordinary one by value, the sealed one as Use gives it.
func traced(name string, write func(*out)) check {
	return check{name: name, fits: texts, run: func(o *out, s sample) {
		if s.kind == plain {
			withArguments(number, [2]uint64{number, number}, func() { write(o) })
			return
		}
		o.err(value().Use(func(b []byte) error {
			withSlice(b, func() { write(o) })
			return nil
		}))
		o.err(ofNumber().Use(func(n *uint64) error {
			withPointer(n, func() { write(o) })
			return nil
		}))
	}}
}

//go:noinline
func withArguments(n uint64, words [2]uint64, f func()) uint64 { f(); return n + words[1] }

//go:noinline
func withSlice(b []byte, f func()) byte { f(); return b[0] }

//go:noinline
func withPointer(n *uint64, f func()) uint64 { f(); return *n }

// parseChecks are functions of the standard library that quote their input.
func parseChecks() (all []check) {
	second := func(_ any, err error) error { return err }
	for _, p := range []struct {
		name  string
		parse func(string) error
	}{
		{"strconv.Atoi", func(s string) error { return second(strconv.Atoi(s)) }},
		{"strconv.ParseFloat", func(s string) error { return second(strconv.ParseFloat(s, 64)) }},
		{"strconv.ParseBool", func(s string) error { return second(strconv.ParseBool(s)) }},
		{"time.Parse", func(s string) error { return second(time.Parse(time.DateOnly, s)) }},
		{"time.ParseDuration", func(s string) error { return second(time.ParseDuration(s)) }},
		{"url.Parse", func(s string) error { return second(url.Parse("http://" + s + "%zz")) }},
		{"json.Unmarshal", func(s string) error { var m map[int8]int; return json.Unmarshal([]byte(`{"`+s+`":1}`), &m) }},
		{"json of a number", func(s string) error { var n int8; return json.Unmarshal([]byte(digits), &n) }},
		{"xml.Unmarshal", func(s string) error { return xml.Unmarshal([]byte("<a><"+s+"></b></a>"), new(struct{})) }},
		{"csv", func(s string) error {
			return fmt.Errorf("%v", second(csv.NewReader(strings.NewReader(s+",\"a\"b\"\n")).Read()))
		}},
		{"os.Open", func(s string) error { return second(os.Open("/nowhere/" + s)) }},
		{"exec.LookPath", func(s string) error { return second(exec.LookPath(s)) }},
		{"netip.ParseAddr", func(s string) error { return second(netip.ParseAddr(s)) }},
		{"netip.ParsePrefix", func(s string) error { return second(netip.ParsePrefix(s + "/24")) }},
		{"net.ParseCIDR", func(s string) error { _, _, err := net.ParseCIDR(s); return err }},
		{"net.ParseMAC", func(s string) error { return second(net.ParseMAC(s)) }},
		{"net.ResolveTCPAddr", func(s string) error { return second(net.ResolveTCPAddr("tcp", s)) }},
		{"mail.ParseAddress", func(s string) error { return second(mail.ParseAddress("a@b.c <" + s)) }},
		{"regexp.Compile", func(s string) error { return second(regexp.Compile("(" + s)) }},
		{"template.Parse", func(s string) error { return second(template.New(s).Parse("{{")) }},
		{"big.Float", func(s string) error { _, err := fmt.Sscan(s, new(big.Rat)); return fmt.Errorf("%q: %w", s, err) }},
	} {
		if p.name == "csv" { // its error tells lines only; programs wrap it with what they read
			read := p.parse
			p.parse = func(s string) error { return fmt.Errorf("reading %q: %w", s, read(s)) }
		}
		all = append(all, check{name: p.name, fits: texts, run: func(o *out, s sample) {
			if s.kind == plain {
				o.err(p.parse(s.text()))
				return
			}
			o.err(s.reveal(func(b []byte) error { return p.parse(string(b)) }))
			o.err(s.reveal(func(b []byte) error { return errors.Join(sealed.ErrSyntax, p.parse(string(b))) }))
		}})
	}
	return append(all, check{name: "own parsers", fits: texts, run: func(o *out, s sample) {
		if s.kind == plain {
			_, err := strconv.ParseUint(digits+"0", 10, 64)
			o.err(err)
			return
		}
		for _, text := range []string{secret, digits + "0"} {
			o.err(sealText(text).Use(func(b []byte) error {
				_, err1 := sealed.ParseUint(b)
				_, err2 := sealed.ParseInt(b)
				_, err3 := sealed.ParseDate(bytes.Clone(b))
				return errors.Join(err1, err2, err3)
			}))
		}
	}})
}
