package search

import (
	"math"
	"slices"
)

// segment is an immutable part of the index: some entities, their names, and the words
// of these. All of it lies in flat arrays that are the same in memory and in a file.
// Entities, names and words are numbered from 0 in each segment: names and words in the
// order of their bytes, entities as they came. Safe for concurrent use.
type segment struct {
	names dict // distinct folded forms, and romanised forms of names in other scripts
	words dict // of the names and of the entities' places

	// The bearers of name n are entryOrd[entryOff[n]:entryOff[n+1]], each entity once;
	// entryName says where in records the name stands as written.
	entryOff, entryOrd, entryName []uint32
	// The words of name n, in order, are nameWord[nameWordOff[n]:nameWordOff[n+1]].
	nameWordOff, nameWord []uint32
	// The names with word w, ascending, are posting[postingOff[w]:postingOff[w+1]].
	postingOff, posting []uint32
	wordBearers         []uint32 // of each word: how many pairs of name and entity have it
	initialNames        []uint32 // names with initials, in the order of these

	// How important the bearers of names and words are.
	nameHeight, wordHeight []byte
	nameTop, wordTop       heights // over these

	records []byte
	// For each entity and one more, four numbers that are asked for together: where its
	// record begins; the bits of the float32 logarithm of its weight; type number << 16 |
	// country code; audience.
	hot       []uint32
	placeOff  []uint32 // one more than entities: into placeWord
	placeWord []uint32
	idHash    []uint32 // open addressing over IDs, ordinal + 1
	types     []string
	typeText  []byte   // types as stored
	doubles   []uint32 // entities of which a later one has the ID; while it is built
	letters   []uint32 // counts of letters after letters, for the model of unknown names
}

// derived marks in entryName a romanised form of the name that stands there.
const derived = 1 << 31

// entities returns how many entities there are, gone or not.
func (s *segment) entities() uint32 { return uint32(max(len(s.hot)/4, 1) - 1) }

// findWord returns the number of a folded word.
func (s *segment) findWord(word []byte) (wid uint32, ok bool) { return s.words.find(word) }

// wordsWithPrefix returns the numbers [from, to) of the words that begin with p.
func (s *segment) wordsWithPrefix(p []byte) (from, to uint32) {
	return s.words.prefix(p, 0, s.words.size())
}

// namesWith returns the names with a word, ascending. It is read only.
func (s *segment) namesWith(wid uint32) []uint32 {
	return s.posting[s.postingOff[wid]:s.postingOff[wid+1]]
}

// wordsOf returns the words of a name in order. It is read only.
func (s *segment) wordsOf(nid uint32) []uint32 {
	return s.nameWord[s.nameWordOff[nid]:s.nameWordOff[nid+1]]
}

// placesOf returns the words of an entity's places.
func (s *segment) placesOf(ord uint32) []uint32 {
	return s.placeWord[s.placeOff[ord]:s.placeOff[ord+1]]
}

// entries returns which of the segment's entries belong to a name.
func (s *segment) entries(nid uint32) (from, to uint32) {
	return s.entryOff[nid], s.entryOff[nid+1]
}

// written returns the name of an entry as it was written, and its kind.
func (s *segment) written(entry uint32) (name []byte, kind Kind) {
	at := s.entryName[entry]
	r := record{s.tail(at &^ derived)}
	kind, _, name = r.name()
	if at&derived != 0 {
		kind = Romanised
	}
	return name, kind
}

// nameOf returns the name of an entry.
func (s *segment) nameOf(entry uint32) uint32 {
	n, found := slices.BinarySearch(s.entryOff, entry)
	if !found {
		return uint32(n) - 1
	}
	for s.entryOff[n+1] == entry { // names without entries, in a damaged file
		n++
	}
	return uint32(n)
}

func (s *segment) kind(entry uint32) Kind {
	at := s.entryName[entry]
	if at&derived != 0 {
		return Romanised
	}
	if uint64(at) >= uint64(len(s.records)) {
		return Primary
	}
	return Kind(s.records[at])
}

func (s *segment) tail(at uint32) []byte {
	return s.records[min(uint64(at), uint64(len(s.records))):]
}

func (s *segment) record(ord uint32) record {
	return record{s.records[s.hot[4*ord]:s.hot[4*ord+4]]}
}

func (s *segment) id(ord uint32) []byte {
	r := s.record(ord)
	return r.bytes()
}

func (s *segment) weight(ord uint32) float32 { return math.Float32frombits(s.hot[4*ord+1]) }

func (s *segment) meta(ord uint32) uint32 { return s.hot[4*ord+2] }

func (s *segment) audience(ord uint32) uint32 { return s.hot[4*ord+3] }

func (s *segment) typeOf(ord uint32) string {
	if t := s.meta(ord) >> 16; int(t) < len(s.types) {
		return s.types[t]
	}
	return ""
}

// find returns the ordinal of an entity by its ID.
func (s *segment) find(id []byte) (ord uint32, ok bool) {
	if len(s.idHash) == 0 {
		return 0, false
	}
	mask := uint64(len(s.idHash) - 1)
	for i := hashBytes(id, 0) & mask; s.idHash[i] != 0; i = (i + 1) & mask {
		if ord := s.idHash[i] - 1; string(s.id(ord)) == string(id) {
			return ord, true
		}
	}
	return 0, false
}

// section is an array of a segment, as it is stored.
type section struct {
	name    string
	bytes8  *[]byte
	words32 *[]uint32
}

func (s section) bytes() int {
	if s.bytes8 != nil {
		return len(*s.bytes8)
	}
	return 4 * len(*s.words32)
}

// sections lists all arrays in the order of the file format.
func (s *segment) sections() []section {
	text := func(name string, b *[]byte) section { return section{name: name, bytes8: b} }
	nums := func(name string, u *[]uint32) section { return section{name: name, words32: u} }
	return []section{
		text("name text", &s.names.text), nums("name offsets", &s.names.off),
		nums("name table", &s.names.hash), nums("name parts", &s.names.near.bucket),
		nums("name part numbers", &s.names.near.post), nums("name signatures", &s.names.near.sig),
		text("word text", &s.words.text), nums("word offsets", &s.words.off),
		nums("word table", &s.words.hash), nums("word parts", &s.words.near.bucket),
		nums("word part numbers", &s.words.near.post), nums("word signatures", &s.words.near.sig),
		nums("entry offsets", &s.entryOff), nums("entry entities", &s.entryOrd),
		nums("entry names", &s.entryName), nums("name word offsets", &s.nameWordOff),
		nums("name words", &s.nameWord), nums("posting offsets", &s.postingOff),
		nums("postings", &s.posting), nums("word bearers", &s.wordBearers),
		text("name heights", &s.nameHeight), text("word heights", &s.wordHeight),
		text("records", &s.records), nums("entities", &s.hot), nums("place offsets", &s.placeOff),
		nums("place words", &s.placeWord), nums("ID table", &s.idHash),
		text("types", &s.typeText), nums("letters", &s.letters),
		nums("name initials", &s.initialNames),
	}
}
