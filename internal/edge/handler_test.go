package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/habeas-data/habeas"
)

// site is a real server around one mux, with its log.
type site struct {
	*httptest.Server
	mux      *Mux
	failures *Failures
	log      *bytes.Buffer
}

func newSite(t *testing.T, page bool) *site {
	t.Helper()
	s := &site{log: new(bytes.Buffer)}
	s.failures = &Failures{Log: slog.New(slog.NewTextHandler(s.log, nil))}
	if page {
		s.failures.Page = func(w http.ResponseWriter, _ *http.Request, f Failure) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(f.Status)
			fmt.Fprintf(w, "<p>%s %s", f.Main.Text(), f.Incident)
		}
	}
	s.mux = &Mux{Failures: s.failures}
	s.Server = httptest.NewUnstartedServer(AccessLog(s.failures.Log, habeas.SystemClock{}, s.mux))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// reply is an answer, read to its end.
type reply struct {
	StatusCode int
	Header     http.Header
}

func (s *site) do(t *testing.T, method, path string, header ...string) (reply, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header}, string(b)
}

func TestErrorsBecomeProblemDocuments(t *testing.T) {
	secret := errors.New("canary: row of tim@example.org")
	tests := map[string]struct {
		err  error
		want Problem
	}{
		"invalid":         {habeas.Invalid("email", "Mend it.").WithCode("email.bad"), Problem{Type: "/problems/invalid", Title: "Please correct the input", Status: 400, Detail: "Mend it.", Code: "email.bad", Field: "email"}},
		"unauthenticated": {&habeas.Error{Kind: habeas.KindUnauthenticated, Message: "Sign in."}, Problem{Type: "/problems/unauthenticated", Title: "Please sign in", Status: 401, Detail: "Sign in."}},
		"forbidden":       {habeas.Forbidden("No."), Problem{Type: "/problems/forbidden", Title: "Not allowed", Status: 403, Detail: "No."}},
		"not found":       {habeas.NotFound("None."), Problem{Type: "/problems/not-found", Title: "Not found", Status: 404, Detail: "None."}},
		"conflict":        {habeas.Conflict("Reload."), Problem{Type: "/problems/conflict", Title: "Changed meanwhile", Status: 409, Detail: "Reload."}},
		"gone":            {habeas.Gone("Used."), Problem{Type: "/problems/gone", Title: "No longer there", Status: 410, Detail: "Used."}},
		"too large":       {&habeas.Error{Kind: habeas.KindTooLarge, Message: "Long."}, Problem{Type: "/problems/too-large", Title: "Too large", Status: 413, Detail: "Long."}},
		"too many":        {habeas.TooMany("Wait {n} minutes.").With("n", "5"), Problem{Type: "/problems/too-many", Title: "Too many requests", Status: 429, Detail: "Wait 5 minutes."}},
		"unavailable":     {habeas.Unavailable("Later."), Problem{Type: "/problems/unavailable", Title: "Try again later", Status: 503, Detail: "Later."}},
		"sealed":          {&habeas.Error{Kind: habeas.KindSealed, Message: "Sealed."}, Problem{Type: "/problems/sealed", Title: "The server is sealed", Status: 503, Detail: "Sealed."}},
		"wrapped":         {fmt.Errorf("canary: %w", habeas.NotFound("None.").WithCause(secret)), Problem{Type: "/problems/not-found", Title: "Not found", Status: 404, Detail: "None."}},
		"own status":      {WithStatus(habeas.Invalid("", "No."), 415), Problem{Type: "/problems/invalid", Title: "Please correct the input", Status: 415, Detail: "No."}},
		"took too long":   {fmt.Errorf("canary: %w", context.DeadlineExceeded), Problem{Type: "/problems/unavailable", Title: "Try again later", Status: 503, Detail: "This took too long. Try again in a moment."}},
		"joined": {errors.Join(habeas.Invalid("a", "A."), habeas.Invalid("b", "B.").WithCode("b.code")), Problem{
			Type: "/problems/invalid", Title: "Please correct the input", Status: 400, Detail: "Some fields need your attention.", Code: "several",
			Errors: []ProblemField{{Field: "a", Detail: "A."}, {Field: "b", Code: "b.code", Detail: "B."}},
		}},
		"problems": {Problems{habeas.Invalid("a", "A."), habeas.Invalid("b", "B.")}, Problem{
			Type: "/problems/invalid", Title: "Please correct the input", Status: 400, Detail: "Some fields need your attention.", Code: "several",
			Errors: []ProblemField{{Field: "a", Detail: "A."}, {Field: "b", Detail: "B."}},
		}},
		"one problem":            {Problems{habeas.Invalid("a", "A.")}, Problem{Type: "/problems/invalid", Title: "Please correct the input", Status: 400, Detail: "A.", Field: "a"}},
		"joined with a conflict": {errors.Join(habeas.Invalid("a", "A."), habeas.Conflict("Reload.")), Problem{Type: "/problems/conflict", Title: "Changed meanwhile", Status: 409, Detail: "Reload."}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, false)
			Handle(s.mux, "POST /x", func(http.ResponseWriter, *http.Request) error { return test.err })
			resp, body := s.do(t, "POST", "/x", "Accept", "text/html")
			var got Problem
			if err := json.Unmarshal([]byte(body), &got); err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v (%v), want %+v", got, err, test.want)
			}
			if resp.StatusCode != test.want.Status || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d, %s", resp.StatusCode, resp.Header.Get("Content-Type"))
			}
			if resp.Header.Get("Cache-Control") != "no-store" {
				t.Error("a failure may be cached")
			}
			if (resp.StatusCode == 401) != (resp.Header.Get("WWW-Authenticate") != "") {
				t.Error("WWW-Authenticate and 401 go together")
			}
			if (resp.StatusCode == 503) != (resp.Header.Get("Retry-After") != "") {
				t.Error("503 says when to come back")
			}
			if all := body + s.log.String(); strings.Contains(all, "canary") || strings.Contains(all, "incident") {
				t.Errorf("internals came out: %s", all)
			}
		})
	}
}

