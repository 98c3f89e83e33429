package email

import (
	"math/bits"
	"unicode"
)

// scriptSet is a set of scripts, one bit each in the order of scripts. Common
// and inherited characters belong to any script and add nothing.
type scriptSet uint64

// The scripts that rules name.
const (
	latin scriptSet = 1 << iota
	cyrillic
	greek
	han
	hiragana
	katakana
	hangul
	bopomofo
	arabic
	hebrew
	devanagari
	thai
	armenian
	georgian
	ethiopic
	bengali
	sinhala
	tamil
	myanmar
	khmer
	lao
)

// scripts lists the scripts in living use: those that UAX 31 recommends for
// identifiers (table 5) and those it lists as of limited use (table 7), which
// people do write their names in. The order of the first 21 is that of the
// constants.
var scripts = [...]*unicode.RangeTable{
	unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Han, unicode.Hiragana, unicode.Katakana,
	unicode.Hangul, unicode.Bopomofo, unicode.Arabic, unicode.Hebrew, unicode.Devanagari, unicode.Thai,
	unicode.Armenian, unicode.Georgian, unicode.Ethiopic, unicode.Bengali, unicode.Sinhala,
	unicode.Tamil, unicode.Myanmar, unicode.Khmer, unicode.Lao,
	unicode.Gujarati, unicode.Gurmukhi, unicode.Kannada, unicode.Malayalam, unicode.Oriya,
	unicode.Telugu, unicode.Thaana, unicode.Tibetan,
	unicode.Adlam, unicode.Balinese, unicode.Bamum, unicode.Batak, unicode.Canadian_Aboriginal,
	unicode.Chakma, unicode.Cham, unicode.Cherokee, unicode.Hanifi_Rohingya, unicode.Javanese,
	unicode.Kayah_Li, unicode.Lepcha, unicode.Limbu, unicode.Lisu, unicode.Mandaic, unicode.Meetei_Mayek,
	unicode.Miao, unicode.New_Tai_Lue, unicode.Newa, unicode.Nko, unicode.Nyiakeng_Puachue_Hmong,
	unicode.Ol_Chiki, unicode.Osage, unicode.Saurashtra, unicode.Sundanese, unicode.Syloti_Nagri,
	unicode.Syriac, unicode.Tai_Le, unicode.Tai_Tham, unicode.Tai_Viet, unicode.Tifinagh,
	unicode.Vai, unicode.Wancho, unicode.Yi,
}

// scriptOf returns the script of r, the empty set for common and inherited
// characters, and false for scripts that are not in living use. hint is tried
// first: neighbours mostly share a script.
func scriptOf(r rune, hint scriptSet) (scriptSet, bool) {
	if hint != 0 && unicode.Is(scripts[bits.TrailingZeros64(uint64(hint))], r) {
		return hint, true
	}
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return 0, true
	}
	for i, table := range scripts {
		if unicode.Is(table, r) {
			return 1 << i, true
		}
	}
	return 0, false
}

// highlyRestrictive implements that level of UTS 39 section 5.2: one script,
// or Latin with one of the three East Asian writing systems.
func (s scriptSet) highlyRestrictive() bool {
	return bits.OnesCount64(uint64(s)) <= 1 ||
		s&^(latin|han|hiragana|katakana) == 0 ||
		s&^(latin|han|bopomofo) == 0 ||
		s&^(latin|han|hangul) == 0
}

// homeScripts returns the scripts that readers expect under a top-level
// domain: that of the domain itself, or for a country code those the country
// writes in.
func homeScripts(tld string) (home scriptSet) {
	if isASCII(tld) {
		return homes[tld]
	}
	for _, r := range tld {
		s, _ := scriptOf(r, home)
		home |= s
	}
	return home
}

var homes = func() map[string]scriptSet {
	byScript := []struct {
		scripts scriptSet
		tlds    []string
	}{
		{cyrillic, []string{"ba", "bg", "by", "kg", "kz", "me", "mk", "mn", "rs", "ru", "su", "tj", "ua", "uz"}},
		{greek, []string{"cy", "gr"}},
		{armenian, []string{"am"}},
		{georgian, []string{"ge"}},
		{hebrew, []string{"il"}},
		{ethiopic, []string{"er", "et"}},
		{arabic, []string{
			"ae", "af", "bh", "dz", "eg", "iq", "ir", "jo", "kw", "lb", "ly", "ma", "om", "pk", "ps",
			"qa", "sa", "sd", "sy", "tn", "ye",
		}},
		{devanagari | bengali | tamil, []string{"in"}},
		{devanagari, []string{"np"}},
		{bengali, []string{"bd"}},
		{sinhala | tamil, []string{"lk"}},
		{thai, []string{"th"}},
		{lao, []string{"la"}},
		{khmer, []string{"kh"}},
		{myanmar, []string{"mm"}},
		{han | hiragana | katakana, []string{"jp"}},
		{han, []string{"cn", "hk", "mo", "sg"}},
		{han | bopomofo, []string{"tw"}},
		{han | hangul, []string{"kr"}},
	}
	m := map[string]scriptSet{}
	for _, b := range byScript {
		for _, tld := range b.tlds {
			m[tld] = b.scripts
		}
	}
	return m
}()
