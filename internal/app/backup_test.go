package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// engine is where a world keeps its stores.
type engine string

const (
	onSQLite   engine = "sqlite"
	onPostgres engine = "postgres"
)

// place is one installation: a directory, and databases where the engine wants them.
type place struct{ dir, records, keys string }

func (e engine) place(t testing.TB) place {
	t.Helper()
	p := place{dir: filepath.Join(t.TempDir(), "data")}
	if e == onPostgres {
		p.records, p.keys = pgtest.Database(t), pgtest.Database(t)
	}
	return p
}

// settings is the text of habeas.toml for a place.
func (p place) settings() string {
	text := "organisation = \"City Sports\"\n"
	if p.records != "" {
		text += fmt.Sprintf("\n[store]\nrecords = %q\nkeys = %q\n", p.records, p.keys)
	}
	return text
}

// vault is who can open backups.
type vault struct {
	recipient string
	identity  string // file
}

func newVault(t testing.TB) vault {
	t.Helper()
	id := must(age.GenerateX25519Identity())(t)
	v := vault{recipient: id.Recipient().String(), identity: filepath.Join(t.TempDir(), "identity.txt")}
	if err := os.WriteFile(v.identity, []byte(id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return v
}

// newWorldAt makes an installation at a place, with its settings file.
func newWorldAt(t testing.TB, p place, sets ...party.SetSchema) *world {
	t.Helper()
	w := &world{TB: t, sets: sets, dir: p.dir, dsn: p.records, clock: habeas.NewManualClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))}
	w.ok(os.MkdirAll(p.dir, 0o700))
	w.ok(os.WriteFile(filepath.Join(p.dir, app.SettingsFile), []byte(p.settings()), 0o600))
	keys, _, err := keyring.Create(w.ctx(), filepath.Join(p.dir, "keys.db"), keyring.NewPassword([]byte(masterPassword)), keyring.Options{Clock: w.clock, KDF: keyring.CheapKDF, DSN: p.keys})
	w.ok(err)
	w.open(keys)
	return w
}

// at opens what was restored to a place, at the same time as this world.
func (w *world) at(p place) *world {
	w.Helper()
	there := &world{TB: w.TB, sets: w.sets, dir: p.dir, dsn: p.records, clock: w.clock}
	there.open(must(keyring.Open(w.ctx(), filepath.Join(p.dir, "keys.db"), keyring.NewPassword([]byte(masterPassword)), keyring.Options{Clock: w.clock, DSN: p.keys}))(w))
	return there
}

func (w *world) backup(v vault) backup.Made {
	w.Helper()
	w.later(time.Second)
	return must(app.Backup(w.ctx(), app.BackupOptions{Dir: w.dir, To: w.TempDir(), Recipients: []string{v.recipient}, Clock: w.clock}))(w)
}

func (w *world) tombstones() string { return filepath.Join(w.dir, backup.FileTombstones) }

func (w *world) checkpoint() string { return filepath.Join(w.dir, "ledger", "checkpoint") }

// restoring are the options to restore a backup of this world at a place.
func (w *world) restoring(v vault, made backup.Made, p place) app.RestoreOptions {
	return app.RestoreOptions{
		Dir: p.dir, Records: made.Records, Keys: made.Keys, Identities: []string{v.identity}, Tombstones: []string{w.tombstones()},
		RecordsDSN: p.records, KeysDSN: p.keys, Password: keyring.NewPassword([]byte(masterPassword)), Clock: w.clock,
	}
}

// doctor examines a place that is not open and wants it to be without a fault.
func (w *world) doctor(p place) {
	w.Helper()
	w.clean(must(app.Doctor(w.ctx(), app.DoctorOptions{
		Dir: p.dir, Clock: w.clock, Password: func() (keyring.Password, error) { return keyring.NewPassword([]byte(masterPassword)), nil },
	}))(w))
}

// examined is doctor inside a running server.
func (w *world) examined() backup.Report {
	w.Helper()
	r := must(w.Examine(w.ctx(), 1, false))(w)
	w.clean(r)
	return r
}

