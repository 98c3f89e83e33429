package wire_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/wire"
)

var rules = wire.Rules{
	Headers: []string{"Authorization"}, Cookies: []string{"sign-in"}, Fields: []string{"code", "client_secret"}, Paths: []string{"/stop/"},
	Members: []string{"consent_code"},
}

// serve runs a real server behind the package and returns its address.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	wire.Prepare(srv)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(wire.Listen(l, rules)); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { srv.Close(); <-done })
	return "http://" + l.Addr().String()
}

// plain reads the value behind a text that came with a request.
func plain(r *http.Request, text string) string {
	v, ok := wire.Take(r.Context(), text)
	if !ok {
		return "unknown " + text
	}
	var s string
	if err := v.Use(func(p []byte) error { s = string(p); return nil }); err != nil {
		return err.Error()
	}
	return s
}

// TestSecretsArriveSealed sends a secret in each place that a rule names and others
// beside it: the handler reads stand-ins of the same length, and finds the values.
// Proves SEAL-A7.
func TestSecretsArriveSealed(t *testing.T) {
	type seen struct{ text, value string }
	var got map[string]seen
	var raw string
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		cookie, _ := r.Cookie("sign-in")
		_, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got = map[string]seen{}
		for name, text := range map[string]string{
			"path": r.URL.Path[len("/stop/"):], "query": r.URL.Query().Get("code"), "cookie": cookie.Value, "bearer": bearer, "form": r.PostForm.Get("client_secret"),
		} {
			got[name] = seen{text, plain(r, text)}
		}
		raw = fmt.Sprint(r.RequestURI, r.Header, r.PostForm)
		fmt.Fprint(w, r.PostForm.Get("name"), r.URL.Query().Get("other"))
	})
	secrets := map[string]string{
		"path": "p4th-s3cret", "query": "12345678", "cookie": "c00kie=value", "bearer": "hbs_t0ken.x", "form": "a b+c%/ü",
	}
	for range 3 { // on one connection
		body := "name=Jude&client_secret=" + url.QueryEscape(secrets["form"]) + "&name=x"
		r, _ := http.NewRequest("POST", at+"/stop/"+secrets["path"]+"?code="+secrets["query"]+"&other=seen", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		r.Header.Set("Authorization", "Bearer "+secrets["bearer"])
		r.Header.Set("Cookie", "a=b; sign-in="+secrets["cookie"]+"; c=d")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if string(answer) != "Judeseen" {
			t.Errorf("what is no secret came as %q", answer)
		}
		for name, want := range secrets {
			if got[name].value != want {
				t.Errorf("%s: value %q, want %q", name, got[name].value, want)
			}
			if !strings.HasPrefix(got[name].text, "~") || strings.Contains(raw, want) {
				t.Errorf("%s: the handler saw %q", name, got[name].text)
			}
		}
	}
}

// TestAMemberOfJSONArrivesSealed sends a document with a secret member in several places,
// as texts and not: the handler reads stand-ins of the same length for the texts alone.
// Proves SEAL-A7.
func TestAMemberOfJSONArrivesSealed(t *testing.T) {
	const body = `{"name": "consent_code", "consent_code" :	"7KQM-4F2P-9XWD", "items": [{"consent_code":"a\"b"}, {"consent_code": 7, "x": "consent_code"}, {"x_consent_code": "seen"}]}`
	type document struct {
		Name  string
		Code  any `json:"consent_code"`
		Items []map[string]any
	}
	var got document
	var values []string
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got, values = document{}, nil
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		values = append(values, plain(r, got.Code.(string)), plain(r, got.Items[0]["consent_code"].(string)))
	})
	for range 3 { // on one connection
		res, err := http.Post(at, "application/json; charset=utf-8", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if !slices.Equal(values, []string{"7KQM-4F2P-9XWD", `a\"b`}) {
			t.Fatalf("sealed %q", values)
		}
		if code := got.Code.(string); len(code) != 14 || code[0] != '~' {
			t.Errorf("the handler saw %q", code)
		}
		if got.Name != "consent_code" || got.Items[1]["consent_code"] != 7.0 || got.Items[1]["x"] != "consent_code" || got.Items[2]["x_consent_code"] != "seen" {
			t.Errorf("what is no secret came as %+v", got)
		}
	}
}

// TestAValuePutGoesOut writes stand-ins across every border of net/http's buffer of
// 4 KiB: the client reads the values, whatever the write they fall into.
func TestAValuePutGoesOut(t *testing.T) {
	s := sealed.Open(t.Context())
	defer s.Close()
	const secret = "hbs_1234567890abcdef"
	v, err := s.Seal("token", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		stand, ok := wire.Put(r.Context(), v)
		if !ok || stand == secret || len(stand) != len(secret) {
			t.Errorf("stand-in %q, %v", stand, ok)
		}
		n := len(r.URL.Query().Get("pad"))
		w.Header().Set("X-Token", stand)
		fmt.Fprintf(w, "%s%s~%s~", strings.Repeat("x", n), stand, stand)
	})
	for n := 3600; n < 4300; n += 3 {
		res, err := http.Get(at + "/?pad=" + strings.Repeat("p", n))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(res.Body)
		res.Body.Close()
		want := strings.Repeat("x", n) + secret + "~" + secret + "~"
		if err != nil || string(answer) != want || res.Header.Get("X-Token") != secret {
			t.Fatalf("after %d bytes: %v, %q, header %q", n, err, answer[min(n, len(answer)):], res.Header.Get("X-Token"))
		}
	}
}

