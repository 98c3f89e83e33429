package main

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// limitFiles bounds how large a file the server may write, in bytes: what a full disk
// or a used-up quota is to a program that may not fill a real one.
func (c *child) limitFiles(size uint64) {
	c.Helper()
	c.must(unix.Prlimit(c.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: unix.RLIM_INFINITY}, nil))
}

// ask sends a request and returns status, type and body of the answer.
func ask(t *testing.T, to, token string, w *write) (int, string, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to+"/api/v1/parties:findOrCreate", strings.NewReader(w.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", w.key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatalf("%d, no JSON: %s", res.StatusCode, text)
	}
	return res.StatusCode, res.Header.Get("Content-Type"), body
}

// Proves AUD-11.
func TestAFullDiskRefusesCleanlyAndTheServerGoesOn(t *testing.T) {
	l := &load{site: newSite(t)}
	l.connect()
	before := l.checkpoint()
	c := l.serve()
	token, random := l.token(c), rand.New(rand.NewPCG(1, 2))
	for range 50 {
		w := l.next(random)
		status, _, body := ask(t, c.url, token, w)
		if status != http.StatusOK {
			t.Fatalf("before: %d %v", status, body)
		}
		w.ref, _ = body["party"].(string)
		l.acked++
	}

	c.limitFiles(32 << 10)
	var refused []*write
	for range 20 {
		w := l.next(random)
		status, kind, body := ask(t, c.url, token, w)
		detail, _ := body["detail"].(string)
		if status != http.StatusServiceUnavailable || kind != "application/problem+json" || !strings.Contains(detail, "The disk") || !strings.Contains(detail, "Nothing was changed") {
			c.kill() // so that its log is complete
			t.Fatalf("on a full disk: %d %s %v\n%s", status, kind, body, c.log.Bytes())
		}
		refused = append(refused, w)
	}
	for path, want := range map[string]int{"/": http.StatusOK, "/ledger/checkpoint": http.StatusOK, "/api/v1/schemas": http.StatusOK} {
		res, err := http.Get(c.url + path)
		l.must(err)
		l.must(res.Body.Close())
		if res.StatusCode != want {
			t.Errorf("reading %s on a full disk: %d", path, res.StatusCode)
		}
	}
	if code, out, complaints := l.run("audit", "verify", "--dir", l.dir); code != 0 {
		t.Errorf("audit verify on a full disk: %d %s%s", code, out, complaints)
	}

	c.limitFiles(unix.RLIM_INFINITY)
	for i, w := range refused {
		if i%2 == 0 { // the others were refused for good: nothing of them may be there
			continue
		}
		status, _, body := ask(t, c.url, token, w)
		if status != http.StatusOK {
			t.Fatalf("with space again: %d %v", status, body)
		}
		w.ref, _ = body["party"].(string)
		l.acked++
	}
	if code := c.stop(); code != 0 {
		t.Errorf("ended with %d: %s", code, c.log.Bytes())
	}
	l.check(before)
	s := l.open()
	defer func() { l.must(s.Close()) }()
	found, _ := l.statements(s)
	for i, w := range refused {
		if got := len(found[w.mark]); got != i%2 {
			t.Errorf("%s, which was refused, is there %d times", w.mark, got)
		}
	}
}
