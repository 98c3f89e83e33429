package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/habeas-data/habeas/internal/session"
)

// private are the files of a data directory that only the server's user may read.
var private = []string{"keys.db", "records.db", FileTombstones, "habeas.toml"}

// around looks at what surrounds the records: permissions, disk, search.
func (d *doctor) around(ctx context.Context) error {
	if err := d.permissions(); err != nil {
		return err
	}
	if err := d.disk(); err != nil {
		return err
	}
	if err := d.sessions(); err != nil {
		return err
	}
	return d.search(ctx)
}

// permissions looks who may read the files. What others may do with a file does not
// matter while they cannot enter the directory.
func (d *doctor) permissions() error {
	info, err := os.Stat(d.Dir)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o011 == 0 {
		return err
	}
	var open []string
	for _, name := range private {
		info, err := os.Stat(filepath.Join(d.Dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			open = append(open, fmt.Sprintf("DIR/%s (%#o)", name, info.Mode().Perm()))
		}
	}
	if len(open) > 0 {
		d.find(Warn, "files.open", "Other users of this machine can read these.", "chmod 700 DIR and chmod 600 on the files in it.", open...)
	}
	return nil
}

// disk looks at the free space.
func (d *doctor) disk() error {
	if d.Space == nil {
		return nil
	}
	free, total, err := d.Space(d.Dir)
	switch {
	case err != nil:
		d.skip("free space: " + err.Error())
	case free < total/50:
		d.find(Fault, "disk.full", fmt.Sprintf("The disk is nearly full: %d MiB are free.", free>>20), "Make room. A full disk refuses every write.")
	case free < total/10 && free < 10<<30:
		d.find(Warn, "disk.low", fmt.Sprintf("The disk is filling up: %d MiB are free.", free>>20), "Make room before it is full.")
	}
	return nil
}

// sessions reads the session log through. Lines that a crash has cut off at the end of a
// file are no finding: the next start removes them.
func (d *doctor) sessions() error {
	damage, err := session.Read(filepath.Join(d.Dir, "sessions"), time.Time{}, time.Time{}, func(session.Line) error { return nil })
	if err == nil && damage.Lines > 0 {
		d.find(Warn, "sessions.damaged", fmt.Sprintf("%d lines of the session log cannot be read.", damage.Lines),
			"Look at the disk. The lines are passed over, and removed with the rest when their time is over.")
	}
	return err
}

// How long search may be behind what other nodes have written, and how often doctor asks.
const (
	searchPatience = 10 * time.Second
	searchPause    = 50 * time.Millisecond
)

// search compares the search index with the rows.
func (d *doctor) search(ctx context.Context) error {
	if d.Searchable == nil {
		return nil
	}
	found, ready := d.Searchable()
	if !ready {
		d.skip("search: its index is still being built")
		return nil
	}
	held, err := d.s.Described(ctx)
	// What came to be since the rows were read is in the index already. What other nodes
	// wrote reaches it within moments, or once the lease of one that died is over.
	for wait := searchPatience; err == nil && int64(found) < held && wait > 0; wait -= searchPause {
		select {
		case <-time.After(searchPause):
		case <-ctx.Done():
			return ctx.Err()
		}
		found, _ = d.Searchable()
	}
	if err == nil && int64(found) < held {
		d.find(Fault, "search.incomplete", fmt.Sprintf("Search knows %d records of %d.", found, held), "Restart the server: the index is built anew.")
	}
	return err
}
