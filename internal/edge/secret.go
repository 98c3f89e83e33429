package edge

import (
	"bytes"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/wire"
)

// SecretRules say where requests bring secrets: codes, tokens, proofs, and what signs somebody in.
// On a connection without TLS of our own, net/http never sees them (SEAL-A7).
func (c Cookies) SecretRules() wire.Rules {
	return wire.Rules{
		Headers: []string{"Authorization"},
		Cookies: []string{c.name(signInName), c.name(flowName), c.name(visitName)},
		Fields:  []string{"code", "t", "client_secret", "token", "proof"},
		Members: []string{"consent_code"},
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

// Basic reads the id and the secret of a header of the Basic scheme (RFC 7617), both
// encoded as in a form (RFC 6749, 2.3.1); ok is false for anything else.
func Basic(ctx context.Context, header string) (id string, secret sealed.Value, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", sealed.Value{}, false
	}
	_ = Secret(ctx, encoded).Use(func(text []byte) error {
		pair := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
		defer clear(pair)
		n, err := base64.StdEncoding.Decode(pair, text)
		if err != nil {
			return nil
		}
		first, rest, found := bytes.Cut(pair[:n], []byte(":"))
		n, plain := unescape(rest)
		if id, err = url.QueryUnescape(string(first)); err != nil || !found || !plain { //sealcheck:allow escape the id is no secret
			return nil
		}
		secret, err = sealed.In(ctx).Seal("secret of a system", rest[:n])
		ok = err == nil
		return nil
	})
	return id, secret, ok
}

// unescape decodes a value of a form in place and returns its length.
func unescape(b []byte) (n int, ok bool) {
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if i+2 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) {
				return 0, false
			}
			c = fromHex(b[i+1])<<4 | fromHex(b[i+2])
			i += 2
		}
		b[n] = c
		n++
	}
	return n, true
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

func fromHex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
