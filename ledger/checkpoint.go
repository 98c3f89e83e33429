package ledger

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxCheckpoint bounds a signed checkpoint in bytes. It leaves room for more
// than the 16 signatures of up to 7 kB in base64 that C2SP signed-note wants
// readers to accept.
const maxCheckpoint = 1 << 18

var (
	// ErrCheckpoint says that a checkpoint is malformed or not signed by its log.
	ErrCheckpoint = errors.New("ledger: bad checkpoint")
	// ErrProof says that a proof does not show what it claims.
	ErrProof = errors.New("ledger: the proof does not hold")
	// ErrInconsistent says that one tree does not extend the other.
	ErrInconsistent = errors.New("ledger: the trees are inconsistent")
)

// Checkpoint is a log's signed statement about its tree (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin     string    // name of the log; also the name of its key
	Size       int64     // number of leaves
	Root       tlog.Hash // root of the tree with Size leaves
	Extensions []string  // opaque lines that the signature covers; usually none

	// Note is the signed message exactly as it was read or published; nil in a
	// checkpoint that is not signed yet. Signers names the keys whose signatures
	// ParseCheckpoint verified, the log's own among them.
	Note    []byte
	Signers []string
}

// GenerateKey makes a new Ed25519 key for the log or witness called origin,
// which should be a URL without its scheme ("example.org/log"). skey is secret
// and goes to note.NewSigner; vkey is public and goes to note.NewVerifier.
func GenerateKey(origin string) (skey, vkey string, err error) {
	if !validOrigin(origin) {
		return "", "", errors.New("ledger: the origin of a key must be non-empty and without spaces, plus signs and control characters")
	}
	return note.GenerateKey(rand.Reader, origin)
}

// validOrigin reports whether a key may carry the origin as its name.
func validOrigin(origin string) bool {
	return origin != "" && utf8.ValidString(origin) && strings.IndexFunc(origin, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '+'
	}) < 0
}

// Tree returns the size and root in the form that package tlog uses.
func (c Checkpoint) Tree() tlog.Tree { return tlog.Tree{N: c.Size, Hash: c.Root} }

// String names the checkpoint in errors: origin, size and root.
func (c Checkpoint) String() string {
	return fmt.Sprintf("%s size %d root %s", c.Origin, c.Size, c.Root)
}

// Sign returns the checkpoint as a signed note. The first signer must be the
// log's own, with the origin as its name. Sign does not look at Note; it is the
// caller's duty never to sign two checkpoints that are inconsistent, as Publish
// does.
func (c Checkpoint) Sign(signers ...note.Signer) ([]byte, error) {
	if len(signers) == 0 || signers[0].Name() != c.Origin {
		return nil, fmt.Errorf("%w: the first signer must be the log itself", ErrCheckpoint)
	}
	text := c.text()
	if _, err := parseCheckpointText(text); err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: text}, signers...)
}

// text renders what is signed.
func (c Checkpoint) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
	for _, line := range c.Extensions {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// ParseCheckpoint reads a signed checkpoint. It wants a valid signature by a
// known key whose name is the checkpoint's origin: a witness alone does not
// speak for a log. Signatures of unknown keys are ignored, as C2SP signed-note
// asks; an invalid signature of a known key refuses the whole. Only canonical
// encodings are accepted, so two different messages never mean the same.
// Every error wraps ErrCheckpoint.
func ParseCheckpoint(msg []byte, known note.Verifiers) (Checkpoint, error) {
	c, err := readCheckpoint(msg)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(msg, known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	own := false
	for _, sig := range n.Sigs {
		own = own || sig.Name == c.Origin
		c.Signers = append(c.Signers, sig.Name)
	}
	if !own {
		return Checkpoint{}, fmt.Errorf("%w: no known key of the log has signed it", ErrCheckpoint)
	}
	return c, nil
}

// readCheckpoint checks everything about a signed checkpoint but its
// signatures. Nothing in the result may be trusted.
func readCheckpoint(msg []byte) (Checkpoint, error) {
	if len(msg) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("%w: more than %d bytes", ErrCheckpoint, maxCheckpoint)
	}
	// The signed text ends at the last blank line, which note.Open looks for too.
	split := strings.LastIndex(string(msg), "\n\n")
	if split < 0 || split+2 == len(msg) || msg[len(msg)-1] != '\n' {
		return Checkpoint{}, fmt.Errorf("%w: no signatures", ErrCheckpoint)
	}
	text, sigs := string(msg[:split+1]), string(msg[split+2:])
	for line := range strings.Lines(sigs) {
		// note.Open lets base64 with stray bits pass: a changed byte that
		// changes nothing. Here every byte counts.
		name, b64, _ := strings.Cut(strings.TrimPrefix(line, "— "), " ")
		sig, err := decodeBase64(strings.TrimSuffix(b64, "\n"))
		if err != nil || len(sig) < 5 || name == "" || !strings.HasPrefix(line, "— ") {
			return Checkpoint{}, fmt.Errorf("%w: a signature line is malformed", ErrCheckpoint)
		}
	}
	c, err := parseCheckpointText(text)
	if err != nil {
		return Checkpoint{}, err
	}
	c.Note = msg
	return c, nil
}

func parseCheckpointText(text string) (c Checkpoint, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 || !strings.HasSuffix(text, "\n") {
		return c, fmt.Errorf("%w: fewer than three lines", ErrCheckpoint)
	}
	for _, line := range lines {
		if line == "" || !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) {
			return c, fmt.Errorf("%w: an empty line or a control character", ErrCheckpoint)
		}
	}
	c.Origin = lines[0]
	if c.Size, err = parseDecimal(lines[1]); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: the tree size is no number up to %d", ErrCheckpoint, int64(MaxSize))
	}
	if c.Root, err = parseHash(lines[2]); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: the root is no hash in base64", ErrCheckpoint)
	}
	if c.Size == 0 && c.Root != emptyRoot {
		return Checkpoint{}, fmt.Errorf("%w: a tree without leaves has another root", ErrCheckpoint)
	}
	if len(lines) > 3 {
		c.Extensions = lines[3:]
	}
	return c, nil
}

// parseDecimal reads an index or size: no sign, no leading zeros, ≤ MaxSize.
func parseDecimal(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > MaxSize || strconv.FormatInt(n, 10) != s {
		return 0, errors.New("ledger: not a canonical decimal")
	}
	return n, nil
}

// parseHash reads a hash in canonical base64.
func parseHash(s string) (h tlog.Hash, err error) {
	b, err := decodeBase64(s)
	if err != nil || len(b) != len(h) {
		return h, errors.New("ledger: not a hash")
	}
	return tlog.Hash(b), nil
}

// decodeBase64 accepts only the one canonical encoding of RFC 4648, section 4:
// unlike the decoder of the standard library, no line breaks and no stray bits.
func decodeBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("ledger: line break in base64")
	}
	return base64.StdEncoding.Strict().DecodeString(s)
}
