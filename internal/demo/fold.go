package demo

import (
	"strings"
	"unicode"
)

// folds lists the letters of the name tables by the plain letter that people
// type instead.
var folds = map[string]string{
	"a": "àáâãäåāăąǎảạằắẳẵặầấẩẫậ", "c": "çćč", "d": "đď", "e": "èéêëēęěẻẽẹềếểễệ", "g": "ğ", "i": "ìíîïīıỉĩị",
	"l": "ł", "n": "ñńň", "o": "òóôõöøōőỏọồốổỗộơờớởỡợ", "r": "ř", "s": "śšş", "t": "ţ", "u": "ùúûüūůűủũụưừứửữự",
	"y": "ýÿỳỷỹỵ", "z": "źżž", "ss": "ß", "ae": "æ", "oe": "œ",
}

var foldOf = func() map[rune]string {
	m := map[rune]string{}
	for plain, letters := range folds {
		for _, r := range letters {
			m[r] = plain
			m[unicode.ToUpper(r)] = strings.ToUpper(plain[:1]) + plain[1:]
		}
	}
	m['ß'], m['İ'], m['ı'] = "ss", "I", "i"
	m['I'] = "I" // the capital of the Turkish ı is the plain I
	return m
}()

// fold drops diacritics: "José Núñez" becomes "Jose Nunez".
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if plain, ok := foldOf[r]; ok {
			b.WriteString(plain)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// germanFold writes umlauts as two letters, as German-speaking people do in
// addresses.
var germanFold = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue")

// slug keeps the letters a–z and digits of a name, folded to lower case.
func slug(s, language string) string {
	if language == "de" {
		s = germanFold.Replace(s)
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(fold(s)))
}