func TestOwnFaultsAreIncidentsWithoutPersonalData(t *testing.T) {
	secret := errors.New("canary tim@example.org")
	for name, h := range map[string]Handler{
		"foreign error":  func(http.ResponseWriter, *http.Request) error { return secret },
		"internal error": func(http.ResponseWriter, *http.Request) error { return habeas.Internal(secret) },
		"internal with status": func(http.ResponseWriter, *http.Request) error {
			return WithStatus(habeas.Internal(secret), 200)
		},
		"internal text is not shown": func(http.ResponseWriter, *http.Request) error {
			return &habeas.Error{Kind: habeas.KindInternal, Message: "canary"}
		},
		"joined with a foreign": func(http.ResponseWriter, *http.Request) error {
			return errors.Join(habeas.Invalid("a", "A."), secret)
		},
		"panic":         func(http.ResponseWriter, *http.Request) error { panic("canary tim@example.org") },
		"runtime panic": func(http.ResponseWriter, *http.Request) error { return []error{}[len("canary")] },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, true)
			s.mux.Handle("GET /x/{who}", h)
			resp, body := s.do(t, "GET", "/x/canary?canary=1")
			var p Problem
			if err := json.Unmarshal([]byte(body), &p); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != 500 || len(p.Incident) != 12 || !strings.Contains(p.Detail, "on our side") {
				t.Errorf("%d %+v", resp.StatusCode, p)
			}
			if !strings.Contains(s.log.String(), p.Incident) || strings.Contains(s.log.String()+body, "canary") {
				t.Errorf("log: %s", s.log)
			}
			if strings.Contains(name, "panic") && !strings.Contains(s.log.String(), "TestOwnFaults") {
				t.Errorf("the log does not say where: %s", s.log)
			}
			page, text := s.do(t, "GET", "/x/canary", "Accept", "text/html,*/*;q=0.8")
			if page.StatusCode != 500 || !strings.HasPrefix(text, "<p>Something went wrong") {
				t.Errorf("page: %d %s", page.StatusCode, text)
			}
		})
	}
	t.Run("scrubbed text is logged", func(t *testing.T) {
		s := newSite(t, false)
		s.failures.Scrub = func(text string) string { return strings.ReplaceAll(text, "tim@example.org", "[email]") }
		s.mux.Handle("GET /x", func(http.ResponseWriter, *http.Request) error { return secret })
		s.do(t, "GET", "/x")
		if !strings.Contains(s.log.String(), "canary [email]") {
			t.Errorf("log: %s", s.log)
		}
	})
}

