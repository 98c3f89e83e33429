package archive

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
)

// Version is the form of a file.
const Version = 1

// Head is the first line of a file.
type Head struct {
	Version int    `json:"habeas_archive"`
	Month   string `json:"month"` // "2026-03"
}

// Line is one line of a log. Kind says of which; the fields of other kinds are empty.
type Line struct {
	Kind string `json:"kind"` // KindLog or KindContribution
	ID   string `json:"id"`   // unique; one that stands in two files is the same line
	At   string `json:"at"`   // RFC 3339, UTC
	Who  string `json:"who,omitempty"`

	Class      string `json:"class,omitempty"`
	Credential string `json:"credential,omitempty"`

	Operation string `json:"operation,omitempty"`
	Object    string `json:"object,omitempty"`
	Via       string `json:"via,omitempty"`
	Through   string `json:"through,omitempty"` // pseudonym of a trusted entity creator
	Refused   bool   `json:"refused,omitempty"`
}

// The kinds of line.
const (
	KindLog          = "log"
	KindContribution = "contribution"
)

// Ending is how the name of a file ends.
const Ending = ".age"

// File is an archive file that is being written.
type File struct {
	dir, name string
	f         *os.File
	sum       hash.Hash
	sealed    io.WriteCloser
	lines     *json.Encoder
	done      bool
}

// Create begins the file of a month in a directory, for a recipient. Until Close has
// succeeded it has a name that no reader looks at.
func Create(dir string, to age.Recipient, month time.Time) (_ *File, err error) {
	var salt [6]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return nil, err
	}
	a := &File{dir: dir, name: "log-" + month.Format("2006-01") + "-" + hex.EncodeToString(salt[:]) + Ending, sum: sha256.New()}
	if a.f, err = os.OpenFile(filepath.Join(dir, a.name+".part"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Abort())
		}
	}()
	if a.sealed, err = age.Encrypt(io.MultiWriter(a.f, a.sum), to); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	a.lines = json.NewEncoder(a.sealed)
	return a, a.lines.Encode(Head{Version, month.Format("2006-01")})
}

// Add writes a line.
func (a *File) Add(l Line) error { return a.lines.Encode(l) }

// Close makes the file durable under its name, and returns that with its SHA-256 in hex.
func (a *File) Close() (name, digest string, err error) {
	if err = a.sealed.Close(); err == nil {
		err = a.f.Sync()
	}
	if err != nil {
		return "", "", errors.Join(err, a.Abort())
	}
	a.done = true
	part := a.f.Name()
	if err = a.f.Close(); err != nil {
		return "", "", err
	}
	if err = os.Rename(part, filepath.Join(a.dir, a.name)); err != nil {
		return "", "", err
	}
	return a.name, hex.EncodeToString(a.sum.Sum(nil)), syncDir(a.dir)
}

// Abort gives up a file that is not closed; after Close it does nothing.
func (a *File) Abort() error {
	if a.done {
		return nil
	}
	a.done = true
	return errors.Join(a.f.Close(), os.Remove(a.f.Name()))
}

// syncDir makes a new name durable, where the system can.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil //nolint:nilerr // a directory that can only be written to is what is asked for
	}
	defer d.Close()
	_ = d.Sync() // not every file system can
	return nil
}
