// Package careless lets plaintext out, as programs do: once from an ordinary string and once
// from a sealed value, where sealcheck must find it.
package careless

import (
	"context"
	"expvar"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime/pprof"
	"unique"

	"github.com/habeas-data/habeas/sealed"
)

func plain22(s string) { panic("bad " + s) }

func sealed22(v sealed.Value) {
	_ = v.Use(func(b []byte) error { panic("bad " + string(b)) }) // found: panic
}

var word [16]byte

func plain24(s string) { word = [16]byte([]byte(s)) }

func sealed24(v sealed.Value) {
	_ = v.Use(func(b []byte) error {
		word = [16]byte(b) // found: escape
		return nil
	})
}

type plainLogin struct{ code string }

func (*plainLogin) LogValue() slog.Value { return slog.StringValue("x") }

type login struct{ code sealed.Value }

func plain34(l plainLogin) { slog.Info("x", "login", l) }

func sealed34(l login) {
	slog.Info("x", "login", l) // found: hidden
}

func plain40(s string) { _ = pprof.Labels("user", s) }

func sealed40(v sealed.Value) {
	_ = v.Use(func(b []byte) error {
		_ = pprof.Labels("user", string(b)) // found: label
		return nil
	})
}

func plain68(s string) { _ = url.Values{}.Encode; _, _ = http.Get("https://example.org/" + s) }

func sealed68(v sealed.Value, r *http.Request) {
	_ = v.Use(func(b []byte) error {
		_, _ = http.Get("https://example.org/" + string(b)) // found: url
		_ = url.UserPassword("x", string(b))                // found: url
		_ = url.Values{"q": {string(b)}}.Encode()           // found: url
		r.URL.RawQuery = string(b)                          // found: url
		r.AddCookie(&http.Cookie{Value: string(b)})         // found: header
		r.Header.Set("Authorization", "Bearer "+string(b))  // found: header
		return nil
	})
}

func plain71(s string) { _ = exec.Command("tool", s) }

func sealed71(v sealed.Value) {
	_ = v.Use(func(b []byte) error {
		_ = exec.Command("tool", string(b)) // found: exec
		return nil
	})
}

func plain72(s string) { _ = os.Setenv("PASSWORD", s) }

func sealed72(v sealed.Value) {
	_ = v.Use(func(b []byte) error {
		cmd := exec.Command("tool")
		cmd.Env = []string{"PASSWORD=" + string(b)} // found: env
		return os.Setenv("PASSWORD", string(b))     // found: env
	})
}

func plain74(s string) { _, _ = os.CreateTemp("", s) }

func sealed74(v sealed.Value) {
	_ = v.Use(func(b []byte) error {
		_, _ = os.CreateTemp("", string(b)) // found: path
		return nil
	})
}

func plain75(s string) { _, _ = os.Open("/tmp/" + s) }

func sealed75(v sealed.Value, seen map[string]int, m *expvar.Map) {
	_ = v.Use(func(b []byte) error {
		_, _ = os.Open("/tmp/" + string(b)) // found: path
		seen[string(b)]++                   // found: mapkey
		m.Add(string(b), 1)                 // found: label
		return nil
	})
}

func plain88(s string) { _ = os.WriteFile("x", []byte(s), 0o600) }

func sealed88(v sealed.Value, f *os.File) {
	_ = v.Use(func(b []byte) error {
		_ = os.WriteFile("x", b, 0o600) // found: write
		_, err := f.Write(b)            // found: write
		return err
	})
}

func plain90(b []byte) []byte { return append(b, "x"...) }

func sealed90(v sealed.Value) (long []byte) {
	_ = v.Use(func(b []byte) error {
		long = append(b, "x"...) // found: retain
		return nil
	})
	return long
}

func plain91(s string) { _ = unique.Make(s) }

func sealed91(v sealed.Value) {
	_ = v.Use(func(b []byte) error {
		_ = unique.Make(string(b)) // found: intern
		return nil
	})
}

func plain92() string { return "hunter2" }

func sealed92(ctx context.Context) {
	s := sealed.Open(ctx)
	_, _ = s.Seal("password", []byte("hunter2")) // found: literal
}
