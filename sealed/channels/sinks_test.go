package channels

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite"

	"github.com/habeas-data/habeas/sealed"
)

func sinkChannels() []channel {
	return []channel{
		{number: 62, name: "SEAL-62 an argument of database/sql", checks: []check{
			{name: "recording driver", run: func(o *out, s sample) { execute(o, s, recorder(o)) }},
			{name: "sqlite", run: func(o *out, s sample) { execute(o, s, sqlite()) }},
			{name: "Named", run: func(o *out, s sample) {
				s.v = sql.Named("n", s.v)
				execute(o, s, recorder(o))
			}},
			{name: "an error of the driver", fits: texts, run: func(o *out, s sample) {
				db := sql.OpenDB(quoting{})
				defer db.Close()
				o.err(argument(s, func(arg any) error {
					_, err := db.ExecContext(context.Background(), "x", arg)
					return err
				}))
			}},
		}},
		{number: 63, name: "SEAL-63 logs of queries", checks: queryLogChecks()},
		{number: 64, name: "SEAL-64 sql.Null, sql.Named, sql.Out", checks: []check{
			{name: "Null", fits: shaped("sql.Null"), run: func(o *out, s sample) { fmt.Fprintf(o, "%v %+v %#v", s.v, s.v, s.v) }},
			{name: "Null as JSON", fits: shaped("sql.Null"), run: func(o *out, s sample) { o.bytes(json.Marshal(s.v)) }},
			{name: "Named", run: func(o *out, s sample) { fmt.Fprintf(o, "%v %#v", sql.Named("n", s.v), sql.Named("n", s.v)) }},
			{name: "Out", run: func(o *out, s sample) { fmt.Fprintf(o, "%+v", sql.Out{Dest: s.v}) }},
		}},
		{number: 65, name: "SEAL-65 values of a context", checks: []check{
			{name: "String", run: func(o *out, s sample) { fmt.Fprint(o, context.WithValue(context.Background(), onPointer{}, s.text())) }},
			{name: "%+v", run: func(o *out, s sample) {
				fmt.Fprintf(o, "%+v", reflect.ValueOf(context.WithValue(context.Background(), onPointer{}, s.v)).Elem())
			}},
			{name: "%#v", run: func(o *out, s sample) {
				fmt.Fprintf(o, "%#v", context.WithValue(context.Background(), onPointer{}, s.v))
			}},
			{name: "reflection", run: func(o *out, s sample) {
				o.Write(memoryOf(context.WithValue(context.Background(), onPointer{}, s.v), true))
			}},
		}},
		{number: 66, name: "SEAL-66 causes of contexts", checks: []check{
			{name: "Cause", run: func(o *out, s sample) {
				ctx, cancel := context.WithCancelCause(context.Background())
				cancel(fmt.Errorf("ended for %v", s.v))
				o.err(context.Cause(ctx))
				fmt.Fprintf(o, "%v %+v", ctx, ctx)
			}},
		}},
		{number: 67, name: "SEAL-67 dumps of HTTP requests", checks: dumpChecks()},
		{number: 68, name: "SEAL-68 URLs", checks: urlChecks()},
		{number: 69, name: "SEAL-69 cookies, http.Error, redirects", checks: []check{
			responds("SetCookie", func(w http.ResponseWriter, s sample) { http.SetCookie(w, &http.Cookie{Name: "c", Value: s.text()}) }),
			responds("Error", func(w http.ResponseWriter, s sample) { http.Error(w, s.text(), 400) }),
			responds("Redirect", func(w http.ResponseWriter, s sample) {
				http.Redirect(w, httptest.NewRequest("GET", "/", nil), "/?q="+url.QueryEscape(s.text()), 303)
			}),
			responds("header", func(w http.ResponseWriter, s sample) { w.Header().Set("X-User", s.text()) }),
			responds("body", func(w http.ResponseWriter, s sample) { fmt.Fprintf(w, "%+v", s.v) }),
		}},
		{number: 70, name: "SEAL-70 GODEBUG=http2debug=2", checks: []check{
			dies("a header", "http2 header", stderrOf, "GODEBUG=http2debug=2"),
			{name: "Harden refuses", judge: func(t *testing.T, k kind) bool {
				if k == plain {
					return true // what the check before has shown
				}
				c := start(t, k, "harden", "GODEBUG=http2debug=2")
				c.end()
				return !bytes.Contains(c.stdout.Bytes(), []byte("http2debug"))
			}},
		}},
		{number: 71, name: "SEAL-71 arguments of commands", checks: []check{
			{name: "/proc/PID/cmdline", fits: texts, run: func(o *out, s sample) { command(o, s, "cmdline", asArgument) }},
			{name: "Cmd.String", fits: texts, run: func(o *out, s sample) {
				cmd, err := asArgument(s)
				o.err(err)
				fmt.Fprintf(o, "%v %+v", cmd, cmd.Args)
			}},
			{name: "error of the start", fits: texts, run: func(o *out, s sample) { o.err(exec.Command(s.text()).Run()) }},
			careless(71),
		}},
		{number: 72, name: "SEAL-72 environment", checks: []check{
			{name: "/proc/PID/environ", fits: texts, run: func(o *out, s sample) { command(o, s, "environ", asVariable) }},
			{name: "of all children", fits: texts, run: func(o *out, s sample) {
				must(os.Setenv("CHANNELS_TRY", s.text()))
				defer os.Unsetenv("CHANNELS_TRY")
				b, err := exec.Command("env").Output()
				o.bytes(b, err)
			}},
			careless(72),
		}},
		{number: 73, name: "SEAL-73 flags", checks: []check{
			{name: "default", run: func(o *out, s sample) {
				f := flags(o)
				f.Var(flagOf{s.v}, "user", "who")
				f.PrintDefaults()
			}},
			{name: "text default", fits: bare, run: func(o *out, s sample) {
				v, ok := s.v.(*sealed.Value)
				if !ok {
					flags(o).String("user", s.text(), "who")
					f := flags(o)
					f.String("user", s.text(), "who")
					f.PrintDefaults()
					return
				}
				f := flags(o)
				f.TextVar(v, "user", *v, "who")
				f.PrintDefaults()
				o.err(f.Parse([]string{"-user", "x"}))
			}},
			{name: "a flag that does not parse", fits: texts, run: func(o *out, s sample) {
				f := flags(o)
				f.Int("n", 0, "number")
				o.err(f.Parse([]string{"-n", s.text()}))
			}},
			{name: "visited", run: func(o *out, s sample) {
				f := flags(o)
				f.Var(flagOf{s.v}, "user", "who")
				f.VisitAll(func(f *flag.Flag) { fmt.Fprintf(o, "%v %v %+v", f.Value, f.DefValue, f) })
			}},
		}},
		{number: 74, name: "SEAL-74 temporary files and multipart forms", checks: []check{
			{name: "multipart", fits: texts, run: func(o *out, s sample) { upload(o, s) }},
			{name: "CreateTemp", fits: texts, run: func(o *out, s sample) {
				dir, err := os.MkdirTemp("", "channels-")
				o.err(err)
				defer os.RemoveAll(dir)
				f, err := os.CreateTemp(dir, s.text()+"*")
				o.err(err)
				o.WriteString(f.Name())
				fmt.Fprint(f, s.v)
				o.err(f.Close())
				o.bytes(os.ReadFile(f.Name()))
			}},
			careless(74),
		}},
		{number: 75, name: "SEAL-75 names of files, metrics, cache keys", checks: []check{
			{name: "file", fits: texts, run: func(o *out, s sample) { _, err := os.Stat("/nowhere/" + s.text()); o.err(err) }},
			{name: "directory", fits: texts, run: func(o *out, s sample) {
				dir, err := os.MkdirTemp("", "channels-")
				o.err(err)
				defer os.RemoveAll(dir)
				o.err(os.WriteFile(filepath.Join(dir, s.text()), nil, 0o600))
				files, err := os.ReadDir(dir)
				o.err(err)
				fmt.Fprint(o, files)
			}},
			careless(75),
		}},
	}
}

