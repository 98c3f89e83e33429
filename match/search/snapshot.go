package search

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A file is a header, a table of sections, and the sections, each beginning at a
// multiple of 64 bytes; all numbers are little-endian.
//
//	0  magic, 8 bytes
//	8  version, uint32
//	12 number of sections, uint32
//	16 length of the file, uint64
//	24 CRC-32C of the table, uint32
//	28 zero, uint32
//	32 for each section: offset uint64, length in bytes uint64, CRC-32C uint32, zero uint32
const (
	magic       = "habeasNM"
	version     = 2
	headerSize  = 32
	rowSize     = 24
	sectionSize = 64 // alignment
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrFile is what an error of Open is when the file itself is at fault: it is no index,
// is of a newer version, truncated or damaged. The message says what and where.
var ErrFile = errors.New("search: not a usable index file")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrFile, fmt.Sprintf(format, args...))
}

// native says that this machine keeps numbers as the file does.
var native = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// raw returns the bytes of a section.
func (s section) raw() []byte {
	switch {
	case s.bytes8 != nil:
		return *s.bytes8
	case len(*s.words32) == 0:
		return nil
	case native:
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(*s.words32))), 4*len(*s.words32))
	}
	b := make([]byte, 0, 4*len(*s.words32))
	for _, v := range *s.words32 {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// set makes bytes of a file the section, without a copy where the machine allows.
func (s section) set(b []byte) {
	switch {
	case s.bytes8 != nil:
		*s.bytes8 = b
	case len(b) == 0:
		*s.words32 = nil
	case native && uintptr(unsafe.Pointer(unsafe.SliceData(b)))%4 == 0:
		*s.words32 = unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
	default:
		v := make([]uint32, len(b)/4)
		for i := range v {
			v[i] = binary.LittleEndian.Uint32(b[4*i:])
		}
		*s.words32 = v
	}
}

func aligned(n uint64) uint64 { return (n + sectionSize - 1) &^ (sectionSize - 1) }

// Save writes the index to a file, which either is complete afterwards or as it was
// before. An index of more than one segment is merged first, which holds up writers and
// takes as long as building it.
func (x *Index) Save(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = x.WriteTo(f); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// WriteTo writes the index as Save does.
func (x *Index) WriteTo(w io.Writer) (int64, error) {
	s, err := x.single()
	if err != nil {
		return 0, err
	}
	return s.write(w)
}

// single returns the index as one segment.
func (x *Index) single() (*segment, error) {
	x.write.Lock()
	defer x.write.Unlock()
	v := x.now.Load()
	if len(v.parts) == 1 && v.parts[0].dead == nil {
		return v.parts[0].segment, nil
	}
	s, err := merged(v.parts)
	if err != nil {
		return nil, err
	}
	if x.merging == 0 {
		x.now.Store(v.replace(0, len(v.parts), s, nil))
	}
	return s, nil
}

func (s *segment) write(w io.Writer) (int64, error) {
	sections := s.sections()
	head := make([]byte, headerSize, headerSize+rowSize*len(sections))
	at := aligned(uint64(cap(head)))
	for _, sec := range sections {
		raw := sec.raw()
		head = binary.LittleEndian.AppendUint64(head, at)
		head = binary.LittleEndian.AppendUint64(head, uint64(len(raw)))
		head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(raw, castagnoli))
		head = binary.LittleEndian.AppendUint32(head, 0)
		at = aligned(at + uint64(len(raw)))
	}
	copy(head, magic)
	binary.LittleEndian.PutUint32(head[8:], version)
	binary.LittleEndian.PutUint32(head[12:], uint32(len(sections)))
	binary.LittleEndian.PutUint64(head[16:], at)
	binary.LittleEndian.PutUint32(head[24:], crc32.Checksum(head[headerSize:], castagnoli))
	out := bufio.NewWriterSize(w, 1<<20)
	n := uint64(0)
	put := func(b []byte) { // errors stay in out until it is flushed
		k, _ := out.Write(b)
		n += uint64(k)
		pad, _ := out.Write(make([]byte, aligned(n)-n))
		n += uint64(pad)
	}
	put(head)
	for _, sec := range sections {
		put(sec.raw())
	}
	return int64(n), out.Flush()
}

// Open opens a file that Save wrote. It is mapped into memory, so that opening reads it
// once to check it and takes no time to build; it must not be changed while it is open,
// other than by Save, which replaces it. What is put later is kept in memory only.
//
// Everything is checked. A file that is damaged, truncated, from a newer version or
// something else is refused with an error that wraps [ErrFile].
func Open(path string, o Options) (*Index, error) {
	b, unmap, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	s, err := read(b, o)
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	x := New(o)
	x.unmap = append(x.unmap, unmap)
	if s.entities() > 0 {
		x.stats.add(s)
		x.now.Store(x.now.Load().push(s))
	}
	return x, nil
}

// read makes a segment of the bytes of a file, which it keeps.
func read(b []byte, o Options) (*segment, error) {
	if len(b) < len(magic) || string(b[:len(magic)]) != magic {
		return nil, bad("it does not begin as one")
	}
	if len(b) < headerSize {
		return nil, bad("truncated in the header")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != version {
		return nil, bad("its version is %d, and this program reads %d", v, version)
	}
	if n := binary.LittleEndian.Uint64(b[16:]); n != uint64(len(b)) {
		return nil, bad("it has %d bytes where it should have %d", len(b), n)
	}
	s := &segment{}
	sections := s.sections()
	if n := binary.LittleEndian.Uint32(b[12:]); n != uint32(len(sections)) {
		return nil, bad("it has %d sections where it should have %d", n, len(sections))
	}
	end := headerSize + rowSize*len(sections)
	if len(b) < end {
		return nil, bad("truncated in the table of sections")
	}
	if crc32.Checksum(b[headerSize:end], castagnoli) != binary.LittleEndian.Uint32(b[24:]) {
		return nil, bad("the table of sections is damaged")
	}
	sums := make([]uint32, len(sections))
	for i, sec := range sections {
		row := b[headerSize+rowSize*i:]
		at, n := binary.LittleEndian.Uint64(row), binary.LittleEndian.Uint64(row[8:])
		if at%sectionSize != 0 || at > uint64(len(b)) || n > uint64(len(b))-at || sec.words32 != nil && n%4 != 0 {
			return nil, bad("the section %q lies outside", sec.name)
		}
		sec.set(b[at : at+n : at+n])
		sums[i] = binary.LittleEndian.Uint32(row[16:])
	}
	if !o.Trust {
		if name, ok := checkSums(sections, sums); !ok {
			return nil, bad("the section %q is damaged", name)
		}
	}
	return s, s.check()
}

// checkSums compares the checksums of all sections on all processors.
func checkSums(sections []section, sums []uint32) (wrong string, ok bool) {
	var next, first atomic.Int64
	first.Store(int64(len(sections)))
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(len(sections)) {
					return
				}
				if crc32.Checksum(sections[i].raw(), castagnoli) != sums[i] {
					for f := first.Load(); i < f && !first.CompareAndSwap(f, i); f = first.Load() {
					}
				}
			}
		})
	}
	wg.Wait()
	if f := first.Load(); f < int64(len(sections)) {
		return sections[f].name, false
	}
	return "", true
}

