package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/ledger"
)

// ledgerDir is where checkpoint and tiles are published, below the data directory.
const ledgerDir = "ledger"

// keyFile holds the verifier key, in ledgerDir.
const keyFile = "key"

// formerKeysFile holds the verifier keys of the names that the log had before it was
// restored, one a line: receipts that were given under them still hold.
const formerKeysFile = "former-keys"

// Ledger publishes the rows of the store as C2SP tiles and checkpoints and makes
// receipts against the newest checkpoint. It implements RecordLedger.
type Ledger struct {
	dir       string
	source    ledger.Source
	signer    note.Signer
	verifiers note.Verifiers
	key       string // verifier key, public

	mu   sync.Mutex // one Publish at a time; guards last
	last ledger.Checkpoint
}

// named is a source whose log got another name when it was restored (ADR 0016).
type named interface {
	LedgerName(ctx context.Context) (sqlstore.LedgerName, error)
}

// OpenLedger makes the signing key at the first start and keeps its public half in
// DIR/ledger/key, so that the log can be verified while the server is sealed.
func OpenLedger(ctx context.Context, dir, origin string, keys *keyring.Ring, source ledger.Source) (*Ledger, error) {
	name := sqlstore.LedgerName{Origin: origin, Secret: "ledger-signing-key"}
	if n, ok := source.(named); ok {
		is, err := n.LedgerName(ctx)
		if err != nil {
			return nil, err
		}
		if is.Secret != "" {
			name = is
		}
	}
	secret, err := keys.Secret(ctx, name.Secret, func() ([]byte, error) { return newLedgerKey(name.Origin) })
	if err != nil {
		return nil, err
	}
	key, err := readLedgerKey(secret)
	if err != nil {
		return nil, err
	}
	verifiers, err := formerVerifiers(name.Former)
	if err != nil {
		return nil, err
	}
	l := &Ledger{
		dir: filepath.Join(dir, ledgerDir), source: source, signer: key,
		verifiers: note.VerifierList(append(verifiers, key.Verifier)...), key: key.text,
	}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(l.dir, keyFile), []byte(key.text+"\n"), 0o644); err != nil {
		return nil, err
	}
	if len(name.Former) > 0 {
		former := strings.Join(name.Former, "\n") + "\n"
		if err := os.WriteFile(filepath.Join(l.dir, formerKeysFile), []byte(former), 0o644); err != nil {
			return nil, err
		}
	}
	return l, l.Publish(ctx)
}

// formerVerifiers reads the keys of the names that the log had before.
func formerVerifiers(keys []string) ([]note.Verifier, error) {
	out := make([]note.Verifier, len(keys))
	for i, key := range keys {
		var err error
		if out[i], err = note.NewVerifier(key); err != nil {
			return nil, fmt.Errorf("read a former key of the ledger: %w", err)
		}
	}
	return out, nil
}

// VerifierKey returns the public key in the form of package note.
func (l *Ledger) VerifierKey() string { return l.key }

// settler is a source whose rows get their place in the tree only a moment after they
// were written.
type settler interface {
	Settle(ctx context.Context, events ...habeas.EventID) error
}

// settleTime is how long Publish waits for what was just written.
const settleTime = 5 * time.Second

// published returns how many leaves stand under the signed checkpoint.
func (l *Ledger) published() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last.Size
}

// Publish brings the tiles up to date, with what was written before the call, and
// signs a checkpoint when the log has grown.
func (l *Ledger) Publish(ctx context.Context) error {
	if s, ok := l.source.(settler); ok {
		wait, cancel := context.WithTimeout(ctx, settleTime)
		defer cancel()
		if err := s.Settle(wait); err != nil && wait.Err() == nil {
			return err
		}
	}
	return l.publish(ctx)
}

// publish signs what has its place. The size is read from the tree that all nodes
// share, so no node signs less than another one has signed before.
func (l *Ledger) publish(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	size, err := l.source.Size(ctx)
	if err != nil {
		return err
	}
	if size == l.last.Size && l.last.Origin != "" {
		return nil
	}
	c, err := ledger.Publish(ctx, l.dir, l.source, l.signer)
	if err != nil {
		return err
	}
	l.last = c
	return nil
}

// Keep publishes every second until ctx ends, and once more then, so that what was
// acknowledged is covered when the server stops in peace.
func (l *Ledger) Keep(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			final, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			if err := l.Publish(final); err != nil {
				failed(err)
			}
			cancel()
			return
		}
		if err := l.publish(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// Receipt implements RecordLedger.
func (l *Ledger) Receipt(ctx context.Context, index int64, extra []byte) ([]byte, bool, error) {
	l.mu.Lock()
	c := l.last
	l.mu.Unlock()
	if index >= c.Size {
		return nil, true, nil
	}
	r, err := ledger.NewReceipt(ctx, l.source, c, index)
	if err != nil {
		return nil, false, err
	}
	r.Extra = extra
	text, err := r.Marshal()
	return text, false, err
}

// Check implements RecordLedger. The finding is a sentence of the catalogue in
// which {leaf} stands for the index.
func (l *Ledger) Check(receipt, leaf []byte) (bool, string) {
	r, err := ledger.ParseReceipt(receipt)
	if err != nil {
		return false, "The receipt cannot be read: it was changed."
	}
	if _, err := r.Verify(leaf, l.verifiers); err != nil {
		return false, "Leaf {leaf} was changed: it does not lead to the signed checkpoint any more."
	}
	return true, "Leaf {leaf} leads to the signed checkpoint: this line is as it was written."
}
