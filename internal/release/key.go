package release

import (
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"

	"golang.org/x/mod/sumdb/note"
)

// What scripts/release builds in (go build -ldflags -X).
var (
	version  string // of the release
	verifier string // public key of who releases
)

// ErrNoKey says that a program knows no key by which releases could be checked.
var ErrNoKey = errors.New("no key of releases is built into this program, which is a developer's build: name one")

var errKey = errors.New("the key of releases cannot be read: expected NAME+HASH+KEY")

// Version is the version of this program: that of its release, else what the Go toolchain
// knows of the commit, else "(devel)".
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// PublicKey is a key by which releases are checked.
type PublicKey struct {
	note.Verifier
	Text    string // as note.NewVerifier reads it
	BuiltIn bool   // in this program
}

// ID names the key: its name, and the hash that tells keys of one name apart.
func (k PublicKey) ID() string { return fmt.Sprintf("%s+%08x", k.Name(), k.KeyHash()) }

// Key reads a public key: the given one, and for an empty string the one that is built in,
// or ErrNoKey.
func Key(given string) (PublicKey, error) {
	k := PublicKey{Text: given, BuiltIn: given == ""}
	if k.BuiltIn {
		if k.Text = verifier; verifier == "" {
			return k, ErrNoKey
		}
	}
	var err error
	if k.Verifier, err = note.NewVerifier(k.Text); err != nil {
		return k, errKey
	}
	return k, nil
}

// GenerateKey makes a key pair for who releases under a name, as a rule a site without its
// scheme ("example.org/habeas"). private goes to note.NewSigner, public to Key.
func GenerateKey(name string) (private, public string, err error) {
	return note.GenerateKey(rand.Reader, name)
}
