package canary

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// MinLen is the least number of bytes that a canary may have: six are rare enough in
// ciphertext.
const MinLen = gramLen

var (
	// ErrBlind says that a search did not find its own control value, so what it did not
	// find means nothing.
	ErrBlind = errors.New("canary: the search did not find its control value")
	// ErrNothing says that there was nothing to search.
	ErrNothing = errors.New("canary: there was nothing to search")
)

// Set is a set of canaries to search for. The zero Set is empty and ready to use.
type Set struct {
	mu    sync.RWMutex
	m     *matcher
	names []string
	bad   []error
}

// Text adds a value made of words under a name, which may have several values.
func (s *Set) Text(name, value string) {
	s.add(name, len(value), func(m *matcher, id int) { m.addText(id, value) })
}

// Binary adds bytes that are no text, such as a key.
func (s *Set) Binary(name string, value []byte) {
	s.add(name, len(value), func(m *matcher, id int) { m.addBinary(id, value) })
}

// Token adds a secret as text, and the bytes that it or its parts stand for in base64.
func (s *Set) Token(name, value string) {
	s.Text(name, value)
	parts := append(strings.FieldsFunc(value, func(r rune) bool { return r == '_' || r == '.' }), value)
	for _, part := range parts {
		if raw, err := base64.RawURLEncoding.DecodeString(part); err == nil && len(raw) >= 16 {
			s.Binary(name, raw)
		}
	}
}

func (s *Set) add(name string, length int, into func(*matcher, int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if length < MinLen {
		s.bad = append(s.bad, fmt.Errorf("canary: %s has %d bytes, fewer than the %d that can be told from noise", name, length, MinLen))
		return
	}
	into(s.matcher(), s.id(name))
}

// id is the number of a name.
func (s *Set) id(name string) int {
	if i := slices.Index(s.names, name); i >= 0 {
		return i
	}
	s.names = append(s.names, name)
	return len(s.names) - 1
}

// matcher makes the index with the first canary, and with it the control.
func (s *Set) matcher() *matcher {
	if s.m == nil {
		s.m = newMatcher()
		s.m.addText(controlID, controlText)
	}
	return s.m
}

// Patterns is the number of byte strings that are searched for.
func (s *Set) Patterns() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.m == nil {
		return 0
	}
	return s.m.size
}

// Finding is a canary in a place where it must not be. It does not hold the value.
type Finding struct {
	Where  string // file, recording or memory
	Offset int64  // of the first, in bytes; of the member, where it was packed
	Canary string // its name
	Form   string // how it is written there
	Count  int    // how often it is written so
}

func (f Finding) String() string {
	times := ""
	if f.Count > 1 {
		times = fmt.Sprintf(", %d times", f.Count)
	}
	return fmt.Sprintf("%s: %s at byte %d (%s%s)", f.Where, f.Canary, f.Offset, f.Form, times)
}

// In reports whether a pattern of package path fits the place, or as many of its last
// elements as the pattern has: "mail/*", "records.db".
func (f Finding) In(pattern string) bool {
	if ok, _ := path.Match(pattern, f.Where); ok {
		return true
	}
	parts := strings.Split(f.Where, "/")
	n := strings.Count(pattern, "/") + 1
	ok, _ := path.Match(pattern, strings.Join(parts[max(0, len(parts)-n):], "/"))
	return ok
}

// Report is what a search found and how much it looked at.
type Report struct {
	Findings []Finding
	Files    int // files, recordings, regions of memory
	Bytes    int64
	Skipped  []string // what could not be read because it had gone or is not readable by design
}

// Has reports whether a canary was found, and where.
func (r Report) Has(name string) (where string, ok bool) {
	for _, f := range r.Findings {
		if f.Canary == name {
			return f.Where, true
		}
	}
	return "", false
}

// Require takes the findings of canaries out of the report that were planted to be found,
// and returns ErrBlind when one is not there.
func (r *Report) Require(names ...string) error {
	var missing []error
	for _, name := range names {
		if _, ok := r.Has(name); !ok {
			missing = append(missing, fmt.Errorf("%w: %s", ErrBlind, name))
		}
		r.Findings = slices.DeleteFunc(r.Findings, func(f Finding) bool { return f.Canary == name })
	}
	return errors.Join(missing...)
}

// Err is an error that lists the findings, nil without any.
func (r Report) Err() error {
	var all []error
	for _, f := range r.Findings {
		all = append(all, errors.New(f.String()))
	}
	return errors.Join(all...)
}

func (r *Report) add(other Report) {
	r.Findings = append(r.Findings, other.Findings...)
	r.Skipped = append(r.Skipped, other.Skipped...)
	r.Files += other.Files
	r.Bytes += other.Bytes
}
