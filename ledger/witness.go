package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Signature types of C2SP signed-note.
const (
	typeEd25519     = 0x01
	typeCosignature = 0x04
)

// NewWitnessVerifier returns a verifier for the Ed25519 cosignatures of a
// witness (C2SP tlog-cosignature). It takes the witness's key in the form of
// GenerateKey, of type 0x04 or of type 0x01 as witnesses often publish it.
func NewWitnessVerifier(vkey string) (note.Verifier, error) {
	name, key, err := splitKey(vkey, ed25519.PublicKeySize)
	if err != nil {
		return nil, err
	}
	return &witness{name: name, public: key}, nil
}

// NewWitnessSigner returns a signer that cosigns checkpoints of other logs with
// a key from GenerateKey, at the time that now tells. A witness cosigns only
// what extends the largest checkpoint it has seen of that log, which it checks
// with VerifyConsistency and remembers durably before it signs.
func NewWitnessSigner(skey string, now func() time.Time) (note.Signer, error) {
	rest, ok := strings.CutPrefix(skey, "PRIVATE+KEY+")
	if !ok {
		return nil, errKey
	}
	name, seed, err := splitKey(rest, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	private := ed25519.NewKeyFromSeed(seed)
	return &witness{name: name, public: private.Public().(ed25519.PublicKey), private: private, now: now}, nil
}

// errKey does not repeat what it refuses: it may be a secret key.
var errKey = errors.New("ledger: malformed witness key")

// splitKey reads "name+hash+base64(type||key)". The hash is not needed: it
// depends on the type, and the name and key that it stands for are here.
func splitKey(s string, size int) (name string, key []byte, err error) {
	name, rest, _ := strings.Cut(s, "+")
	_, b64, _ := strings.Cut(rest, "+")
	key, err = decodeBase64(b64)
	if err != nil || !validOrigin(name) || len(key) != 1+size || (key[0] != typeEd25519 && key[0] != typeCosignature) {
		return "", nil, errKey
	}
	return name, key[1:], nil
}

// witness is the key of a witness: note.Verifier, and note.Signer if private.
type witness struct {
	name    string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	now     func() time.Time
}

// Name implements note.Verifier and note.Signer.
func (w *witness) Name() string { return w.name }

// KeyHash implements note.Verifier and note.Signer.
func (w *witness) KeyHash() uint32 {
	sum := sha256.Sum256(append(append([]byte(w.name), '\n', typeCosignature), w.public...))
	return binary.BigEndian.Uint32(sum[:])
}

// Sign implements note.Signer.
func (w *witness) Sign(msg []byte) ([]byte, error) {
	seconds := w.now().Unix()
	if seconds < 0 {
		return nil, errors.New("ledger: a cosignature cannot date from before 1970")
	}
	stamp := binary.BigEndian.AppendUint64(nil, uint64(seconds))
	return append(stamp, ed25519.Sign(w.private, cosigned(msg, uint64(seconds)))...), nil
}

// Verify implements note.Verifier.
func (w *witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(sig)
	return seconds < 1<<63 && ed25519.Verify(w.public, cosigned(msg, seconds), sig[8:])
}

// cosigned is the message under a cosignature.
func cosigned(msg []byte, seconds uint64) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, msg)
}

// CosignatureTimes returns when each known witness has cosigned the checkpoint,
// by the witness's name. It verifies like ParseCheckpoint.
func CosignatureTimes(c Checkpoint, known note.Verifiers) (map[string]time.Time, error) {
	if _, err := ParseCheckpoint(c.Note, known); err != nil {
		return nil, err
	}
	n, err := note.Open(c.Note, known)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	times := map[string]time.Time{}
	for _, sig := range n.Sigs {
		verifier, err := known.Verifier(sig.Name, sig.Hash)
		if _, ok := verifier.(*witness); !ok || err != nil {
			continue // the log's own signature carries no time
		}
		raw, err := base64.StdEncoding.DecodeString(sig.Base64)
		if err != nil || len(raw) < 12 {
			continue // note.Open has decoded and verified it
		}
		times[sig.Name] = time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC()
	}
	return times, nil
}

// AttachCosignatures adds signature lines, as witnesses answer them, to the
// published checkpoint in dir. known holds the keys of the log and the
// witnesses; lines of unknown keys are left out, and an invalid line refuses all,
// as does a checkpoint that was replaced since the witnesses saw it. A later line
// of a witness replaces its earlier one. It must not run beside Publish.
// Errors wrap ErrCheckpoint or come from the file system.
func AttachCosignatures(dir string, lines []byte, known note.Verifiers) (Checkpoint, error) {
	msg, err := readFile(os.DirFS(dir), checkpointPath, maxCheckpoint)
	if err != nil {
		return Checkpoint{}, err
	}
	c, err := ParseCheckpoint(msg, known)
	if err != nil {
		return Checkpoint{}, err
	}
	added, err := note.Open(append([]byte(c.text()+"\n"), lines...), known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	held, err := note.Open(msg, known)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	// The log's line comes first, so unknown keys follow the known ones.
	merged := &note.Note{Text: held.Text, UnverifiedSigs: held.UnverifiedSigs}
	for _, sig := range held.Sigs {
		if !containsKey(added.Sigs, sig) {
			merged.Sigs = append(merged.Sigs, sig)
		}
	}
	merged.Sigs = append(merged.Sigs, added.Sigs...)
	text, err := note.Sign(merged)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	if c, err = ParseCheckpoint(text, known); err != nil {
		return Checkpoint{}, err
	}
	files := newDurable(dir)
	if err := errors.Join(files.write(checkpointPath, text), files.sync()); err != nil {
		return Checkpoint{}, fmt.Errorf("ledger: publishing the checkpoint: %w", err)
	}
	return c, nil
}

func containsKey(sigs []note.Signature, of note.Signature) bool {
	for _, sig := range sigs {
		if sig.Name == of.Name && sig.Hash == of.Hash {
			return true
		}
	}
	return false
}
