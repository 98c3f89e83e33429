package scrub

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"unicode/utf8"
)

// Report is what File did.
type Report struct {
	Path    string // of the file itself, also where it was named by a link
	Bytes   int64  // read, unpacked
	Counts  Counts
	Changed bool // the file was replaced
}

// FileOptions say how File works.
type FileOptions struct {
	Options
	// To, if not nil, gets the scrubbed text, unpacked, and the file stays as it is. With
	// io.Discard only the Report is made.
	To io.Writer
	// AnyBytes takes files that are not valid UTF-8, too; their other bytes stay.
	AnyBytes bool
	// Progress, if not nil, is called now and then with the bytes read and those there are,
	// 0 where that is not known.
	Progress func(done, total int64)
	// Stop ends the work between two pieces of the file when it returns an error, which
	// File returns. nil: never.
	Stop func() error
}

// Errors of File, apart from those of the system. They wrap no value.
var (
	ErrNotRegular  = errors.New("not a regular file")
	ErrHardLinks   = errors.New("the file has several names (hard links), and replacing it would leave the text under the others")
	ErrBinary      = errors.New("the file is binary; text was expected")
	ErrUTF16       = errors.New("the file is UTF-16; UTF-8 was expected")
	ErrNotUTF8     = errors.New("the file is not UTF-8")
	ErrFileChanged = errors.New("the file changed while it was read")
)

// File scrubs a file in its place. A new file is written beside it, flushed to the disk
// and then given its name, with the same mode and, where the system lets it, owner, so
// that at any moment the old or the new one is there as a whole. When nothing is found, or
// with an error, the old one is not touched. Memory does not depend on the size. A
// symbolic link is followed, and what it names is replaced. A name that ends in .gz is
// unpacked and packed again, without the name that gzip keeps. Extended attributes and ACLs are not kept.
//
// The temporary file is named .NAME.scrub-*, readable by its owner only; after a power
// cut it may be left, with scrubbed text in it.
func (s *Scrubber) File(path string, o FileOptions) (Report, error) {
	r := Report{Path: path}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return r, fileError(path, err)
	}
	r.Path = real
	if err := s.file(&r, o); err != nil {
		return r, fileError(path, err)
	}
	return r, nil
}

