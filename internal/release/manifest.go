// Package release lets everybody check that a program is ours (PRX-02, ENT-40). A release is
// a directory with programs and a manifest, which names each of them with its length and its
// SHA-256 and is a signed note (C2SP signed-note, Ed25519), as the checkpoints of the ledger
// are. The public key is built into the program; the private one is on no server.
//
// The functions of the package may be called by several goroutines at a time.
package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/note"
)

const (
	// ManifestName is how the manifest is called in the directory of a release.
	ManifestName = "manifest.txt"

	// MaxManifest bounds a signed manifest, in bytes.
	MaxManifest = 64 << 10

	header   = "habeas release 1"
	maxFiles = 100
	maxSize  = 1 << 40 // bytes of one file
)

// What is wrong with a manifest, or with a file beside it. Errors wrap one of these.
var (
	ErrManifest = errors.New("this is no manifest of a release")
	ErrUnsigned = errors.New("the manifest is not signed")
	ErrOtherKey = errors.New("the manifest is signed by another key")
	ErrForged   = errors.New("the signature does not fit: the manifest was changed after it was signed")
	ErrUnlisted = errors.New("the manifest does not list it")
	ErrDiffers  = errors.New("it is not what was released")
	ErrOlder    = errors.New("the release is older than this program")
)

// fileName is what a file of a release may be called: nothing that leads anywhere.
var fileName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)

// File is one file of a release.
type File struct {
	Name   string
	Size   int64 // bytes
	SHA256 [sha256.Size]byte
}

// Hash is the SHA-256 in hexadecimal, as sha256sum prints it.
func (f File) Hash() string { return hex.EncodeToString(f.SHA256[:]) }

// Manifest says what a release consists of.
type Manifest struct {
	Version string    // semantic, with a v before it
	Date    time.Time // of the commit that it was built from, to the second, UTC
	Go      string    // version of the compiler
	Files   []File    // by name
}

// Sign returns the manifest as a signed note.
func (m Manifest) Sign(signer note.Signer) ([]byte, error) {
	text := m.text()
	if _, err := parse(text); err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: text}, signer)
}

// text renders what is signed.
func (m Manifest) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nversion %s\ndate %s\ngo %s\n", header, m.Version, m.Date.UTC().Format(time.RFC3339), m.Go)
	for _, f := range m.Files {
		fmt.Fprintf(&b, "%s %d %s\n", f.Hash(), f.Size, f.Name)
	}
	return b.String()
}

// Open reads a signed manifest. It wants a signature of key; those of other keys beside it
// say nothing. Only the canonical form is accepted, so two texts never mean the same.
func Open(msg []byte, key PublicKey) (Manifest, error) {
	if len(msg) > MaxManifest {
		return Manifest{}, fmt.Errorf("%w: it is longer than %d bytes", ErrManifest, MaxManifest)
	}
	n, err := note.Open(msg, note.VerifierList(key))
	var unknown *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case err == nil:
		return parse(n.Text)
	case errors.As(err, &unknown):
		var by []string
		for _, s := range unknown.Note.UnverifiedSigs {
			by = append(by, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
		}
		return Manifest{}, fmt.Errorf("%w: by %s, and not by %s", ErrOtherKey, strings.Join(by, ", "), key.ID())
	case errors.As(err, &invalid):
		return Manifest{}, ErrForged
	}
	if _, err := parse(string(msg)); err == nil {
		return Manifest{}, ErrUnsigned
	}
	return Manifest{}, ErrManifest
}

// parse reads the text of a manifest.
func parse(text string) (Manifest, error) {
	var m Manifest
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 5 || len(lines) > 4+maxFiles || lines[0] != header {
		return m, ErrManifest
	}
	var date string
	for i, to := range []struct {
		name string
		at   *string
	}{{"version ", &m.Version}, {"date ", &date}, {"go ", &m.Go}} {
		value, ok := strings.CutPrefix(lines[i+1], to.name)
		if !ok || value == "" {
			return m, fmt.Errorf("%w: line %d does not say %s", ErrManifest, i+2, to.name)
		}
		*to.at = value
	}
	var err error
	if m.Date, err = time.Parse(time.RFC3339, date); err != nil || !semver.IsValid(m.Version) {
		return m, fmt.Errorf("%w: version or date cannot be read", ErrManifest)
	}
	for i, line := range lines[4:] {
		f, ok := parseFile(line)
		if !ok || i > 0 && m.Files[i-1].Name >= f.Name {
			return m, fmt.Errorf("%w: line %d names no file, or not in order", ErrManifest, i+5)
		}
		m.Files = append(m.Files, f)
	}
	if m.text() != text {
		return m, fmt.Errorf("%w: it is not in its canonical form", ErrManifest)
	}
	return m, nil
}

func parseFile(line string) (f File, ok bool) {
	part := strings.Split(line, " ")
	if len(part) != 3 || !fileName.MatchString(part[2]) || part[2] == ManifestName {
		return f, false
	}
	size, err := strconv.ParseInt(part[1], 10, 64)
	hash, hashErr := hex.DecodeString(part[0])
	if err != nil || hashErr != nil || len(hash) != sha256.Size || size < 0 || size > maxSize {
		return f, false
	}
	return File{Name: part[2], Size: size, SHA256: [sha256.Size]byte(hash)}, true
}

// File finds a file by its name.
func (m Manifest) File(name string) (File, bool) {
	i, found := slices.BinarySearchFunc(m.Files, name, func(f File, name string) int { return strings.Compare(f.Name, name) })
	if !found {
		return File{}, false
	}
	return m.Files[i], true
}

// Check reads a file to its end and returns which one of the release it is. One that bears
// the name of a file of the release has to be that file; under another name, such as that of
// an installed program, it may be any of them. The error wraps ErrDiffers or ErrUnlisted.
func (m Manifest) Check(name string, r io.Reader) (File, error) {
	found, err := Measure(name, r)
	if err != nil {
		return File{}, err
	}
	if named, ok := m.File(name); ok {
		if found != named {
			return File{}, fmt.Errorf("%w: %d bytes with SHA-256 %s, and the manifest wants %d bytes with %s", ErrDiffers, found.Size, found.Hash(), named.Size, named.Hash())
		}
		return named, nil
	}
	for _, f := range m.Files {
		if f.Size == found.Size && bytes.Equal(f.SHA256[:], found.SHA256[:]) {
			return f, nil
		}
	}
	return File{}, fmt.Errorf("%w: neither the name %s nor SHA-256 %s", ErrUnlisted, name, found.Hash())
}

// Measure reads a file to its end and describes it.
func Measure(name string, r io.Reader) (File, error) {
	h := sha256.New()
	n, err := io.Copy(h, r)
	return File{Name: name, Size: n, SHA256: [sha256.Size]byte(h.Sum(nil))}, err
}

// Newer refuses a release that is older than the version that runs (a downgrade brings back
// what was mended since). A version that is no release compares with nothing.
func (m Manifest) Newer(running string) error {
	if semver.IsValid(running) && semver.Compare(m.Version, running) < 0 {
		return fmt.Errorf("%w: %s, and this is %s", ErrOlder, m.Version, running)
	}
	return nil
}