// argument hands a sample to a statement: the plain one as it is, the sealed one by SQL.
func argument(s sample, f func(arg any) error) error {
	if v, ok := s.v.(sealed.Value); ok {
		return v.SQL(f)
	}
	return f(s.v)
}

// recorder is a database whose driver keeps every argument in o. It takes what a program
// passes by itself: a sealed value must not get that far.
func recorder(o *out) *sql.DB { return sql.OpenDB(recording{o}) }

type recording struct{ o *out }

func (r recording) Connect(context.Context) (driver.Conn, error) { return r, nil }
func (r recording) Driver() driver.Driver                        { return nil }
func (r recording) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }
func (r recording) Close() error                                 { return nil }
func (r recording) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }

func (r recording) ExecContext(_ context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	for _, a := range args {
		fmt.Fprintf(r.o, "%s %v %v %+v %#v\n", q, a.Name, a.Value, a.Value, a.Value)
	}
	return driver.ResultNoRows, nil
}

// quoting is a database whose errors quote the arguments, as those of real ones do.
type quoting struct{ recording }

func (q quoting) Connect(context.Context) (driver.Conn, error) { return q, nil }

func (quoting) ExecContext(_ context.Context, _ string, args []driver.NamedValue) (driver.Result, error) {
	return nil, fmt.Errorf("duplicate key: %s", args[0].Value)
}

