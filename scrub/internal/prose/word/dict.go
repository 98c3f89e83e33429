package word

import (
	"bytes"
	"compress/flate"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
)

// Attr is what the dictionary knows about a word.
type Attr uint32

// Given tells how common a word is as a given name, from 0, never, to 3.
func (a Attr) Given() int { return int(a & 3) }

// Surname tells how common a word is as a surname, from 0 to 3.
func (a Attr) Surname() int { return int(a >> 2 & 3) }

// Common tells how much of an everyday word a word is, from 0 to 3.
func (a Attr) Common() int { return int(a >> 4 & 3) }

// Town tells how large the towns are that a word stands in the name of, from 0, none, to 3.
func (a Attr) Town() int { return int(a >> 6 & 3) }

// Country says whether a word stands in the name of a country.
func (a Attr) Country() bool { return a>>8&1 != 0 }

// Class is the class of a word, which is None for most.
func (a Attr) Class() Class { return Class(a >> 9 & 127) }

// Name says whether a word is known as a name of people.
func (a Attr) Name() bool { return a&15 != 0 }

// with returns an attribute that has the class as well.
func (a Attr) with(c Class) Attr { return a&^(127<<9) | Attr(c)<<9 }

// Make makes the attribute of a word that has no class.
func Make(given, surname, common, town int, country bool) Attr {
	a := Attr(given&3 | surname&3<<2 | common&3<<4 | town&3<<6)
	if country {
		a |= 1 << 8
	}
	return a
}

//go:embed dict.bin
var packed []byte

// dictionary holds the words sorted by hash. An entry is the low half of a hash and an
// attribute; starts tells where the entries with each high half begin.
type dictionary struct {
	starts  [1<<16 + 1]uint32
	entries []uint32
}

// loaded is the dictionary, unpacked when it is first asked.
var loaded = sync.OnceValue(func() *dictionary {
	d := &dictionary{}
	extra := classes()
	at := uint32(0) // the first high half whose start is not known
	unpack(packed, slices.Sorted(maps.Keys(extra)), func(hash uint32, a Attr) {
		for ; at <= hash>>16; at++ {
			d.starts[at] = uint32(len(d.entries))
		}
		d.entries = append(d.entries, hash<<16|uint32(a.with(extra[hash])))
	}, func(n int) { d.entries = make([]uint32, 0, n) })
	for ; at < uint32(len(d.starts)); at++ {
		d.starts[at] = uint32(len(d.entries))
	}
	return d
})

func (d *dictionary) look(hash uint32) Attr {
	for _, e := range d.entries[d.starts[hash>>16]:d.starts[hash>>16+1]] {
		if e>>16 == hash&0xffff {
			return Attr(e & 0xffff)
		}
	}
	return 0
}

// Look tells what is known of the word with a hash. Of unknown words, one of about 6,000 is
// taken for another.
func Look(hash uint32) Attr { return loaded().look(hash) }

// Memo keeps what is known of the words looked up lately, which texts repeat, where it is
// found sooner than in the dictionary. It is not for several goroutines at once.
type Memo struct {
	dict  *dictionary
	words [1 << 10]uint64 // hash, and below it the attribute and whether there is one
}

// NewMemo makes a memo that is empty.
func NewMemo() *Memo { return &Memo{dict: loaded()} }

// Look is as the function of that name.
func (m *Memo) Look(hash uint32) Attr {
	const there = 1 << 31
	e := &m.words[hash%uint32(len(m.words))]
	if *e>>16 != uint64(hash)<<16|there>>16 {
		*e = uint64(hash)<<32 | there | uint64(m.dict.look(hash))
	}
	return Attr(*e & 0xffff)
}

// LookWord tells what is known of a word, folded or not.
func LookWord(w string) Attr { return Look(Hash(AppendFolded(nil, []byte(w)))) }

// Pack is the form of a dictionary in the binary: the number of words, the distance of each
// hash from the one before in rising order, all attributes that occur and, deflated, for
// each word which of them it has.
func Pack(hashes []uint32, attrs []Attr) ([]byte, error) {
	out := binary.AppendUvarint(nil, uint64(len(hashes)))
	last := uint32(0)
	for _, h := range hashes {
		out = binary.AppendUvarint(out, uint64(h-last))
		last = h
	}
	kinds := slices.Compact(slices.Sorted(slices.Values(attrs)))
	if len(kinds) > 256 {
		return nil, fmt.Errorf("%d kinds of words, at most 256 are expected", len(kinds))
	}
	out = append(out, byte(len(kinds)-1))
	for _, a := range kinds {
		out = binary.LittleEndian.AppendUint16(out, uint16(a))
	}
	which := make([]byte, len(attrs))
	for i, a := range attrs {
		n, _ := slices.BinarySearch(kinds, a)
		which[i] = byte(n)
	}
	buf := bytes.NewBuffer(out)
	w, err := flate.NewWriter(buf, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(which); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// unpack reads what Pack wrote, with more hashes merged in, which have to rise too. The data
// are part of the binary and known to be whole: a test reads them.
func unpack(data []byte, more []uint32, word func(uint32, Attr), size func(int)) {
	n, used := binary.Uvarint(data)
	data = data[used:]
	size(int(n) + len(more))
	hashes := make([]uint32, n)
	last := uint32(0)
	for i := range hashes {
		d, used := binary.Uvarint(data)
		data = data[used:]
		last += uint32(d)
		hashes[i] = last
	}
	kinds := make([]Attr, int(data[0])+1)
	for i := range kinds {
		kinds[i] = Attr(binary.LittleEndian.Uint16(data[1+2*i:]))
	}
	which, _ := io.ReadAll(flate.NewReader(bytes.NewReader(data[1+2*len(kinds):])))
	for i, h := range hashes {
		for len(more) > 0 && more[0] <= h {
			if more[0] < h {
				word(more[0], 0)
			}
			more = more[1:]
		}
		word(h, kinds[which[i]])
	}
	for _, h := range more {
		word(h, 0)
	}
}

// All lists the hashes of all words and what is known of them.
func All() iter.Seq2[uint32, Attr] {
	return func(yield func(uint32, Attr) bool) {
		d := loaded()
		for i := range uint32(1 << 16) {
			for _, e := range d.entries[d.starts[i]:d.starts[i+1]] {
				if !yield(i<<16|e>>16, Attr(e&0xffff)) {
					return
				}
			}
		}
	}
}