// fileError names the file once.
func fileError(path string, err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		err = e.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

func (s *Scrubber) file(r *Report, o FileOptions) (err error) {
	if info, err := os.Lstat(r.Path); err != nil {
		return err
	} else if !info.Mode().IsRegular() { // opening a pipe would wait
		return fmt.Errorf("%w but %s", ErrNotRegular, what(info.Mode()))
	}
	in, err := os.Open(r.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	before, err := in.Stat()
	switch {
	case err != nil:
		return err
	case !before.Mode().IsRegular():
		return ErrNotRegular
	case o.To != nil:
		return s.copyFile(o.To, in, before, r, o)
	case links(before) > 1:
		return ErrHardLinks
	}
	if err := writable(r.Path, before); err != nil {
		return err
	}
	dir := filepath.Dir(r.Path)
	out, err := os.CreateTemp(dir, "."+filepath.Base(r.Path)+".scrub-*")
	if err != nil {
		return fmt.Errorf("no temporary file can be made beside it: %w", rootOf(err))
	}
	defer func() {
		_ = out.Close() // done already when all went well
		if err != nil || !r.Changed {
			_ = os.Remove(out.Name())
		}
	}()
	if err := s.copyFile(out, in, before, r, o); err != nil || r.Counts.All() == 0 {
		return err
	}
	if err := own(out, before); err != nil {
		return err
	}
	if err := errors.Join(out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := unchanged(r.Path, before); err != nil {
		return err
	}
	if err := os.Rename(out.Name(), r.Path); err != nil {
		return err
	}
	r.Changed = true
	return syncDir(dir)
}

// what names what somebody gave in the place of a file.
func what(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// rootOf leaves out the name of a temporary file.
func rootOf(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// writable reports an error for a file that nobody meant to be changed: a rename would
// replace a read-only file, too.
func writable(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o222 == 0 {
		return fs.ErrPermission
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// own gives the new file the mode and, where it is allowed, the owner of the old.
func own(out *os.File, before fs.FileInfo) error {
	chown(out, before) // before the mode, of which it takes bits away
	return out.Chmod(before.Mode().Perm() | before.Mode()&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky))
}

// unchanged reports whether the file is the one that was read. What is written to it
// between this and the rename is lost, as with every program that replaces a file.
func unchanged(path string, before fs.FileInfo) error {
	now, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !os.SameFile(now, before) || now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime()) || links(now) > 1 {
		return ErrFileChanged
	}
	return nil
}

// copyFile scrubs a file into another.
func (s *Scrubber) copyFile(out io.Writer, in io.Reader, info fs.FileInfo, r *Report, o FileOptions) error {
	read := &counted{r: in, total: info.Size(), progress: o.Progress}
	src, dst := io.Reader(read), out
	var pack *gzip.Writer
	if filepath.Ext(r.Path) == ".gz" {
		unpack, err := gzip.NewReader(bufio.NewReader(read))
		if err != nil {
			return fmt.Errorf("not a gzip file as its name says: %w", err)
		}
		if src = unpack; o.To == nil {
			pack = gzip.NewWriter(out)
			pack.ModTime = unpack.ModTime
			dst = pack
		}
	}
	return s.stream(dst, src, r, o, func() error {
		if pack != nil {
			if err := pack.Close(); err != nil {
				return err
			}
		}
		if read.n != info.Size() {
			return ErrFileChanged
		}
		if o.Progress != nil {
			o.Progress(read.total, read.total)
		}
		return nil
	})
}

// Copy scrubs what comes from r on its way to w, with the checks of File: what was read
// before one of them fails is on its way already. Path and Changed of the Report are empty.
func (s *Scrubber) Copy(w io.Writer, r io.Reader, o FileOptions) (report Report, err error) {
	in := &counted{r: r, progress: o.Progress}
	err = s.stream(w, in, &report, o, func() error { return nil })
	return report, err
}

// stream scrubs one text and ends it.
func (s *Scrubber) stream(dst io.Writer, src io.Reader, r *Report, o FileOptions, end func() error) error {
	c := &checked{r: src, any: o.AnyBytes}
	w := s.NewWriter(dst, o.Options)
	err := pump(w, c, o.Stop)
	if closed := w.Close(); err == nil {
		err = closed
	}
	r.Bytes, r.Counts = c.n, w.Counts()
	if err != nil {
		return err
	}
	return end()
}

// pump writes what can be read.
func pump(w *Writer, r io.Reader, stop func() error) error {
	buf := make([]byte, 256<<10)
	defer clear(buf)
	for {
		n, err := r.Read(buf)
		if _, failed := w.Write(buf[:n]); failed != nil {
			return failed
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case stop != nil:
			if err := stop(); err != nil {
				return err
			}
		}
	}
}

// counted tells how much of a file was read. It is done only when the file is.
type counted struct {
	r        io.Reader
	n, total int64
	progress func(done, total int64)
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if c.n += int64(n); c.progress != nil && (c.n < c.total || c.total == 0) {
		c.progress(c.n, c.total)
	}
	return n, err
}

// checked lets only text through.
type checked struct {
	r    io.Reader
	any  bool
	n    int64
	rest [utf8.UTFMax]byte // the beginning of a character that the last piece was cut in
	have int
}

// Read reads at least so much of the beginning, if it is there, that it shows what the file
// is.
func (c *checked) Read(b []byte) (int, error) {
	const enough = 16
	n, err := c.r.Read(b)
	for c.n == 0 && n < enough && err == nil {
		var more int
		more, err = c.r.Read(b[n:])
		n += more
	}
	first := c.n == 0
	piece := b[:n]
	if first && isUTF16(piece) {
		return 0, ErrUTF16
	}
	if isBinary(piece, first) {
		return 0, ErrBinary
	}
	if !c.any {
		if bad := c.check(piece, errors.Is(err, io.EOF)); bad != nil {
			return 0, bad
		}
	}
	c.n += int64(n)
	return n, err
}

// check finds the first byte that is no UTF-8.
func (c *checked) check(b []byte, last bool) error {
	at := c.n - int64(c.have)
	for c.have > 0 && len(b) > 0 && !utf8.FullRune(c.rest[:c.have]) {
		c.rest[c.have], b = b[0], b[1:]
		c.have++
	}
	if c.have > 0 && (last || utf8.FullRune(c.rest[:c.have])) {
		if !utf8.Valid(c.rest[:c.have]) {
			return c.bad(at, last && !utf8.FullRune(c.rest[:c.have]))
		}
		at += int64(c.have)
		c.have = 0
	}
	if c.have > 0 { // b was too short for one character
		return nil
	}
	if utf8.Valid(b) {
		return nil
	}
	for i := 0; i < len(b); {
		if !utf8.FullRune(b[i:]) {
			if last {
				return c.bad(at+int64(i), true)
			}
			c.have = copy(c.rest[:], b[i:])
			return nil
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return c.bad(at+int64(i), false)
		}
		i += n
	}
	return nil
}

func (c *checked) bad(at int64, cut bool) error {
	if cut {
		return fmt.Errorf("%w: it ends in the middle of a character at byte %d", ErrNotUTF8, at)
	}
	return fmt.Errorf("%w at byte %d", ErrNotUTF8, at)
}

// isUTF16 reports whether a file begins as UTF-16 does, with a byte order mark or with
// letters every other byte.
func isUTF16(b []byte) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return true
	}
	return len(b) >= 4 && (b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0 || b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0)
}

// isBinary knows files without text by a NUL byte, and those that may have none by what
// they begin with.
func isBinary(b []byte, first bool) bool {
	if first {
		for _, magic := range []string{"%PDF-", "PK\x03\x04", "\x1f\x8b", "\x89PNG", "\x7fELF", "\xff\xd8\xff", "GIF8", "BZh", "\xfd7zXZ", "\x28\xb5\x2f\xfd", "SQLite format 3"} {
			if bytes.HasPrefix(b, []byte(magic)) {
				return true
			}
		}
	}
	return bytes.IndexByte(b, 0) >= 0
}