// clean wants a report without findings about the installation.
func (w *world) clean(r backup.Report) {
	w.Helper()
	for _, f := range r.Findings {
		if f.Severity != backup.Good && f.Code != "disk.low" && f.Code != "disk.full" { // of the machine that tests
			w.Errorf("doctor: %+v", f)
		}
	}
}

// refused checks within a subtest that something was refused with a code.
func refused(t *testing.T, err error, code string) {
	t.Helper()
	var e *habeas.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got %v, want a refusal %q", err, code)
	}
}

// engines runs a test for each pair of engines.
func engines(t *testing.T, test func(t *testing.T, from, to engine)) {
	for _, from := range []engine{onSQLite, onPostgres} {
		for _, to := range []engine{onSQLite, onPostgres} {
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) { test(t, from, to) })
		}
	}
}

func TestABackupMadeUnderLoadHoldsWhatWasAcknowledgedBefore(t *testing.T) {
	engines(t, func(t *testing.T, from, to engine) {
		w, v := newWorldAt(t, from.place(t)), newVault(t)
		bookings := w.connect("City Bookings")
		var acknowledged []party.Reference
		for i := range 50 {
			_, ref := bookings.say(fmt.Sprintf("before%d@example.org", i), person("Before", fmt.Sprint("Number", i), ""))
			acknowledged = append(acknowledged, ref)
		}
		tim, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"))
		ctx, stop := context.WithCancel(w.ctx())
		var load sync.WaitGroup
		for n := range 4 {
			load.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					in := party.Assertion{Values: person("During", "Load", ""), Email: w.address(fmt.Sprintf("during%d-%d@example.org", n, i)), HasEmail: true}
					if _, err := w.Systems.Records().FindOrCreate(ctx, bookings.actor, in); err != nil && ctx.Err() == nil {
						t.Error(err)
					}
				}
			})
		}
		end := func() { stop(); load.Wait() }
		t.Cleanup(end) // also when the backup fails
		made := w.backup(v)
		end()

		there := to.place(t)
		r := must(app.Restore(w.ctx(), w.restoring(v, made, there)))(w)
		if r.Root != made.Root || r.Size != made.TreeSize || r.Rows != made.Rows {
			t.Errorf("restored %+v, want what was backed up: %+v", r, made)
		}
		w.doctor(there)
		again := w.at(there)
		desk := system{again, bookings.actor}
		for _, ref := range acknowledged {
			desk.partyOf(ref)
		}
		again.claims(tim)
		again.examined()
	})
}

// claims lets Tim claim his record and change it.
func (w *world) claims(id habeas.PartyID) {
	w.Helper()
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	if r := w.held(id); r.Party.Account != tim.Account || field(r, "identity", "family_name").Current.Text != "Berger" {
		w.Errorf("after the claim the record is %+v", r.Party)
	}
}

func TestABackupMovesBetweenEnginesAndBack(t *testing.T) {
	w, v := newWorldAt(t, onSQLite.place(t)), newVault(t)
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"), ticket("T-1", "Course"))
	w.accept(w.join("tim@example.org"), id, nil)
	w.ok(w.Ledger.Publish(w.ctx()))
	from := w
	for _, to := range []engine{onPostgres, onSQLite} {
		made := from.backup(v)
		before := from.examined()
		there := to.place(t)
		o := from.restoring(v, made, there)
		o.Checkpoint = from.checkpoint() // a planned move: nothing was written since
		r := must(app.Restore(w.ctx(), o))(w)
		if r.Root != before.Checked.Root || r.Renamed || r.Lost != 0 || r.Origin != "records.example.org/ledger" {
			t.Errorf("to %s: %+v, want root %s under the same name", to, r, before.Checked.Root)
		}
		w.doctor(there)
		from = w.at(there)
		if after := from.examined(); after.Checked.Leaves != before.Checked.Leaves+1 {
			t.Errorf("to %s: the ledger has %d entries, had %d", to, after.Checked.Leaves, before.Checked.Leaves)
		}
	}
	if got := field(from.held(id), "identity", "given_name").Current.Text; got != "Tim" {
		t.Errorf("after both moves the record says %q", got)
	}
}

