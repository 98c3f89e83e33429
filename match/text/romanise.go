package text

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Romanise returns a folded string in Latin letters, folded too: what a reader who does
// not know the script would type for it. Latin text comes back as it is, without
// allocation. The result is at most [MaxRunes] characters.
//
// Cyrillic, Greek, Armenian and Georgian follow the spellings of passports and road
// signs (Юрий → yuriy, Київ → kyiv, Παπαδοπούλου → papadopoulou), Hangul the Revised
// Romanization, kana Hepburn without long vowels, the scripts of India what is common
// in English. Arabic and Hebrew, which leave their short vowels out, get an "a" where
// one is likely: a guess. Han is read as Mandarin, one word for each word, because a
// string does not say that it is Japanese. Letters of the few scripts it does not know
// (Cherokee, Yi, Mongolian) stay as they are.
func Romanise(folded string) string {
	if ascii(folded) {
		return folded
	}
	var room [160]byte
	return string(AppendRomanised(room[:0], folded))
}

// AppendRomanised appends Romanise(folded) to dst and returns it.
func AppendRomanised(dst []byte, folded string) []byte {
	if ascii(folded) {
		return append(dst, head(folded, MaxRunes)...)
	}
	start := len(dst)
	var room [48]rune
	r := roman{dst: dst, ukrainian: strings.ContainsAny(folded, "іїєґ")}
	for folded = head(folded, MaxRunes); folded != ""; {
		word := folded
		if i := strings.IndexByte(folded, ' '); i >= 0 {
			word, folded = folded[:i], folded[i+1:]
		} else {
			folded = ""
		}
		mark := len(r.dst)
		if mark > start {
			r.dst = append(r.dst, ' ')
		}
		r.begin = len(r.dst)
		r.w = runes(room[:0], word)
		r.word()
		if len(r.dst) == r.begin {
			r.dst = r.dst[:mark]
		}
	}
	out := r.dst[start:min(len(r.dst), start+MaxRunes)]
	return r.dst[:start+len(bytes.TrimRight(out, " "))]
}

// roman is a string on its way.
type roman struct {
	dst       []byte
	begin     int // of the word in dst
	w         []rune
	ukrainian bool // has letters that Russian has not
}

// word romanises r.w, script by script.
func (r *roman) word() {
	for i := 0; i < len(r.w); {
		c := r.w[i]
		switch {
		case c < utf8.RuneSelf:
			r.dst = append(r.dst, byte(c))
			i++
		case c >= 0x370 && c < 0x400:
			i = r.greek(i)
		case c >= 0x400 && c < 0x530:
			i = r.cyrillic(i)
		case c >= 0x531 && c < 0x590:
			i = r.armenian(i)
		case c >= 0x590 && c < 0x600:
			i = r.semitic(i, hebrew)
		case c >= 0x600 && c < 0x780:
			i = r.semitic(i, arabic)
		case c >= 0x900 && c < 0xd80:
			i = r.indic(i)
		case c >= 0xd80 && c < 0xe00:
			i = r.abugida(i, sinhala)
		case c >= 0xe00 && c < 0xf00:
			i = r.thai(i)
		case c >= 0xf00 && c < 0x1000:
			i = r.abugida(i, tibetan)
		case c >= 0x1000 && c < 0x10a0:
			i = r.abugida(i, burmese)
		case c >= 0x1200 && c < 0x1358:
			i = r.ethiopic(i)
		case c >= 0x1780 && c < 0x1800:
			i = r.abugida(i, khmer)
		case georgian[c] != "":
			r.put(georgian[c])
			i++
		case c >= 0x3041 && c < 0x3100:
			i = r.kana(i)
		case c >= 0xac00 && c < 0xd7a4:
			i = r.hangul(i)
		default:
			i = r.other(i)
		}
	}
}

func (r *roman) put(s string) { r.dst = append(r.dst, s...) }

// at returns the rune of the word at i, or 0 outside.
func (r *roman) at(i int) rune {
	if i < 0 || i >= len(r.w) {
		return 0
	}
	return r.w[i]
}

// last returns the last letter written of this word, or 0.
func (r *roman) last() byte {
	if len(r.dst) == r.begin {
		return 0
	}
	return r.dst[len(r.dst)-1]
}

// letters makes a map from "aα bβ" lists: what to write, then one or more letters.
func letters(s string) map[rune]string {
	m := map[rune]string{}
	for _, f := range strings.Fields(s) {
		i := 0
		for i < len(f) && f[i] < utf8.RuneSelf {
			i++
		}
		for _, c := range f[i:] {
			m[c] = strings.Trim(f[:i], "_")
		}
	}
	return m
}

