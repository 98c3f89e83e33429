package edge

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func mustOrigin(t testing.TB, url string) Origin {
	t.Helper()
	o, err := ParseOrigin(url)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestParseOrigin(t *testing.T) {
	good := []struct {
		url, text, rp string
		secure, loop  bool
	}{
		{"https://records.example.org", "https://records.example.org", "records.example.org", true, false},
		{"https://records.example.org/", "https://records.example.org", "records.example.org", true, false},
		{"HTTPS://Records.Example.ORG:443", "https://records.example.org", "records.example.org", true, false},
		{"https://records.example.org:8443", "https://records.example.org:8443", "records.example.org", true, false},
		{"http://localhost:8080", "http://localhost:8080", "localhost", false, true},
		{"http://127.0.0.1:8080", "http://localhost:8080", "localhost", false, true},
		{"http://[::1]:8080", "http://localhost:8080", "localhost", false, true},
		{"http://localhost:80", "http://localhost", "localhost", false, true},
		{"https://localhost:8443", "https://localhost:8443", "localhost", true, true},
		{"https://xn--bcher-kva.example", "https://xn--bcher-kva.example", "xn--bcher-kva.example", true, false},
	}
	for _, test := range good {
		o, err := ParseOrigin(test.url)
		if err != nil || o.String() != test.text || o.RPID() != test.rp || o.Secure() != test.secure || o.Loopback() != test.loop {
			t.Errorf("%s: %v, %v", test.url, o, err)
		}
	}
	for _, url := range []string{
		"", "records.example.org", "http://records.example.org", "ftp://records.example.org", "https://", "https://203.0.113.7",
		"https://[2001:db8::1]", "https://user@records.example.org", "https://records.example.org/path", "https://records.example.org?q",
		"https://records.example.org#f", "https://bücher.example", "https://a..b", "https://a b", "javascript:alert(1)", "https://a_b.example",
	} {
		if o, err := ParseOrigin(url); err == nil {
			t.Errorf("%q accepted as %v", url, o)
		}
	}
}

func TestEveryLinkStaysWithinTheOrigin(t *testing.T) {
	o := mustOrigin(t, "https://records.example.org")
	for path, want := range map[string]string{
		"/i/abc":          "https://records.example.org/i/abc",
		"i/abc?x=1&y=2#z": "https://records.example.org/i/abc?x=1&y=2#z",
		"":                "https://records.example.org/",
		"@evil.example":   "https://records.example.org/@evil.example",
		"//evil.example":  "https://records.example.org//evil.example",
		".evil.example/":  "https://records.example.org/.evil.example/",
		"/a b\r\n<é>\"":   "https://records.example.org/a%20b%0D%0A%3C%C3%A9%3E%22",
		"/already%20done": "https://records.example.org/already%20done",
	} {
		if got := o.URL(path); got != want {
			t.Errorf("URL(%q) = %q, want %q", path, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		got := o.URL(rapid.String().Draw(t, "path"))
		if !strings.HasPrefix(got, "https://records.example.org/") || strings.ContainsAny(got, " \r\n<>\"\\") {
			t.Fatal(got)
		}
	})
}

func guarded(t *testing.T, origin string) *httptest.Server {
	t.Helper()
	mux := &Mux{Failures: &Failures{}}
	o := mustOrigin(t, origin)
	mux.Handle("GET /confirm", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "page "+o.URL("/confirm"))
		return err
	})
	mux.Handle("POST /confirm", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "done")
		return err
	})
	mux.Handle("GET /assets/app.css", func(w http.ResponseWriter, _ *http.Request) error {
		Immutable(w)
		return nil
	})
	s := httptest.NewServer(Guard{Origin: o, Failures: mux.Failures}.Wrap(mux))
	t.Cleanup(s.Close)
	return s
}

