package session

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Analyse splits a text into sentences and words: the plain analysis for a flow that has
// none of its own. final says what the flow takes a simplified word for; nil: itself.
func Analyse(text string, final func(simplified string) string) []Sentence {
	if final == nil {
		final = func(s string) string { return s }
	}
	var out []Sentence
	at := 0
	for text != "" {
		end := sentenceEnd(text)
		raw := text[:end]
		lead := len(raw) - len(strings.TrimLeftFunc(raw, unicode.IsSpace))
		body := strings.TrimSpace(raw)
		if body != "" {
			out = append(out, Sentence{Begin: at + utf8.RuneCountInString(raw[:lead]), Text: body, Words: words(body, final)})
		}
		at += utf8.RuneCountInString(raw)
		text = text[end:]
	}
	return out
}

// sentenceEnd is where the first sentence ends: after . ! ? or … that a blank or the end
// follows, or at a line's end.
func sentenceEnd(s string) int {
	for i, r := range s {
		next := i + utf8.RuneLen(r)
		if r == utf8.RuneError {
			continue
		}
		if r == '\n' {
			return next
		}
		if !strings.ContainsRune(".!?…", r) {
			continue
		}
		if after, _ := utf8.DecodeRuneInString(s[next:]); next == len(s) || unicode.IsSpace(after) {
			return next
		}
	}
	return len(s)
}

func words(s string, final func(string) string) []Word {
	var out []Word
	index, start, begin := 0, -1, 0
	flush := func(end int) {
		if start >= 0 {
			simple := simplified(s[start:end])
			out = append(out, Word{Begin: begin, Original: s[start:end], Simplified: simple, Final: final(simple)})
			start = -1
		}
	}
	for i, r := range s {
		inside := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'' || r == '’' || r == '-' || r == '_'
		switch {
		case inside && start < 0:
			start, begin = i, index
		case !inside:
			flush(i)
		}
		index++
	}
	flush(len(s))
	return out
}

// simplified folds a word: no accents, no case.
func simplified(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// sentences cleans sentences with their words.
func (c *cleaner) sentences(in []Sentence) []Sentence {
	out := make([]Sentence, len(in))
	for i, s := range in {
		clean := c.text(s.Text)
		kept := align(s.Text, clean)
		out[i] = Sentence{Begin: max(0, s.Begin), Text: clean}
		for _, w := range s.Words {
			out[i].Words = append(out[i].Words, c.word(w, s.Text, kept))
		}
	}
	// A sentence begins where it begins in the text as written.
	for i, shift := 1, 0; i < len(out); i++ {
		shift += utf8.RuneCountInString(out[i-1].Text) - utf8.RuneCountInString(in[i-1].Text)
		out[i].Begin = max(0, in[i].Begin+shift)
	}
	return out
}

// word cleans one word. If any of its forms, or any part of its place in the sentence, was
// scrubbed, all forms are the same pseudonym: one form would give away another.
func (c *cleaner) word(w Word, sentence string, kept []piece) Word {
	at := place(kept, w.Begin, utf8.RuneCountInString(w.Original))
	out := Word{Begin: at.begin, Original: c.text(w.Original), Simplified: c.text(w.Simplified), Final: c.text(w.Final)}
	if w.Bare() {
		return out
	}
	for _, form := range [][2]string{{w.Original, out.Original}, {w.Simplified, out.Simplified}, {w.Final, out.Final}} {
		if form[0] != form[1] && at.instead == "" {
			at.instead = form[1]
		}
	}
	if at.instead != "" {
		out.Original, out.Simplified, out.Final = at.instead, at.instead, at.instead
	}
	return out
}

// piece is a stretch of a scrubbed text: copied from the source, or put in its place.
type piece struct {
	source, clean int    // where it begins in each, in runes
	length        int    // of the source, in runes
	instead       string // what stands in its place; empty: it was copied
}

// align finds which stretches of source are still in clean, where pseudonyms ⟦…⟧ stand for
// the rest. A stretch whose place is not certain counts as replaced: each literal of clean
// is put as far left as it can stand and as far right, and is certain where both agree.
func align(source, clean string) []piece {
	whole := utf8.RuneCountInString(source)
	if source == clean {
		return []piece{{length: whole}}
	}
	literals, marks := split(clean)
	left, sure := leftmost(source, literals)
	right, ok := rightmost(source, literals)
	if !sure || !ok {
		return []piece{{length: whole, instead: withheldWord}}
	}
	left[len(left)-1] = right[len(right)-1] // it ends the text
	var out []piece
	from, cleanEnd, cleanAt, next := 0, 0, 0, 0
	for i, lit := range literals {
		n := utf8.RuneCountInString(lit)
		if left[i] == right[i] {
			if left[i] > from {
				out = append(out, piece{runes(source[:from]), cleanEnd, runes(source[from:left[i]]), mark(marks, next)})
			}
			out = append(out, piece{runes(source[:left[i]]), cleanAt, n, ""})
			from, cleanEnd, next = left[i]+len(lit), cleanAt+n, i
		}
		cleanAt += n
		if i < len(marks) {
			cleanAt += runes(marks[i])
		}
	}
	return out
}

// leftmost puts each literal as far left as it can stand; the first begins the text.
func leftmost(source string, literals []string) ([]int, bool) {
	at := make([]int, len(literals))
	from := 0
	for i, lit := range literals {
		found := strings.Index(source[from:], lit)
		if found < 0 || i == 0 && found != 0 {
			return nil, false
		}
		at[i] = from + found
		from = at[i] + len(lit)
	}
	return at, true
}

// rightmost puts each literal as far right as it can stand; the last ends the text.
func rightmost(source string, literals []string) ([]int, bool) {
	at := make([]int, len(literals))
	end := len(source)
	for i := len(literals) - 1; i >= 0; i-- {
		at[i] = strings.LastIndex(source[:end], literals[i])
		if at[i] < 0 || i == len(literals)-1 && at[i]+len(literals[i]) != end {
			return nil, false
		}
		end = at[i]
	}
	at[0] = min(at[0], 0) // the first begins the text
	return at, true
}

func runes(s string) int { return utf8.RuneCountInString(s) }

const withheldWord = "⟦WORD⟧"

func mark(marks []string, i int) string {
	if i < 0 || i >= len(marks) {
		return withheldWord
	}
	return marks[i]
}

// split takes a scrubbed text apart into literals and the pseudonyms between them: one
// literal more than marks.
func split(clean string) (literals, marks []string) {
	for {
		open := strings.Index(clean, "⟦")
		shut := strings.Index(clean, "⟧")
		if open < 0 || shut < open {
			return append(literals, clean), marks
		}
		shut += len("⟧")
		literals, marks = append(literals, clean[:open]), append(marks, clean[open:shut])
		clean = clean[shut:]
	}
}

// placed is where a word stands in the scrubbed text, and what stands in its place.
type placed struct {
	begin   int
	instead string
}

// place finds the word that begins at a rune of the source.
func place(pieces []piece, begin, length int) placed {
	for _, p := range pieces {
		if begin < p.source || begin >= p.source+p.length {
			continue
		}
		if p.instead != "" {
			return placed{p.clean, p.instead}
		}
		out := placed{begin: p.clean + begin - p.source}
		if begin+length > p.source+p.length { // it runs on into what was replaced
			out.instead = withheldWord
		}
		return out
	}
	return placed{max(0, begin), withheldWord} // outside of the sentence: nothing vouches for it
}
