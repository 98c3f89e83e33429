package app_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
)

// patient is an installation with a person, an account, a booking and a mail.
func patient(t *testing.T) (*world, habeas.PartyID) {
	t.Helper()
	w := newWorldAt(t, onSQLite.place(t))
	bookings := w.connect("City Bookings")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", "1984-05-03"), ticket("T-1", "Course"))
	bookings.say("eva@example.org", person("Eva", "Roth", ""))
	w.accept(w.join("tim@example.org"), id, nil)
	w.mails()
	w.backup(newVault(t))
	w.examined()
	return w, id
}

// past writes to the database past the server.
func (w *world) past(file, query string, args ...any) {
	w.Helper()
	db := must(sql.Open("sqlite", filepath.Join(w.dir, file)))(w)
	defer db.Close()
	res := must(db.Exec(query, args...))(w)
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		w.Fatalf("%s: nothing changed (%v)", query, err)
	}
}

func TestDoctorNamesEveryFaultThatIsPlanted(t *testing.T) {
	for name, c := range map[string]struct {
		plant    func(w *world, id habeas.PartyID)
		code     string
		severity backup.Severity
		fixed    bool // --fix mends it
	}{
		"a leaf is gone": {
			func(w *world, _ habeas.PartyID) { w.past("records.db", `DELETE FROM leaf WHERE idx = 2`) },
			"ledger.changed", backup.Fault, false,
		},
		"a byte of a tile is another": {
			func(w *world, _ habeas.PartyID) {
				tiles := must(filepath.Glob(filepath.Join(w.dir, "ledger", "tile", "0", "000.p", "*")))(w)
				slices.Sort(tiles)
				text := must(os.ReadFile(tiles[0]))(w)
				text[5] ^= 1
				w.ok(os.WriteFile(tiles[0], text, 0o644))
			},
			"ledger.changed", backup.Fault, false,
		},
		"the verifier key is gone": {
			func(w *world, _ habeas.PartyID) { w.ok(os.Remove(filepath.Join(w.dir, "ledger", "key"))) },
			"ledger.key", backup.Fault, false,
		},
		"a key without a record": {
			func(w *world, _ habeas.PartyID) {
				w.ok(w.Keys.Commit(w.ctx(), w.Keys.NewKey(habeas.NewID[habeas.SubjectKind](w.clock.Now()))))
				w.later(2 * time.Hour)
			},
			"keys.orphaned", backup.Warn, true,
		},
		"rows of an erased person": {
			func(w *world, id habeas.PartyID) { w.ok(w.Keys.Destroy(w.ctx(), habeas.SubjectOf(id))) },
			"rows.erased", backup.Warn, true,
		},
		"a record without its key": {
			func(w *world, id habeas.PartyID) { w.past("keys.db", `DELETE FROM subject_key WHERE id = ?`, id[:]) },
			"keys.lost", backup.Fault, false,
		},
		"a damaged key": {
			func(w *world, id habeas.PartyID) {
				w.past("keys.db", `UPDATE subject_key SET wrapped = randomblob(92) WHERE id = ?`, id[:])
			},
			"keys.damaged", backup.Fault, false,
		},
		"an address that leads nowhere": {
			func(w *world, _ habeas.PartyID) {
				w.past("records.db", `INSERT INTO known_as (hash, source, n, party, ref, sealed) SELECT randomblob(16), source, n, randomblob(16), ref, sealed FROM known_as LIMIT 1`)
			},
			"rows.dangling", backup.Fault, false,
		},
		"an account's address without an account": {
			func(w *world, _ habeas.PartyID) {
				w.past("records.db", `UPDATE account_address SET account = randomblob(16)`)
			},
			"rows.dangling", backup.Fault, false,
		},
		"a value in another place": {
			func(w *world, id habeas.PartyID) {
				w.past("records.db", `UPDATE statement SET sealed = (SELECT sealed FROM statement WHERE party <> ?1 LIMIT 1) WHERE party = ?1`, id[:])
			},
			"sealed.damaged", backup.Fault, false,
		},
		"a record that nobody witnessed": {
			func(w *world, id habeas.PartyID) {
				w.past("records.db", `UPDATE leaf SET subject = randomblob(16) WHERE subject = ?`, id[:])
			},
			"rows.unwitnessed", backup.Fault, false,
		},
		"the list of erasures is gone": {
			func(w *world, _ habeas.PartyID) { w.ok(os.Remove(w.tombstones())) },
			"restore.no-tombstones", backup.Fault, false,
		},
		"mail that does not leave": {
			func(w *world, _ habeas.PartyID) {
				must(w.Accounts.Ask(w.ctx(), account.Asking{Address: w.address("nora@example.org"), Language: "en", Flow: newToken(), Client: "192.0.2.1"}))(w)
				w.later(2 * time.Hour)
			},
			"outbox.stuck", backup.Warn, false,
		},
		"an old backup": {
			func(w *world, _ habeas.PartyID) { w.later(10 * 24 * time.Hour) },
			"backup.old", backup.Warn, false,
		},
		"files that others read": {
			func(w *world, _ habeas.PartyID) {
				w.ok(os.Chmod(w.dir, 0o755))
				w.ok(os.Chmod(filepath.Join(w.dir, "keys.db"), 0o644))
			},
			"files.open", backup.Warn, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, id := patient(t)
			c.plant(w, id)
			r := must(w.Examine(w.ctx(), 1, false))(w)
			if f := finding(r, c.code); f == nil || f.Severity != c.severity || f.Fixed || f.What == "" || f.Do == "" {
				t.Fatalf("want %s %s, got %+v", c.severity, c.code, r.Findings)
			}
			if r.Verdict != c.severity && c.severity == backup.Fault || r.Verdict == backup.Good {
				t.Errorf("the verdict is %s", r.Verdict)
			}
			r = must(w.Examine(w.ctx(), 1, true))(w)
			if f := finding(r, c.code); f == nil || f.Fixed != c.fixed {
				t.Errorf("with --fix: %+v", r.Findings)
			}
			if c.fixed {
				w.examined()
				w.verify()
			}
		})
	}
}

