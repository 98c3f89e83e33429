package sealed

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// A header that carries a sealed value goes through three forms:
//
//   - In the request is a placeholder: the handle and a MAC over it and the origin (scheme
//     and host) of the request. It may be printed, dumped and traced. It means something to
//     Transport alone, in this process, for requests to that origin, while the value lives.
//   - While Transport carries the request there is a token in its place, random and known
//     to nobody else, so that a placeholder that somebody has read in a log and put into a
//     body is never replaced.
//   - The connection replaces the token by the plaintext, in sealed memory, below all
//     buffers of net/http and above TLS.
const (
	placeholderMark = "sealed-value-"
	tokenMark       = "sealed-token-"
	placeholderLen  = len(placeholderMark) + 2*(8+16)
	tokenLen        = len(tokenMark) + 2*16
)

// SetHeader sets a header field of r to prefix ("Bearer ", or nothing) and a placeholder of
// the value. A client whose transport is made by [Transport] sends the value in its place,
// to the scheme and host of r only: a redirect to another host, and any other client, sends
// the placeholder. Errors: ErrClosed, and ErrSyntax when the value has a byte that a header
// field must not have (RFC 9110, section 5.5).
func (v Value) SetHeader(r *http.Request, name, prefix string) error {
	err := v.Use(func(plain []byte) error {
		for _, c := range plain {
			if c < ' ' && c != '\t' || c == 0x7f {
				return ErrSyntax
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.Header.Set(name, prefix+placeholder(v.at.id, r.URL))
	return nil
}

// placeholderKey makes placeholders of this process; no other process can use them.
var placeholderKey = sync.OnceValue(func() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return key
})

func placeholder(id uint64, origin *url.URL) string {
	raw := binary.BigEndian.AppendUint64(nil, id)
	mac := hmac.New(sha256.New, placeholderKey())
	mac.Write(raw)
	mac.Write([]byte(strings.ToLower(origin.Scheme + "://" + origin.Host)))
	return placeholderMark + hex.EncodeToString(append(raw, mac.Sum(nil)[:16]...))
}

// findPlaceholder finds in a header field's value the first placeholder that was made for
// an origin.
func findPlaceholder(field string, origin *url.URL) (id uint64, at int, ok bool) {
	for start := 0; ; {
		i := strings.Index(field[start:], placeholderMark)
		if i < 0 || start+i+placeholderLen > len(field) {
			return 0, 0, false
		}
		at = start + i
		start = at + len(placeholderMark)
		raw, err := hex.DecodeString(field[start : start+16])
		if err != nil {
			continue
		}
		id = binary.BigEndian.Uint64(raw)
		if hmac.Equal([]byte(placeholder(id, origin)), []byte(field[at:at+placeholderLen])) {
			return id, at, true
		}
	}
}

// tokens are the values that requests under way are about to send.
type tokens struct {
	mu   sync.RWMutex
	live map[string]uint64 // token to handle
}

func (t *tokens) add(id uint64) string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	token := tokenMark + hex.EncodeToString(raw)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live[token] = id
	return token
}

func (t *tokens) drop(tokens []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, token := range tokens {
		delete(t.live, token)
	}
}

// found is a token in bytes that are about to be sent, with its value pinned.
type found struct {
	at    int
	value *entry
}

// find returns the live tokens of p, in order. The caller ends the pins, also on error,
// which says that a value is gone.
func (t *tokens) find(p []byte) (all []found, err error) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if len(t.live) == 0 {
		return nil, nil
	}
	for start := 0; ; {
		i := bytes.Index(p[start:], []byte(tokenMark))
		if i < 0 || start+i+tokenLen > len(p) {
			return all, nil
		}
		at := start + i
		start = at + len(tokenMark)
		id, ok := t.live[string(p[at:at+tokenLen])]
		if !ok {
			continue
		}
		e := guard{&handle{id: id}}.pin()
		if e == nil {
			return all, ErrClosed
		}
		all = append(all, found{at, e})
		start = at + tokenLen
	}
}