func sqlite() *sql.DB {
	db, err := sql.Open("sqlite", ":memory:")
	must(err)
	db.SetMaxOpenConns(1)
	return db
}

// execute passes the sample itself, and what the driver has stored or refused is output.
func execute(o *out, s sample, db *sql.DB) {
	defer db.Close()
	ctx := context.Background()
	_, err := db.ExecContext(ctx, "CREATE TABLE t (a, b)")
	o.err(err)
	_, err = db.ExecContext(ctx, "INSERT INTO t VALUES (?, 1)", s.v)
	o.err(err)
	var stored any
	if row := db.QueryRowContext(ctx, "SELECT a FROM t"); row.Scan(&stored) == nil {
		fmt.Fprintf(o, "%v %s", stored, stored)
	}
}

// queryLogChecks print the arguments of statements as libraries do that log them, while a
// statement runs and after it. A driver, and what logs inside one, is given the plaintext.
func queryLogChecks() (all []check) {
	for name, print := range map[string]func(o *out, arg any){
		"%v":         func(o *out, arg any) { fmt.Fprintf(o, "%v %+v %#v %s %q %x", arg, arg, arg, arg, arg, arg) },
		"in a slice": func(o *out, arg any) { fmt.Fprintf(o, "%v %+v %#v", []any{arg}, []any{arg}, openAny{arg}) },
		"hidden":     func(o *out, arg any) { fmt.Fprintf(o, "%v %+v %#v", hiddenAny{arg}, hiddenAny{arg}, hiddenAny{arg}) },
		"JSON":       func(o *out, arg any) { o.bytes(json.Marshal([]any{arg})) },
		"reflection": func(o *out, arg any) { o.Write(memoryOf(arg, true)) },
	} {
		all = append(all, check{name: name, fits: texts, run: func(o *out, s sample) {
			o.err(argument(s, func(arg any) error { print(o, arg); return nil }))
		}})
	}
	return append(all, check{name: "gorm, after the statement", fits: texts, run: func(o *out, s sample) {
		db := sqlite()
		defer db.Close()
		o.err(argument(s, func(arg any) error {
			_, err := db.ExecContext(context.Background(), "SELECT ?", arg)
			if s.kind == plain {
				arg = s.text() // gorm prints basic types only
			}
			o.WriteString(logger.ExplainSQL("SELECT ?", nil, `'`, arg))
			return err
		}))
	}}, check{name: "log of a hook", run: func(o *out, s sample) { log.New(o, "", 0).Printf("query %s args %v", "SELECT ?", []any{s.v}) }})
}

// header sets a header field: the plain one as text, the sealed one by SetHeader.
func header(s sample, r *http.Request) error {
	if v, ok := s.v.(sealed.Value); ok {
		return v.SetHeader(r, "X-Api-Key", "Bearer ")
	}
	r.Header.Set("X-Api-Key", "Bearer "+s.text())
	return nil
}

func dumpChecks() []check {
	request := func(name string, f func(o *out, r *http.Request)) check {
		return check{name: name, fits: texts, run: func(o *out, s sample) {
			r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader("body"))
			o.err(header(s, r))
			f(o, r.WithContext(context.WithValue(r.Context(), onPointer{}, s.v)))
		}}
	}
	return []check{
		request("DumpRequest", func(o *out, r *http.Request) { o.bytes(httputil.DumpRequest(r, true)) }),
		request("DumpRequestOut", func(o *out, r *http.Request) { o.bytes(httputil.DumpRequestOut(r, true)) }),
		request("%+v", func(o *out, r *http.Request) { fmt.Fprintf(o, "%+v %#v", r, r) }),
		request("Header.Write", func(o *out, r *http.Request) { o.err(r.Header.Write(o)) }),
		request("Request.Write", func(o *out, r *http.Request) { o.err(r.Write(o)) }),
		request("JSON of the headers", func(o *out, r *http.Request) { o.bytes(json.Marshal(r.Header)) }),
		{name: "httptrace and another transport", fits: texts, run: func(o *out, s sample) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, "%v", r.Header) // a server that shows what came
			}))
			defer server.Close()
			r, err := http.NewRequest(http.MethodGet, server.URL, nil)
			o.err(err)
			o.err(header(s, r))
			ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
				WroteHeaderField: func(k string, v []string) { fmt.Fprintln(o, k, v) },
			})
			resp, err := server.Client().Do(r.WithContext(ctx))
			o.err(err)
			b, err := io.ReadAll(resp.Body)
			o.bytes(b, err)
			o.err(resp.Body.Close())
		}},
	}
}

