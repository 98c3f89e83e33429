package keyring

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"math"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring/store"
)

// A backup is a stream that no engine shines through:
//
//	"habeas keys" LF version
//	frame*        kind (1 byte), length (4 bytes, big-endian), that many bytes
//
// The first frame is the header, then secrets and portions of keys, and last the
// end with their numbers and the SHA-256 of everything before it. Texts and bytes
// within a frame are preceded by their length, a number is a uvarint.
const (
	streamMagic   = "habeas keys\n"
	streamVersion = 1

	frameHeader = 'H'
	frameSecret = 'S'
	frameKeys   = 'K'
	frameEnd    = 'E'

	frameHead = 1 + 4   // kind and length
	maxFrame  = 1 << 20 // bytes
)

var (
	errBackupDamaged = habeas.Invalid("keys", "This is no complete backup of keys: it ends early or was altered. Nothing was restored; take another copy of it.").WithCode("keyring.backup-damaged")
	errBackupNewer   = habeas.Invalid("keys", "This backup of keys was made by a newer version of Habeas. Nothing was restored; use that version.").WithCode("keyring.backup-newer")
)

// streamWriter is a [store.Sink] that writes a backup.
type streamWriter struct {
	w       *bufio.Writer
	sum     hash.Hash
	erased  int                         // how many subjects were erased by then
	leave   func(habeas.SubjectID) bool // keys that are left out; nil: none
	keys    int
	secrets int
	buf     []byte
}

func newStreamWriter(w io.Writer, erased int) *streamWriter {
	s := &streamWriter{sum: sha256.New(), erased: erased}
	s.w = bufio.NewWriterSize(io.MultiWriter(w, s.sum), 64<<10)
	return s
}

// Header implements [store.Sink].
func (s *streamWriter) Header(h store.Header) error {
	if _, err := s.w.WriteString(streamMagic + string(rune(streamVersion))); err != nil {
		return err
	}
	b := append(s.buf[:0], h.Ring[:]...)
	b = binary.AppendUvarint(b, h.Generation)
	b = binary.AppendUvarint(b, uint64(s.erased))
	b = binary.AppendUvarint(b, uint64(len(h.Wrappers)))
	for _, w := range h.Wrappers {
		b = appendBytes(b, []byte(w.Kind))
		b = binary.AppendUvarint(b, uint64(w.Passes))
		b = binary.AppendUvarint(b, uint64(w.MemoryKiB))
		b = binary.AppendUvarint(b, uint64(w.Threads))
		b = appendBytes(b, w.Salt)
		b = appendBytes(b, w.Sealed)
	}
	return s.frame(frameHeader, b)
}

// Secret implements [store.Sink].
func (s *streamWriter) Secret(name string, wrapped []byte) error {
	s.secrets++
	return s.frame(frameSecret, appendBytes(appendBytes(s.buf[:0], []byte(name)), wrapped))
}

// Keys implements [store.Sink].
func (s *streamWriter) Keys(rows []store.Row) error {
	b := s.buf[:0]
	for i := range rows {
		if s.leave != nil && s.leave(rows[i].ID) {
			continue
		}
		b = append(b, rows[i].ID[:]...)
		b = appendBytes(b, rows[i].Wrapped)
		s.keys++
	}
	return s.frame(frameKeys, b)
}

// end completes the stream.
func (s *streamWriter) end() error {
	b := binary.AppendUvarint(s.buf[:0], uint64(s.keys))
	b = binary.AppendUvarint(b, uint64(s.secrets))
	if err := s.head(frameEnd, len(b)+sha256.Size); err != nil {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	if err := s.w.Flush(); err != nil { // into the sum
		return err
	}
	if _, err := s.w.Write(s.sum.Sum(nil)); err != nil {
		return err
	}
	return s.w.Flush()
}

func (s *streamWriter) frame(kind byte, b []byte) error {
	s.buf = b
	if err := s.head(kind, len(b)); err != nil {
		return err
	}
	_, err := s.w.Write(b)
	return err
}

func (s *streamWriter) head(kind byte, n int) error {
	if n > maxFrame {
		return errors.New("keyring: a frame of the backup is too long")
	}
	_, err := s.w.Write(binary.BigEndian.AppendUint32([]byte{kind}, uint32(n)))
	return err
}

func appendBytes(b, field []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(field))), field...)
}

// streamReader reads a backup into a [store.Sink]. What it delivers counts only once
// read has returned nil: the sum is at the end.
type streamReader struct {
	src     io.Reader
	sum     hash.Hash
	to      store.Sink
	begin   func(erased uint64) error // may refuse the backup for its header
	names   map[string]bool           // of the secrets so far
	keys    uint64
	started bool
}

