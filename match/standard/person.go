package standard

import (
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas/match/text"
)

// Person is a person's name in its parts, folded.
type Person struct {
	Given    []string // in the order written; initials are single letters
	Family   []string // without particles
	Particle []string // van, de la, al
	Title    []string // dr, prof, sir, 1st baron
	Suffix   []string // jr, iii, phd
}

// ParsePerson takes a name apart: "Dr. Ludwig van Beethoven", "Beethoven, Ludwig van",
// "BEETHOVEN Ludwig", "J.R.R. Tolkien", "Gabriel García Márquez", "毛泽东", "Thomas
// Clifford, 1st Baron Clifford of Chudleigh". A name of one word is a family name.
//
// What cannot be known is decided for the more frequent case: without a comma the last
// word is the family name; the last two are where both are frequent Spanish surnames;
// the first is where the script, capitals or a frequent Chinese or Vietnamese surname
// say so.
func ParsePerson(s string) Person {
	if Missing(s) {
		return Person{}
	}
	p := personParts{}
	p.read(s)
	p.nobility()
	p.titles()
	p.suffixes()
	p.maiden()
	p.split()
	return p.Person
}

// personParts is a name on its way.
type personParts struct {
	Person
	words []nameWord
	born  []string // names before marriage
	dots  bool     // a katakana middle dot parts the words, so they are in Western order
}

type nameWord struct {
	text    string
	part    uint8 // how many commas stand before it
	capital bool  // written in capitals throughout, and longer than an initial
	joined  bool  // with the word before, by a hyphen
}

// maxNameWords bounds the work; what comes behind is dropped.
const maxNameWords = 64

// read folds s word by word, where points end words and commas parts.
func (p *personParts) read(s string) {
	p.words = make([]nameWord, 0, 8)
	p.dots = strings.ContainsRune(s, '・')
	var room [256]byte
	buffer, part := room[:0], 0
	for len(s) > 0 && len(p.words) < maxNameWords {
		end := strings.IndexAny(s, " .,;\t\n\u00a0")
		word, stop := s, byte(0)
		if end >= 0 {
			word, stop, s = s[:end], s[end], s[end+1:]
			if stop == 0xc2 {
				s = s[1:]
			}
		} else {
			s = ""
		}
		if word != "" {
			begin := len(buffer)
			buffer = text.AppendFold(buffer, word)
			p.add(string(buffer[begin:]), part, capitals(word))
		}
		if (stop == ',' || stop == ';') && len(p.words) > 0 && part < 255 {
			part++
		}
	}
}

func (p *personParts) add(folded string, part int, capital bool) {
	for i, w := range strings.Fields(folded) {
		p.words = append(p.words, nameWord{w, uint8(part), capital, i > 0})
	}
}

// capitals says that a word has several letters and none of them small.
func capitals(word string) bool {
	n := 0
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c >= 'a' && c <= 'z':
			return false
		case c >= 'A' && c <= 'Z':
			n++
		}
	}
	return n >= 2
}

// take removes words i to j and returns them.
func (p *personParts) take(i, j int) []string {
	var out []string
	for _, w := range p.words[i:j] {
		out = append(out, w.text)
	}
	p.words = append(p.words[:i], p.words[j:]...)
	return out
}

// nobility takes "1st baron clifford of chudleigh" from behind a name, or the rank from
// before one that stands alone.
func (p *personParts) nobility() {
	for i := range p.words {
		if !p.rankAt(i) {
			continue
		}
		if i > 0 {
			// Without a comma a single name before it is the given one: Walter, 1st Baron.
			alone := i == 1 && p.words[i].part == p.words[0].part
			p.Title = append(p.Title, strings.Join(p.take(i, len(p.words)), " "))
			if alone {
				p.Given = p.take(0, 1)
			}
			return
		}
		// Alone: the rank, and the place behind a name, are the title.
		after := 1
		if ordinal(p.words[0].text) != "" {
			after = 2
		}
		var place []string
		for j := after + 1; j < len(p.words); j++ {
			if p.words[j].text == "of" {
				place = p.take(j, len(p.words))
			}
		}
		if after < len(p.words) {
			p.Title = append(p.Title, strings.Join(p.take(0, after), " "))
		}
		if place != nil {
			p.Title = append(p.Title, strings.Join(place, " "))
		}
		return
	}
}

// rankAt says that a title of nobility begins at word i: a number and a rank, a rank
// "of" somewhere or behind a comma, or behind a comma a number and whatever follows,
// because ranks are misspelled.
func (p *personParts) rankAt(i int) bool {
	behindComma := i > 0 && p.words[i].part != p.words[i-1].part
	next := nameWord{}
	if i+1 < len(p.words) {
		next = p.words[i+1]
	}
	switch {
	case ordinal(p.words[i].text) != "":
		return ranks[next.text] || behindComma && next.text != "" && next.part == p.words[i].part
	case ranks[p.words[i].text]: // but not Earl Warren, Mary Prince
		return behindComma || next.text == "of"
	}
	return false
}