func urlChecks() []check {
	made := func(name string, f func(o *out, text string)) check {
		return check{name: name, fits: texts, run: func(o *out, s sample) { f(o, s.text()) }}
	}
	return []check{
		made("query", func(o *out, text string) { o.WriteString(url.Values{"q": {text}}.Encode()) }),
		made("path", func(o *out, text string) { o.WriteString((&url.URL{Path: "/" + text}).String()) }),
		made("user", func(o *out, text string) {
			o.WriteString((&url.URL{Host: "h", User: url.UserPassword(text, "x")}).Redacted())
		}),
		made("password", func(o *out, text string) {
			o.WriteString((&url.URL{Host: "h", User: url.UserPassword("x", text)}).String())
		}),
		made("url.Error", func(o *out, text string) {
			_, err := http.Get("http://127.0.0.1:1/?q=" + url.QueryEscape(text))
			o.err(err)
		}),
		made("Referer", func(o *out, text string) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintln(o, r.Referer())
				if r.URL.Path != "/end" {
					http.Redirect(w, r, "/end", http.StatusFound)
				}
			}))
			defer server.Close()
			resp, err := server.Client().Get(server.URL + "/?q=" + url.QueryEscape(text))
			o.err(err)
			o.err(resp.Body.Close())
		}),
		careless(68),
	}
}

// responds is a check of what a handler answers.
func responds(name string, f func(http.ResponseWriter, sample)) check {
	return check{name: name, run: func(o *out, s sample) {
		w := httptest.NewRecorder()
		f(w, s)
		o.err(w.Result().Header.Write(o))
		o.Write(w.Body.Bytes())
	}}
}

// asArgument is a command that waits, with the text as an argument; the sealed value takes
// the way that is made for it.
func asArgument(s sample) (*exec.Cmd, error) {
	if v, ok := s.v.(sealed.Value); ok {
		cmd := exec.Command("/bin/sh", "-c", "read -r x; sleep 60", "tool")
		return cmd, v.Stdin(cmd)
	}
	return exec.Command("/bin/sh", "-c", "sleep 60; true", "tool", s.text()), nil
}

func asVariable(s sample) (*exec.Cmd, error) {
	if s.kind == sealedKind {
		return asArgument(s)
	}
	cmd := exec.Command("/bin/sh", "-c", "sleep 60; true")
	cmd.Env = append(os.Environ(), "PASSWORD="+s.text())
	return cmd, nil
}

// command starts a command and reads what every process may read about it.
func command(o *out, s sample, file string, made func(sample) (*exec.Cmd, error)) {
	cmd, err := made(s)
	o.err(err)
	if err = cmd.Start(); err != nil {
		o.err(err)
		return
	}
	var b []byte
	for len(b) == 0 && err == nil { // the kernel has not yet put it there
		b, err = os.ReadFile(fmt.Sprintf("/proc/%d/%s", cmd.Process.Pid, file))
	}
	o.bytes(b, err)
	fmt.Fprintf(o, "%v %+v", cmd, cmd.Args)
	o.err(errors.Join(cmd.Process.Kill()))
	o.err(cmd.Wait())
}

func flags(o *out) *flag.FlagSet {
	f := flag.NewFlagSet("tool", flag.ContinueOnError)
	f.SetOutput(o)
	return f
}

// flagOf is a flag whose value has a text form.
type flagOf struct{ v any }

func (f flagOf) String() string { return fmt.Sprint(f.v) }
func (flagOf) Set(string) error { return nil }

// upload receives a form with a file: the plain way has net/http put what does not fit into
// memory on the disk, the sealed way reads each part and seals it.
func upload(o *out, s sample) {
	dir, err := os.MkdirTemp("", "channels-")
	must(err)
	defer os.RemoveAll(dir)
	old := os.Getenv("TMPDIR")
	must(os.Setenv("TMPDIR", dir))
	defer os.Setenv("TMPDIR", old)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("f", "letter.txt")
	must(err)
	_, err = part.Write([]byte(secret))
	must(errors.Join(err, w.Close()))
	r := httptest.NewRequest(http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	if s.kind == plain {
		must(r.ParseMultipartForm(0))
		defer func() { _ = r.MultipartForm.RemoveAll() }()
	} else {
		parts, err := r.MultipartReader()
		must(err)
		p, err := parts.NextPart()
		must(err)
		b := make([]byte, 64)
		n, err := io.ReadFull(p, b)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			must(err)
		}
		v, err := session.Seal(label, b[:n])
		must(err)
		fmt.Fprint(o, v)
	}
	must(filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			o.bytes(os.ReadFile(path))
		}
		return err
	}))
}
