package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// What programs use, the API, certificate lists, the ledger and the public registers of people, sets no cookie, whoever
// asks and however; nor does the port for certificates.
//
// Proves PRX-01.
func TestServicesForProgramsSetNoCookie(t *testing.T) {
	w := newWorld(t)
	services := regexp.MustCompile(`^/(api|oauth|scim|ledger|crl|ocsp|ca|pki|\.well-known|uma|ns|entity|entities|reconcile|creators\.json|healthz|readyz)(/|$)`)
	member := w.browser().join("tim@example.org")
	n := 0
	for _, pattern := range w.routes() {
		method, path, _ := strings.Cut(pattern, " ")
		if !services.MatchString(path) {
			continue
		}
		at := wildcard.ReplaceAllString(strings.ReplaceAll(path, "{$}", ""), "x")
		for who, b := range map[string]*browser{"nobody": w.browser(), "a member": member} {
			n++
			p := b.send(method, at, formOf(), func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") })
			if cookie := p.header.Get("Set-Cookie"); cookie != "" {
				t.Errorf("%s gets a cookie from %s %s (%d): %s", who, method, at, p.status, cookie)
			}
		}
	}
	if n < 30 {
		t.Errorf("%d requests: the services were not found", n)
	}
	port := w.openPort()
	shown, _ := w.identity(w.join("ida@example.com"), "ida@example.com")
	for _, path := range []string{"/", "/api/v1/me"} {
		if v := port.get(port.client(port.config(shown)), path); v.header.Get("Set-Cookie") != "" {
			t.Errorf("the port sets a cookie at %s", path)
		}
	}
}
