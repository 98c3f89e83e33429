package release

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"
	"os"
)

// Reader reads a file of a release and compares it on the way: its last byte is withheld
// until all that came before has the right hash, so whoever takes what it gives has the
// whole file as it was released, or knows by the length that they have not. Not for several
// goroutines at a time.
type Reader struct {
	file File
	from *os.File
	hash hash.Hash
	left int64 // still to be read
}

func newReader(f *os.File, want File) *Reader {
	return &Reader{file: want, from: f, hash: sha256.New(), left: want.Size}
}

// File says what is read.
func (r *Reader) File() File { return r.file }

// Read implements io.Reader. It fails with ErrDiffers where the file was changed meanwhile.
func (r *Reader) Read(p []byte) (n int, err error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err = r.from.Read(p[:min(int64(len(p)), r.left)])
	r.hash.Write(p[:n])
	switch r.left -= int64(n); {
	case n > 0 && r.left > 0:
		return n, nil
	case n == 0 && err == io.EOF: // it has become shorter
		return 0, ErrDiffers
	case n == 0:
		return 0, err
	}
	if !bytes.Equal(r.hash.Sum(nil), r.file.SHA256[:]) {
		return n - 1, ErrDiffers
	}
	return n, nil
}

// Close implements io.Closer.
func (r *Reader) Close() error { return r.from.Close() }
