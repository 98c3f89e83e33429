package scrubbing

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// Leaks looks for known values in a text in every form of SCR-1, and returns those that
// can be read. It decodes in the plainest way, by the standard library, and shares nothing
// with what it checks.
type Leaks struct {
	byStart map[string][]string // first letters of the folded value → folded values
}

// leakStart is how many bytes of a value are looked up.
const leakStart = 4

// NewLeaks prepares to look for values.
func NewLeaks(values []string) *Leaks {
	l := &Leaks{byStart: map[string][]string{}}
	for _, v := range values {
		if v = fold(v); len(v) >= leakStart {
			l.byStart[v[:leakStart]] = append(l.byStart[v[:leakStart]], v)
		}
	}
	return l
}

// In returns the folded values that can be read in a text, each once.
func (l *Leaks) In(text string) []string {
	seen := map[string]bool{}
	var out []string
	for _, view := range views(text) {
		for i := 0; i+leakStart <= len(view); i++ {
			for _, v := range l.byStart[view[i:i+leakStart]] {
				if !seen[v] && strings.HasPrefix(view[i:], v) {
					seen[v] = true
					out = append(out, v)
				}
			}
		}
	}
	return out
}

// fold makes spellings of a value alike: composed, in lower case, without blanks and what
// has no width.
func fold(s string) string {
	s = norm.NFC.String(strings.ToLower(norm.NFC.String(s)))
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

var (
	jsonEscapes = regexp.MustCompile(`(?:\\u[0-9a-fA-F]{4})+|\\[\\/"]`)
	percents    = regexp.MustCompile(`(?:%[0-9a-fA-F]{2})+`)
	runsOf64    = regexp.MustCompile(`[A-Za-z0-9+/_-]{6,}`)
	runsOfHex   = regexp.MustCompile(`[0-9a-fA-F]{8,}`)
)

// views are the readings of a text, folded.
func views(text string) []string {
	out := []string{
		fold(text), fold(jsonEscapes.ReplaceAllStringFunc(text, fromJSON)), fold(html.UnescapeString(text)),
		fold(percents.ReplaceAllStringFunc(text, fromPercents)),
		fold(percents.ReplaceAllStringFunc(strings.ReplaceAll(text, "+", " "), fromPercents)),
	}
	for _, run := range runsOf64.FindAllString(text, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for skip := range min(4, len(run)) {
			part := run[skip:]
			if len(part)%4 == 1 {
				part = part[:len(part)-1]
			}
			if b, err := base64.RawStdEncoding.DecodeString(part); err == nil {
				out = append(out, fold(string(b)))
			}
		}
	}
	for _, run := range runsOfHex.FindAllString(text, -1) {
		for skip := range 2 {
			if b, err := hex.DecodeString(run[skip : len(run)-(len(run)-skip)%2]); err == nil {
				out = append(out, fold(string(b)))
			}
		}
	}
	return out
}

func fromJSON(s string) string {
	if s[1] != 'u' {
		return s[1:]
	}
	var units []uint16
	for part := range strings.SplitSeq(s[2:], `\u`) {
		n, _ := strconv.ParseUint(part, 16, 16)
		units = append(units, uint16(n))
	}
	return string(utf16.Decode(units))
}

func fromPercents(s string) string {
	plain, err := url.PathUnescape(s)
	if err != nil {
		return s
	}
	return plain
}
