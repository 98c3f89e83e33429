// Package standard brings fields of records about people and organisations into one
// form each, so that what was written differently and means the same becomes equal:
// names, dates, telephone numbers, e-mail addresses, postal addresses, postcodes and
// organisations. What cannot be understood comes back folded, never lost, with OK
// false; what means "nothing" ("n/a", "unknown", "-") comes back empty.
//
// All functions are safe for concurrent use, take any bytes, and look at no more than
// [text.MaxRunes] runes. Most take a microsecond; a telephone number with its country
// takes several.
package standard

import (
	"strings"

	"github.com/habeas-data/habeas/match/text"
)

// Missing says that s means "nothing is known": it is empty or without any letter or
// digit, or a word for it in one of several languages. "Null" and "Na" are surnames:
// these two count only when written in capitals or small letters throughout.
func Missing(s string) bool {
	s = strings.Trim(s, " \t\r\n\v\f()[]<>{}\"'#*.:;!")
	if len(s) > longestMissing {
		return false
	}
	var room [longestMissing]byte
	lower, meaning := room[:0], false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		meaning = meaning || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80
		lower = append(lower, c)
	}
	if !meaning {
		return true
	}
	if name, ok := missingWords[string(lower)]; ok {
		return !name || s == string(lower) || s == strings.ToUpper(s)
	}
	return len(s) >= 3 && strings.Count(string(lower), "x") == len(s)
}

const longestMissing = 24

// missingWords says of each whether it is somebody's name too.
var missingWords = map[string]bool{
	"null": true, "na": true,
	"n/a": false, "n.a": false, "n. a": false, "n.v": false, "n/v": false, "n-a": false, "none": false, "nil": false, "nan": false, `\n`: false,
	"unknown": false, "unk": false, "unkn": false, "not known": false, "not available": false,
	"not applicable": false, "not provided": false, "not given": false, "not specified": false, "not stated": false,
	"unspecified": false, "undefined": false, "missing": false, "no data": false, "no value": false, "nothing": false,
	"tbd": false, "tba": false, "tbc": false, "blank": false, "empty": false, "unavailable": false, "withheld": false,
	"unbekannt": false, "keine angabe": false, "k.a": false, "k. a": false, "k/a": false, "fehlt": false, "entfällt": false, "ohne": false,
	"desconocido": false, "desconocida": false, "sin datos": false, "s/d": false, "no aplica": false, "ninguno": false, "no consta": false,
	"inconnu": false, "inconnue": false, "non renseigné": false, "néant": false, "aucun": false,
	"sconosciuto": false, "sconosciuta": false, "nessuno": false, "non disponibile": false,
	"onbekend": false, "geen": false, "nvt": false, "n.v.t": false, "okänd": false, "ukjent": false, "ukendt": false,
	"nieznany": false, "nieznana": false, "brak": false, "brak danych": false, "desconhecido": false, "não informado": false,
	"неизвестно": false, "нет данных": false, "нет": false,
}

// Postcode returns a postcode without spaces and country prefix, folded: "SW1A 1AA" is
// "sw1a1aa", "D-10115" is "10115". Of an American ZIP+4 the first five digits stay,
// because the rest is mostly left out. "" is missing.
func Postcode(s string) string {
	if Missing(s) {
		return ""
	}
	var room [32]byte
	folded := text.AppendFold(room[:0], s)
	out := folded[:0]
	cut := 0 // where the first space stood
	for _, c := range folded {
		if c == ' ' {
			if cut == 0 {
				cut = len(out)
			}
			continue
		}
		out = append(out, c)
	}
	switch letters := leading(out, isLetter); {
	case len(out) == 9 && cut == 5 && letters == 0 && leading(out, isDigit) == 9:
		out = out[:5]
	case (letters == 1 || letters == 2) && len(out)-letters >= 4 && len(out)-letters <= 6 &&
		leading(out[letters:], isDigit) == len(out)-letters:
		out = out[letters:]
	}
	return string(out)
}

// Identifier returns a membership, passport or account number without what is put
// between its letters and digits: "AB-123 456" is "ab123456". "" is missing.
func Identifier(s string) string {
	if Missing(s) {
		return ""
	}
	return strings.ReplaceAll(text.Fold(s), " ", "")
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// leading counts the bytes at the beginning of s that are so.
func leading[T string | []byte](s T, so func(byte) bool) int {
	for i := range len(s) {
		if !so(s[i]) {
			return i
		}
	}
	return len(s)
}

// set makes a set of the words of a text.
func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
