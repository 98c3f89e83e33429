package entity

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/habeas-data/habeas/match/search"
)

// ErrSnapshot says that a snapshot cannot be used: there is none, it is of another version,
// or damaged. The index is built from the store then.
var ErrSnapshot = errors.New("entity: no usable snapshot")

// snapshotVersion changes when what the index makes of an entity does.
const snapshotVersion = 1

// manifest names the files of a snapshot. It is replaced last, in one step, so that a
// snapshot is there as a whole or not at all.
type manifest struct {
	Version   int    `json:"version"`
	Turn      int64  `json:"turn"`
	Names     string `json:"names"`
	Externals string `json:"externals"`
	Digest    string `json:"externals_sha256"`
}

const manifestFile = "snapshot.json"

// Save writes what the public finds to a directory: public text only. turn is up to which
// write the index knows the store; OpenIndex returns it. What registered people find besides
// is never written.
func (x *Index) Save(dir string, turn int64) error {
	x.write.Lock()
	defer x.write.Unlock()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	table := x.public.externals.saved()
	sum := sha256.Sum256(table)
	m := manifest{Version: snapshotVersion, Turn: turn, Digest: hex.EncodeToString(sum[:])}
	var err error
	if m.Names, err = freshName(dir, "names-"); err != nil {
		return err
	}
	if m.Externals, err = freshName(dir, "externals-"); err != nil {
		return err
	}
	if err := x.public.names.Save(filepath.Join(dir, m.Names)); err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(dir, m.Externals), table); err != nil {
		return err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	next := filepath.Join(dir, manifestFile+".next")
	if err := writeSynced(next, text); err != nil {
		return err
	}
	if err := os.Rename(next, filepath.Join(dir, manifestFile)); err != nil {
		return err
	}
	return errors.Join(syncDir(dir), clean(dir, m))
}

// freshName is a name of a file that is not there.
func freshName(dir, begin string) (string, error) {
	for n := 1; ; n++ {
		name := begin + strconv.Itoa(n)
		if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, os.ErrNotExist) {
			return name, nil
		} else if err != nil {
			return "", err
		}
	}
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// clean removes what no snapshot needs any more: what was deleted shall not lie about. A
// file that is still mapped stays readable to who has mapped it.
func clean(dir string, m manifest) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		switch f.Name() {
		case manifestFile, m.Names, m.Externals:
		default:
			err = errors.Join(err, os.Remove(filepath.Join(dir, f.Name())))
		}
	}
	return err
}

// OpenIndex opens a snapshot that Save wrote, by memory map, and returns up to which write
// it knows the store. Registered people find no persons in it yet. Everything is checked:
// what is damaged is refused with an error that wraps ErrSnapshot.
func OpenIndex(dir string) (*Index, int64, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	var m manifest
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if m.Version != snapshotVersion || m.Turn < 0 || m.Names != filepath.Base(m.Names) || m.Externals != filepath.Base(m.Externals) {
		return nil, 0, fmt.Errorf("%w: of another version", ErrSnapshot)
	}
	table, err := os.ReadFile(filepath.Join(dir, m.Externals))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if sum := sha256.Sum256(table); hex.EncodeToString(sum[:]) != m.Digest || len(table)%entrySize != 0 {
		return nil, 0, fmt.Errorf("%w: the identifiers are damaged", ErrSnapshot)
	}
	names, err := search.Open(filepath.Join(dir, m.Names), search.Options{})
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	return &Index{public: &shelf{names, &register{table: table}}, registered: newShelf()}, m.Turn, nil
}
