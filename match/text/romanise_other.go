package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// hanText has a line for each syllable of Mandarin and the characters that are read so
// in names, from the readings of Unicode's Unihan database.
//
//go:embed han.txt
var hanText string

const (
	hanFirst = 0x3400
	hanLast  = 0x9fff
)

// hanTable holds for each character from hanFirst the number of its syllable plus one.
type hanTable struct {
	syllables []string
	of        [hanLast - hanFirst + 1]uint16
}

var han = sync.OnceValue(func() *hanTable {
	t := new(hanTable)
	for line := range strings.Lines(hanText) {
		syllable, characters, _ := strings.Cut(strings.TrimSpace(line), " ")
		t.syllables = append(t.syllables, syllable)
		for _, c := range characters {
			t.of[c-hanFirst] = uint16(len(t.syllables))
		}
	}
	return t
})

// other writes Han, and keeps what has no table.
func (r *roman) other(i int) int {
	if c := r.w[i]; c >= hanFirst && c <= hanLast {
		if t := han(); t.of[c-hanFirst] > 0 {
			r.put(t.syllables[t.of[c-hanFirst]-1])
			return i + 1
		}
	}
	return r.keep(i)
}

// keep writes a letter or number as it is. Marks need the letter they stand on.
func (r *roman) keep(i int) int {
	if c := r.w[i]; !unicode.IsMark(c) {
		r.dst = utf8.AppendRune(r.dst, c)
	}
	return i + 1
}

// abugida is a script whose consonants are spoken with an "a" unless a sign follows.
type abugida struct {
	consonants, vowels map[rune]string // vowels and their signs
	silent             string          // signs that take the "a" away
}

var (
	sinhala = &abugida{
		letters(`kක khඛ gග ghඝ ngඞඟ chචඡ jජඣ gnඥඤ tට thඨ dඩඪ nණන ndඬඳ thත thථ dදධ pපඵ bබභ mම mbඹ yය rර lලළ vව shශෂ sස hහ fෆ`),
		letters(`aඅආා aeඇඈෑැ iඉඊිී uඋඌුූ ruඍෘ eඑඒෙේ aiඓෛ oඔඕොෝ auඖෞ nං`), "\u0dca",
	}
	burmese = &abugida{
		letters(`kက khခ gဂဃ ngင sစ hsဆ zဇဈ nyညဉ tဋတ htဌထ dဍဎဒဓ nဏန pပ hpဖ bဗဘ mမ yယ rရ lလဠ wဝ thသ hဟ`),
		letters(`aအာါ iဣဤိီ uဥဦုူ eဧေ aiဲ oဩဪ yျြ wွ hှ nံ`), "\u1039\u103a",
	}
	khmer = &abugida{
		letters(`kកគ khខឃ ngង chចឆជឈ nhញ dដឌ thឋថឍធ nណន tតទ bប phផភ pព mម yយ rរ lលឡ vវ sស hហ _អ`),
		letters(`aាឣ iិីឥ euឹឺ uុូួឧ aeើែ euៀ ieឿ eេឯ aiៃឰ oោ auៅ amំ ahះ`), "\u17d2\u17cd",
	}
	tibetan = &abugida{
		letters(`kཀ khཁ gག ngང cཅ chཆ jཇ nyཉ tཏ thཐ dད nན pཔ phཕ bབ mམ tsཙ tshཚ dzཛ wཝ zhཞ zཟ yཡ rར lལ shཤ sས hཧ
			kྐ khྑ gྒ ngྔ nyྙ tྟ dྡ nྣ pྤ bྦ mྨ tsྩ dzྫ wྭ yྱ rྲ lླ sྶ`),
		letters(`aཨཱ iི uུ eེ oོ`), "\u0f84",
	}
)

func (r *roman) abugida(i int, s *abugida) int {
	c := r.w[i]
	if v := s.vowels[c]; v != "" {
		r.put(v)
		return i + 1
	}
	k, known := s.consonants[c]
	if !known {
		return r.keep(i)
	}
	r.put(k)
	switch next := r.at(i + 1); {
	case next == 0 && i > 0, s.vowels[next] != "" && s.vowels[next] != "n", unicode.IsMark(next) && s.consonants[next] != "":
	case strings.ContainsRune(s.silent, next):
		return i + 2
	default:
		r.put("a")
	}
	return i + 1
}

// Ethiopic is a table: a row of eight vowels for each consonant.
var (
	ethiopicRows   = strings.Fields(`h l h m s r s sh q qw q qw b v t ch h hw n ny _ k kw k kw w _ z zh y d d j g gw g t ch p ts ts f p`)
	ethiopicVowels = strings.Fields(`e u i a e _ o wa`)
)

func (r *roman) ethiopic(i int) int {
	n := int(r.w[i] - 0x1200)
	if n/8 >= len(ethiopicRows) {
		return r.keep(i)
	}
	consonant, vowel := strings.Trim(ethiopicRows[n/8], "_"), strings.Trim(ethiopicVowels[n%8], "_")
	if consonant == "" && n%8 == 0 {
		vowel = "a"
	}
	r.put(consonant)
	r.put(vowel)
	return i + 1
}