// Proves PTY-18.
func TestWhoWasErasedAfterTheBackupStaysErased(t *testing.T) {
	engines(t, func(t *testing.T, from, to engine) {
		w, v := newWorldAt(t, from.place(t)), newVault(t)
		bookings := w.connect("City Bookings")
		id, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"), ticket("T-1", "Course"))
		eva, _ := bookings.say("eva@example.org", person("Eva", "Roth", ""))
		tim := w.join("tim@example.org")
		w.accept(tim, id, nil)
		made := w.backup(v)
		old := filepath.Join(t.TempDir(), "old")
		w.ok(os.WriteFile(old, must(os.ReadFile(w.tombstones()))(w), 0o600))
		must(w.Records.EraseMe(w.ctx(), tim))(w)

		later := w.backup(v)
		o := w.restoring(v, later, onSQLite.place(t))
		o.Tombstones = []string{old}
		_, err := app.Restore(w.ctx(), o)
		w.refused(err, "restore.old-tombstones")

		there := to.place(t)
		o = w.restoring(v, made, there)
		o.Tombstones = []string{old, w.tombstones()} // merged
		r := must(app.Restore(w.ctx(), o))(w)
		if r.Erased != 2 || r.Again != 2 {
			t.Errorf("%d on the list, %d erased again; want the record and the account", r.Erased, r.Again)
		}
		w.doctor(there)
		again := w.at(there)
		for _, subject := range []habeas.SubjectID{habeas.SubjectOf(id), habeas.SubjectOf(tim.Account)} {
			if _, err := again.Keys.Key(w.ctx(), subject); habeas.KindOf(err) != habeas.KindGone {
				t.Errorf("the key of %s is back: %v", subject, err)
			}
		}
		if _, err := again.DB.Records().Party(w.ctx(), id); habeas.KindOf(err) != habeas.KindNotFound {
			t.Errorf("the record is back: %v", err)
		}
		if again.held(eva).Party.ID != eva {
			t.Error("somebody else's record is gone")
		}
		again.examined()
	})
}

func TestARestoredLogNeverForksOneThatWasPublished(t *testing.T) {
	w, v := newWorldAt(t, onSQLite.place(t)), newVault(t)
	bookings := w.connect("City Bookings")
	bookings.say("tim@example.org", person("Tim", "Berger", ""))
	w.ok(w.Ledger.Publish(w.ctx()))
	early := filepath.Join(t.TempDir(), "early")
	w.ok(os.WriteFile(early, must(os.ReadFile(w.checkpoint()))(w), 0o600))
	made := w.backup(v)
	bookings.say("eva@example.org", person("Eva", "Roth", ""))
	bookings.say("nora@example.org", person("Nora", "Quill", ""))
	w.ok(w.Ledger.Publish(w.ctx()))

	for name, c := range map[string]struct {
		checkpoint string
		renamed    bool
		lost       int64
	}{
		"nobody knows where it ended": {"", true, -1},
		"two entries are lost":        {w.checkpoint(), true, 2},
		"nothing is lost":             {early, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			there := onSQLite.place(t)
			o := w.restoring(v, made, there)
			o.Checkpoint = c.checkpoint
			r := must(app.Restore(w.ctx(), o))(w)
			if r.Renamed != c.renamed || r.Lost != c.lost {
				t.Errorf("got %+v", r)
			}
			again := w.at(there)
			checked := again.verify()
			if same := checked.Origin == "records.example.org/ledger"; same == c.renamed || checked.Origin != r.Origin {
				t.Errorf("the log is called %s, the report says %s", checked.Origin, r.Origin)
			}
			if checked.Leaves != made.TreeSize+1 {
				t.Errorf("%d entries, want those of the backup and the restore", checked.Leaves)
			}
		})
	}
}

