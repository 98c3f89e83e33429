package search

import (
	"bytes"
	"slices"

	"github.com/habeas-data/habeas/match/text"
)

// wordSet numbers distinct words in the order in which they come.
type wordSet struct {
	hash  []uint32 // open addressing, number + 1
	words [][]byte
}

// add returns the number of a word, which the set keeps.
func (w *wordSet) add(word []byte) uint32 {
	if len(w.words)*3 >= len(w.hash)*2 {
		w.grow()
	}
	mask := uint64(len(w.hash) - 1)
	i := hashBytes(word, 0) & mask
	for ; w.hash[i] != 0; i = (i + 1) & mask {
		if n := w.hash[i] - 1; bytes.Equal(w.words[n], word) {
			return n
		}
	}
	w.words = append(w.words, word)
	w.hash[i] = uint32(len(w.words))
	return uint32(len(w.words)) - 1
}

func (w *wordSet) grow() {
	w.hash = make([]uint32, max(1024, 2*len(w.hash)))
	mask := uint64(len(w.hash) - 1)
	for n, word := range w.words {
		i := hashBytes(word, 0) & mask
		for w.hash[i] != 0 {
			i = (i + 1) & mask
		}
		w.hash[i] = uint32(n) + 1
	}
}

// addWords makes the dictionary of words, the words of names and places, and the
// postings, from the names.
func (s *segment) addWords() {
	var set wordSet
	var room [][]byte
	s.nameWordOff = append(make([]uint32, 0, s.names.size()+1), 0)
	for nid := range s.names.size() {
		room = appendWords(room[:0], s.names.at(nid))
		for _, w := range room {
			s.nameWord = append(s.nameWord, set.add(w))
		}
		s.nameWordOff = append(s.nameWordOff, uint32(len(s.nameWord)))
	}
	s.placeOff = append(make([]uint32, 0, s.entities()+1), 0)
	for ord := range s.entities() {
		r := s.record(ord)
		r.places(func(place []byte) {
			for _, w := range appendWords(nil, text.AppendFold(nil, string(place))) {
				s.placeWord = append(s.placeWord, set.add(w))
			}
		})
		s.placeOff = append(s.placeOff, uint32(len(s.placeWord)))
	}
	s.nameWord, s.placeWord = trim(s.nameWord), trim(s.placeWord)
	number := s.sortWords(&set)
	for i, w := range s.nameWord {
		s.nameWord[i] = number[w]
	}
	for i, w := range s.placeWord {
		s.placeWord[i] = number[w]
	}
	s.post()
}

// sortWords makes the dictionary and returns the new number of each word of the set.
func (s *segment) sortWords(set *wordSet) (number []uint32) {
	type key struct {
		first uint64
		n     uint32
	}
	keys := make([]key, len(set.words))
	for n, w := range set.words {
		keys[n] = key{firstBytes(w), uint32(n)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.first != b.first {
			if a.first < b.first {
				return -1
			}
			return 1
		}
		return bytes.Compare(set.words[a.n], set.words[b.n])
	})
	sorted := make([][]byte, len(keys))
	number = make([]uint32, len(keys))
	for i, k := range keys {
		sorted[i], number[k.n] = set.words[k.n], uint32(i)
	}
	s.words = newDict(sorted)
	s.words.index()
	return number
}

// post turns the words of names round into the names of words, and counts the bearers.
func (s *segment) post() {
	n := s.words.size()
	s.postingOff, s.wordBearers = make([]uint32, n+1), make([]uint32, n)
	distinct := func(visit func(nid, wid uint32)) {
		for nid := range s.names.size() {
			words := s.wordsOf(nid)
			for i, w := range words {
				if !slices.Contains(words[:i], w) {
					visit(nid, w)
				}
			}
		}
	}
	distinct(func(nid, w uint32) {
		s.postingOff[w+1]++
		s.wordBearers[w] += s.entryOff[nid+1] - s.entryOff[nid]
	})
	for w := range n {
		s.postingOff[w+1] += s.postingOff[w]
	}
	s.posting = make([]uint32, s.postingOff[n])
	next := slices.Clone(s.postingOff[:n])
	distinct(func(nid, w uint32) {
		s.posting[next[w]] = nid
		next[w]++
	})
}
