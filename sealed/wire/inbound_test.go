package wire

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"testing"
)

type found struct{ stand, raw string }

// read passes a text through in pieces and returns what net/http would read and what was
// taken out.
func read(text []byte, cuts ...byte) ([]byte, []found) {
	var secrets []found
	rules := &Rules{Headers: []string{"Authorization"}, Cookies: []string{"s"}, Fields: []string{"code"}, Members: []string{"consent"}, Paths: []string{"/stop/"}}
	in := newInbound(rules, func(stand string, raw []byte, _ bool) {
		secrets = append(secrets, found{stand, string(raw)})
	})
	out := bytes.Clone(text)
	rest := out
	for i := 0; len(rest) > 0; i++ {
		n := len(rest)
		if len(cuts) > 0 {
			n = min(n, int(cuts[i%len(cuts)])+1)
		}
		in.rewrite(rest[:n])
		rest = rest[n:]
	}
	return out, secrets
}

func seeds(f *testing.F) {
	for _, s := range []string{
		"GET /stop/token?code=12345678&x=y HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer tok\r\nCookie: a=1; s=secret; b=2\r\n\r\n",
		"POST / HTTP/1.1\nHost: a\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 20\n\ncode=1%202&x=y&code=GET /stop/x HTTP/1.1\r\nHost: b\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ncode=\r\n0\r\n\r\n",
		"\r\n\r\nGET / HTTP/1.0\r\ncookie:s=\"q\"\r\nCOOKIE:  s=1;s=2\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabcGET /?code HTTP/1.1\r\nno colon\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 55\r\n\r\n{\"consent\": \"7KQM-4F2P\",\"a\":[{\"consent\":\"q\\\"x\",\"b\":1}]}GET / HTTP/1.1\r\n\r\n",
		"GET /?code=a#b HTTP/1.1\r\nAuthorization: alone\r\nAuthorization:  Basic  a b \r\nHost:\r\n\r\n",
	} {
		f.Add([]byte(s), []byte{3, 0, 7})
	}
}

// FuzzPieces: wherever the bytes are cut, the same secrets are taken out, and putting them
// back gives what was sent.
func FuzzPieces(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		out, whole := read(text)
		_, pieces := read(text, cuts...)
		if len(whole) != len(pieces) {
			t.Fatalf("%d secrets of the whole, %d of the pieces", len(whole), len(pieces))
		}
		back := bytes.Clone(out)
		for i, s := range whole {
			if s.raw != pieces[i].raw || len(s.raw) != len(s.stand) {
				t.Fatalf("secret %d: %q of the whole, %q of the pieces, stand-in %q", i, s.raw, pieces[i].raw, s.stand)
			}
			if len(s.stand) >= minStand {
				back = bytes.Replace(back, []byte(s.stand), []byte(s.raw), 1)
			}
		}
		if len(out) != len(text) {
			t.Fatal("the length changed")
		}
		for i := range back {
			if back[i] != text[i] && !short(whole) {
				t.Fatalf("byte %d is %q, was %q", i, back[i], text[i])
			}
		}
	})
}

// short reports whether a stand-in is too short to be told from other text.
func short(all []found) bool {
	for _, s := range all {
		if len(s.stand) < minStand {
			return true
		}
	}
	return false
}

// FuzzLikeNetHTTP: a request that net/http understands means the same with stand-ins in
// it, and what net/http reads where a rule expects a secret was taken out of the text.
func FuzzLikeNetHTTP(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text, _ []byte) {
		out, secrets := read(text)
		before, err1 := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		after, err2 := http.ReadRequest(bufio.NewReader(bytes.NewReader(out)))
		if err1 != nil {
			return
		}
		if err2 != nil {
			t.Fatalf("net/http read the text, but not with stand-ins: %v", err2)
		}
		if before.Method != after.Method || before.ContentLength != after.ContentLength || len(before.Header) != len(after.Header) || before.Host != after.Host {
			t.Fatal("the request means something else")
		}
		if len(secrets) >= maxSecrets {
			return
		}
		taken := map[string]string{}
		for _, s := range secrets {
			taken[s.stand] = s.raw
		}
		for i, c := range before.CookiesNamed("s") {
			if now := after.CookiesNamed("s"); len(c.Value) > minStand && !c.Quoted && now[i].Value != c.Value && taken[now[i].Value] != c.Value {
				t.Fatalf("cookie %q became %q", c.Value, now[i].Value)
			}
		}
		if was, now := before.URL.Query()["code"], after.URL.Query()["code"]; len(was) == len(now) {
			for i := range was {
				if raw, ok := taken[now[i]]; len(was[i]) > minStand && (!ok || unescaped(raw) != was[i]) {
					t.Fatalf("query %q became %q", was[i], now[i])
				}
			}
		}
	})
}

func unescaped(raw string) string {
	s, err := url.QueryUnescape(raw)
	if err != nil {
		return raw
	}
	b := []byte(raw)
	if got := string(b[:unescape(b)]); got != s {
		return "decoded as " + got
	}
	return s
}
