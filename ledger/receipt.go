package ledger

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	receiptHeader = "c2sp.org/tlog-proof@v1"
	maxProof      = 56 // hashes: log₂ of MaxSize

	// MaxExtra is the longest extra data of a receipt in bytes.
	MaxExtra = 1 << 16
	// maxReceipt bounds the text of a receipt in bytes.
	maxReceipt = maxCheckpoint + 2*MaxExtra
)

// ErrReceipt says that a receipt is malformed.
var ErrReceipt = errors.New("ledger: bad receipt")

// Receipt proves without any network that a leaf is in a log: the leaf's
// position, the path to the root, and the checkpoint that signs the root. Its
// text form is C2SP tlog-proof, usually in a file called something.tlog-proof.
type Receipt struct {
	Index      int64
	Proof      []tlog.Hash // from the leaf's sibling up
	Checkpoint []byte      // signed note, verbatim, with any cosignatures
	Extra      []byte      // not authenticated by anything; at most MaxExtra bytes
}

// NewReceipt makes the receipt for the leaf at index in the tree of a published
// checkpoint. While the checkpoint does not cover the leaf yet, the answer is
// ErrRange and the caller may say "pending".
func NewReceipt(ctx context.Context, src Source, c Checkpoint, index int64) (Receipt, error) {
	if len(c.Note) == 0 {
		return Receipt{}, fmt.Errorf("%w: a receipt needs a signed checkpoint", ErrReceipt)
	}
	proof, err := Inclusion(ctx, src, index, c.Size)
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{Index: index, Proof: proof, Checkpoint: c.Note}, nil
}

// Marshal returns the text form, which ParseReceipt reads back unchanged.
func (r Receipt) Marshal() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(receiptHeader + "\n")
	if len(r.Extra) > 0 {
		fmt.Fprintf(&b, "extra %s\n", base64.StdEncoding.EncodeToString(r.Extra))
	}
	fmt.Fprintf(&b, "index %d\n", r.Index)
	for _, h := range r.Proof {
		b.WriteString(h.String() + "\n")
	}
	b.WriteByte('\n')
	b.Write(r.Checkpoint)
	// Never hand out what the reader would refuse.
	if _, err := ParseReceipt(b.Bytes()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ParseReceipt reads the text form. It is strict: canonical numbers and base64,
// no more hashes than a tree can need, bounded length, a well-formed checkpoint.
// It verifies no signature and no proof: call Verify. Errors wrap ErrReceipt.
func ParseReceipt(text []byte) (Receipt, error) {
	r, err := parseReceipt(text)
	if err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	return r, nil
}

func parseReceipt(text []byte) (r Receipt, err error) {
	if len(text) > maxReceipt {
		return r, fmt.Errorf("more than %d bytes", maxReceipt)
	}
	head, checkpoint, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok {
		return r, errors.New("no checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != receiptHeader {
		return r, errors.New("the first line is another format")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		r.Extra, err = decodeBase64(strings.TrimPrefix(lines[0], "extra "))
		if err != nil || len(r.Extra) == 0 || len(r.Extra) > MaxExtra {
			return Receipt{}, fmt.Errorf("the extra data is not 1 to %d bytes in base64", MaxExtra)
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return Receipt{}, errors.New("no index")
	}
	if r.Index, err = parseDecimal(strings.TrimPrefix(lines[0], "index ")); err != nil {
		return Receipt{}, errors.New("the index is no number up to " + strconv.FormatInt(MaxSize, 10))
	}
	if lines = lines[1:]; len(lines) > maxProof {
		return Receipt{}, fmt.Errorf("a proof of more than %d hashes", maxProof)
	}
	for _, line := range lines {
		h, err := parseHash(line)
		if err != nil {
			return Receipt{}, errors.New("a line of the proof is no hash in base64")
		}
		r.Proof = append(r.Proof, h)
	}
	if _, err := readCheckpoint(checkpoint); err != nil {
		return Receipt{}, err
	}
	r.Checkpoint = bytes.Clone(checkpoint)
	return r, nil
}

// Verify checks offline that the log behind the known keys holds the leaf, and
// returns the checkpoint that says so. It wants the log's own signature; a
// policy on witnesses looks at the Signers of the result. Errors wrap
// ErrCheckpoint or ErrProof. Extra is not covered.
func (r Receipt) Verify(leaf []byte, known note.Verifiers) (Checkpoint, error) {
	c, err := ParseCheckpoint(r.Checkpoint, known)
	if err != nil {
		return Checkpoint{}, err
	}
	if err := VerifyInclusion(c, r.Index, leaf, r.Proof); err != nil {
		return Checkpoint{}, err
	}
	return c, nil
}
