package sealed_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/sealed"
)

// TestRandomTokens: they have their prefix and length, decode to the bytes asked for, and
// no two are the same.
func TestRandomTokens(t *testing.T) {
	s := sealed.Open(t.Context())
	defer s.Close()
	seen := map[string]bool{}
	for n := range 40 {
		for range 3 {
			v, err := s.Random("token", "hbt_", n+8)
			if err != nil {
				t.Fatal(err)
			}
			var text string
			if err := v.Use(func(p []byte) error { text = string(p); return nil }); err != nil {
				t.Fatal(err)
			}
			raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(text, "hbt_"))
			if err != nil || len(raw) != n+8 || !strings.HasPrefix(text, "hbt_") || seen[text] {
				t.Errorf("token %q: %d bytes, %v", text, len(raw), err)
			}
			seen[text] = true
		}
	}
}

// TestInFindsTheSessionOfAContext: without one, a session begins that ends with the context.
func TestInFindsTheSessionOfAContext(t *testing.T) {
	s := sealed.Open(t.Context())
	defer s.Close()
	ctx := sealed.NewContext(t.Context(), s)
	if sealed.In(ctx) != s {
		t.Error("another session")
	}
	if own := sealed.In(t.Context()); own == s || own == nil {
		t.Error("no session of its own")
	}
}
