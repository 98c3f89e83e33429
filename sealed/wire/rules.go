package wire

import (
	"bytes"
	"strings"
)

// Rules say where secrets are expected in requests.
type Rules struct {
	// Headers are names of headers that hold a scheme, a blank and a secret, such as
	// Authorization (RFC 9110, 11.6.2).
	Headers []string
	// Cookies are names of cookies.
	Cookies []string
	// Fields are names of fields in bodies of type application/x-www-form-urlencoded
	// that come with a Content-Length, and in queries of URLs.
	Fields []string
	// Members are names of members in bodies of type application/json that come with a
	// Content-Length, however deep they stand; what is sealed is their text.
	Members []string
	// Paths are beginnings of paths after which comes a secret, up to the next slash.
	Paths []string
}

// limits on what one request may have sealed, so that nobody fills the arena.
const (
	maxSecrets = 32      // in one request
	maxSecret  = 8 << 10 // bytes
	maxName    = 128     // bytes of a name or a path that a rule may have
)

// header reports whether a header named by raw bytes holds a secret.
func (r *Rules) header(name []byte) bool {
	for _, h := range r.Headers {
		if len(h) == len(name) && strings.EqualFold(h, string(name)) { //nolint:gosec // a name, no secret
			return true
		}
	}
	return false
}

func is(names []string, name []byte) bool {
	for _, n := range names {
		if n == string(name) {
			return true
		}
	}
	return false
}

// path reports whether the path so far is one after which a secret comes.
func (r *Rules) path(path []byte) bool { return is(r.Paths, path) }

// fold compares the name of a header.
func fold(name []byte, want string) bool { return bytes.EqualFold(name, []byte(want)) }
