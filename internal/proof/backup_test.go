package proof_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/servertest"
)

// opened is what an age identity gets out of a backup file.
func opened(t *testing.T, path string, id age.Identity) []byte {
	t.Helper()
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(bytes.NewReader(sealed), id)
	if err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("habeas-backup 1\n"))
	if _, err := io.ReadFull(plain, line); err != nil {
		t.Fatal(err)
	}
	frames, err := gzip.NewReader(plain)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(frames)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Proves PROT-01 and PROT-02.
func TestWhoStealsABackupLearnsNothing(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { stealBackup(t, databases{}) })
	t.Run("PostgreSQL", func(t *testing.T) { stealBackup(t, databases{Records: pgtest.Database(t), Keys: pgtest.Database(t)}) })
}

func stealBackup(t *testing.T, d databases) {
	t.Helper()
	h := newHeist(t, d)
	id, err := age.GenerateX25519Identity()
	h.Must(err)
	out := t.TempDir()
	made, err := app.Backup(t.Context(), app.BackupOptions{Dir: h.Dir, To: out, Recipients: []string{id.Recipient().String()}})
	h.Must(err)
	stolen := files(t, out)
	if len(stolen) != 2 {
		t.Fatalf("%d files, want records and keys", len(stolen))
	}
	h.nowhere(t, "as it lies", stolen)

	// Whoever also has the age key still has no master password.
	records, keys := opened(t, made.Records, id), opened(t, made.Keys, id)
	for _, plain := range []string{h.Organisation, "Booking desk"} { // in a file and in a row
		control := newSearcher()
		control.text("in plain text", plain)
		if len(control.find(records)) == 0 || made.Rows < 100 {
			t.Errorf("what is there in plain text is not found: %s", plain)
		}
	}
	h.nowhere(t, "with the age key", map[string][]byte{"records": records, "keys": keys})

	// Both files and the list of erasures are not enough either.
	identity := filepath.Join(t.TempDir(), "identity")
	h.Must(os.WriteFile(identity, []byte(id.String()), 0o600))
	tombstones := filepath.Join(h.Dir, backup.FileTombstones)
	o := app.RestoreOptions{
		Dir: filepath.Join(t.TempDir(), "there"), Records: made.Records, Keys: made.Keys,
		Identities: []string{identity}, Tombstones: []string{tombstones},
	}
	o.Password = keyring.NewPassword([]byte(strings.ToUpper(servertest.MasterPassword)))
	if _, err := app.Restore(t.Context(), o); !errors.Is(err, keyring.ErrWrongPassword) {
		t.Errorf("with another password: %v", err)
	}
	o.Password = keyring.NewPassword([]byte(servertest.MasterPassword))
	if _, err := app.Restore(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	h.Close()
	w := servertest.Open(t, o.Dir)
	if kept := string(held(w)); !strings.Contains(kept, apiPerson["identity"]["family_name"]) {
		t.Error("the restored server cannot read what it was told")
	}
	report, err := w.Examine(t.Context(), 1, false)
	h.Must(err)
	for _, f := range report.Findings {
		if !strings.HasPrefix(f.Code, "disk.") && f.Severity != backup.Good {
			t.Errorf("after the restore: %+v", f)
		}
	}
}

// Proves PTY-18.
func TestABackupFromBeforeAnErasureBringsNobodyBack(t *testing.T) {
	w := newWorld(t)
	desk := w.Connect("Booking desk")
	person, party := claimed(w, desk, "erased@example.org")
	id, err := age.GenerateX25519Identity()
	w.Must(err)
	identity := filepath.Join(t.TempDir(), "identity")
	w.Must(os.WriteFile(identity, []byte(id.String()), 0o600))
	made, err := app.Backup(t.Context(), app.BackupOptions{Dir: w.Dir, To: t.TempDir(), Recipients: []string{id.Recipient().String()}})
	w.Must(err)
	if r := person.Erase("erased@example.org"); r.Status != http.StatusOK {
		t.Fatalf("erasing: %d", r.Status)
	}
	list := filepath.Join(t.TempDir(), "tombstones")
	text, err := os.ReadFile(filepath.Join(w.Dir, backup.FileTombstones))
	w.Must(err)
	w.Must(os.WriteFile(list, text, 0o600))
	w.Close()

	there := filepath.Join(t.TempDir(), "there")
	restored, err := app.Restore(t.Context(), app.RestoreOptions{
		Dir: there, Records: made.Records, Keys: made.Keys, Identities: []string{identity}, Tombstones: []string{list}, Password: keyring.NewPassword([]byte(servertest.MasterPassword)),
	})
	w.Must(err)
	if restored.Again != 2 {
		t.Errorf("%d erased again, want the record and the account", restored.Again)
	}
	again := servertest.Open(t, there)
	if _, err := again.Keys.Key(t.Context(), habeas.SubjectOf(party)); habeas.KindOf(err) != habeas.KindGone {
		t.Errorf("the key: %v", err)
	}
	if _, err := again.DB.Records().Party(t.Context(), party); habeas.KindOf(err) != habeas.KindNotFound {
		t.Errorf("the record: %v", err)
	}
}
