package canary

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"modernc.org/sqlite"
)

// fake is a test that may fail.
type fake struct {
	*testing.T
	errors   []string
	cleanups []func()
}

func (f *fake) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}
func (f *fake) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

// end ends the test and returns where canaries were found, and other complaints.
func (f *fake) end() (found []string) {
	for _, c := range slices.Backward(f.cleanups) {
		c()
	}
	for _, e := range f.errors {
		if rest, ok := strings.CutPrefix(e, "canary found: "); ok {
			e, _, _ = strings.Cut(rest, " at byte")
		}
		found = append(found, e)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("found\n %q, want\n %q", got, want)
	}
}

// Proves ANA-2.
func TestATestFailsWhereACanaryWasWritten(t *testing.T) {
	f := &fake{T: t}
	w := Watch(f)
	who, code := w.Invent("person", Name), w.Invent("code", Token)
	dir := t.TempDir()
	w.Files(dir)
	for name, text := range map[string]string{"rows.db": "x" + who, "clean": "nothing", "mail/1": "your code is " + code, "mail/2": "hello " + who} {
		if err := os.MkdirAll(filepath.Join(dir, "mail"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var passed bytes.Buffer
	if _, err := io.WriteString(w.Writer("stdout", &passed), "for "+strings.ToUpper(who)); err != nil || passed.Len() == 0 {
		t.Errorf("the writer behind got %d bytes, %v", passed.Len(), err)
	}
	_, _ = io.WriteString(w.Writer("stderr", nil), "nothing")
	w.Allow("mail/*", "code", "the mail is how the code reaches its person")
	w.Allow("log", "code", "never needed")
	expect(t, f.end(), filepath.Join(dir, "mail/2")+": person", filepath.Join(dir, "rows.db")+": person", "stdout: person",
		`canary: nothing needed the exception "log" (never needed): remove it`)
}

func TestAWatchOverNothingFails(t *testing.T) {
	f := &fake{T: t}
	w := Watch(f)
	w.Invent("person", Name)
	w.Allow("[", "", "no pattern")
	if errs := f.end(); len(errs) != 3 || !slices.Contains(errs, ErrNothing.Error()) {
		t.Errorf("%q", errs)
	}
}

func TestWhatGoesOverHTTPIsRecorded(t *testing.T) {
	f := &fake{T: t}
	w := Watch(f)
	typed, answered, header, path := w.Invent("typed", Name), w.Invent("answered", Name), w.Invent("header", Email), w.Invent("path", Token)
	server := httptest.NewServer(w.Handler("web", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		rw.Header().Set("X-Mail", header)
		_, _ = io.WriteString(rw, answered) // the client reads it
		if err := http.NewResponseController(rw).Flush(); err != nil {
			t.Error(err)
		}
	})))
	defer server.Close()
	client := &http.Client{Transport: w.Transport("client", nil)}
	res, err := client.Post(server.URL+"/x?t="+path, "text/plain", strings.NewReader(typed))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != answered || res.Body.Close() != nil {
		t.Errorf("the answer is %d bytes, %v", len(body), err)
	}
	expect(t, f.end(), "client/request: path", "client/request: typed", "client/response: answered", "client/response: header",
		"web/request: path", "web/request: typed", "web/response: answered", "web/response: header")
}

func TestWhatIsLoggedIsRecordedAtEveryLevel(t *testing.T) {
	f := &fake{T: t}
	w := Watch(f)
	value, group, message, hidden := w.Invent("value", Name), w.Invent("with", Name), w.Invent("message", Name), w.Invent("field", Name)
	var shown bytes.Buffer
	log := slog.New(w.Slog("log", slog.NewTextHandler(&shown, nil)))
	log.Debug("found", "who", value)
	log.With("a", group).WithGroup("g").Info(message) //nolint:sloglint // a message that holds a canary
	log.Info("struct", "v", struct{ name string }{hidden})
	if strings.Contains(shown.String(), value) || !strings.Contains(shown.String(), message) {
		t.Error("the handler behind gets what it is enabled for, and nothing else")
	}
	expect(t, f.end(), "log: field", "log: message", "log: value", "log: with")
}

// dsn is a connector of a driver that has none.
type dsn struct {
	of   driver.Driver
	name string
}

func (d dsn) Connect(context.Context) (driver.Conn, error) { return d.of.Open(d.name) }

func (d dsn) Driver() driver.Driver { return d.of }

func TestStatementsAndArgumentsAreRecorded(t *testing.T) {
	f := &fake{T: t}
	w := Watch(f)
	inSQL, arg, blob, prepared, named := w.Invent("in SQL", Name), w.Invent("argument", Name), w.Invent("bytes", Token), w.Invent("prepared", Name), w.Invent("named", Email)
	db := sql.OpenDB(w.Connector("sql", dsn{&sqlite.Driver{}, ":memory:"}))
	db.SetMaxOpenConns(1)
	defer db.Close()
	ctx := t.Context()
	do := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	do("CREATE TABLE a (x, y)")
	do("INSERT INTO a VALUES ('"+inSQL+"', ?)", arg)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tx.PrepareContext(ctx, "INSERT INTO a VALUES (?, :n)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ExecContext(ctx, prepared, sql.Named("n", named)); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := errors.Join(tx.Commit(), db.PingContext(ctx)); err != nil {
		t.Fatal(err)
	}
	n := 0
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM a WHERE x <> ?", []byte(blob)).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
	expect(t, f.end(), "sql: argument", "sql: bytes", "sql: in SQL", "sql: named", "sql: prepared")
}

// old is a driver that can do no more than the first drivers could.
type old struct{}

func (old) Connect(context.Context) (driver.Conn, error) { return old{}, nil }
func (old) Driver() driver.Driver                        { return nil }
func (old) Prepare(string) (driver.Stmt, error)          { return old{}, nil }
func (old) Begin() (driver.Tx, error)                    { return old{}, nil }
func (old) Commit() error                                { return nil }
func (old) Rollback() error                              { return nil }
func (old) Close() error                                 { return nil }
func (old) NumInput() int                                { return -1 }
func (old) Columns() []string                            { return nil }
func (old) Next([]driver.Value) error                    { return io.EOF }
func (old) Exec(args []driver.Value) (driver.Result, error) {
	return driver.RowsAffected(len(args)), nil
}
func (old) Query([]driver.Value) (driver.Rows, error) { return old{}, nil }

func TestAnOldDriverWorksUnderTheRecorder(t *testing.T) {
	f := &fake{T: t}
	w := Watch(f)
	arg := w.Invent("argument", Name)
	db := sql.OpenDB(w.Connector("sql", old{}))
	defer db.Close()
	res, err := db.ExecContext(t.Context(), "INSERT", arg, 7)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != 2 || err != nil {
		t.Errorf("%d arguments, %v", n, err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if rows.Next() || rows.Err() != nil {
		t.Errorf("rows: %v", rows.Err())
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil || tx.Commit() != nil {
		t.Errorf("a transaction: %v", err)
	}
	if _, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true}); err == nil {
		t.Error("options that an old driver does not know are dropped")
	}
	expect(t, f.end(), "sql: argument")
}