// finding returns the finding of a code, nil when there is none.
func finding(r backup.Report, code string) *backup.Finding {
	for i := range r.Findings {
		if r.Findings[i].Code == code {
			return &r.Findings[i]
		}
	}
	return nil
}

func TestDoctorLeavesAYoungKeyAlone(t *testing.T) {
	w, _ := patient(t)
	id := habeas.NewID[habeas.SubjectKind](w.clock.Now())
	w.ok(w.Keys.Commit(w.ctx(), w.Keys.NewKey(id))) // its record is being written
	must(w.Examine(w.ctx(), 1, true))(w)
	if _, err := w.Keys.Key(w.ctx(), id); err != nil {
		t.Errorf("the key of a record under way: %v", err)
	}
}

func TestAKeyThatDoctorDestroysStaysGoneAfterARestore(t *testing.T) {
	w, id := patient(t)
	v := newVault(t)
	made := w.backup(v)
	// An erasure that was cut off after the commit: the rows are gone, the key is there.
	for _, table := range []string{"statement", "known_as", "claim"} {
		w.past("records.db", `DELETE FROM `+table+` WHERE party = ?`, id[:])
	}
	w.past("records.db", `DELETE FROM party WHERE id = ?`, id[:])
	w.later(2 * time.Hour)
	r := must(w.Examine(w.ctx(), 1, true))(w)
	if f := finding(r, "keys.orphaned"); f == nil || !f.Fixed {
		t.Fatalf("got %+v", r.Findings)
	}
	there := onSQLite.place(t)
	restored := must(app.Restore(w.ctx(), w.restoring(v, made, there)))(w)
	if restored.Again != 1 {
		t.Errorf("%d people were erased again", restored.Again)
	}
	w.doctor(there)
}

func TestDoctorWithoutKeysSaysWhatItLeftOut(t *testing.T) {
	w, _ := patient(t)
	r := must(app.Doctor(w.ctx(), app.DoctorOptions{Dir: w.dir, Clock: w.clock}))(w)
	w.clean(r)
	if len(r.Skipped) == 0 || r.Checked.Sealed != 0 || r.Checked.Leaves == 0 {
		t.Errorf("got %+v", r)
	}
	_, err := app.Doctor(w.ctx(), app.DoctorOptions{Dir: w.dir, Clock: w.clock, Fix: true})
	w.refused(err, "doctor.sealed")
}
