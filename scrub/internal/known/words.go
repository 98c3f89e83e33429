package known

import "strings"

// common are words of names and addresses that are no evidence alone.
var common = func() map[[12]byte]bool {
	m := map[[12]byte]bool{}
	for _, w := range strings.Fields(`
		and any are but for from his her its not our that the their them they this was were with you your
		der die das den dem des und von vom zum zur bei ein eine les des une aux sur sous pour dans
		del los las una con por para che dei degli della van het een ter ten och och bin ibn abu bint san santa sao saint
		street road lane avenue drive court square place park hill house flat floor suite unit
		strasse str weg platz allee gasse rue place chemin boulevard calle avenida plaza paseo via viale piazza
		straat laan plein north south east west upper lower new old great little
		mrs miss sir dame lord lady prof doctor junior senior herr frau monsieur madame senor senora don dona
		com org net edu gov mil int info name www http https html mail email gmail outlook hotmail yahoo
		icloud proton protonmail example test user admin guest null none true false unknown
		company limited ltd inc gmbh corp group university school church city town county state country
		phone mobile tel fax home work january february march april may june july august
		september october november december monday tuesday wednesday thursday friday saturday sunday`) {
		var key [12]byte
		if copy(key[:], w) == len(w) {
			m[key] = true
		}
	}
	return m
}()

// word is a stretch of the letters of a value.
type word struct {
	at     cursor
	n      int
	weight int    // letters, Han twice
	gaps   uint32 // bit i: a separator follows letter i, of the first 32
	digits int
	soft   bool // set off by its case or its digits only
	first  [12]byte
}

// letter adds the letter j of the folding of a character.
func (w *word) letter(e *entry, j uint8) {
	if w.n < len(w.first) {
		w.first[w.n] = e.code[j]
	}
	w.n++
	w.weight++
	if e.class == digit {
		w.digits++
	}
	if e.class == solo && e.letters[j] > 0x30FF { // past the alphabets and Kana: Han
		w.weight++
	}
}

// evidence reports whether a word of a value is searched alone.
func (w *word) evidence() bool {
	switch {
	case w.weight < 3, w.soft && w.weight < 4:
		return false
	case w.digits == w.n:
		return w.n >= 6
	case w.digits > 0 && w.weight < 5:
		return false
	}
	return w.n > len(w.first) || !common[w.first]
}

// splitter cuts a value into its words. It stays on the stack, because it holds letters.
type splitter struct {
	plain             []byte
	i                 int
	last              uint8 // class of the letter before
	gap               bool  // something separates it from the next
	cut               bool  // the hard word has a border inside
	whole, hard, soft word
	ready             [2]word // found and not yet given out
	n                 int
}

// next is the next word that is evidence; at the end whole is complete.
func (s *splitter) next() (w word, ok bool) {
	for s.n == 0 {
		switch {
		case s.i < len(s.plain):
			s.step()
		case s.i == len(s.plain):
			s.i++
			s.endSoft()
			if s.hard.n < s.whole.n {
				s.endHard()
			}
		default:
			return word{}, false
		}
	}
	s.n--
	return s.ready[s.n], true
}

// step reads a character.
func (s *splitter) step() {
	e, n := next(s.plain, s.i)
	switch {
	case e.class == separates:
		s.gap = true
	case e.class != dropped:
		s.character(e, n)
		s.last, s.gap = e.class, false
	}
	s.i += n
}

func (s *splitter) character(e *entry, size int) {
	at := cursor{pos: s.i}
	after, _ := classAfter(s.plain, s.i+size)
	switch {
	case s.whole.n == 0:
		s.whole.at, s.hard.at, s.soft.at = at, at, at
	case s.gap:
		if s.whole.n <= 32 {
			s.whole.gaps |= 1 << (s.whole.n - 1)
		}
		s.endSoft()
		s.endHard()
		s.hard, s.soft, s.cut = word{at: at}, word{at: at}, false
	case s.last|e.class != solo && softBorder(s.last, e.class, after):
		s.cut = true
		s.endSoft()
		s.soft = word{at: at}
	}
	s.soft.soft = true
	for j := range e.n {
		s.whole.letter(e, j)
		s.hard.letter(e, j)
		s.soft.letter(e, j)
	}
}

func (s *splitter) endSoft() {
	if s.cut && s.soft.evidence() {
		s.ready[s.n] = s.soft
		s.n++
	}
}

func (s *splitter) endHard() {
	if s.hard.evidence() {
		s.ready[s.n] = s.hard
		s.n++
	}
}