// TestAReadBreaksNoStandIn reads between the two halves of a stand-in, as net/http does
// while a handler still writes: the value goes out whole all the same.
func TestAReadBreaksNoStandIn(t *testing.T) {
	s := sealed.Open(t.Context())
	defer s.Close()
	const secret = "hbs_1234567890abcdef"
	v, err := s.Seal("token", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	c, err := wire.Listen(l, rules).Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stand, ok := wire.Put(wire.Context(t.Context(), c), v)
	if !ok {
		t.Fatal("no stand-in")
	}
	text := make([]byte, len(secret))
	for _, step := range []func() (int, error){
		func() (int, error) { return c.Write([]byte(stand[:7])) },
		func() (int, error) { return client.Write([]byte("G")) },
		func() (int, error) { return c.Read(make([]byte, 1)) },
		func() (int, error) { return c.Write([]byte(stand[7:])) },
		func() (int, error) { return io.ReadFull(client, text) },
	} {
		if _, err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if string(text) != secret {
		t.Errorf("the client read %q", text)
	}
}

// TestRequestsOfOneConnectionKeepApart pipelines two requests: the first answer does not
// drop the secrets of the second, and both are gone after their answers.
func TestRequestsOfOneConnectionKeepApart(t *testing.T) {
	var values []sealed.Value
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		for _, v := range values {
			if err := v.Use(func([]byte) error { return nil }); !errors.Is(err, sealed.ErrClosed) {
				t.Errorf("a value of an answered request: %v", err)
			}
		}
		_, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		fmt.Fprint(w, plain(r, text))
		v, _ := wire.Take(r.Context(), text)
		values = append(values, v)
	})
	c, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var all bytes.Buffer
	for i := range 3 {
		fmt.Fprintf(&all, "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret-%d\r\n\r\n", i)
	}
	if _, err := c.Write(all.Bytes()); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	for i := range 3 {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if want := fmt.Sprintf("secret-%d", i); string(answer) != want {
			t.Errorf("answer %q, want %q", answer, want)
		}
	}
}

// TestManySecretsAreLimited: what is over the limit arrives as it is, and nothing is cut.
func TestManySecretsAreLimited(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		sealedOnes := 0
		for i, text := range r.PostForm["code"] {
			want := fmt.Sprintf("code-%04d", i)
			if v, ok := wire.Take(r.Context(), text); ok {
				sealedOnes++
				if !v.EqualBytes([]byte(want)) {
					t.Errorf("secret %d is another", i)
				}
			} else if text != want {
				t.Errorf("field %d is %q", i, text)
			}
		}
		fmt.Fprint(w, sealedOnes, len(r.PostForm["code"]))
	})
	form := url.Values{}
	for i := range 200 {
		form.Add("code", fmt.Sprintf("code-%04d", i))
	}
	res, err := http.PostForm(at, form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); string(answer) != "32 200" {
		t.Errorf("got %q", answer)
	}
}

// TestElsewhereNothingIsKnown: handlers on other connections work with strings.
func TestElsewhereNothingIsKnown(t *testing.T) {
	if _, ok := wire.Take(t.Context(), "~abcdefgh"); ok {
		t.Error("a value of no connection")
	}
	s := sealed.Open(context.Background())
	defer s.Close()
	v, _ := s.Seal("token", []byte("long enough"))
	if text, ok := wire.Put(t.Context(), v); ok {
		t.Errorf("stand-in %q on no connection", text)
	}
}

// TestWhatComesDoesNotGoOut: a handler that writes back what it read from a secret field
// writes a stand-in. Else what nothing escaped would come out in the middle of a page.
func TestWhatComesDoesNotGoOut(t *testing.T) {
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.FormValue("code"))
		for _, bad := range []string{"<script>", "\r\nSet-Cookie: a=b", "1234567", `"quoted\"`} {
			v, err := sealed.In(r.Context()).Seal("bad", []byte(bad))
			if err != nil {
				t.Error(err)
			}
			if stand, ok := wire.Put(r.Context(), v); ok {
				t.Errorf("%q may go out as %q", bad, stand)
			}
		}
	})
	const typed = "<script>alert(1)</script>"
	res, err := http.PostForm(at, url.Values{"code": {typed}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); strings.Contains(string(answer), "<") || !strings.HasPrefix(string(answer), "~") {
		t.Errorf("came back as %q", answer)
	}
}

// TestDialed sends a value through a connection that this side opened.
func TestDialed(t *testing.T) {
	near, far := net.Pipe()
	s := sealed.Open(t.Context())
	defer s.Close()
	v, _ := s.Seal("code", []byte("1234 5678"))
	stands := wire.Stands{}
	text, ok := stands.Put(v)
	if !ok {
		t.Fatal("no stand-in")
	}
	out := wire.Dialed(near, stands)
	go func() {
		for _, piece := range strings.SplitAfter("Your code is "+text+".\r\n", "") {
			fmt.Fprint(out, piece)
		}
		out.Close()
	}()
	if got, _ := io.ReadAll(far); string(got) != "Your code is 1234 5678.\r\n" {
		t.Errorf("the other side read %q", got)
	}
}
