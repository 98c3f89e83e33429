package proof_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
)

// say takes in the n-th invented person, in process.
func sayNth(w *world, desk *system, n int) error {
	a, err := email.Parse(fmt.Sprintf("person-%d@example.org", n))
	if err != nil {
		return err
	}
	in := party.Assertion{Email: a, HasEmail: true, Values: party.Values{"identity": {"family_name": fmt.Sprintf("Family%d", n)}}}
	_, err = w.Systems.Records().FindOrCreate(w.Context(), habeas.Actor{Kind: habeas.ActorSystem, System: desk.ID}, in)
	return err
}

// filled makes a data directory of a stopped server whose ledger spans several tiles.
func filled(t *testing.T, people int) (dir string) {
	t.Helper()
	w := newWorld(t)
	desk := w.Connect("Booking desk")
	var wg sync.WaitGroup
	for n := range people {
		wg.Go(func() {
			if err := sayNth(w, desk, n); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	dir = w.Dir
	w.Close()
	return dir
}

// place is one byte of the ledger and how a report has to name it.
type place struct {
	name string
	flip func(bit byte) error // done twice, it is undone
}

// placesOf draws from everything that the ledger is made of: rows, tiles, entry
// bundles, checkpoint.
type placesOf struct {
	dir   string
	db    *sql.DB
	rows  int
	files []string
}

func openPlaces(t *testing.T, dir string) *placesOf {
	t.Helper()
	p := &placesOf{dir: filepath.Join(dir, "ledger"), db: openSQL(t, filepath.Join(dir, "records.db"))}
	if err := p.db.QueryRow(`SELECT count(*) FROM leaf`).Scan(&p.rows); err != nil {
		t.Fatal(err)
	}
	err := fs.WalkDir(os.DirFS(p.dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			p.files = append(p.files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"checkpoint", "key", "tile/0/000", "tile/entries/000"} {
		if !slices.Contains(p.files, want) {
			t.Fatalf("no %s among %v", want, p.files)
		}
	}
	return p
}

func (p *placesOf) draw(t *rapid.T) place {
	if rapid.Bool().Draw(t, "row") {
		return p.row(t)
	}
	return p.file(t)
}

func (p *placesOf) row(t *rapid.T) place {
	index := rapid.IntRange(0, p.rows-1).Draw(t, "leaf")
	column := rapid.SampledFrom([]string{"leaf", "hashes"}).Draw(t, "column")
	var cell []byte
	if err := p.db.QueryRow(`SELECT `+column+` FROM leaf WHERE idx = ?`, index).Scan(&cell); err != nil {
		t.Fatal(err)
	}
	at := rapid.IntRange(0, len(cell)-1).Draw(t, "byte")
	name := fmt.Sprintf("leaf %d:", index)
	if column == "hashes" {
		name = fmt.Sprintf("leaf %d hash %d:", index, at/32)
	}
	return place{name, func(bit byte) error {
		cell[at] ^= bit
		_, err := p.db.Exec(`UPDATE leaf SET `+column+` = ? WHERE idx = ?`, cell, index)
		return err
	}}
}

func (p *placesOf) file(t *rapid.T) place {
	path := rapid.SampledFrom(p.files).Draw(t, "file")
	name := filepath.Join(p.dir, path)
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	at := rapid.IntRange(0, len(data)-1).Draw(t, "byte")
	said := path
	if strings.HasPrefix(path, "tile/") && !strings.HasPrefix(path, "tile/entries/") {
		said = fmt.Sprintf("%s hash %d:", path, at/32)
	}
	return place{said, func(bit byte) error {
		data[at] ^= bit
		return os.WriteFile(name, data, 0o600)
	}}
}

// Proves AUD-9.
func TestEveryFlippedBitIsReportedWithItsPlace(t *testing.T) {
	dir := filled(t, 700)
	if v, err := app.VerifyAudit(t.Context(), dir, nil); err != nil || v.FaultCount != 0 || v.Leaves < 700 || v.Published != v.Leaves {
		t.Fatalf("before anything is flipped: %+v, %v", v, err)
	}
	places := openPlaces(t, dir)
	rapid.Check(t, func(t *rapid.T) {
		p, bit := places.draw(t), byte(1)<<rapid.IntRange(0, 7).Draw(t, "bit")
		if err := p.flip(bit); err != nil {
			t.Fatal(err)
		}
		v, err := app.VerifyAudit(context.Background(), dir, nil)
		if undo := p.flip(bit); err != nil || undo != nil {
			t.Fatalf("%s %v %v", p.name, err, undo)
		}
		if v.FaultCount == 0 {
			t.Fatalf("%s was changed and nothing is reported", p.name)
		}
		for _, f := range v.Faults {
			if !strings.HasPrefix(f, p.name) {
				t.Fatalf("%s was changed, and the report says: %q", p.name, v.Faults)
			}
		}
	})
	if v, err := app.VerifyAudit(t.Context(), dir, nil); err != nil || v.FaultCount != 0 {
		t.Fatalf("after all was put back: %+v, %v", v, err)
	}
}

// Proves AUD-9.
func TestAMissingPartOfTheLedgerIsReported(t *testing.T) {
	dir := filled(t, 300)
	places := openPlaces(t, dir)
	for _, path := range places.files {
		name := filepath.Join(places.dir, path)
		aside := filepath.Join(t.TempDir(), "aside")
		if err := os.Rename(name, aside); err != nil {
			t.Fatal(err)
		}
		v, err := app.VerifyAudit(t.Context(), dir, nil)
		if back := os.Rename(aside, name); back != nil {
			t.Fatal(back)
		}
		if err == nil && v.FaultCount == 0 {
			t.Errorf("without %s: nothing is reported", path)
		}
	}
	if _, err := places.db.Exec(`DELETE FROM leaf WHERE idx = ?`, places.rows-1); err != nil {
		t.Fatal(err)
	}
	v, err := app.VerifyAudit(t.Context(), dir, nil)
	if err != nil || v.FaultCount == 0 || !strings.HasPrefix(v.Faults[0], "rows:") {
		t.Errorf("without the last row: %+v, %v", v, err)
	}
	if _, err := places.db.Exec(`DELETE FROM leaf WHERE idx = 17`); err != nil {
		t.Fatal(err)
	}
	if v, err = app.VerifyAudit(t.Context(), dir, nil); err != nil || !slices.ContainsFunc(v.Faults, func(f string) bool { return strings.HasPrefix(f, "leaf 17:") }) {
		t.Errorf("without a row in the middle: %+v, %v", v, err)
	}
}
