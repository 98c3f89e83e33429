package app_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// uploaded brings a file as far as the mapping screen.
func (w *world) uploaded(nora habeas.Actor, content string) party.Import {
	w.Helper()
	id := must(w.Imports.Upload(w.ctx(), nora, "members.csv", strings.NewReader(content)))(w)
	return w.imported(nora, id)
}

func (w *world) imported(nora habeas.Actor, id habeas.ImportID) party.Import {
	w.Helper()
	return must(w.Imports.Look(w.ctx(), nora, id))(w)
}

// run carries an import from its columns to its end.
func (w *world) run(nora habeas.Actor, i party.Import) party.Import {
	w.Helper()
	w.ok(w.Imports.Map(w.ctx(), nora, i.ID, party.Person, i.Words.Columns))
	w.ok(w.Imports.Work(w.ctx()))
	w.ok(w.Imports.Run(w.ctx(), nora, i.ID))
	w.ok(w.Imports.Work(w.ctx()))
	return w.imported(nora, i.ID)
}

// Proves PTY-17.
func TestAnImportIsLookedAtRunAndUndone(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	w.enter(nora, "known@example.org", person("Ann", "Known", ""))
	i := w.uploaded(nora, "E-Mail;Vorname;Nachname;Notiz\nknown@example.org;Ann;Known;x\ntim@example.org;Tim;Berger;x\nada@example.org;Ada;Poe;x\nnone;Eva;Roth;x\n")
	if i.State != party.ImportMapping || i.Words.Columns[0].Means != "contact.email" || i.Words.Columns[3].Means != "-" || i.Words.Columns[1].Samples[0] != "Ann" {
		t.Fatalf("%+v", i)
	}
	i.Words.Columns[3].Means = "identity.occupation"
	w.ok(w.Imports.Map(w.ctx(), nora, i.ID, party.Person, i.Words.Columns))
	w.ok(w.Imports.Work(w.ctx()))
	i = w.imported(nora, i.ID)
	if want := (party.ImportTally{Created: 2, Attached: 1, Rejected: 1}); i.State != party.ImportChecked || i.Words.Dry != want || len(i.Words.Examples) != 4 {
		t.Fatalf("dry run: %+v", i)
	}
	if all, _, _, err := w.DB.Records().Count(w.ctx()); err != nil || all != 1 {
		t.Fatalf("%d records after a dry run, %v", all, err)
	}
	w.ok(w.Imports.Run(w.ctx(), nora, i.ID))
	w.ok(w.Imports.Work(w.ctx()))
	i = w.imported(nora, i.ID)
	if i.State != party.ImportDone || i.Tally != (party.ImportTally{Created: 2, Attached: 1, Rejected: 1}) || i.Parts != 0 {
		t.Fatalf("%+v", i)
	}
	var rejected []party.ImportRow
	w.ok(w.Imports.EachRejected(w.ctx(), nora, i.ID, func(r party.ImportRow) error { rejected = append(rejected, r); return nil }))
	if len(rejected) != 1 || rejected[0].Line != 5 || rejected[0].Faults[0].Column != "E-Mail" {
		t.Errorf("%+v", rejected)
	}
	if again := w.uploaded(nora, "E-Mail;Vorname;Nachname;Notiz\n;;;y\n"); again.Words.Columns[3].Means != "identity.occupation" {
		t.Errorf("what the column means is forgotten: %+v", again.Words.Columns[3])
	}

	ada := must(w.Records.Finder.Find("ada poe", 1), nil)(w)
	w.ok(w.Records.Amend(w.ctx(), nora, ada[0].ID, with(party.Values{}, "phone", "number", "+49 30 901820")))
	w.ok(w.Imports.Undo(w.ctx(), nora, i.ID))
	w.ok(w.Imports.Work(w.ctx()))
	i = w.imported(nora, i.ID)
	left := must(w.Imports.Kept(w.ctx(), nora, i.ID, 10))(w)
	if i.State != party.ImportUndone || i.Undone != 1 || len(left) != 2 {
		t.Errorf("undone %d, left %d", i.Undone, len(left))
	}
	if found := w.Records.Finder.Find("tim berger", 5); len(found) > 0 {
		t.Error("Tim, whom nobody had touched, is still found")
	}
	i = w.run(nora, w.uploaded(nora, "E-Mail;Vorname;Nachname;Notiz\nknown@example.org;Ann;Known;x\ntim@example.org;Tim;Berger;x\n"))
	if i.Tally != (party.ImportTally{Created: 1, Known: 1}) {
		t.Errorf("what was undone goes in again, and nothing else: %+v", i.Tally)
	}
}

func TestAFileIsDestroyedWhenItsTimeIsOver(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	waits := w.uploaded(nora, "name\nTim Berger\n")
	done := w.run(nora, w.uploaded(nora, "email,name\nnone,Eva Roth\nada@example.org,Ada Poe\n"))
	w.later(party.KeepUpload + time.Hour)
	w.ok(w.Imports.Tidy(w.ctx()))
	i := w.imported(nora, waits.ID)
	if i.State != party.ImportCancelled || i.Words.Name != "" || i.Parts != 0 {
		t.Errorf("%+v", i)
	}
	if _, err := w.Keys.Key(w.ctx(), habeas.SubjectOf(waits.ID)); habeas.KindOf(err) != habeas.KindGone || errors.Is(err, keyring.ErrNoKey) {
		t.Errorf("the key of the file: %v", err)
	}
	if i = w.imported(nora, done.ID); i.Words.Name == "" {
		t.Error("the rejected rows went before their time")
	}
	w.later(party.KeepRejected)
	w.ok(w.Imports.Tidy(w.ctx()))
	if i = w.imported(nora, done.ID); i.Words.Name != "" || i.Tally.Rejected != 1 || i.State != party.ImportDone {
		t.Errorf("%+v", i)
	}
}

