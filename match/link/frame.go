package link

import (
	"strings"
	"sync"
)

// frame is a table in columns: each distinct text of a field is standardised once, and
// rows hold the numbers of values. It is built once and then only read.
type frame struct {
	fields []Field
	rows   int
	cols   []column
	order  []int32 // for each row the number under which it was read
	brief  bool    // of few rows that are soon gone: nothing is worth caching

	mu    sync.Mutex // guards mails
	mails map[int][]string
}

// mailRests returns restsOf of an e-mail column and the names beside it, found out once.
func (f *frame) mailRests(columns []int) []string {
	if f.brief {
		return restsOf(f, columns)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mails == nil {
		f.mails = map[int][]string{}
	}
	if f.mails[columns[0]] == nil {
		f.mails[columns[0]] = restsOf(f, columns)
	}
	return f.mails[columns[0]]
}

// column is one field of all rows. Columns that are not compared have no values.
type column struct {
	kind   Kind
	values []value  // values[0] is the missing one
	ids    []uint32 // for each row its value
	counts []uint32 // for each value how many rows have it
	// outlines are of each value, nil for kinds that have none and in a brief frame.
	outlines []outline
}

// value is a standardised field value, made once for each distinct text by
// standardise(kind, raw).
type value struct {
	text  string   // comparison form; "" is missing
	parts []string // words of a name or address, local part and domain of an address
	num   int64    // of a date: days since 1970; of a house number: it
	flags uint8
	// keys are hashes under which rows with this value meet as candidates; the first
	// is of the exact value, the others forgive more (sound, month and year, …).
	keys []uint64
}

// missing is the number of the missing value in every column.
const missing = 0

// verdict is the outcome of one comparison for one pair: the index of its level, or
// noLevel when a value is missing.
type verdict uint8

const noLevel verdict = 255

// same reports whether two values cannot be told apart by any comparison.
func (v *value) same(w *value) bool {
	if v.text != w.text || v.num != w.num || v.flags != w.flags || len(v.parts) != len(w.parts) {
		return false
	}
	for i, p := range v.parts {
		if p != w.parts[i] {
			return false
		}
	}
	return true
}

// arena keeps many short strings in few allocations, which the garbage collector need
// not visit one by one.
type arena struct {
	texts strings.Builder
	words []string
	keys  []uint64
}

const (
	arenaBytes = 1 << 18
	arenaItems = 1 << 14
)

// text returns a copy of s that lives in the arena.
func (a *arena) text(s string) string {
	if s == "" {
		return ""
	}
	if a.texts.Len()+len(s) > a.texts.Cap() {
		a.texts = strings.Builder{}
		a.texts.Grow(max(arenaBytes, len(s)))
	}
	at := a.texts.Len()
	a.texts.WriteString(s)
	return a.texts.String()[at:]
}

// pack moves what a value holds into the arena, its words into its text where they
// occur in it.
func (a *arena) pack(v value) value {
	v.text = a.text(v.text)
	if n := len(v.parts); n > 0 {
		if len(a.words)+n > cap(a.words) {
			a.words = make([]string, 0, max(arenaItems, n))
		}
		at := len(a.words)
		for _, p := range v.parts {
			if i := strings.Index(v.text, p); i >= 0 {
				p = v.text[i : i+len(p)]
			} else {
				p = a.text(p)
			}
			a.words = append(a.words, p)
		}
		v.parts = a.words[at:len(a.words):len(a.words)]
	}
	if n := len(v.keys); n > 0 {
		if len(a.keys)+n > cap(a.keys) {
			a.keys = make([]uint64, 0, max(arenaItems, n))
		}
		at := len(a.keys)
		a.keys = append(a.keys, v.keys...)
		v.keys = a.keys[at:len(a.keys):len(a.keys)]
	}
	return v
}
