package backup

import (
	"encoding/json"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/ledger"
)

// formatVersion is the version of the frames' meaning. A reader refuses a newer one.
const formatVersion = 1

// Kind tells the two files of a backup apart.
type Kind string

// The kinds of files.
const (
	KindRecords Kind = "records"
	KindKeys    Kind = "keys"
)

// Manifest is the first frame of a file: what it holds.
type Manifest struct {
	Format int       `json:"format"`
	Kind   Kind      `json:"kind"`
	Backup string    `json:"backup"` // random, the same in both files
	MadeAt time.Time `json:"made_at"`
	Ring   string    `json:"ring"`   // identifier of the key store, hex
	Erased int       `json:"erased"` // lines of the list of erasures at that time

	// Of the records only.
	Engine string           `json:"engine,omitempty"`
	Schema int64            `json:"schema,omitempty"`
	Tables []sqlstore.Table `json:"tables,omitempty"`
	Ledger *Tree            `json:"ledger,omitempty"`
}

// Tree is the state of the ledger in a backup.
type Tree struct {
	Size        int64  `json:"size"` // leaves with a place in the tree
	Root        string `json:"root"`
	Checkpoint  string `json:"checkpoint,omitempty"` // newest signed one, as published
	VerifierKey string `json:"verifier_key"`
}

// Origin returns the name of the log, "" while nothing was published.
func (t *Tree) Origin() string {
	c, err := t.checkpoint()
	if err != nil || c == nil {
		return ""
	}
	return c.Origin
}

// checkpoint returns the signed checkpoint, nil when there is none.
func (t *Tree) checkpoint() (*ledger.Checkpoint, error) {
	if t.Checkpoint == "" {
		return nil, nil
	}
	v, err := note.NewVerifier(t.VerifierKey)
	if err != nil {
		return nil, err
	}
	c, err := ledger.ParseCheckpoint([]byte(t.Checkpoint), note.VerifierList(v))
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// file is the payload of a file frame.
type file struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

var (
	errNotBackup = habeas.Invalid("file", "This file is no backup of Habeas.").WithCode("restore.no-backup")
	errNewer     = habeas.Unavailable("This backup was made by a newer version of Habeas. Restore it with that version.").WithCode("restore.newer")
	errDamaged   = habeas.Invalid("file", "This backup is damaged: it was cut off or changed. Take another copy of it.").WithCode("restore.damaged")
	errKind      = habeas.Invalid("file", "This file holds the other half of a backup: --records wants habeas-records-….age, --keys wants habeas-keys-….age.").WithCode("restore.kind")
)

// readManifest reads the first frame and checks that the file is of a kind.
func readManifest(r *frameReader, kind Kind) (m Manifest, err error) {
	first, payload, err := r.next()
	if err != nil || first != frameManifest {
		return m, errDamaged.WithCause(err)
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return m, errDamaged
	}
	switch {
	case m.Format > formatVersion:
		return m, errNewer
	case m.Format < 1 || m.Kind == KindRecords && m.Ledger == nil:
		return m, errDamaged
	case m.Kind != kind:
		return m, errKind
	}
	return m, nil
}
