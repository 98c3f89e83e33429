package release

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
)

// Shelf is the directory of a release from which programs are handed out: those that its
// manifest lists, as long as they are what it says, and nothing else. What lies there may be
// replaced while it is used: each file is looked at again when it has changed.
type Shelf struct {
	dir string
	key PublicKey

	mu      sync.Mutex
	checked map[string]checked // by file name
}

// checked is a file as it was when its hash was last compared.
type checked struct {
	is   fs.FileInfo
	file File // what it was found to be
}

// NewShelf is for a directory that need not be there yet. The manifest has to bear key's signature.
func NewShelf(dir string, key PublicKey) *Shelf {
	return &Shelf{dir: dir, key: key, checked: map[string]checked{}}
}

// Key is the key that the manifest has to be signed by.
func (s *Shelf) Key() PublicKey { return s.key }

// Manifest reads the manifest: what it says, and its very bytes.
func (s *Shelf) Manifest() (m Manifest, signed []byte, err error) {
	f, _, err := s.open(ManifestName)
	if err != nil {
		return m, nil, err
	}
	defer f.Close()
	if signed, err = io.ReadAll(io.LimitReader(f, MaxManifest+1)); err != nil {
		return m, nil, err
	}
	m, err = Open(signed, s.key)
	return m, signed, err
}

// Open opens a file of the release after comparing its hash, which is done once for each
// state of the file. Close the reader. See [Reader] for what happens to one that changes
// while it is read. The error wraps ErrUnlisted or ErrDiffers, or says what is wrong with the manifest.
func (s *Shelf) Open(name string) (*Reader, error) {
	m, _, err := s.Manifest()
	if err != nil {
		return nil, err
	}
	want, ok := m.File(name)
	if !ok {
		return nil, ErrUnlisted
	}
	f, is, err := s.open(name)
	if err != nil {
		return nil, err
	}
	if err = s.compare(f, is, want); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return newReader(f, want), nil
}

// Check compares every file of the release with the manifest, and says all that is wrong.
func (s *Shelf) Check() error {
	m, _, err := s.Manifest()
	if err != nil {
		return err
	}
	var wrong []error
	for _, f := range m.Files {
		r, err := s.Open(f.Name)
		if err == nil {
			err = r.Close()
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", f.Name, err))
		}
	}
	return errors.Join(wrong...)
}

// open opens a regular file in the directory itself. Names come from the manifest; a
// symbolic link out of the directory is refused all the same.
func (s *Shelf) open(name string) (*os.File, fs.FileInfo, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	if is, err := root.Stat(name); err != nil || !is.Mode().IsRegular() { // opening a pipe would wait
		return nil, nil, errors.Join(err, notRegular(is))
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, nil, err
	}
	is, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, is, nil
}

func notRegular(is fs.FileInfo) error {
	if is == nil {
		return nil
	}
	return fmt.Errorf("%w: it is no regular file", ErrDiffers)
}

// compare reads a file, unless it was read in its present state, and leaves it at its beginning.
func (s *Shelf) compare(f *os.File, is fs.FileInfo, want File) error {
	s.mu.Lock()
	was, known := s.checked[want.Name]
	s.mu.Unlock()
	if !known || !os.SameFile(was.is, is) || !was.is.ModTime().Equal(is.ModTime()) || was.is.Size() != is.Size() {
		found, err := Measure(want.Name, f)
		if err != nil {
			return err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		was = checked{is, found}
		s.mu.Lock()
		s.checked[want.Name] = was
		s.mu.Unlock()
	}
	if was.file != want {
		return ErrDiffers
	}
	return nil
}