func TestAReceiptFromBeforeARestoreStillHolds(t *testing.T) {
	w, v := newWorldAt(t, onSQLite.place(t)), newVault(t)
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	w.ok(w.Ledger.Publish(w.ctx()))
	receipt := must(w.Records.Erase(w.ctx(), tim, id))(w)
	w.ok(w.Ledger.Publish(w.ctx()))
	for _, l := range w.activity(tim) {
		if text, pending, err := w.Records.Receipt(w.ctx(), tim, l.ID); err == nil && !pending {
			receipt = text
		}
	}
	made := w.backup(v)
	there := onSQLite.place(t)
	r := must(app.Restore(w.ctx(), w.restoring(v, made, there)))(w)
	if !r.Renamed {
		t.Fatal("the log kept its name")
	}
	if _, err := app.CheckReceipt(receipt, "", there.dir); err != nil {
		t.Errorf("the receipt: %v", err)
	}
	w.at(there).verify()
}

func TestARestoreThatCannotBeRightChangesNothing(t *testing.T) {
	w, v := newWorldAt(t, onSQLite.place(t)), newVault(t)
	w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	early := w.backup(v)
	w.connect("Library").say("eva@example.org", person("Eva", "Roth", ""))
	made := w.backup(v)
	other := newWorldAt(t, onSQLite.place(t))
	theirs := other.backup(v)
	altered := func(path string, change func([]byte) []byte) string {
		out := filepath.Join(t.TempDir(), filepath.Base(path))
		w.ok(os.WriteFile(out, change(must(os.ReadFile(path))(w)), 0o600))
		return out
	}
	half := func(b []byte) []byte { return b[:len(b)/2] }
	flip := func(b []byte) []byte { b = bytes.Clone(b); b[len(b)/2] ^= 1; return b }
	full := t.TempDir()
	w.ok(os.WriteFile(filepath.Join(full, "something"), nil, 0o600))

	for name, c := range map[string]struct {
		change func(*app.RestoreOptions)
		code   string
		late   bool
	}{
		"the identity of somebody else": {func(o *app.RestoreOptions) { o.Identities = []string{newVault(t).identity} }, "restore.identity", false},
		"no identity":                   {func(o *app.RestoreOptions) { o.Identities = nil }, "restore.identity", false},
		"keys for records":              {func(o *app.RestoreOptions) { o.Records = o.Keys }, "restore.kind", false},
		"records for keys":              {func(o *app.RestoreOptions) { o.Keys = o.Records }, "restore.kind", false},
		"keys of another server":        {func(o *app.RestoreOptions) { o.Keys = theirs.Keys }, "restore.other-keys", false},
		"keys that are too old":         {func(o *app.RestoreOptions) { o.Keys = early.Keys }, "restore.old-keys", false},
		"no such file":                  {func(o *app.RestoreOptions) { o.Records += "x" }, "restore.no-file", false},
		"records cut off":               {func(o *app.RestoreOptions) { o.Records = altered(o.Records, half) }, "restore.damaged", false},
		"records altered":               {func(o *app.RestoreOptions) { o.Records = altered(o.Records, flip) }, "restore.damaged", true},
		"keys cut off":                  {func(o *app.RestoreOptions) { o.Keys = altered(o.Keys, half) }, "restore.damaged", true},
		"no age file":                   {func(o *app.RestoreOptions) { o.Records = w.tombstones() }, "restore.no-backup", false},
		"no list of erasures":           {func(o *app.RestoreOptions) { o.Tombstones = nil }, "restore.no-tombstones", false},
		"a list that is not there":      {func(o *app.RestoreOptions) { o.Tombstones = []string{full + "/none"} }, "restore.no-tombstones", false},
		"a damaged list":                {func(o *app.RestoreOptions) { o.Tombstones = []string{v.identity} }, "restore.bad-tombstones", false},
		"another's checkpoint":          {func(o *app.RestoreOptions) { o.Checkpoint = other.checkpoint() }, "restore.checkpoint", true},
		"a directory in use":            {func(o *app.RestoreOptions) { o.Dir = full }, "restore.not-empty", false},
		"the wrong password":            {func(o *app.RestoreOptions) { o.Password = keyring.NewPassword([]byte("incorrect horse battery")) }, "keyring.wrong-password", true},
	} {
		t.Run(name, func(t *testing.T) {
			on := []engine{onSQLite}
			if c.late { // after the databases were written to
				on = append(on, onPostgres)
			}
			for _, e := range on {
				there := e.place(t)
				o := w.restoring(v, made, there)
				c.change(&o)
				_, err := app.Restore(w.ctx(), o)
				refused(t, err, c.code)
				parent := must(os.ReadDir(filepath.Dir(there.dir)))(w)
				if len(parent) > 0 {
					t.Errorf("%s: it left %v behind", e, parent)
				}
				if e == onPostgres && o.Dir == there.dir {
					empty(t, there.records)
					empty(t, there.keys)
					must(app.Restore(w.ctx(), w.restoring(v, made, there)))(w)
				}
			}
		})
	}
}

