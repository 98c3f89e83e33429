package session

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/habeas-data/habeas/scrub"
)

// maxText is how many bytes of a text are written. It is cut after it was scrubbed, so
// that no value is cut in two and slips through.
const maxText = 16 << 10

// maxName is how long the name of a flow, a step or a variable may be.
const maxName = 80

// cleaner turns what a flow said into what may be written.
type cleaner struct {
	// Two scrubbers, one after the other: a known value keeps its pseudonym whatever else
	// is found around it, such as a name in "Hi Jude".
	known *scrub.Scrubber // finds what the session has sealed
	forms *scrub.Scrubber // finds everything else
	// blind is set when a value could not be made known: then texts are withheld,
	// because they may hold it.
	blind atomic.Bool
}

func newCleaner() *cleaner {
	others := slices.DeleteFunc(scrub.Kinds(), func(k scrub.Kind) bool { return k == scrub.Known })
	return &cleaner{known: scrub.New(scrub.Only(scrub.Known)), forms: scrub.New(scrub.Only(others...))}
}

// scrubbed is s without personal data.
func (c *cleaner) scrubbed(s string) string {
	b := c.known.Append(nil, []byte(s))
	return string(c.forms.Append(nil, b))
}

const (
	withheld = "⟦withheld: a value could not be sealed⟧"
	misnamed = "⟦not a name⟧"
	cut      = "⟦cut⟧"
)

// text scrubs a text and makes it one that every form of the log can hold.
func (c *cleaner) text(s string) string {
	if s == "" {
		return ""
	}
	if c.blind.Load() {
		return withheld
	}
	s = c.scrubbed(s)
	if p := printable(s); p != s { // what hid a value may have gone
		s = c.scrubbed(p)
	}
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + cut
	}
	return s
}

// name lets through what looks like a constant of the program, scrubbed all the same.
func (c *cleaner) name(s string) string {
	if s = constant(s); s == "" || s == misnamed || c.blind.Load() {
		return s
	}
	return c.scrubbed(s)
}

// constant returns s if it looks like a name that a program gave: letters, digits and
// .:_-/{}# and single blanks. Everything else could be data that got into its place.
func constant(s string) string {
	if len(s) > maxName || strings.Contains(s, "  ") {
		return misnamed
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		case strings.ContainsRune(".:_-/{}# ", r):
		default:
			return misnamed
		}
	}
	return s
}

// event cleans every text of an event.
func (c *cleaner) event(e *Event) {
	e.Name, e.Text, e.Level = c.name(e.Name), c.text(e.Text), constant(e.Level)
	if e.Value != nil {
		e.Value = c.value(e.Value)
	}
	if g := e.Trigger; g != nil {
		clean := Trigger{ID: c.name(g.ID), Flow: c.name(g.Flow), FlowID: c.name(g.FlowID), Vertex: c.name(g.Vertex)}
		for _, m := range g.Mappings {
			clean.Mappings = append(clean.Mappings, Mapping{c.name(m.From), c.name(m.To)})
		}
		e.Trigger = &clean
	}
	if e.Sentences != nil {
		e.Sentences = c.sentences(e.Sentences)
	}
}

// value scrubs JSON token by token: names, strings, and numbers, which become strings
// where they are somebody's. What is no JSON, or too long, is not shown.
func (c *cleaner) value(raw json.RawMessage) json.RawMessage {
	var out bytes.Buffer
	dec := jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	enc := jsontext.NewEncoder(&out, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		token, err := dec.ReadToken()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = enc.WriteToken(c.token(token))
		}
		if err != nil || out.Len() > maxText {
			return json.RawMessage(`"` + cut + `"`)
		}
	}
	return bytes.TrimSpace(out.Bytes())
}

func (c *cleaner) token(t jsontext.Token) jsontext.Token {
	if k := t.Kind(); k != jsontext.KindString && k != jsontext.KindNumber {
		return t
	}
	s := t.String()
	if clean := c.text(s); clean != s || t.Kind() == jsontext.KindString {
		return jsontext.String(clean)
	}
	return t
}

// printable makes s valid UTF-8 that XML, terminals and pages can hold: control
// characters but tab and line feed become their pictures (U+2400 …), what is no character
// becomes U+FFFD.
func printable(s string) string {
	clean := true
	for _, r := range s {
		if pictured(r) != r || r == utf8.RuneError {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Map(pictured, strings.ToValidUTF8(s, "\uFFFD"))
}

func pictured(r rune) rune {
	switch {
	case r == '\t' || r == '\n':
		return r
	case r < 0x20:
		return 0x2400 + r
	case r == 0x7f:
		return 0x2421
	case r >= 0x80 && r < 0xa0, r == 0xFFFE, r == 0xFFFF, // C1 and what is no character (XML 1.0, 2.2)
		r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069: // turns the direction of what follows
		return utf8.RuneError
	}
	return r
}
