// Package matching does the work of the commands `habeas match`: it reads files as they
// come, hands them to the libraries match/link and match/search, and puts what they find
// into words, tables and files. What is wrong with a file is a [habeas.Error] that
// names file, line and column.
package matching

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/match/table"
)

// Fault is a row that could not be read and was left out.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column,omitempty"`
	Text   string `json:"text"`
}

// String names file, line and column.
func (f Fault) String() string {
	e := table.Error{Line: f.Line, Column: f.Column, Text: f.Text}
	return f.File + ": " + e.Error()
}

// refuse is what is wrong with a file, for the person who gave it.
func refuse(file string, err error) error {
	var e *table.Error
	switch {
	case errors.As(err, &e):
		return habeas.Invalid("file", file+": "+e.Error()).WithCode("file." + e.Code)
	case errors.Is(err, fs.ErrNotExist):
		return habeas.Invalid("file", file+": there is no such file.").WithCode("file.missing")
	}
	return err
}

func invalid(format string, args ...any) error {
	return habeas.Invalid("", fmt.Sprintf(format, args...))
}

// writeFile writes a file whole or not at all. It holds personal data, so only its
// owner may read it. inputs are never overwritten.
func writeFile(path string, inputs []string, write func(*os.File) error) (err error) {
	if there, err := os.Stat(path); err == nil {
		for _, in := range inputs {
			if info, err := os.Stat(in); err == nil && os.SameFile(there, info) {
				return invalid("%s is read from and cannot be written to at the same time.", path)
			}
		}
		if there.IsDir() {
			return invalid("%s is a directory; the name of a file was expected.", path)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.partial")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// shortNames are names for files that tell them apart: without directories where that
// is enough.
func shortNames(paths []string) []string {
	out, count := make([]string, len(paths)), map[string]int{}
	for _, p := range paths {
		count[filepath.Base(p)]++
	}
	for i, p := range paths {
		if out[i] = filepath.Base(p); count[out[i]] > 1 {
			out[i] = p
		}
	}
	return out
}

// list writes names for a sentence.
func list(names []string) string { return strings.Join(names, ", ") }
