package backup

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/habeas-data/habeas/ledger"
)

// Where the ledger is published, below the data directory.
const (
	ledgerDir      = "ledger"
	fileKey        = "key"        // verifier key
	fileCheckpoint = "checkpoint" // newest signed tree
)

// readPublished reads the verifier key and the newest checkpoint of a data directory.
// Both are empty when nothing was published yet.
func readPublished(dir string) (*Tree, error) {
	t := &Tree{}
	for name, to := range map[string]*string{fileKey: &t.VerifierKey, fileCheckpoint: &t.Checkpoint} {
		text, err := os.ReadFile(filepath.Join(dir, ledgerDir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		*to = string(text)
	}
	t.VerifierKey = strings.TrimSpace(t.VerifierKey)
	return t, nil
}

// rootAt computes the root of the first size leaves from the stored hashes.
func rootAt(ctx context.Context, src ledger.Source, size int64) (tlog.Hash, error) {
	return tlog.TreeHash(size, ledger.HashReader(ctx, src))
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // NTFS journals names itself and refuses to flush a directory
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
