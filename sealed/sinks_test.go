package sealed_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/http/httputil"
	"net/textproto"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/habeas-data/habeas/sealed"
)

const secret = "JudeTheObscure-4711"

// echo is a server that remembers the last request as it arrived.
type echo struct {
	*httptest.Server
	heads []http.Header
	body  string
}

func newEcho(t *testing.T, start func(http.Handler) *httptest.Server) *echo {
	e := &echo{}
	e.Server = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.heads = append(e.heads, r.Header.Clone())
		b, _ := io.ReadAll(r.Body)
		e.body = string(b)
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		}
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *echo) last() http.Header { return e.heads[len(e.heads)-1] }

// Proves SEAL-A4.
func TestHeaderReachesTheServerAndNothingBefore(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{
		"http": httptest.NewServer, "https": httptest.NewTLSServer,
	} {
		t.Run(name, func(t *testing.T) {
			server := newEcho(t, start)
			base := server.Client().Transport.(*http.Transport)
			client := &http.Client{Transport: sealed.Transport(base)}
			v, key := seal(t, open(t), "token", secret), seal(t, open(t), "key", "second-"+secret)

			var seen strings.Builder // what a trace and a dump tell
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
				WroteHeaderField: func(k string, f []string) { fmt.Fprintln(&seen, k, f) },
				Got1xxResponse:   func(int, textproto.MIMEHeader) error { return nil },
			})
			for range 3 { // on one connection
				r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/in", strings.NewReader("a body"))
				if err != nil {
					t.Fatal(err)
				}
				if err = errors.Join(v.SetHeader(r, "Authorization", "Bearer "), key.SetHeader(r, "X-Api-Key", "")); err != nil {
					t.Fatal(err)
				}
				dump, _ := httputil.DumpRequest(r, true)
				seen.Write(dump)
				resp, err := client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				if (resp.TLS != nil) != (name == "https") {
					t.Errorf("TLS state %v", resp.TLS)
				}
				fmt.Fprintln(&seen, resp.Request.Header)
				got := server.last()
				if got.Get("Authorization") != "Bearer "+secret || got.Get("X-Api-Key") != "second-"+secret || server.body != "a body" {
					t.Errorf("arrived: %v, body %q", got, server.body)
				}
			}
			if strings.Contains(seen.String(), secret) || !strings.Contains(seen.String(), "Authorization") {
				t.Errorf("on the way it was seen: %s", seen.String())
			}
		})
	}
}

func TestHeaderGoesOnlyWhereItWasSetFor(t *testing.T) {
	home, away := newEcho(t, httptest.NewServer), newEcho(t, httptest.NewServer)
	client := &http.Client{Transport: sealed.Transport(&http.Transport{})}
	s := open(t)
	v := seal(t, s, "token", secret)
	request := func(to string, body io.Reader) *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, body)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	send := func(c *http.Client, r *http.Request) {
		t.Helper()
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}

	r := request(home.URL+"?to="+url.QueryEscape(home.URL+"/again"), nil)
	if err := v.SetHeader(r, "X-Api-Key", ""); err != nil {
		t.Fatal(err)
	}
	shown := r.Header.Get("X-Api-Key")
	send(client, r)
	if home.last().Get("X-Api-Key") != secret || len(home.heads) != 2 {
		t.Errorf("a redirect within the host: %v", home.heads)
	}

	r = request(home.URL+"?to="+url.QueryEscape(away.URL), nil)
	r.Header.Set("X-Api-Key", shown)
	send(client, r)
	if got := away.last().Get("X-Api-Key"); got != shown {
		t.Errorf("a redirect to another host carried %q", got)
	}

	r = request(home.URL, strings.NewReader("body "+shown))
	r.Header.Set("X-Api-Key", shown)
	send(client, r)
	if home.body != "body "+shown || home.last().Get("X-Api-Key") != secret {
		t.Errorf("the body arrived as %q", home.body)
	}

	r = request(home.URL, nil)
	r.Header.Set("X-Api-Key", shown)
	send(home.Client(), r)
	if got := home.last().Get("X-Api-Key"); got != shown {
		t.Errorf("an ordinary client sent %q", got)
	}

	r = request(home.URL, nil)
	r.Header.Set("X-Api-Key", shown)
	s.Close()
	if resp, err := client.Do(r); !errors.Is(err, sealed.ErrClosed) {
		_ = resp.Body.Close()
		t.Errorf("after Close: %v", err)
	}
	if err := v.SetHeader(r, "X-Api-Key", ""); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("SetHeader after Close: %v", err)
	}
}

