package edge

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/wire"
)

// SecretRules say where requests bring secrets: codes, tokens, and what signs somebody in.
// On a connection without TLS of our own, net/http never sees them (SEAL-A7).
func (c Cookies) SecretRules() wire.Rules {
	return wire.Rules{
		Headers: []string{"Authorization"},
		Cookies: []string{c.name(signInName), c.name(flowName), c.name(visitName)},
		Fields:  []string{"code", "t", "client_secret", "token"},
		Paths:   []string{"/notice/stop/"},
	}
}

// Sealing gives each request a session in which its secrets are sealed, until it is
// answered ([sealed.In]).
func Sealing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, ok := wire.Session(r.Context())
		if !ok {
			s = sealed.Open(context.WithoutCancel(r.Context()))
			defer s.Close()
		}
		next.ServeHTTP(w, r.WithContext(sealed.NewContext(r.Context(), s)))
	})
}

// Secret is a text that came with a request, sealed: what the connection sealed already,
// or else the text itself. The zero Value, which fits nothing, stands for a text that is
// empty or for which no protected memory was left.
func Secret(ctx context.Context, text string) sealed.Value {
	if v, ok := wire.Take(ctx, text); ok || text == "" {
		return v
	}
	v, err := sealed.In(ctx).Seal("secret of a request", []byte(text))
	if err != nil {
		return sealed.Value{}
	}
	return v
}

// Show is a text to write into the answer in the place of a sealed value: a stand-in
// where the connection knows to put the value itself in, or else the value.
func Show(ctx context.Context, v sealed.Value) string {
	if text, ok := wire.Put(ctx, v); ok {
		return text
	}
	var text string
	_ = v.Use(func(plain []byte) error {
		text = string(plain) //sealcheck:allow escape the answer goes through net/http, which takes strings
		return nil
	})
	return text
}
