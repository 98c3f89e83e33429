package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/ledger"
)

// Verification is what `habeas audit verify` found.
type Verification struct {
	Leaves     int64    `json:"leaves"`
	Published  int64    `json:"published"` // leaves under the signed checkpoint
	Files      int64    `json:"files"`
	Root       string   `json:"root"`
	Origin     string   `json:"origin"`
	Faults     []string `json:"faults"`
	FaultCount int64    `json:"fault_count"`
}

// VerifyAudit recomputes the whole ledger of a data directory: rows against tiles,
// tiles against the signed checkpoint, and the form of every leaf. It needs no
// password, and the server may be running.
func VerifyAudit(ctx context.Context, dir string, progress func(done, total int64)) (Verification, error) {
	settings, err := ReadSettings(dir)
	if err != nil {
		return Verification{}, err
	}
	dsn, err := settings.recordsDSN()
	if err != nil {
		return Verification{}, err
	}
	return VerifyRecords(ctx, sqlstore.Config{Dir: dir, DSN: dsn}, progress)
}

// VerifyRecords is VerifyAudit for records that may stand on PostgreSQL; Dir and DSN
// of cfg are looked at.
func VerifyRecords(ctx context.Context, cfg sqlstore.Config, progress func(done, total int64)) (Verification, error) {
	verifiers, err := readVerifier(cfg.Dir)
	if errors.Is(err, errLedgerKey) {
		// Without the key no signature can be judged: that is a finding, not wrong usage.
		return Verification{Faults: []string{keyFile + ": is not the key that the server wrote; a copy of the key elsewhere shows what it was"}, FaultCount: 1}, nil
	}
	if err != nil {
		return Verification{}, err
	}
	rows, err := sqlstore.OpenLeaves(ctx, cfg)
	if err != nil {
		return Verification{}, err
	}
	defer rows.Close()
	found, sum, err := ledger.Verify(ctx, filepath.Join(cfg.Dir, ledgerDir), rows, verifiers, progress)
	if err != nil {
		return Verification{}, err
	}
	v := Verification{
		Leaves: sum.Size, Published: sum.Checkpoint.Size, Files: sum.Files, Root: sum.Root.String(),
		Origin: sum.Checkpoint.Origin, FaultCount: sum.Faults, Faults: []string{},
	}
	for _, f := range found {
		v.Faults = append(v.Faults, f.String())
	}
	err = rows.Rows(ctx, 0, sum.Rows, func(r ledger.Row) error {
		if _, err := audit.ParseLeaf(r.Leaf); err != nil {
			v.FaultCount++
			if len(v.Faults) < 100 {
				v.Faults = append(v.Faults, fmt.Sprintf("leaf %d: %v", r.Index, err))
			}
		}
		return nil
	})
	return v, err
}

func readVerifier(dir string) (note.Verifiers, error) {
	text, err := os.ReadFile(filepath.Join(dir, ledgerDir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, habeas.NotFound("There is no ledger in this directory. Name the data directory with --dir.").WithCode("ledger.none")
	}
	if err != nil {
		return nil, err
	}
	return parseVerifier(strings.TrimSuffix(string(text), "\n"))
}

// errLedgerKey is about a key that cannot be read.
var errLedgerKey = habeas.Invalid("key", "This is not a verifier key. It looks like name+hash+key and stands in DIR/ledger/key.").WithCode("ledger.key")

func parseVerifier(key string) (note.Verifiers, error) {
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, errLedgerKey
	}
	return note.VerifierList(v), nil
}

// Checked is what a receipt says once it has been verified offline.
type Checked struct {
	Index  int64           `json:"index"`
	Size   int64           `json:"size"` // of the tree that the checkpoint signs
	Origin string          `json:"origin"`
	Event  audit.Event     `json:"event"`
	Hour   string          `json:"hour"`
	Detail json.RawMessage `json:"detail"`
}

// CheckReceipt verifies a receipt with nothing but the public key: the leaf leads to
// the signed checkpoint, and the detail is what the leaf commits to. key may be
// empty; then dir says where the ledger's key lies.
func CheckReceipt(text []byte, key, dir string) (Checked, error) {
	verifiers, err := readOrParse(key, dir)
	if err != nil {
		return Checked{}, err
	}
	if at := bytes.Index(text, []byte("\n"+proofBegins)); at >= 0 {
		text = text[at+1:] // a certificate: its words stand before the proof, and prove nothing
	}
	r, err := ledger.ParseReceipt(text)
	if err != nil {
		return Checked{}, err
	}
	var o Opening
	// Nothing signs the opening itself, so only the one spelling that we write counts.
	if err := json.Unmarshal(r.Extra, &o); err != nil || !o.writtenAs(r.Extra) {
		return Checked{}, habeas.Invalid("receipt", "This receipt carries no leaf and detail, or they were changed.").WithCode("receipt.opening")
	}
	c, err := r.Verify([]byte(o.Leaf), verifiers)
	if err != nil {
		return Checked{}, err
	}
	leaf, err := audit.ParseLeaf([]byte(o.Leaf))
	if err != nil {
		return Checked{}, err
	}
	eventKey, err := base64.RawURLEncoding.Strict().DecodeString(o.Key)
	if err != nil || !leaf.Opens(eventKey, []byte(o.Detail)) {
		return Checked{}, habeas.Invalid("receipt", "The detail is not what the leaf commits to: it was changed.").WithCode("receipt.detail")
	}
	return Checked{
		Index: r.Index, Size: c.Size, Origin: c.Origin, Event: leaf.Event,
		Hour: leaf.Hour.Format("2006-01-02 15:00 UTC"), Detail: json.RawMessage(o.Detail),
	}, nil
}

// writtenAs reports whether text is the opening as a receipt writes it.
func (o Opening) writtenAs(text []byte) bool {
	own, err := json.Marshal(o)
	return err == nil && bytes.Equal(own, text)
}

func readOrParse(key, dir string) (note.Verifiers, error) {
	if key != "" {
		return parseVerifier(strings.TrimSpace(key))
	}
	text, err := os.ReadFile(filepath.Join(dir, ledgerDir, formerKeysFile))
	if errors.Is(err, fs.ErrNotExist) {
		return readVerifier(dir)
	}
	if err != nil {
		return nil, err
	}
	verifiers, err := formerVerifiers(strings.Fields(string(text)))
	if err != nil {
		return nil, errLedgerKey
	}
	current, err := os.ReadFile(filepath.Join(dir, ledgerDir, keyFile))
	if err != nil {
		return nil, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(current)))
	if err != nil {
		return nil, errLedgerKey
	}
	return note.VerifierList(append(verifiers, verifier)...), nil
}