func TestHalfAnAnswerIsCutOff(t *testing.T) {
	s := newSite(t, false)
	s.mux.Handle("GET /panic", func(w http.ResponseWriter, _ *http.Request) error {
		if _, err := io.WriteString(w, strings.Repeat("x", 100_000)); err != nil {
			return err
		}
		panic("late")
	})
	s.mux.Handle("GET /error", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := io.WriteString(w, "begun")
		return errors.Join(err, errors.New("late"))
	})
	resp, err := s.Client().Get(s.URL + "/panic")
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Error("the client took half an answer for a whole one")
	}
	if _, body := s.do(t, "GET", "/error"); body != "begun" {
		t.Errorf("a problem was glued to an answer: %s", body)
	}
	s.Close() // waits for the handlers, which outlive a connection that was cut
	if n := strings.Count(s.log.String(), "msg=incident"); n != 2 {
		t.Errorf("%d incidents logged", n)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	s := newSite(t, true)
	ok := func(w http.ResponseWriter, r *http.Request) error {
		return WriteJSON(w, 200, map[string]string{"id": r.PathValue("id")})
	}
	s.mux.Handle("GET /things/{id}", ok)
	s.mux.Handle("POST /things/{id}", ok)
	tests := []struct {
		method, path string
		status       int
	}{
		{"GET", "/things/1", 200},
		{"HEAD", "/things/1", 200},
		{"POST", "/things/1", 200},
		{"DELETE", "/things/1", 405},
		{"TRACE", "/things/1", 405},
		{"OPTIONS", "/things/1", 405},
		{"BREW", "/things/1", 405},
		{"GET", "/nothing", 404},
		{"POST", "/", 404},
	}
	for _, test := range tests {
		resp, body := s.do(t, test.method, test.path)
		if resp.StatusCode != test.status {
			t.Errorf("%s %s: %d %s", test.method, test.path, resp.StatusCode, body)
		}
		if test.status == 405 && resp.Header.Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("%s: Allow %q", test.method, resp.Header.Get("Allow"))
		}
		if test.status > 200 && resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %s", test.method, test.path, resp.Header.Get("Content-Type"))
		}
	}
	if _, body := s.do(t, "GET", "/things/7"); body != `{"id":"7"}` {
		t.Errorf("path value lost: %s", body)
	}
	if _, body := s.do(t, "GET", "/nothing", "Accept", "text/html"); !strings.HasPrefix(body, "<p>There is nothing") {
		t.Errorf("page: %s", body)
	}
	if got := s.mux.Patterns(); !reflect.DeepEqual(got, []string{"GET /things/{id}", "POST /things/{id}"}) {
		t.Errorf("patterns %v", got)
	}
}

// A handler for every method would change state on a GET by a mail scanner.
func TestRoutesMustNameTheirMethod(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a route for all methods was accepted")
		}
	}()
	(&Mux{Failures: &Failures{}}).Handle("/claim", func(http.ResponseWriter, *http.Request) error { return nil })
}

func TestWhoGetsAPage(t *testing.T) {
	for accept, want := range map[string]bool{
		"text/html":                       true,
		"application/json":                false,
		"*/*":                             false,
		"":                                false,
		"application/xhtml+xml,text/html": true,
		"application/json, text/html;q=0": false,
		"text/*":                          false,
		"TEXT/HTML; q=0.9":                true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		if got := acceptsHTML(r); got != want {
			t.Errorf("Accept %q: %v", accept, got)
		}
	}
}

func TestAccessLogTellsWhatButNotWho(t *testing.T) {
	s := newSite(t, false)
	s.mux.Handle("GET /people/{id}", func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(http.StatusTeapot)
		_, err := io.WriteString(w, "12345")
		return err
	})
	s.mux.Handle("GET /silent", func(http.ResponseWriter, *http.Request) error { return nil })
	s.do(t, "GET", "/people/canary?q=canary", "Referer", "https://canary.example", "User-Agent", "canary", "Cookie", "canary=canary")
	s.do(t, "GET", "/canary")
	s.do(t, "CANARY", "/silent")
	s.do(t, "GET", "/silent")
	log := s.log.String()
	for _, want := range []string{
		`method=GET route="GET /people/{id}" status=418`, "bytes=5", "method=GET route=none status=404", "method=other route=none status=405",
		`route="GET /silent" status=200`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("log lacks %q:\n%s", want, log)
		}
	}
	for _, bad := range []string{"canary", "CANARY", "127.0.0.1", "?"} {
		if strings.Contains(log, bad) {
			t.Errorf("log holds %q:\n%s", bad, log)
		}
	}
}

func TestAccessLogMeasuresWithTheClock(t *testing.T) {
	var log bytes.Buffer
	clock := habeas.NewManualClock(time.Unix(0, 0))
	h := AccessLog(slog.New(slog.NewTextHandler(&log, nil)), clock, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		clock.Advance(1500 * time.Microsecond)
	}))
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if !strings.Contains(log.String(), "ms=1.5") {
		t.Error(log.String())
	}
}

func TestRetryAfterIsRoundedUp(t *testing.T) {
	w := httptest.NewRecorder()
	(&Failures{}).Write(w, httptest.NewRequest("GET", "/", nil), RetryAfter(habeas.TooMany("Wait."), 1001*time.Millisecond))
	if w.Code != 429 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d, %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestWriteJSONSendsNothingWhenItCannotEncode(t *testing.T) {
	w := httptest.NewRecorder()
	if err := WriteJSON(w, 200, func() {}); habeas.KindOf(err) != habeas.KindInternal || w.Body.Len() != 0 {
		t.Errorf("%v, %q", err, w.Body)
	}
}

func BenchmarkMux(b *testing.B) {
	m := &Mux{Failures: &Failures{}}
	m.Handle("POST /api/v1/parties:findOrCreate", func(w http.ResponseWriter, _ *http.Request) error { return nil })
	m.Handle("GET /api/v1/parties/{ref}", func(w http.ResponseWriter, _ *http.Request) error { return nil })
	h := AccessLog(slog.New(slog.DiscardHandler), habeas.SystemClock{}, m)
	r := httptest.NewRequest("POST", "/api/v1/parties:findOrCreate", nil)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