// titles takes them from the beginning of the name and of what follows a comma.
func (p *personParts) titles() {
	for i := 0; i < len(p.words) && len(p.words) > 1; {
		begins := i == 0 || p.words[i].part != p.words[i-1].part
		w := p.words[i].text
		left := len(p.words) - i
		next := ""
		if left > 1 {
			next = p.words[i+1].text
		}
		alone := left == 1 || p.words[i+1].part != p.words[i].part
		if begins && (titles[w] || weakTitles[w] && (left > 2 && !alone || i > 0 && left == 1) ||
			honorifics[w] && (titles[next] || honorifics[next])) {
			p.Title = append(p.Title, p.take(i, i+1)...)
		} else {
			i++
		}
	}
}

// suffixes takes them from the end of the name, and parts that are nothing else.
func (p *personParts) suffixes() {
	for i := len(p.words) - 1; i > 0 && len(p.words) > 1; i-- {
		w := p.words[i]
		own := w.part > p.words[0].part
		last := i == len(p.words)-1 || p.words[i+1].part != w.part
		switch {
		case !last:
		case w.text == "d" && p.words[i-1].text == "ph":
			p.take(i-1, i+1)
			p.Suffix = append(p.Suffix, "phd")
			i--
		case w.text == "d" && p.words[i-1].text == "m" && own:
			p.take(i-1, i+1)
			p.Suffix = append(p.Suffix, "md")
			i--
		case suffixes[w.text], weakSuffixes[w.text] && (own || len(p.words) > 2), learned[w.text] && own:
			p.Suffix = append(p.Suffix, p.take(i, i+1)...)
		}
	}
}

// maiden takes "geb. Müller", "née Dupont".
func (p *personParts) maiden() {
	for i := 1; i+1 < len(p.words); i++ {
		switch p.words[i].text {
		case "geb", "geborene", "nee", "born", "formerly":
			p.born = p.take(i, len(p.words))[1:]
			return
		}
	}
}

// split divides what is left into given and family names.
func (p *personParts) split() {
	defer func() { p.Family = append(p.Family, p.born...) }()
	if len(p.words) == 0 {
		return
	}
	if i := p.nextPart(); i < len(p.words) {
		// Family, Given. A particle may stand before the family name or behind the given.
		end := len(p.words)
		for end > i+1 && particles[p.words[end-1].text] {
			end--
		}
		p.Particle = p.take(end, len(p.words))
		p.Given = p.take(i, len(p.words))
		p.family(p.take(0, i))
		return
	}
	i := p.familyFrom()
	if i < 0 { // the family name comes first
		family := p.take(0, -i)
		p.Given = p.take(0, len(p.words))
		p.family(family)
		return
	}
	family := p.take(i, len(p.words))
	p.Given = p.take(0, i)
	p.family(family)
}

// nextPart returns where the part behind the first comma begins.
func (p *personParts) nextPart() int {
	for i, w := range p.words {
		if w.part != p.words[0].part {
			return i
		}
	}
	return len(p.words)
}

// family parts particles from names.
func (p *personParts) family(words []string) {
	for i, w := range words {
		if particles[w] && i+1 < len(words) {
			p.Particle = append(p.Particle, w)
		} else if w != "y" && w != "e" || len(words) < 3 {
			p.Family = append(p.Family, w)
		}
	}
}

// familyFrom returns the word at which the family name begins, or −n when it is the
// first n words.
func (p *personParts) familyFrom() int {
	n := len(p.words)
	if first := p.words[0].text; eastAsian(first) {
		return p.eastAsian(first)
	}
	if n == 1 {
		return 0
	}
	leading := 0
	for leading < n && p.words[leading].capital {
		leading++
	}
	if leading > 0 && leading < n && !p.words[n-1].capital {
		return -leading
	}
	if familyFirst[p.words[0].text] && n < 5 && !familyFirst[p.words[n-1].text] {
		return -1
	}
	if particles[p.words[0].text] && startsFamily[p.words[0].text] {
		i := 1
		for i < n-1 && particles[p.words[i].text] {
			i++
		}
		if i == n-1 {
			return 0
		}
	}
	for i := 1; i < n-1; i++ {
		if particles[p.words[i].text] {
			// "García de la Torre": the name before the particle is of the family, too.
			if i > 1 && spanish[p.words[i-1].text] && n > 3 {
				return i - 1
			}
			return i
		}
		if w := p.words[i].text; (w == "y" || w == "e") && i > 1 {
			return i - 1
		}
	}
	if n > 2 && spanish[p.words[n-1].text] && spanish[p.words[n-2].text] {
		return n - 2
	}
	i := n - 1
	for i > 0 && p.words[i].joined {
		i--
	}
	return i
}

// eastAsian is familyFrom for Han and Hangul: the first word, or the first character
// of the only one; two where that is a double surname.
func (p *personParts) eastAsian(first string) int {
	if len(p.words) > 1 {
		if p.dots {
			return len(p.words) - 1
		}
		return -1
	}
	runes := []rune(first)
	if len(runes) < 2 || len(runes) > 4 {
		return 0
	}
	n := 1
	if len(runes) == 4 || len(runes) == 3 && doubleSurnames[string(runes[:2])] {
		n = 2
	}
	p.words = []nameWord{{text: string(runes[:n])}, {text: string(runes[n:])}}
	return -1
}

// eastAsian says that a word begins in Han, Hangul or kana.
func eastAsian(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return r >= 0x3040 && r <= 0x30ff || r >= 0x3400 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0x20000 && r <= 0x3ffff
}