// Requests on shared connections never carry each other's values.
func TestHeadersOfManyAtOnce(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Api-Key"))
	}))
	t.Cleanup(server.Close)
	client := &http.Client{Transport: sealed.Transport(nil)}
	var wg sync.WaitGroup
	for who := range 8 {
		wg.Go(func() {
			for i := range 20 {
				want := fmt.Sprintf("%s-%d-%d", secret, who, i)
				s := sealed.Open(t.Context())
				v, err := s.Seal("key", []byte(want))
				if err != nil {
					t.Error(err)
					return
				}
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
				if err = v.SetHeader(r, "X-Api-Key", ""); err != nil {
					t.Error(err)
				}
				resp, err := client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				got, _ := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if string(got) != want {
					t.Errorf("%q arrived, %q was sent", got, want)
				}
				s.Close()
			}
		})
	}
	wg.Wait()
	client.CloseIdleConnections()
}

func TestHeaderRefusals(t *testing.T) {
	server := newEcho(t, httptest.NewTLSServer)
	s := open(t)
	request := func() *http.Request {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, bad := range []string{"a\r\nX-Evil: 1", "a\x00", "\x7f"} {
		r := request()
		if err := seal(t, s, "token", bad).SetHeader(r, "X-Api-Key", ""); !errors.Is(err, sealed.ErrSyntax) || len(r.Header) > 0 {
			t.Errorf("%q: %v, %v", bad, err, r.Header)
		}
	}

	v := seal(t, s, "token", secret)
	big := request()
	big.Header.Set("X-Big", strings.Repeat("x", 16<<10))
	proxied := server.Client().Transport.(*http.Transport).Clone()
	proxied.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:9"})
	for name, c := range map[string]struct {
		base *http.Transport
		r    *http.Request
		want string
	}{
		"a head in two pieces": {server.Client().Transport.(*http.Transport), big, "16 KiB"},
		"a proxy for https":    {proxied, request(), "proxy"},
	} {
		if err := v.SetHeader(c.r, "X-Api-Key", ""); err != nil {
			t.Fatal(err)
		}
		resp, err := sealed.Transport(c.base).RoundTrip(c.r)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			_ = resp.Body.Close()
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(server.heads) > 0 {
		t.Errorf("something was sent: %v", server.heads)
	}
}

// Proves SEAL-A4.
func TestSQLArgumentIsUsedOnce(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err = db.ExecContext(t.Context(), "CREATE TABLE t (secret TEXT)"); err != nil {
		t.Fatal(err)
	}
	v := seal(t, open(t), "code", secret)
	var kept any
	err = v.SQL(func(arg any) error {
		kept = arg
		if said := fmt.Sprintf("%v %+v %#v %s %d", arg, arg, arg, arg, []any{arg}); strings.Contains(said, secret) {
			t.Errorf("the argument prints as %s", said)
		}
		if _, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (CAST(? AS TEXT))", arg); err != nil {
			return sealed.Public(err)
		}
		_, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", arg)
		return err
	})
	if !errors.Is(err, sealed.ErrOpaque) && !errors.Is(err, sealed.ErrSpent) {
		t.Errorf("a second statement: %v", err)
	}
	if _, err = kept.(driver.Valuer).Value(); !errors.Is(err, sealed.ErrSpent) {
		t.Errorf("after SQL: %v", err)
	}
	var rows int
	var got string
	if err = db.QueryRowContext(t.Context(), "SELECT count(*), max(secret) FROM t").Scan(&rows, &got); err != nil || rows != 1 || got != secret {
		t.Errorf("stored %d rows, %q, %v", rows, got, err)
	}
	if _, err = db.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", v); err == nil {
		t.Error("a value itself is taken as an argument")
	}
	var unused any
	if err = v.SQL(func(arg any) error { unused = arg; return nil }); err != nil {
		t.Error(err)
	}
	if _, err = unused.(driver.Valuer).Value(); !errors.Is(err, sealed.ErrSpent) {
		t.Errorf("an argument unused in f, after f: %v", err)
	}
}

// Proves SEAL-A4.
func TestStdin(t *testing.T) {
	for _, n := range []int{0, 19, 4096, 4097, sealed.MaxLen} {
		s := sealed.Open(t.Context())
		plain := bytes.Repeat([]byte("s"), n)
		v := seal(t, s, "password", string(plain))
		cmd := exec.CommandContext(t.Context(), "cat")
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := v.Stdin(cmd); err != nil {
			t.Fatal(err)
		}
		s.Close() // the value lives until it is written
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), plain) {
			t.Errorf("%d bytes went in, %d came out", n, out.Len())
		}
		<-s.Wiped()
		if err := v.Stdin(cmd); !errors.Is(err, sealed.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "true")
	cmd.Stdin = strings.NewReader("taken")
	if err := seal(t, open(t), "password", secret).Stdin(cmd); err == nil {
		t.Error("a command that has a standard input got another")
	}
}
