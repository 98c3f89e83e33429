package text

import "strings"

// Sound returns a key that words which sound alike in English and other European
// languages mostly share, or "" for text without Latin letters. It is at most eight
// characters for each word; several words have their keys with a space between.
//
// The key is of consonants, as in Double Metaphone (Philips 2000) and the Cologne
// phonetics (Postel 1969), and like these takes voiced and voiceless ones for one:
// P (b p), F (f v w ph), T (d t), 0 (th), K (g k q, hard c), S (s z, soft c), X (sh ch
// sch cz), J (j, soft g, y before a vowel), L, M, N, R, H at the beginning, and A for
// a vowel at the beginning. Rules of several languages that contradict each other are
// settled for the one that has more names which are spelled in two ways.
func Sound(folded string) string {
	var room [32]byte
	return string(AppendSound(room[:0], folded))
}

// AppendSound appends Sound(folded) to dst and returns it.
func AppendSound(dst []byte, folded string) []byte {
	start := len(dst)
	for len(folded) > 0 {
		word := folded
		if i := strings.IndexByte(folded, ' '); i >= 0 {
			word, folded = folded[:i], folded[i+1:]
		} else {
			folded = ""
		}
		mark := len(dst)
		if mark > start {
			dst = append(dst, ' ')
		}
		before := len(dst)
		if dst = appendWordSound(dst, word); len(dst) == before {
			dst = dst[:mark]
		}
	}
	return dst
}

const maxSound = 8

// asSpelled holds names that no rule reads right.
var asSpelled = map[string]string{
	"sean": "shawn", "siobhan": "shivon", "niamh": "niv", "caoimhe": "kiva", "sinead": "shined",
	"eoin": "owen", "xavier": "savier", "michael": "mikel", "mikhail": "mikel", "michel": "mikel",
	"thomas": "tomas", "theresa": "teresa", "therese": "teres", "anthony": "antony", "esther": "ester",
	"thompson": "tomson", "thomson": "tomson", "thomsen": "tomson", "hugh": "hu", "hughes": "hus",
	"jesus": "hesus", "jorge": "horhe", "jose": "hose", "juan": "huan", "jean": "jon",
	"achmed": "ahmed", "mckay": "makay", "mackay": "makay", "schmidt": "smit", "schmitt": "smit", "schmid": "smit", "smith": "smit", "smyth": "smit", "smythe": "smit",
}

func appendWordSound(dst []byte, word string) []byte {
	if s, ok := asSpelled[word]; ok {
		word = s
	}
	start := len(dst)
	var last byte // code just written, 0 after a vowel
	for i := 0; i < len(word) && len(dst)-start < maxSound; {
		codes, n := sound(word, i)
		for j := range len(codes) {
			switch c := codes[j]; c {
			case '-': // a vowel
				if len(dst) == start {
					dst = append(dst, 'A')
				}
				last = 0
			case last:
			default:
				dst = append(dst, c)
				last = c
			}
		}
		i += n
	}
	return dst
}

// at returns the byte of word at i, or 0 outside.
func at(word string, i int) byte {
	if i < 0 || i >= len(word) {
		return 0
	}
	return word[i]
}

func vowel(c byte) bool {
	return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y'
}

func front(c byte) bool { return c == 'e' || c == 'i' || c == 'y' }

// sound returns the codes of what stands at word[i], and how many bytes it is.
func sound(word string, i int) (codes string, n int) {
	rest, next, before := word[i:], at(word, i+1), at(word, i-1)
	for _, g := range graphemesOf[word[i]] {
		if strings.HasPrefix(rest, g.letters) && (i == 0 || !g.first) && (len(rest) == len(g.letters) || !g.last) {
			return g.codes, len(g.letters)
		}
	}
	switch c := word[i]; c {
	case 'a', 'e', 'i', 'o', 'u':
		return "-", 1
	case 'y':
		if i == 0 && vowel(next) {
			return "J", 1
		}
		return "-", 1
	case 'b', 'p':
		return "P", 1
	case 'f', 'v':
		return "F", 1
	case 'w': // Howard, but Shaw and Brown
		if vowel(next) {
			return "F", 1
		}
		return "", 1
	case 'd', 't':
		return "T", 1
	case 'c':
		if next == 'h' {
			// Christian, Chloe and Munich's Bacher; Charles.
			if a := at(word, i+2); a == 'r' || a == 'l' || a == 'n' || a == 's' || a == 't' {
				return "K", 2
			}
			return "X", 2
		}
		if front(next) {
			return "S", 1
		}
		return "K", 1
	case 'k', 'q':
		return "K", 1
	case 'g':
		if front(next) && before != 'g' {
			return "J", 1
		}
		return "K", 1
	case 's', 'z':
		return "S", 1
	case 'j':
		if i == 0 || vowel(before) && before != 'i' {
			return "J", 1
		}
		return "-", 1 // Meijer, Bjorn, Ljubljana
	case 'h':
		if i == 0 && vowel(next) {
			return "H", 1
		}
		return "", 1
	case 'x':
		if i == 0 {
			return "S", 1
		}
		return "KS", 1
	case 'l':
		return "L", 1
	case 'm':
		return "M", 1
	case 'n':
		return "N", 1
	case 'r':
		return "R", 1
	}
	return "", 1
}

// graphemesOf holds the graphemes by their first byte.
var graphemesOf = func() (t [256][]grapheme) {
	for _, g := range graphemes {
		t[g.letters[0]] = append(t[g.letters[0]], g)
	}
	return t
}()

type grapheme struct {
	letters     string
	codes       string
	first, last bool // only at the beginning or the end of a word
}

// graphemes are letters that stand for one sound together; of two with the same
// beginning the longer comes first.
var graphemes = []grapheme{
	{letters: "tsch", codes: "X"},
	{letters: "tch", codes: "X"},
	{letters: "sch", codes: "X"},
	{letters: "szcz", codes: "X"},
	{letters: "shch", codes: "X"},
	{letters: "sh", codes: "X"},
	{letters: "cz", codes: "X"},
	{letters: "zh", codes: "X"},
	{letters: "ght", codes: "T"},
	{letters: "gh", codes: "K", first: true},
	{letters: "gh"},
	{letters: "gn", codes: "N", first: true},
	{letters: "kn", codes: "N", first: true},
	{letters: "wr", codes: "R", first: true},
	{letters: "wh", codes: "F", first: true},
	{letters: "ps", codes: "S", first: true},
	{letters: "pn", codes: "N", first: true},
	{letters: "pf", codes: "F"},
	{letters: "ph", codes: "F"},
	{letters: "th", codes: "0"},
	{letters: "dg", codes: "J"},
	{letters: "dj", codes: "J"},
	{letters: "dz", codes: "S"},
	{letters: "mb", codes: "M", last: true},
	{letters: "ck", codes: "K"},
	{letters: "dt", codes: "T"},
	{letters: "tz", codes: "S"},
	{letters: "ts", codes: "S"},
	{letters: "sz", codes: "S"},
	{letters: "sce", codes: "S-"},
	{letters: "sci", codes: "S-"},
	{letters: "kh", codes: "K"},
}
