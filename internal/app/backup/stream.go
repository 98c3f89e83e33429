package backup

import (
	"bufio"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
)

// magic is the first line of what an age file of ours holds.
const magic = "habeas-backup 1\n"

// maxFrame bounds a frame in bytes: above everything that a row may hold.
const maxFrame = 64 << 20

// The kinds of frames.
const (
	frameManifest = 'M'
	frameTable    = 'T'
	frameRow      = 'R'
	frameFile     = 'F'
	frameData     = 'D'
	frameEnd      = 'E'
)

// The kinds of values in a row.
const (
	valueNil   = 0
	valueInt   = 1
	valueBytes = 2
	valueText  = 3
)

var (
	errMagic   = errors.New("backup: this is no backup of Habeas")
	errVersion = errors.New("backup: written by a newer version")
	errFrame   = errors.New("backup: the content is damaged")
	errCut     = errors.New("backup: the content ends too early")
)

// trailer is the payload of the end frame.
type trailer struct {
	Frames int64  `json:"frames"`
	SHA256 string `json:"sha256"`
}

// frameWriter writes frames. Close writes the end frame.
type frameWriter struct {
	gz     *gzip.Writer
	buf    *bufio.Writer
	sum    hash.Hash
	frames int64
	row    []byte // reused
}

func newFrameWriter(w io.Writer) (*frameWriter, error) {
	if _, err := io.WriteString(w, magic); err != nil {
		return nil, err
	}
	// Most of it is sealed and does not shrink: more effort would gain nothing.
	gz, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	f := &frameWriter{gz: gz, sum: sha256.New()}
	f.buf = bufio.NewWriterSize(io.MultiWriter(gz, f.sum), 128<<10)
	return f, nil
}

func (f *frameWriter) frame(kind byte, payload []byte) error {
	head := binary.AppendUvarint([]byte{kind}, uint64(len(payload)))
	if _, err := f.buf.Write(head); err != nil {
		return err
	}
	f.frames++
	_, err := f.buf.Write(payload)
	return err
}

func (f *frameWriter) json(kind byte, v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return f.frame(kind, payload)
}

// values writes a row.
func (f *frameWriter) values(row []any) error {
	b := f.row[:0]
	for _, v := range row {
		switch v := v.(type) {
		case nil:
			b = append(b, valueNil)
		case int64:
			b = binary.AppendVarint(append(b, valueInt), v)
		case []byte:
			b = append(binary.AppendUvarint(append(b, valueBytes), uint64(len(v))), v...)
		case string:
			b = append(binary.AppendUvarint(append(b, valueText), uint64(len(v))), v...)
		default:
			return fmt.Errorf("backup: a value of type %T", v)
		}
	}
	f.row = b
	if len(b) > maxFrame {
		return fmt.Errorf("backup: a row of %d bytes", len(b))
	}
	return f.frame(frameRow, b)
}

// Write takes a piece of the key store's stream; it implements io.Writer.
func (f *frameWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), 1<<20)
		if err := f.frame(frameData, rest[:n]); err != nil {
			return 0, err
		}
		rest = rest[n:]
	}
	return len(p), nil
}

// Close writes the end. The writer below stays open.
func (f *frameWriter) Close() error {
	if err := f.buf.Flush(); err != nil {
		return err
	}
	end := trailer{Frames: f.frames, SHA256: hex.EncodeToString(f.sum.Sum(nil))}
	if err := f.json(frameEnd, end); err != nil {
		return err
	}
	if err := f.buf.Flush(); err != nil {
		return err
	}
	return f.gz.Close()
}

// frameReader reads frames and checks the end. It has one user at a time.
type frameReader struct {
	in      *bufio.Reader
	sum     hash.Hash
	frames  int64
	payload []byte // of the last frame; reused
	values  []any  // reused
}