// people makes a file in which every tenth row has a fault and every tenth an address
// that an earlier row has.
func people(n int) string {
	var b strings.Builder
	b.WriteString("external_id,email,given_name,family_name,dob\n")
	for i := range n {
		address, born := fmt.Sprintf("somebody.%d@example.org", i), "1984-05-03"
		switch i % 10 {
		case 3:
			born = "1984-02-31"
		case 7:
			address = fmt.Sprintf("Somebody.%d@EXAMPLE.org", i-1)
		}
		fmt.Fprintf(&b, "M-%d,%s,Given%c,Family%d,%s\n", i, address, 'a'+i%26, i%17, born)
	}
	return b.String()
}

// state is what an import leaves: the tally, which rows were rejected, and how many
// records, words and ledger lines there are.
func (w *world) state(nora habeas.Actor, i party.Import) string {
	w.Helper()
	var rejected []int64
	w.ok(w.Imports.EachRejected(w.ctx(), nora, i.ID, func(r party.ImportRow) error { rejected = append(rejected, r.Row); return nil }))
	all, _, waiting, err := w.DB.Records().Count(w.ctx())
	w.ok(err)
	words := 0
	w.ok(w.DB.Records().Each(w.ctx(), func(party.Party, party.Statement) { words++ }))
	return fmt.Sprint(i.State, i.Row, i.Tally, rejected, all, waiting, words)
}

// Proves PTY-17.
func TestAnImportThatIsBrokenOffAnywhereEndsAsOneThatIsNot(t *testing.T) {
	file := people(1500)
	whole := newWorld(t)
	nora := whole.staff("nora@example.org")
	want := whole.state(nora, whole.run(nora, whole.uploaded(nora, file)))

	w := newWorld(t)
	nora = w.staff("nora@example.org")
	i := w.uploaded(nora, file)
	w.ok(w.Imports.Map(w.ctx(), nora, i.ID, party.Person, i.Words.Columns))
	w.ok(w.Imports.Work(w.ctx()))
	w.ok(w.Imports.Run(w.ctx(), nora, i.ID))
	broken := 0
	for i.State != party.ImportDone {
		ctx, stop := context.WithTimeout(w.ctx(), time.Duration(rand.IntN(40))*time.Millisecond)
		if err := w.Imports.Work(ctx); err != nil {
			broken++
		}
		stop()
		w.later(time.Minute) // a lease that was left ends
		if i = w.imported(nora, i.ID); broken > 200 {
			w.ok(w.Imports.Work(w.ctx())) // a machine on which nothing comes far
		}
	}
	if got := w.state(nora, w.imported(nora, i.ID)); got != want {
		t.Errorf("broken off %d times:\n%s\nnot at all:\n%s", broken, got, want)
	}
}

func TestOnlyStaffImport(t *testing.T) {
	w := newWorld(t)
	tim := w.join("tim@example.org")
	_, err := w.Imports.Upload(w.ctx(), tim, "x.csv", strings.NewReader("name\nTim\n"))
	w.refused(err, "role.missing")
	_, err = w.Imports.Newest(w.ctx(), tim, 10)
	w.refused(err, "role.missing")
	i := w.uploaded(w.staff("nora@example.org"), "name\nTim Berger\n")
	for name, err := range map[string]error{
		"map": w.Imports.Map(w.ctx(), tim, i.ID, party.Person, i.Words.Columns), "run": w.Imports.Run(w.ctx(), tim, i.ID),
		"cancel": w.Imports.Cancel(w.ctx(), tim, i.ID), "undo": w.Imports.Undo(w.ctx(), tim, i.ID), "back": w.Imports.Back(w.ctx(), tim, i.ID),
		"reread": w.Imports.Reread(w.ctx(), tim, i.ID, "utf-8"), "rejected": w.Imports.EachRejected(w.ctx(), tim, i.ID, nil),
	} {
		if habeas.KindOf(err) != habeas.KindForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStepThatAnImportIsNotAtIsRefused(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	i := w.uploaded(nora, "name\nTim Berger\n")
	w.refused(w.Imports.Run(w.ctx(), nora, i.ID), "import.changed")
	w.refused(w.Imports.Undo(w.ctx(), nora, i.ID), "import.changed")
	i = w.run(nora, i)
	w.refused(w.Imports.Cancel(w.ctx(), nora, i.ID), "import.changed")
	w.refused(w.Imports.Map(w.ctx(), nora, i.ID, party.Person, i.Words.Columns), "import.changed")
	w.ok(w.Imports.Undo(w.ctx(), nora, i.ID))
	w.refused(w.Imports.Undo(w.ctx(), nora, i.ID), "import.changed")
}