// check makes sure that no number in the sections leads outside, so that no question
// can fail whatever they hold, and prepares what is not stored.
func (s *segment) check() error {
	names, words, entities := s.names.size(), s.words.size(), s.entities()
	var c checker
	c.dict("name", &s.names)
	c.dict("word", &s.words)
	c.offsets("entry offsets", s.entryOff, names, len(s.entryOrd))
	c.below("entry entities", s.entryOrd, entities)
	c.length("entry names", len(s.entryName), len(s.entryOrd))
	c.offsets("name word offsets", s.nameWordOff, names, len(s.nameWord))
	c.below("name words", s.nameWord, words)
	c.offsets("posting offsets", s.postingOff, words, len(s.posting))
	c.below("postings", s.posting, names)
	c.length("word bearers", len(s.wordBearers), int(words))
	c.length("name heights", len(s.nameHeight), heightBytes(names))
	c.length("word heights", len(s.wordHeight), heightBytes(words))
	c.add("entities", func() bool {
		for ord := range entities {
			if s.hot[4*ord] > s.hot[4*ord+4] {
				return false
			}
		}
		return len(s.hot) == 0 && len(s.records) == 0 ||
			len(s.hot) == 4*int(entities)+4 && s.hot[0] == 0 && int64(s.hot[4*entities]) == int64(len(s.records))
	})
	c.offsets("place offsets", s.placeOff, entities, len(s.placeWord))
	c.below("place words", s.placeWord, words)
	c.table("ID table", s.idHash, entities)
	c.below("name initials", s.initialNames, names)
	if len(s.letters) > 0 {
		c.length("letters", len(s.letters), letterN)
	}
	if err := c.run(); err != nil {
		return err
	}
	s.openHeights()
	for r := (record{s.typeText}); len(r.b) > 0; {
		s.types = append(s.types, string(r.bytes()))
	}
	return nil
}

// checker collects checks of sections and runs them on all processors.
type checker struct {
	checks []func() error
}

func (c *checker) run() error {
	errs := make([]error, len(c.checks))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(errs)); i = next.Add(1) - 1 {
				errs[i] = c.checks[i]()
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) add(name string, ok func() bool) {
	c.checks = append(c.checks, func() error {
		if !ok() {
			return bad("the section %q contradicts the others", name)
		}
		return nil
	})
}

func (c *checker) length(name string, n, want int) {
	c.add(name, func() bool { return n == want })
}

// below checks that all numbers are below n.
func (c *checker) below(name string, s []uint32, n uint32) {
	c.add(name, func() bool {
		var most uint32
		for _, v := range s {
			most = max(most, v)
		}
		return len(s) == 0 || most < n
	})
}

// offsets checks that n things lie one after the other in end places.
func (c *checker) offsets(name string, off []uint32, n uint32, end int) {
	c.add(name, func() bool {
		if len(off) == 0 {
			return n == 0 && end == 0
		}
		if uint64(len(off)) != uint64(n)+1 || off[0] != 0 || int64(off[n]) != int64(end) {
			return false
		}
		for i := range n {
			if off[i] > off[i+1] {
				return false
			}
		}
		return true
	})
}

// table checks an open-addressing table: a power of two with a free place, in which a
// search ends.
func (c *checker) table(name string, hash []uint32, n uint32) {
	c.add(name, func() bool {
		if len(hash) == 0 {
			return true
		}
		free := false
		for _, v := range hash {
			if v > n {
				return false
			}
			free = free || v == 0
		}
		return free && bits.OnesCount(uint(len(hash))) == 1
	})
}

func (c *checker) dict(name string, d *dict) {
	n := d.size()
	c.offsets(name+" offsets", d.off, n, len(d.text))
	c.table(name+" table", d.hash, n)
	c.length(name+" signatures", len(d.near.sig), int(n))
	buckets := max(len(d.near.bucket), 1) - 1
	c.offsets(name+" parts", d.near.bucket, uint32(buckets), len(d.near.post))
	c.add(name+" parts", func() bool { return buckets == 0 || bits.OnesCount(uint(buckets)) == 1 })
	c.below(name+" part numbers", d.near.post, n)
}