func readStream(src io.Reader, to store.Sink, begin func(erased uint64) error) error {
	s := &streamReader{src: bufio.NewReaderSize(src, 64<<10), sum: sha256.New(), to: to, begin: begin, names: map[string]bool{}}
	head := make([]byte, len(streamMagic)+1)
	if err := s.fill(head); err != nil {
		return err
	}
	switch {
	case string(head[:len(streamMagic)]) != streamMagic, head[len(streamMagic)] < streamVersion:
		return errBackupDamaged
	case head[len(streamMagic)] > streamVersion:
		return errBackupNewer
	}
	for {
		if last, err := s.next(); err != nil || last {
			return err
		}
	}
}

// fill reads exactly len(b) bytes. That there are none is damage; that they cannot
// be read is an error of its own.
func (s *streamReader) fill(b []byte) error {
	_, err := io.ReadFull(s.src, b)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errBackupDamaged.WithCause(err)
	}
	s.sum.Write(b)
	return err
}

// next takes one frame and reports whether it was the last.
func (s *streamReader) next() (last bool, err error) {
	head := make([]byte, frameHead)
	if err := s.fill(head); err != nil {
		return false, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > maxFrame {
		return false, errBackupDamaged
	}
	if head[0] == frameEnd {
		return true, s.end(int(n))
	}
	payload := make([]byte, n)
	if err := s.fill(payload); err != nil {
		return false, err
	}
	f := &fields{rest: payload}
	switch {
	case head[0] == frameHeader && !s.started:
		s.started = true
		err = s.header(f)
	case head[0] == frameSecret && s.started:
		err = s.secret(f)
	case head[0] == frameKeys && s.started:
		err = s.portion(f)
	default:
		err = errBackupDamaged
	}
	if errors.Is(err, store.ErrTaken) { // two keys for one subject
		err = errBackupDamaged.WithCause(err)
	}
	return false, err
}

func (s *streamReader) header(f *fields) error {
	var h store.Header
	copy(h.Ring[:], f.take(uint64(len(h.Ring))))
	h.Generation = f.number(math.MaxInt64)
	erased := f.number(math.MaxInt64)
	for range f.number(16) {
		h.Wrappers = append(h.Wrappers, store.Wrapper{
			Kind:   f.text(),
			Passes: uint32(f.number(math.MaxUint32)), MemoryKiB: uint32(f.number(math.MaxUint32)), Threads: uint8(f.number(math.MaxUint8)),
			Salt: f.bytes(), Sealed: f.bytes(),
		})
	}
	if !f.done() {
		return errBackupDamaged
	}
	if err := s.begin(erased); err != nil {
		return err
	}
	return s.to.Header(h)
}

func (s *streamReader) secret(f *fields) error {
	name, wrapped := f.text(), f.bytes()
	if !f.done() || name == "" || s.names[name] {
		return errBackupDamaged
	}
	s.names[name] = true
	return s.to.Secret(name, wrapped)
}

func (s *streamReader) portion(f *fields) error {
	var rows []store.Row
	for len(f.rest) > 0 {
		var row store.Row
		copy(row.ID[:], f.take(uint64(len(row.ID))))
		row.Wrapped = f.bytes()
		rows = append(rows, row)
	}
	if !f.done() {
		return errBackupDamaged
	}
	s.keys += uint64(len(rows))
	return s.to.Keys(rows)
}

// end compares what was read with what was written.
func (s *streamReader) end(n int) error {
	if n < sha256.Size || !s.started {
		return errBackupDamaged
	}
	counts := make([]byte, n-sha256.Size)
	if err := s.fill(counts); err != nil {
		return err
	}
	f := &fields{rest: counts}
	keys, secrets := f.number(math.MaxUint64), f.number(math.MaxUint64)
	want := s.sum.Sum(nil)
	sum := make([]byte, sha256.Size)
	if err := s.fill(sum); err != nil {
		return err
	}
	if !f.done() || keys != s.keys || secrets != uint64(len(s.names)) || !bytes.Equal(sum, want) {
		return errBackupDamaged
	}
	switch _, err := io.ReadFull(s.src, sum[:1]); {
	case err == nil: // something follows
		return errBackupDamaged
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// fields takes a frame apart. After a mistake everything reads as empty.
type fields struct {
	rest   []byte
	broken bool
}

func (f *fields) fail() { f.rest, f.broken = nil, true }

// done reports whether the frame held what was asked for, and nothing else.
func (f *fields) done() bool { return !f.broken && len(f.rest) == 0 }

func (f *fields) take(n uint64) []byte {
	if n > uint64(len(f.rest)) {
		f.fail()
		return nil
	}
	out := f.rest[:n]
	f.rest = f.rest[n:]
	return out
}

func (f *fields) number(most uint64) uint64 {
	n, size := binary.Uvarint(f.rest)
	if size <= 0 || n > most {
		f.fail()
		return 0
	}
	f.rest = f.rest[size:]
	return n
}

// bytes returns a field; it is never nil, which a database would take for NULL.
func (f *fields) bytes() []byte { return append([]byte{}, f.take(f.number(maxFrame))...) }

func (f *fields) text() string {
	b := f.take(f.number(maxFrame))
	if !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		f.fail()
	}
	return string(b)
}
