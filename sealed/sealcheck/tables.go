package sealcheck

import (
	"go/types"
	"strings"
)

// sink is a function, or all whose name begins so, that plaintext must not reach.
type sink struct {
	name string // import path, type without star, function
	rule string
	text bool // only arguments that are text count, not the readers and bodies beside them
}

// sinks are searched in order; the first that fits decides. An empty rule allows.
var sinks = []sink{
	{"fmt.Sscan", "", false},
	{"fmt.Fscan", "", false},
	{"fmt.Scan", "", false},
	{"fmt.", "print", false},
	{"testing.", "print", false},
	{"net/http.Error", "print", false},
	{"log.", "log", false},
	{"log/slog.", "log", false},
	{"go.uber.org/zap.", "log", false},
	{"github.com/rs/zerolog.", "log", false},
	{"github.com/sirupsen/logrus.", "log", false},
	{"errors.New", "error", false},
	{"os/exec.Command", "exec", false},
	{"os.StartProcess", "exec", false},
	{"syscall.Exec", "exec", false},
	{"syscall.ForkExec", "exec", false},
	{"os.Setenv", "env", false},
	{"syscall.Setenv", "env", false},
	{"os.Getenv", "", false},
	{"os.LookupEnv", "", false},
	{"os.Expand", "", false},
	{"os.File.Write", "write", false},
	{"os.File.ReadFrom", "write", false},
	{"os.WriteFile", "path|write", false},
	{"os.Root.WriteFile", "path|write", false},
	{"os.", "path", true},
	{"syscall.", "path", true},
	{"path/filepath.Glob", "path", true},
	{"path/filepath.Walk", "path", true},
	{"net/url.Parse", "url", true},
	{"net/url.QueryEscape", "url", true},
	{"net/url.PathEscape", "url", true},
	{"net/url.Values.Set", "url", true},
	{"net/url.Values.Add", "url", true},
	{"net/url.User", "url", true},
	{"net/url.URL.", "url", true},
	{"net/http.Header.", "header", true},
	{"net/http.NewRequest", "url", true},
	{"net/http.Get", "url", true},
	{"net/http.Head", "url", true},
	{"net/http.Post", "url", true},
	{"net/http.Client.", "url", true},
	{"net/http.Redirect", "url", true},
	{"net/textproto.MIMEHeader.", "header", true},
	{"net/http.Request.SetBasicAuth", "header", true},
	{"net/http.Request.AddCookie", "header", false},
	{"net/http.SetCookie", "header", false},
	{"github.com/prometheus/client_golang/", "label", true},
	{"go.opentelemetry.io/otel/", "label", true},
	{"runtime/pprof.", "label", true},
	{"runtime/trace.", "label", true},
	{"expvar.", "label", true},
	{"context.WithValue", "context", false},
	{"unique.Make", "intern", false},
	{"database/sql.", "sql", false},
	{"github.com/jackc/pgx/", "sql", false},
	{sealedPath + ".Public", "public", false},
}

// fieldSinks are fields that plaintext must not be stored in.
var fieldSinks = map[string]string{
	"os/exec.Cmd.Args": "exec", "os/exec.Cmd.Path": "exec", "os/exec.Cmd.Env": "env", "os/exec.Cmd.Dir": "path",
	"net/url.URL.Path": "url", "net/url.URL.RawQuery": "url", "net/url.URL.Fragment": "url", "net/url.URL.Host": "url", "net/url.URL.Opaque": "url",
	"net/http.Cookie.Value": "header", "net/http.Cookie.Name": "header",
}

// carriers are packages whose functions give back what they are given, in another form.
var carriers = []string{
	"strings.", "bytes.", "slices.", "maps.", "unicode/", "strconv.", "encoding/", "html.", "html/template.", "path.", "path/filepath.",
	"regexp.", "text/template.", "net/url.", "net/mail.", "net/netip.", "errors.", "io.", "bufio.", "sort.", "mime.", "mime/quotedprintable.", "time.Parse",
	"unsafe.", "golang.org/x/text/",
}

// sharers are the carriers whose result is the same memory and not a copy.
var sharers = []string{
	"bytes.Trim", "bytes.Fields", "bytes.Split", "bytes.Cut", "bytes.NewReader", "bytes.NewBuffer", "bytes.Buffer.Bytes",
	"slices.Clip", "slices.Grow", "slices.Delete", "slices.Compact", "bufio.NewReader", "bufio.NewScanner", "bufio.Scanner.Bytes", "unsafe.",
}

// writers change the slice they are given.
var writers = []string{
	"slices.Sort", "slices.Reverse", "slices.Delete", "slices.Compact", "slices.Insert", "sort.", "io.ReadFull", "io.ReadAtLeast", "crypto/rand.Read", "math/rand/v2.Shuffle",
}

// collectors are types whose methods keep what they are given.
var collectors = []string{"strings.Builder.", "bytes.Buffer.", "bufio.Writer.", "container/list.List.", "sync.Map."}

func begins(list []string, name string) bool {
	for _, p := range list {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// sinkOf finds the rules for a call; there is more than one where arguments differ.
func sinkOf(name string) (sink, bool) {
	for _, s := range sinks {
		if strings.HasPrefix(name, s.name) {
			return s, s.rule != ""
		}
	}
	return sink{}, false
}

// nameOf is the import path, type and name of a function, without stars and brackets.
func nameOf(f *types.Func) string {
	if f == nil || f.Pkg() == nil {
		return ""
	}
	name := f.Name()
	if recv := f.Signature().Recv(); recv != nil {
		if n := named(recv.Type()); n != nil {
			name = n.Obj().Name() + "." + name
		}
	}
	return f.Pkg().Path() + "." + name
}

// named is the named type that t is or points to.
func named(t types.Type) *types.Named {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	n, _ := types.Unalias(t).(*types.Named)
	return n
}

const sealedPath = "github.com/habeas-data/habeas/sealed"

// isSealed reports whether t is sealed.Value or a sealed.Of.
func isSealed(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == sealedPath &&
		(n.Obj().Name() == "Value" || n.Obj().Name() == "Of")
}

// isUse reports whether a function is the method Use of a sealed type.
func isUse(f *types.Func) bool {
	if f == nil || f.Name() != "Use" {
		return false
	}
	recv := f.Signature().Recv()
	if recv == nil {
		return false
	}
	n := named(recv.Type())
	return n != nil && isSealed(n)
}

// holds reports whether a value of type t can carry text.
func holds(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&(types.IsInteger|types.IsString) != 0 || u.Kind() == types.UnsafePointer
	case *types.Signature:
		return false
	}
	return true
}

// isNumber reports whether t is a number.
func isNumber(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsNumeric != 0
}

// isFlat reports whether a sealed.Of can hold a t: numbers, and arrays and structs of them.
func isFlat(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&(types.IsNumeric|types.IsBoolean) != 0
	case *types.Array:
		return isFlat(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if !isFlat(f.Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// isText reports whether t is text or made of it, looking through interfaces not at all.
func isText(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Info()&types.IsString != 0
	case *types.Slice:
		return isText(u.Elem()) || isByte(u.Elem()) || types.IsInterface(u.Elem())
	case *types.Array:
		return isText(u.Elem()) || isByte(u.Elem())
	}
	return false
}

func isByte(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.Uint8
}
