package backup

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// tombstone is one line of a list of erasures: a subject and when it was erased.
type tombstone struct {
	subject habeas.SubjectID
	at      string // RFC 3339
}

var (
	errNoList  = habeas.NotFound("The list of erasures is not there. Name its newest copy with --tombstones: without it erased people would return.").WithCode("restore.no-tombstones")
	errBadList = habeas.Invalid("tombstones", "Line {line} of the list of erasures is damaged. Take another copy of it.").WithCode("restore.bad-tombstones")
	errOldList = habeas.Conflict("The lists of erasures name {listed} people, but {erased} were erased when the backup was made. Find the newest copy of the list: without it erased people would return.").WithCode("restore.old-tombstones")
)

// readTombstones reads a list: lines "sub_… 2006-01-02T15:04:05Z". What follows the
// last newline was torn off by a crash and was never confirmed.
func readTombstones(path string) ([]tombstone, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoList
	}
	if err != nil {
		return nil, err
	}
	return parseTombstones(text)
}

func parseTombstones(text []byte) ([]tombstone, error) {
	var list []tombstone
	for line := range bytes.Lines(text) {
		whole, ends := bytes.CutSuffix(line, []byte("\n"))
		if !ends {
			break
		}
		name, at, _ := bytes.Cut(whole, []byte(" "))
		id, err := habeas.ParseID[habeas.SubjectKind](string(name))
		if err == nil {
			_, err = time.Parse(time.RFC3339, string(at))
		}
		if err != nil {
			return nil, errBadList.With("line", strconv.Itoa(len(list)+1))
		}
		list = append(list, tombstone{id, string(at)})
	}
	return list, nil
}

// mergeTombstones joins lists into one: each subject once, with its first line.
func mergeTombstones(paths []string) ([]tombstone, error) {
	if len(paths) == 0 {
		return nil, errNoList
	}
	var all []tombstone
	seen := map[habeas.SubjectID]bool{}
	for _, path := range paths {
		list, err := readTombstones(path)
		if err != nil {
			return nil, err
		}
		for _, t := range list {
			if !seen[t.subject] {
				seen[t.subject] = true
				all = append(all, t)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b tombstone) int { return bytes.Compare([]byte(a.at), []byte(b.at)) })
	return all, nil
}

// ReadErased returns whom a list of erasures names.
func ReadErased(path string) ([]habeas.SubjectID, error) {
	list, err := readTombstones(path)
	ids := make([]habeas.SubjectID, len(list))
	for i, t := range list {
		ids[i] = t.subject
	}
	return ids, err
}

// Held returns everybody about whom there are rows.
func Held(ctx context.Context, records sqlstore.Config) (_ map[habeas.SubjectID]bool, err error) {
	s, err := sqlstore.OpenSnapshot(ctx, records)
	if err != nil {
		return nil, err
	}
	defer s.Close() // it has only read
	ids, err := s.Subjects(ctx)
	if err != nil {
		return nil, err
	}
	imports, err := s.Imports(ctx)
	if err != nil {
		return nil, err
	}
	ids = append(ids, imports...)
	held := make(map[habeas.SubjectID]bool, len(ids))
	for _, id := range ids {
		held[id] = true
	}
	dangling, err := s.DanglingRows(ctx)
	for _, d := range dangling {
		held[d.Missing] = true
	}
	return held, err
}

// enough refuses a list that is older than a backup.
func enough(list []tombstone, erased int) error {
	if len(list) < erased {
		return errOldList.With("listed", strconv.Itoa(len(list))).With("erased", strconv.Itoa(erased))
	}
	return nil
}

// marshalTombstones writes a list as the key store reads it.
func marshalTombstones(list []tombstone) []byte {
	var b []byte
	for _, t := range list {
		b = append(b, t.subject.String()+" "+t.at+"\n"...)
	}
	return b
}
