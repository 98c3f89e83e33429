package reconciletest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Answer is one read to its end. Document is what is in it: without the call, when it is a script.
type Answer struct {
	Status         int
	Header         http.Header
	Body, Document string
}

// Send asks a server and looks at what is true of every answer: everybody may read it, nothing
// guesses its type, it sets no cookie, and a failure is said as one.
func (r Request) Send(t testing.TB, client *http.Client, server string) Answer {
	t.Helper()
	q, err := http.NewRequestWithContext(context.Background(), r.Method, server+r.Path, strings.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	// As a page of another website sends it.
	q.Header.Set("Origin", "https://elsewhere.example")
	q.Header.Set("Sec-Fetch-Site", "cross-site")
	q.Header.Set("Cookie", "a=b")
	for name, value := range map[string]string{"Content-Type": r.Type, "Accept": r.Accept, "Accept-Language": r.Language} {
		if value != "" {
			q.Header.Set(name, value)
		}
	}
	res, err := client.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := Answer{Status: res.StatusCode, Header: res.Header, Body: string(body), Document: string(body)}
	r.check(t, &a)
	return a
}

func (r Request) check(t testing.TB, a *Answer) {
	t.Helper()
	if a.Status != r.Status {
		t.Errorf("answered %d, not %d: %s", a.Status, r.Status, a.Body)
	}
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "X-Content-Type-Options": "nosniff", "Set-Cookie": "", "Cross-Origin-Resource-Policy": "cross-origin",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	media, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	if a.Status >= 400 && media != "application/problem+json" && !strings.Contains(r.Path, "/preview") {
		t.Errorf("a failure as %s", media)
	}
	if a.Status == http.StatusOK && r.Callback != "" {
		var ok, end bool
		a.Document, ok = strings.CutPrefix(a.Body, "/**/"+r.Callback+"(")
		a.Document, end = strings.CutSuffix(a.Document, ");")
		if !ok || !end || media != "application/javascript" {
			t.Errorf("no script that calls %s: %s %s", r.Callback, media, a.Body)
		}
	}
	for _, part := range r.Says {
		if !strings.Contains(a.Body, part) {
			t.Errorf("does not say %s: %s", part, a.Body)
		}
	}
	for _, part := range r.DoesNotSay {
		if strings.Contains(a.Body, part) {
			t.Errorf("says %s: %s", part, a.Body)
		}
	}
}