// send writes a request by hand, because http.Client mends what we want broken.
func send(t *testing.T, s *httptest.Server, method, target, host string, header ...string) (reply, string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, target, host)
	for i := 0; i < len(header); i += 2 {
		fmt.Fprintf(conn, "%s: %s\r\n", header[i], header[i+1])
	}
	fmt.Fprint(conn, "Content-Length: 0\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header}, string(body)
}

// Proves PTY-A41: a forged Host is refused, forwarded hosts and Referer are
// not read, links use the configured origin, and pages send no referrer on.
func TestForgedHostIsRefusedAndNeverUsed(t *testing.T) {
	s := guarded(t, "https://records.example.org")
	for host, want := range map[string]int{
		"records.example.org":              200,
		"RECORDS.example.org":              200,
		"records.example.org:443":          200,
		"records.example.org:8443":         421,
		"evil.example":                     421,
		"records.example.org.evil.example": 421,
		"evil.example#records.example.org": 421,
		"records.example.org@evil.example": 421,
		"127.0.0.1":                        421,
		"localhost":                        421,
		"reK\u212aords.example.org":        421,
	} {
		if got, _ := send(t, s, "GET", "/confirm", host); got.StatusCode != want && got.StatusCode != 400 { // 400: net/http refuses it before us
			t.Errorf("Host %q: %d, want %d", host, got.StatusCode, want)
		}
	}
	if got, _ := send(t, s, "GET", "https://evil.example/confirm", "records.example.org"); got.StatusCode != 421 {
		t.Errorf("absolute request target: %d", got.StatusCode)
	}
	resp, body := send(t, s, "GET", "/confirm", "records.example.org", "X-Forwarded-Host", "evil.example",
		"Forwarded", "host=evil.example", "Referer", "https://evil.example/", "X-Original-URL", "https://evil.example/")
	if body != "page https://records.example.org/confirm" {
		t.Errorf("%q", body)
	}
	if resp.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error("the page would send a referrer")
	}
}

func TestLoopbackAnswersToAllNamesOfTheMachine(t *testing.T) {
	s := guarded(t, "http://localhost:8080")
	for host, want := range map[string]int{
		"localhost:8080": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "127.0.0.1:9090": 421,
		"localhost": 421, "evil.example:8080": 421, "192.0.2.1:8080": 421, "localhost.evil.example:8080": 421,
	} {
		if got, _ := send(t, s, "GET", "/confirm", host); got.StatusCode != want {
			t.Errorf("Host %q: %d, want %d", host, got.StatusCode, want)
		}
	}
}

// Proves PTY-A42: a cross-site POST and a framed page are refused.
func TestCrossSiteAndFramedRequestsAreRefused(t *testing.T) {
	const host = "records.example.org"
	s := guarded(t, "https://"+host)
	tests := []struct {
		name, method string
		header       []string
		want         int
	}{
		{"our own form", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "https://" + host}, 200},
		{"our own form, origin hidden by no-referrer", "POST", []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, 200},
		{"our own form, old browser", "POST", []string{"Origin", "https://" + host}, 200},
		{"a program", "POST", nil, 200},
		{"another site's form", "POST", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"a sibling's form", "POST", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://other.example.org"}, 403},
		{"another site, old browser", "POST", []string{"Origin", "https://evil.example"}, 403},
		{"a sandboxed form, old browser", "POST", []string{"Origin", "null"}, 403},
		{"a link in web mail", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "document"}, 200},
		{"page in an iframe", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Dest", "iframe"}, 403},
		{"page in our own iframe", "GET", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "iframe"}, 403},
		{"page in a frame", "GET", []string{"Sec-Fetch-Dest", "frame"}, 403},
		{"page in an object", "GET", []string{"Sec-Fetch-Dest", "object"}, 403},
		{"page in an embed", "GET", []string{"Sec-Fetch-Dest", "embed"}, 403},
		{"form posted in an iframe", "POST", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "iframe"}, 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			resp, body := send(t, s, test.method, "/confirm", host, test.header...)
			if resp.StatusCode != test.want || (body == "done") != (test.want == 200 && test.method == "POST") {
				t.Errorf("%d %s, want %d", resp.StatusCode, body, test.want)
			}
			// Browsers without fetch metadata obey these.
			if resp.Header.Get("X-Frame-Options") != "DENY" || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				t.Error("an answer may be framed")
			}
		})
	}
}

