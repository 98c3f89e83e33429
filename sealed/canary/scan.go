package canary

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	chunk    = 256 << 10
	maxDepth = 4 // members inside members
	// maxMembers bounds what is unpacked at one time: data that looks like many members
	// that never end is no archive.
	maxMembers = 64
)

// scanner searches what is written to it, in constant memory. Close ends it.
type scanner struct {
	m     *matcher
	found func(at int64, p *pattern, form string)
	form  string // how what is written here was packed
	depth int    // maxDepth: members are not unpacked

	buf     []byte // unsearched places, with room for padding behind
	at      int64  // offset of buf[0]
	members []*member
}

func (s *scanner) Write(p []byte) (n int, err error) {
	n = len(p)
	for len(p) > 0 {
		part := p[:min(len(p), chunk)]
		p = p[len(part):]
		for _, m := range s.members {
			m.feed(part)
		}
		s.buf = append(s.buf, part...)
		s.search(len(s.buf) - s.m.longest + 1)
	}
	return n, nil
}

// Close searches the last bytes and waits for what is being unpacked.
func (s *scanner) Close() error {
	s.search(len(s.buf))
	for _, m := range s.members {
		m.end()
	}
	s.members = nil
	return nil
}

// search looks at the places before end and drops them.
func (s *scanner) search(end int) {
	if end <= 0 {
		return
	}
	s.buf = slices.Grow(s.buf, padding)
	s.m.scan(s.buf, end, func(at int, p *pattern) {
		s.found(s.at+int64(at), p, s.form)
	}, func(at int) {
		s.unpack(s.buf[at:], s.at+int64(at))
	})
	s.buf = append(s.buf[:0], s.buf[end:]...)
	s.at += int64(end)
	s.members = slices.DeleteFunc(s.members, func(m *member) bool { return m.over() })
}

// member is a compressed member that is being unpacked beside the search.
type member struct {
	in   *io.PipeWriter
	done chan struct{}
}

func (m *member) feed(p []byte) { _, _ = m.in.Write(p) } // fails when the member is over

func (m *member) over() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

func (m *member) end() {
	_ = m.in.Close()
	<-m.done
}

// packings are the kinds of members: how many bytes come before the packed ones, -1 when
// it is none, and what unpacks them.
var packings = []struct {
	name   string
	header func([]byte) int
	open   func(io.Reader) (io.Reader, func(), error)
}{
	{"gzip", func(b []byte) int { return prefix(b, "\x1f\x8b\x08", 0) }, func(r io.Reader) (io.Reader, func(), error) {
		z, err := gzip.NewReader(r)
		return z, func() {}, err
	}},
	{"zlib", zlibHeader, inflate},
	{"zip", zipHeader, inflate},
	{"zstd", func(b []byte) int { return prefix(b, "\x28\xb5\x2f\xfd", 0) }, func(r io.Reader) (io.Reader, func(), error) {
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}},
}

func prefix(b []byte, magic string, skip int) int {
	if bytes.HasPrefix(b, []byte(magic)) {
		return skip
	}
	return -1
}

// zlibHeader knows RFC 1950: method and window, the check, no dictionary; then a block of
// RFC 1951 whose kind is not the reserved one.
func zlibHeader(b []byte) int {
	if len(b) < 3 || b[0] != 0x78 || (int(b[0])<<8|int(b[1]))%31 != 0 || b[1]&0x20 != 0 || b[2]>>1&3 == 3 {
		return -1
	}
	return 2
}

// zipHeader knows the local header of a deflated file (APPNOTE 4.3.7).
func zipHeader(b []byte) int {
	if len(b) < 30 || prefix(b, "PK\x03\x04", 0) < 0 || b[8] != 8 || b[9] != 0 {
		return -1
	}
	return 30 + int(binary.LittleEndian.Uint16(b[26:])) + int(binary.LittleEndian.Uint16(b[28:]))
}

// inflaters are kept, because most places that look like a member are none and end at once.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(bytes.NewReader(nil)) }}

func inflate(r io.Reader) (io.Reader, func(), error) {
	z, ok := inflaters.Get().(io.ReadCloser)
	if !ok {
		return nil, nil, errors.ErrUnsupported
	}
	if err := z.(flate.Resetter).Reset(r, nil); err != nil {
		return nil, nil, err
	}
	return z, func() { inflaters.Put(z) }, nil
}

// unpack begins to search a member, should one begin here. What is found inside is
// reported at the offset of the member.
func (s *scanner) unpack(b []byte, at int64) {
	if s.depth >= maxDepth || len(s.members) >= maxMembers {
		return
	}
	for _, kind := range packings {
		skip := kind.header(b)
		if skip < 0 {
			continue
		}
		r, w := io.Pipe()
		m := &member{in: w, done: make(chan struct{})}
		inner := &scanner{m: s.m, depth: s.depth + 1, form: " in " + kind.name + s.form, found: func(_ int64, p *pattern, form string) { s.found(at, p, form) }}
		go func() {
			defer close(m.done)
			defer func() { _ = r.Close() }()
			if _, err := io.CopyN(io.Discard, r, int64(skip)); err != nil {
				return
			}
			z, free, err := kind.open(r)
			if err != nil {
				return
			}
			defer free()
			_, _ = io.Copy(inner, z) // until the member ends, is broken, or is none
			_ = inner.Close()
		}()
		m.feed(b)
		s.members = append(s.members, m)
	}
}