// Tables: what to write, then the letters; "_" writes nothing.
var (
	cyrillicLetters = letters(`aаәѣ bб vвѵ gгѓғґ dд eеэёѐ zhжҗ zз iиіѝ yйыү kкқ lл mм nнңҥ oоөѳ pп rр sс tт uуұў fф
		khх tsцҵ chчҷҹ shш shchщ yuю yaя yeє yiї jј ljљ njњ dzѕџ cћ djђ hһҳ kjќ gjѓ _ьъӏ qҡҝ gҕ`)
	greekLetters = letters(`aα vβ gγ dδ eε zζ iηι yυ thθ kκ lλ mμ nν xξ oοω pπ rρ sσ tτ fφ chχ psψ`)
	armenian     = letters(`aա bբ gգ dդ eեէ zզ yը tթտ zhժ iի lլ khխ tsծց kկք hհ dzձ ghղ chճչ mմ yյ nն shշ oոօ pպփ
		jջ rռր sս vվ vւ fֆ evև`)
	georgian = letters(`aა bბ gგ dდ eე vვ zზ tთტ iი kკქ lლ mმ nნ oო pპფ zhჟ rრ sს uუ ghღ qყ shშ chჩჭ tsცწ dzძ khხ jჯ hჰ`)
)

func (r *roman) armenian(i int) int {
	if r.w[i] == 'ո' && r.at(i+1) == 'ւ' {
		r.put("u")
		return i + 2
	}
	if r.w[i] == 'ո' && i == 0 {
		r.put("vo")
	} else {
		r.put(armenian[r.w[i]])
	}
	return i + 1
}

func (r *roman) cyrillic(i int) int {
	c, next, before := r.w[i], r.at(i+1), r.at(i-1)
	switch {
	case (c == 'и' || c == 'ы') && next == 'й' && i+2 == len(r.w) && i > 0: // Достоевский
		r.put("y")
		return i + 2
	case c == 'ь' && (next == 'е' || next == 'о'): // Григорьев
		r.put("y")
	case c == 'ъ' && next != 'е' && next != 'я' && next != 'ю' && next != 0: // Bulgarian
		r.put("a")
	case r.ukrainian && c == 'г':
		r.put("h")
	case r.ukrainian && c == 'и':
		r.put("y")
	case c == 'ї' && before != 0:
		r.put("i")
	case c == 'є' && before != 0:
		r.put("ie")
	default:
		r.put(cyrillicLetters[c])
	}
	return i + 1
}

func (r *roman) greek(i int) int {
	c, next := r.w[i], r.at(i+1)
	if next != 0 {
		pair := string([]rune{c, next})
		switch pair {
		case "ου":
			r.put("ou")
			return i + 2
		case "αυ", "ευ", "ηυ":
			r.put(greekLetters[c])
			if after := r.at(i + 2); after == 0 || strings.ContainsRune("θκξπστφχψ", after) {
				r.put("f")
			} else {
				r.put("v")
			}
			return i + 2
		case "γγ", "γξ", "γχ":
			r.put("n")
			return i + 1
		case "μπ":
			if i == 0 {
				r.put("b")
				return i + 2
			}
		case "ντ":
			if i == 0 {
				r.put("d")
				return i + 2
			}
		case "γκ":
			if i == 0 {
				r.put("g")
				return i + 2
			}
		}
	}
	r.put(greekLetters[c])
	return i + 1
}

// Syllables of Hangul are numbered by initial, vowel and final (Unicode 3.12).
var (
	initials = strings.Fields("g kk n d tt r m b pp s ss _ j jj ch k t p h")
	vowels   = strings.Fields("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
	finals   = strings.Fields("_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t")
	// What a final becomes before a silent initial.
	carried = strings.Fields("_ g kk gs n nj n d r lg lm lb ls lt lp l m b bs s ss ng j ch k t p _")
)

func (r *roman) hangul(i int) int {
	n := int(r.w[i] - 0xac00)
	first, vowel, final := n/588, n/28%21, n%28
	switch {
	case r.last() == 'l' && first == 5: // 빌라 villa
		r.put("l")
	case initials[first] != "_":
		r.put(initials[first])
	}
	r.put(vowels[vowel])
	next := r.at(i + 1)
	silent := next >= 0xac00 && next < 0xd7a4 && int(next-0xac00)/588 == 11
	switch {
	case final == 0:
	case silent && carried[final] != "_":
		r.put(carried[final])
	case silent:
	default:
		r.put(finals[final])
	}
	return i + 1
}