func TestSecurityHeadersAreOnEveryAnswer(t *testing.T) {
	s := guarded(t, "https://records.example.org")
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Strict-Transport-Security":    "max-age=31536000",
		"Cache-Control":                "no-store",
	}
	for _, target := range []string{"/confirm", "/nothing", "/assets/app.css"} {
		resp, _ := send(t, s, "GET", target, "records.example.org")
		for name, value := range want {
			if target == "/assets/app.css" && name == "Cache-Control" {
				value = "public, max-age=31536000, immutable"
			}
			if got := resp.Header.Values(name); len(got) != 1 || got[0] != value {
				t.Errorf("%s %s: %q", target, name, got)
			}
		}
		if resp.Header.Get("Permissions-Policy") == "" {
			t.Error("no Permissions-Policy")
		}
	}
	resp, _ := send(t, guarded(t, "http://localhost:8080"), "GET", "/confirm", "localhost:8080")
	if got := resp.Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("HSTS without https: %q", got)
	}
}

func BenchmarkGuard(b *testing.B) {
	h := Guard{Origin: mustOrigin(b, "https://records.example.org"), Failures: &Failures{}}.
		Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("POST", "https://records.example.org/x", nil)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// Below the open path pages of every website may ask and read, and what would say who asks is
// taken away; nothing else is opened by it, and no path leads out of it.
func TestTheOpenPartIsOpenAndNothingElse(t *testing.T) {
	seen := ""
	mux := &Mux{Failures: &Failures{}}
	handler := func(w http.ResponseWriter, r *http.Request) error {
		seen = r.Pattern + r.Header.Get("Cookie") + r.Header.Get("Authorization")
		return nil
	}
	for _, pattern := range []string{"GET /open", "POST /open/ask", "GET /openly", "POST /closed"} {
		mux.Handle(pattern, handler)
	}
	h := Guard{Origin: mustOrigin(t, "https://records.example.org"), Failures: mux.Failures, Open: "/open"}.Wrap(mux)
	for _, test := range []struct {
		method, host, path string
		status             int
		open               bool
		seen               string
	}{
		{"GET", "records.example.org", "/open", 200, true, "GET /open"},
		{"POST", "records.example.org", "/open/ask", 200, true, "POST /open/ask"},
		{"OPTIONS", "records.example.org", "/open/ask", 204, true, ""},
		{"DELETE", "records.example.org", "/open", 405, true, ""},
		{"GET", "records.example.org", "/open/nothing", 404, true, ""},
		{"GET", "other.example.org", "/open", 421, true, ""},
		{"GET", "records.example.org", "/openly", 403, false, ""},
		{"POST", "records.example.org", "/closed", 403, false, ""},
		{"POST", "records.example.org", "/open/../closed", 403, false, ""},
		{"POST", "records.example.org", "/open//../../closed", 403, false, ""},
		{"OPTIONS", "records.example.org", "/closed", 403, false, ""},
	} {
		seen = ""
		r := httptest.NewRequest(test.method, "https://"+test.host+"/", nil)
		r.URL.Path = test.path
		for name, value := range map[string]string{
			"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe", "Cookie": "a=b", "Authorization": "Bearer x",
		} {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		open := w.Header().Get("Access-Control-Allow-Origin") == "*" && w.Header().Get("Cross-Origin-Resource-Policy") == "cross-origin"
		if w.Code != test.status || open != test.open || seen != test.seen {
			t.Errorf("%s %s: %d, open %v, seen %q", test.method, test.path, w.Code, open, seen)
		}
	}
}
