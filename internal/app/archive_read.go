package app

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/archive"
)

var (
	errArchiveFile = habeas.Invalid("files", "A file of the archive cannot be read. See whether it is there and whether this user may read it.").WithCode("archive.file")
	errArchiveForm = habeas.Invalid("files", "A file does not open: it is another's, was cut or changed, or is no file of the archive.").WithCode("archive.form")
)

// ReadArchive visits the lines of archive files and of those in directories, each line once.
// Identities are age identity files. It needs neither a data directory nor its keys.
func ReadArchive(paths, identities []string, visit func(archive.Line) error) error {
	ids, err := identitiesOf(identities)
	if err != nil {
		return err
	}
	var files []string
	for _, path := range paths {
		at, err := os.Stat(path)
		switch {
		case err != nil:
			return errArchiveFile.WithCause(err)
		case !at.IsDir():
			files = append(files, path)
			continue
		}
		found, err := filepath.Glob(filepath.Join(path, "log-*"+archive.Ending))
		if err != nil {
			return errArchiveFile.WithCause(err)
		}
		files = append(files, found...)
	}
	seen := make(map[string]bool)
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return errArchiveFile.WithCause(err)
		}
		var stop error // of who visits
		_, err = archive.Read(f, func(l archive.Line) error {
			if seen[l.ID] {
				return nil
			}
			seen[l.ID] = true
			stop = visit(l)
			return stop
		}, ids...)
		closed := f.Close()
		switch {
		case stop != nil:
			return stop
		case err != nil:
			return errArchiveForm.WithCause(err)
		case closed != nil:
			return errors.Join(errArchiveFile, closed)
		}
	}
	return nil
}
