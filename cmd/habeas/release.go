package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/habeas-data/habeas/internal/release"
)

type verifyReleaseCommand struct {
	Manifest string   `arg:"" help:"The signed manifest of the release (manifest.txt)." type:"existingfile" placeholder:"MANIFEST"`
	Files    []string `arg:"" optional:"" help:"What to check; without it, the program that is running." type:"existingfile" placeholder:"FILE"`
	Key      string   `help:"Public key of who releases, instead of the one that is built in." placeholder:"NAME+HASH+KEY"`
	Older    bool     `help:"Accept a release that is older than this program."`
}

// Help says what the check is worth.
func (*verifyReleaseCommand) Help() string {
	return `Checks the signature of a manifest, and that files are what it lists:

  habeas verify-release manifest.txt habeas-linux-amd64

Check what you have downloaded with a program that you trust already, such as the one that it
replaces: a false program would call itself true. For the first one, compare its SHA-256
(sha256sum, shasum -a 256, certutil -hashfile) with the manifest, and the key with what the
organisation has published elsewhere.`
}

// Run says what was checked, and fails at what does not hold.
func (c *verifyReleaseCommand) Run() error { return c.verify(release.Version()) }

// verify is Run in a program of a version.
func (c *verifyReleaseCommand) verify(running string) error {
	key, err := release.Key(c.Key)
	if err != nil {
		return fmt.Errorf("%w (--key)", err)
	}
	m, err := readManifest(c.Manifest, key)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Manifest, err)
	}
	from := "the key that you gave"
	if key.BuiltIn {
		from = "the key that is built into this program"
	}
	fmt.Printf("%s: release %s of %s, made with %s, signed by %s, %s.\n", c.Manifest, m.Version, m.Date.Format("2006-01-02"), m.Go, key.ID(), from)
	if err := m.Newer(running); err != nil && !c.Older {
		return fmt.Errorf("%w; if that is what you want, say --older", err)
	}
	files := c.Files
	if len(files) == 0 {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		files = []string{self}
	}
	return checkFiles(m, files)
}

// readManifest opens no more of a file than a manifest can be long.
func readManifest(file string, key release.PublicKey) (release.Manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return release.Manifest{}, err
	}
	defer f.Close()
	signed, err := io.ReadAll(io.LimitReader(f, release.MaxManifest+1))
	if err != nil {
		return release.Manifest{}, err
	}
	return release.Open(signed, key)
}

// checkFiles checks all of them, whatever is wrong with one.
func checkFiles(m release.Manifest, files []string) error {
	failed := 0
	for _, file := range files {
		is, err := checkFile(m, file)
		if err != nil {
			failed++
			fmt.Fprintf(os.Stderr, "%s: %v.\n", file, err)
			continue
		}
		fmt.Printf("%s: as released: %s, %d bytes, SHA-256 %s.\n", file, is.Name, is.Size, is.Hash())
	}
	if failed > 0 {
		return errFailedCheck
	}
	return nil
}

func checkFile(m release.Manifest, file string) (release.File, error) {
	f, err := os.Open(file)
	if err != nil {
		return release.File{}, err
	}
	defer f.Close()
	return m.Check(filepath.Base(file), f)
}
