package search

import (
	"encoding/binary"
	"errors"
	"math"
	"unicode/utf8"
)

// An entity is kept as a record: everything that was put in, so that Get gives it back
// and segments merge without the caller. A record is
//
//	ID, type, country, number of places, places, weight, audience, number of names,
//	names (kind, language, text)
//
// where strings and numbers begin with a varint, the weight is eight bytes and the
// audience four.

const (
	maxID        = 255
	maxNameBytes = 1 << 10
	maxTypes     = 250
)

// Errors of Put and Build. They name no content.
var (
	errID      = errors.New("search: an entity's ID must have 1 to 255 bytes")
	errNames   = errors.New("search: an entity must have a name that is not empty")
	errCountry = errors.New("search: a country must be two letters A to Z or nothing")
	errTypes   = errors.New("search: more than 250 types, or one of more than 255 bytes")
)

func (e *Entity) check() error {
	if e.ID == "" || len(e.ID) > maxID {
		return errID
	}
	if e.Country != "" && countryCode(e.Country) == 0 {
		return errCountry
	}
	if len(e.Type) > 255 {
		return errTypes
	}
	for _, n := range e.Names {
		if n.Text != "" {
			return nil
		}
	}
	return errNames
}

// countryCode packs two letters, lower or upper case; 0 is none.
func countryCode(c string) uint32 {
	if len(c) != 2 {
		return 0
	}
	a, b := c[0]&^0x20, c[1]&^0x20
	if a < 'A' || a > 'Z' || b < 'A' || b > 'Z' {
		return 0
	}
	return uint32(a)<<8 | uint32(b)
}

// clip returns the beginning of a name that is kept.
func clip(s string) string {
	if len(s) <= maxNameBytes {
		return s
	}
	n := maxNameBytes
	for n > maxNameBytes-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// appendRecord appends an entity that passed check; name is called with each name that
// is kept and where its record begins.
func appendRecord(dst []byte, e *Entity, name func(n Name, at int)) []byte {
	dst = appendString(dst, e.ID)
	dst = appendString(dst, e.Type)
	dst = appendString(dst, e.Country)
	dst = binary.AppendUvarint(dst, uint64(len(e.Places)))
	for _, p := range e.Places {
		dst = appendString(dst, clip(p))
	}
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(e.Weight))
	dst = binary.LittleEndian.AppendUint32(dst, e.Audience)
	dst = binary.AppendUvarint(dst, uint64(len(e.Names)))
	for _, n := range e.Names {
		n.Text, n.Lang = clip(n.Text), clip(n.Lang)
		at := len(dst)
		dst = append(dst, byte(n.Kind))
		dst = appendString(dst, n.Lang)
		dst = appendString(dst, n.Text)
		if name != nil {
			name(n, at)
		}
	}
	return dst
}

// record reads one. A damaged record gives empty strings, never a panic.
type record struct{ b []byte }

func (r *record) number() uint64 {
	n, w := binary.Uvarint(r.b)
	if w <= 0 {
		r.b = nil
		return 0
	}
	r.b = r.b[w:]
	return n
}

func (r *record) bytes() []byte {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.b = nil
		return nil
	}
	s := r.b[:n:n]
	r.b = r.b[n:]
	return s
}

func (r *record) fixed(n int) uint64 {
	var v [8]byte
	if len(r.b) < n {
		r.b = nil
		return 0
	}
	copy(v[:n], r.b)
	r.b = r.b[n:]
	return binary.LittleEndian.Uint64(v[:])
}

func (r *record) name() (kind Kind, lang, text []byte) {
	kind = Kind(r.fixed(1))
	lang = r.bytes()
	return kind, lang, r.bytes()
}

// entity reads all of it.
func (r *record) entity() Entity {
	e := Entity{ID: string(r.bytes()), Type: string(r.bytes()), Country: string(r.bytes())}
	for n := r.number(); n > 0 && len(r.b) > 0; n-- {
		e.Places = append(e.Places, string(r.bytes()))
	}
	e.Weight = math.Float64frombits(r.fixed(8))
	e.Audience = uint32(r.fixed(4))
	for n := r.number(); n > 0 && len(r.b) > 0; n-- {
		kind, lang, text := r.name()
		e.Names = append(e.Names, Name{Text: string(text), Kind: kind, Lang: string(lang)})
	}
	return e
}

// places calls yield with each place of the record, which it reads up to its weight.
func (r *record) places(yield func(place []byte)) {
	r.bytes()
	r.bytes()
	r.bytes()
	for n := r.number(); n > 0 && len(r.b) > 0; n-- {
		yield(r.bytes())
	}
}

// names calls yield with each name of the record.
func (r *record) names(yield func(kind Kind, name []byte)) {
	r.places(func([]byte) {})
	r.fixed(8)
	r.fixed(4)
	for n := r.number(); n > 0 && len(r.b) > 0; n-- {
		kind, _, name := r.name()
		yield(kind, name)
	}
}