func newFrameReader(r io.Reader) (*frameReader, error) {
	buffered := bufio.NewReaderSize(r, 128<<10)
	line := make([]byte, len(magic))
	if _, err := io.ReadFull(buffered, line); err != nil {
		return nil, cut(err)
	}
	switch {
	case string(line) == magic:
	case string(line[:len("habeas-backup ")]) == "habeas-backup ":
		return nil, errVersion
	default:
		return nil, errMagic
	}
	gz, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, errors.Join(errFrame, err)
	}
	gz.Multistream(false)
	return &frameReader{in: bufio.NewReaderSize(&complete{gz, buffered}, 128<<10), sum: sha256.New()}, nil
}

// complete reads a compressed stream and refuses what follows it.
type complete struct {
	gz   *gzip.Reader
	rest *bufio.Reader
}

// Read implements io.Reader.
func (c *complete) Read(p []byte) (int, error) {
	n, err := c.gz.Read(p)
	if errors.Is(err, io.EOF) {
		if _, more := c.rest.ReadByte(); more == nil {
			return n, errFrame
		} else if !errors.Is(more, io.EOF) {
			return n, more // age says that the file was cut off or altered
		}
	}
	return n, err
}

// next reads a frame; its payload is valid until the call after. io.EOF comes only
// after a good end frame, which it returns as well.
func (f *frameReader) next() (kind byte, payload []byte, err error) {
	kind, err = f.in.ReadByte()
	if err != nil {
		return 0, nil, cut(err)
	}
	size, err := binary.ReadUvarint(f.in)
	if err != nil {
		return 0, nil, cut(err)
	}
	if size > maxFrame {
		return 0, nil, errFrame
	}
	if err := f.fill(int(size)); err != nil {
		return 0, nil, cut(err)
	}
	if kind == frameEnd {
		return kind, f.payload, f.end()
	}
	f.frames++
	f.sum.Write(binary.AppendUvarint([]byte{kind}, size))
	f.sum.Write(f.payload)
	return kind, f.payload, nil
}

// fill reads the payload. It grows with what is really there, so that a wrong length
// takes no memory.
func (f *frameReader) fill(size int) error {
	f.payload = f.payload[:0]
	for len(f.payload) < size {
		at := len(f.payload)
		piece := min(size-at, 1<<20)
		if cap(f.payload) < at+piece {
			f.payload = append(f.payload, make([]byte, piece)...)
		}
		f.payload = f.payload[:at+piece]
		if _, err := io.ReadFull(f.in, f.payload[at:]); err != nil {
			return err
		}
	}
	return nil
}

// end checks the end frame and that nothing follows.
func (f *frameReader) end() error {
	var t trailer
	if err := json.Unmarshal(f.payload, &t); err != nil {
		return errFrame
	}
	if t.Frames != f.frames || t.SHA256 != hex.EncodeToString(f.sum.Sum(nil)) {
		return errFrame
	}
	if _, err := f.in.ReadByte(); !errors.Is(err, io.EOF) {
		return errors.Join(errFrame, err)
	}
	return io.EOF
}

// cut tells an early end from other failures.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	}
	return errors.Join(errFrame, err)
}

// parse takes a row of n values apart; they are valid until the next frame.
func (f *frameReader) parse(payload []byte, n int) ([]any, error) {
	f.values = f.values[:0]
	for len(payload) > 0 {
		kind := payload[0]
		payload = payload[1:]
		var v any
		switch kind {
		case valueNil:
		case valueInt:
			i, used := binary.Varint(payload)
			if used <= 0 {
				return nil, errFrame
			}
			v, payload = i, payload[used:]
		case valueBytes, valueText:
			size, used := binary.Uvarint(payload)
			if used <= 0 || size > uint64(len(payload)-used) {
				return nil, errFrame
			}
			piece := payload[used : used+int(size)]
			payload = payload[used+int(size):]
			if v = any(piece); kind == valueText {
				v = string(piece)
			}
		default:
			return nil, errFrame
		}
		f.values = append(f.values, v)
	}
	if len(f.values) != n {
		return nil, errFrame
	}
	return f.values, nil
}