// empty wants nothing in a database: no table, view, sequence, function or type.
func empty(t *testing.T, dsn string) {
	t.Helper()
	var left string
	const text = `SELECT coalesce(string_agg(n, ', '), '') FROM (
		SELECT relname::text n FROM pg_class WHERE relnamespace = current_schema()::regnamespace
		UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
		UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = current_schema()::regnamespace) left_over`
	if err := pgtest.Behind(t, "", dsn).QueryRowContext(t.Context(), text).Scan(&left); err != nil || left != "" {
		t.Errorf("left in the database: %s (%v)", left, err)
	}
}

func TestABackupIsAlwaysEncryptedAndNeverPartial(t *testing.T) {
	w, v := newWorldAt(t, onSQLite.place(t)), newVault(t)
	w.connect("City Bookings").say("tim@example.org", person("Tim", "Berger", ""))
	to := t.TempDir()
	for name, c := range map[string]struct {
		change func(*app.BackupOptions)
		code   string
	}{
		"no recipient":               {func(o *app.BackupOptions) { o.Recipients = nil }, "backup.no-recipient"},
		"a recipient that is none":   {func(o *app.BackupOptions) { o.Recipients = []string{"me"} }, "backup.recipient"},
		"into the data directory":    {func(o *app.BackupOptions) { o.To = filepath.Join(w.dir, "backups") }, "backup.inside"},
		"the data directory itself":  {func(o *app.BackupOptions) { o.To = w.dir }, "backup.inside"},
		"a list that cannot be read": {func(o *app.BackupOptions) { o.RecipientFile = to + "/none" }, "backup.recipient"},
	} {
		t.Run(name, func(t *testing.T) {
			o := app.BackupOptions{Dir: w.dir, To: to, Recipients: []string{v.recipient}, Clock: w.clock}
			c.change(&o)
			_, err := app.Backup(w.ctx(), o)
			refused(t, err, c.code)
		})
	}
	ctx, cancel := context.WithCancel(w.ctx())
	cancel()
	if _, err := app.Backup(ctx, app.BackupOptions{Dir: w.dir, To: to, Recipients: []string{v.recipient}, Clock: w.clock}); err == nil {
		t.Error("an interrupted backup succeeded")
	}
	if left := must(os.ReadDir(to))(w); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	list := filepath.Join(t.TempDir(), "tombstones")
	made := must(app.Backup(w.ctx(), app.BackupOptions{Dir: w.dir, To: to, Recipients: []string{v.recipient}, Tombstones: list, Clock: w.clock}))(w)
	for _, path := range []string{made.Records, made.Keys, list} {
		info := must(os.Stat(path))(w)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
	}
	head := must(os.ReadFile(made.Records))(w)
	if !strings.HasPrefix(string(head), "age-encryption.org/v1") {
		t.Error("the records file is no age file")
	}
	if _, err := app.Backup(w.ctx(), app.BackupOptions{Dir: w.dir, To: to, Recipients: []string{v.recipient}, Clock: w.clock}); err == nil {
		t.Error("a backup was overwritten")
	}
	if _, err := os.Stat(made.Records); errors.Is(err, os.ErrNotExist) {
		t.Error("the backup is gone")
	}
}
