package archive

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"filippo.io/age"
)

// maxLine bounds one line, in bytes.
const maxLine = 16 << 10

// ErrForm says that a file opens and is none of ours, or of a newer version.
var ErrForm = errors.New("archive: not an archive of this version")

// Read visits the lines of a file. It stops at the first error and returns it: a file that was
// cut or changed is refused where that shows, after the lines before.
func Read(r io.Reader, visit func(Line) error, ids ...age.Identity) (Head, error) {
	var h Head
	plain, err := age.Decrypt(r, ids...)
	if err != nil {
		return h, fmt.Errorf("archive: %w", err)
	}
	return readPlain(plain, visit)
}

func readPlain(plain io.Reader, visit func(Line) error) (Head, error) {
	var h Head
	in := bufio.NewScanner(plain)
	in.Buffer(make([]byte, 0, 4<<10), maxLine)
	for n := 0; in.Scan(); n++ {
		if n == 0 {
			if err := strict(in.Bytes(), &h); err != nil || h.Version != Version {
				return h, ErrForm
			}
			if _, err := time.Parse("2006-01", h.Month); err != nil {
				return h, ErrForm
			}
			continue
		}
		var l Line
		if err := strict(in.Bytes(), &l); err != nil || l.Kind != KindLog && l.Kind != KindContribution || l.ID == "" {
			return h, fmt.Errorf("%w: line %d", ErrForm, n+1)
		}
		if err := visit(l); err != nil {
			return h, err
		}
	}
	if err := in.Err(); err != nil {
		return h, fmt.Errorf("archive: %w", err)
	}
	if h.Version == 0 {
		return h, ErrForm
	}
	return h, nil
}

// strict reads one JSON value with known members and nothing behind it.
func strict(line []byte, to any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return ErrForm
	}
	return nil
}
