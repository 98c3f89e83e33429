// Command sign makes the key of who releases the program, and signs releases with it.
// scripts/release runs it.
//
//	go run ./internal/release/sign -key FILE -new example.org/habeas
//	go run ./internal/release/sign -key FILE -dir DIR -version v1.2.3 -date 2026-03-01T09:00:00Z -go go1.26.0
//
// The public key goes to FILE.pub, the private one to FILE, which belongs on no server and
// in no repository.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas/internal/release"
)

func main() {
	key := flag.String("key", "", "file of the private key")
	name := flag.String("new", "", "make a key under this name: a site without its scheme")
	dir := flag.String("dir", "", "directory of the release")
	date := flag.String("date", "", "of its commit, as in RFC 3339")
	m := release.Manifest{}
	flag.StringVar(&m.Version, "version", "", "of the release")
	flag.StringVar(&m.Go, "go", "", "version of the compiler")
	flag.Parse()
	err := errors.New("-key FILE is missing")
	switch {
	case *key == "":
	case *name != "":
		err = makeKey(*key, *name)
	default:
		if m.Date, err = time.Parse(time.RFC3339, *date); err == nil {
			err = sign(*key, *dir, m)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sign:", err)
		os.Exit(1)
	}
}

// makeKey writes both halves of a new key. It replaces none.
func makeKey(file, name string) error {
	private, public, err := release.GenerateKey(name)
	if err != nil {
		return err
	}
	if _, err := note.NewSigner(private); err != nil {
		return fmt.Errorf("%q cannot name a key: expected no spaces and no plus signs", name)
	}
	for _, half := range []struct {
		file, text string
		mode       fs.FileMode
	}{{file, private, 0o600}, {file + ".pub", public, 0o644}} {
		f, err := os.OpenFile(half.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, half.mode)
		if err != nil {
			return err
		}
		_, err = f.WriteString(half.text + "\n")
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	fmt.Fprintln(os.Stdout, public)
	return nil
}

// sign describes all files of a directory and writes the signed manifest beside them.
func sign(key, dir string, m release.Manifest) error {
	is, err := os.Stat(key)
	if err != nil {
		return err
	}
	if is.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s can be read by others: chmod 600 %s", key, key)
	}
	private, err := os.ReadFile(key)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(strings.TrimSpace(string(private)))
	if err != nil {
		return fmt.Errorf("%s holds no key that was made with -new", key)
	}
	if m.Files, err = describe(dir); err != nil {
		return err
	}
	signed, err := m.Sign(signer)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, release.ManifestName), signed, 0o644)
}

// describe measures the files of a directory, by name.
func describe(dir string) (files []release.File, err error) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range all {
		if entry.Name() == release.ManifestName {
			continue
		}
		f, err := os.Open(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		measured, err := release.Measure(entry.Name(), f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		files = append(files, measured)
	}
	slices.SortFunc(files, func(a, b release.File) int { return cmp.Compare(a.Name, b.Name) })
	return files, nil
}
