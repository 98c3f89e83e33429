package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// durable writes files below a directory so that a crash of the process or the
// machine leaves each of them either absent, old or whole, never torn. It has
// one user at a time.
type durable struct {
	root  string
	made  map[string]bool // directories known to exist
	dirty map[string]bool // directories whose entries may not be on disk yet
}

func newDurable(root string) *durable {
	return &durable{root: filepath.Clean(root), made: map[string]bool{}, dirty: map[string]bool{}}
}

// write puts data at the slash-separated path. The content is on disk when it
// returns; the name is so only after sync.
func (d *durable) write(path string, data []byte) error {
	name := filepath.Join(d.root, filepath.FromSlash(path))
	dir := filepath.Dir(name)
	if err := d.mkdir(dir); err != nil {
		return err
	}
	// A fixed temporary name: what a crash leaves behind, the next run overwrites.
	temporary := filepath.Join(dir, "."+filepath.Base(name)+".tmp")
	if err := writeSynced(temporary, data); err != nil {
		return err
	}
	// rename replaces the name in one step: a reader sees the old file or the
	// new one. It says nothing about the disk; that is what sync is for.
	if err := os.Rename(temporary, name); err != nil {
		return err
	}
	d.dirty[dir] = true
	return nil
}

func writeSynced(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		// fsync the content before the rename gives it its name. Otherwise a
		// power cut could leave the final name pointing at an empty file: file
		// systems may write the directory before the data.
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// writeOnce is write for files that never change: an equal file stays as it is,
// a different one is an error.
func (d *durable) writeOnce(path string, data []byte) error {
	name := filepath.Join(d.root, filepath.FromSlash(path))
	old, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return d.write(path, data)
	case err != nil:
		return err
	case !bytes.Equal(old, data):
		return fmt.Errorf("%w: %s differs from the rows and must never change", ErrInconsistent, path)
	}
	// A run that was cut off wrote it; its name may not be on disk yet.
	d.dirty[filepath.Dir(name)] = true
	return nil
}

// mkdir makes a directory and those above it up to the root, whose own parent
// must exist.
func (d *durable) mkdir(dir string) error {
	if d.made[dir] {
		return nil
	}
	if dir != d.root {
		if err := d.mkdir(filepath.Dir(dir)); err != nil {
			return err
		}
	}
	err := os.Mkdir(dir, 0o755)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// An existing directory, too, may owe its name to a run that was cut off
	// before it could sync the parent.
	if err == nil || dir != d.root {
		d.dirty[filepath.Dir(dir)] = true
	}
	d.made[dir] = true
	return nil
}

// sync makes all names written so far durable.
func (d *durable) sync() error {
	for dir := range d.dirty {
		if err := syncDir(dir); err != nil {
			return err
		}
		delete(d.dirty, dir)
	}
	return nil
}

// syncDir flushes a directory. A file that was created or renamed is found
// again after a power cut only when the directory that lists it has been
// flushed: fsync of the file covers its content and not its name.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // NTFS journals names itself and refuses to flush a directory
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
