package proof_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/servertest"
)

// lying is where the data of a server lie.
type lying struct {
	dir     string
	in      databases
	cluster *pgtest.Cluster // nil: SQLite
}

// copy copies everything, as a backup of the machine does while nothing is served.
func (l lying) copy(t *testing.T) lying {
	t.Helper()
	to := lying{dir: servertest.CopyDir(t, l.dir)}
	if l.cluster == nil {
		return to
	}
	to.cluster = l.cluster.Copy(t)
	from, there := url.QueryEscape(l.cluster.Dir), url.QueryEscape(to.cluster.Dir)
	to.in = databases{Records: strings.ReplaceAll(l.in.Records, from, there), Keys: strings.ReplaceAll(l.in.Keys, from, there)}
	to.edit(t, from, there)
	return to
}

// edit replaces text in the settings.
func (l lying) edit(t *testing.T, old, text string) {
	t.Helper()
	path := filepath.Join(l.dir, app.SettingsFile)
	settings, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, bytes.ReplaceAll(settings, []byte(old), []byte(text)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// beside returns the records of l beside the keys and the list of erasures of another.
func (l lying) beside(t *testing.T, keys lying) lying {
	t.Helper()
	to := lying{dir: servertest.CopyDir(t, l.dir), in: databases{Records: l.in.Records, Keys: keys.in.Keys}, cluster: l.cluster}
	to.take(t, keys, "tombstones")
	if l.cluster != nil {
		to.edit(t, l.in.Keys, keys.in.Keys)
		return to
	}
	to.take(t, keys, "keys.db")
	for _, extra := range []string{"keys.db-wal", "keys.db-shm"} {
		_ = os.Remove(filepath.Join(to.dir, extra)) // there is none after a stop in peace
	}
	return to
}

// take puts a file of another directory in place.
func (l lying) take(t *testing.T, from lying, name string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(from.dir, name))
	if err == nil {
		err = os.WriteFile(filepath.Join(l.dir, name), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (l lying) records(t *testing.T) *pgtest.Tables {
	t.Helper()
	return pgtest.Behind(t, filepath.Join(l.dir, "records.db"), l.in.Records)
}

func (l lying) keys(t *testing.T) *pgtest.Tables {
	t.Helper()
	return pgtest.Behind(t, filepath.Join(l.dir, "keys.db"), l.in.Keys)
}

// files are those of the directory and of PostgreSQL.
func (l lying) files(t *testing.T) map[string][]byte {
	t.Helper()
	if l.cluster == nil {
		return files(t, l.dir)
	}
	return files(t, l.dir, l.cluster.Dir)
}

// everyKey unseals a directory and returns all keys that are left in it.
func (l lying) everyKey(t *testing.T) []*keyring.Key {
	t.Helper()
	ring, err := app.Unseal(t.Context(), l.dir, keyring.NewPassword([]byte(servertest.MasterPassword)), false)
	if err != nil {
		t.Fatal(err)
	}
	keys := []*keyring.Key{ring.House()}
	if err := ring.All(t.Context(), func(_ habeas.SubjectID, k *keyring.Key) error {
		keys = append(keys, k)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{time.Now(), time.Now().Add(-time.Hour)} { // the test may run into a new month
		month, err := ring.Month(t.Context(), at)
		if err != nil && habeas.KindOf(err) != habeas.KindGone {
			t.Fatal(err)
		}
		if err == nil {
			keys = append(keys, month)
		}
	}
	t.Cleanup(func() { // the keys end with it
		if err := ring.Close(); err != nil {
			t.Error(err)
		}
	})
	return keys
}

// selectDetail reads the sealed detail of a leaf.
const selectDetail = `SELECT sealed FROM leaf WHERE event = $1`

// cell reads one value that must be there.
func cell(t *testing.T, db *pgtest.Tables, query string, id []byte) (value []byte) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, id).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// opens reports whether some of the keys, one inside another, lead to a text.
func opens(keys []*keyring.Key, place string, sealed []byte) bool {
	for _, key := range keys {
		if inner, err := key.Open(place, sealed); err == nil && (json.Valid(inner) || opens(keys, place, inner)) {
			return true
		}
	}
	return false
}

// Proves PROT-01.
func TestAnErasedPersonIsGoneFromTheDirectory(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) { erasePerson(t, lying{}) })
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		// A segment of the log that is used again keeps its bytes; one that is deleted does not.
		c := pgtest.Start(t, "wal_recycle=off", "wal_keep_size=0", "min_wal_size=32MB", "max_wal_size=32MB")
		erasePerson(t, lying{in: twoOn(t, c), cluster: c})
	})
}

func erasePerson(t *testing.T, l lying) {
	t.Helper()
	w := servertest.New(t, l.in)
	desk := w.Connect("Booking desk")
	_, other := claimed(w, desk, "other@example.org")
	_, id := claimed(w, desk, "tim@example.org")
	desk.Party(map[string]any{"email": "tim@example.org", "external_id": "own-17", "ticket": map[string]any{"id": "booking-17"}}, "Idempotency-Key", "once")
	l.dir = w.Dir
	w.Close()
	before := l.copy(t)

	// The copy from before, with the master password: everything is there.
	old := servertest.Open(t, before.dir)
	said, err := old.DB.Records().Statements(t.Context(), id)
	old.Must(err)
	if len(said) == 0 || said[0].Values.Get("profile", "headline") != "Zupfgeigenhansl" {
		t.Fatalf("the copy does not open: %d statements", len(said))
	}
	events, err := old.DB.Events(t.Context(), habeas.SubjectOf(id), habeas.EventID{}, 1)
	old.Must(err)
	old.Close()
	detail := cell(t, before.records(t), selectDetail, events[0].ID[:])
	if !opens(before.everyKey(t), "event/"+string(events[0].ID[:]), detail) {
		t.Fatal("the keys from before do not open the detail: the search for keys is blind")
	}
	gone := newSearcher()
	gone.binary("wrapped key", cell(t, before.keys(t), `SELECT wrapped FROM subject_key WHERE id = $1`, id[:]))
	if len(gone.places(before.files(t))) == 0 {
		t.Fatal("the wrapped key is not found where it is")
	}

	w = servertest.Open(t, l.dir)
	person := w.Browser()
	person.Join("tim@example.org")
	if r := person.Submit("/me/records/"+id.String()+"/erase", "word", "erase"); r.Status != http.StatusOK && r.Status != http.StatusSeeOther {
		t.Fatalf("erase: %d %s", r.Status, r.Body)
	}
	l.noTrace(t, w, gone, "right after the erasure")
	w.Close()
	l.noTrace(t, nil, gone, "after closing")
	for name, db := range map[string]*pgtest.Tables{"records": l.records(t), "keys": l.keys(t)} {
		db.Cells(t, func(table string, value []byte) {
			// The ledger keeps whose line it was by a random number that leads nowhere now;
			// where several nodes share the keys, they learn from a list who was erased.
			if bytes.Contains(value, id[:]) && table != "leaf" && table != "erased" {
				t.Errorf("%s, %s still names the record", name, table)
			}
		})
	}
	if v, err := app.VerifyAudit(t.Context(), l.dir, nil); err != nil || v.FaultCount != 0 {
		t.Errorf("%+v, %v", v, err)
	}

	// The records from before beside the keys from after: nothing of the person opens.
	mixed := before.beside(t, l)
	mixed.nothingOpens(t, id)
	// The keys from before beside the list of erasures: the list wins.
	restored := lying{dir: servertest.CopyDir(t, before.dir), in: before.in, cluster: before.cluster}
	restored.take(t, l, "tombstones")
	restored.nothingOpens(t, id)

	check := servertest.Open(t, mixed.dir)
	if said, err := check.DB.Records().Statements(t.Context(), other); err != nil || len(said) == 0 {
		t.Errorf("somebody else went too: %d statements, %v", len(said), err)
	}
}

// places are the names of the files in which something is found.
func (s *searcher) places(in map[string][]byte) (names []string) {
	for name, data := range in {
		if len(s.find(data)) > 0 {
			names = append(names, name)
		}
	}
	return names
}

// noTrace fails for each file with what must be gone. PostgreSQL's log may keep it until
// its segments go, and the server says so (w, when it runs).
func (l lying) noTrace(t *testing.T, w *world, gone *searcher, when string) {
	t.Helper()
	for _, name := range gone.places(l.files(t)) {
		if l.cluster == nil || !strings.HasPrefix(name, "data/pg_wal/") {
			t.Errorf("%s: the key is in %s", when, name)
			continue
		}
		if w == nil {
			t.Errorf("%s: the key is still in the log", when)
			continue
		}
		pending, err := w.Keys.Pending(t.Context())
		if err != nil || pending.Log != keyring.LogKept {
			t.Errorf("the log still has the key, and that is pending: %+v (%v)", pending, err)
		}
	}
	if l.cluster == nil || w == nil {
		return
	}
	// The administrator's way to have it gone at once.
	db, err := sql.Open("pgx", l.in.Keys)
	w.Must(err)
	defer db.Close()
	for range 3 {
		for _, text := range []string{"SELECT pg_switch_wal()", "CHECKPOINT"} {
			_, err := db.ExecContext(t.Context(), text)
			w.Must(err)
		}
	}
	pending, err := w.Keys.Pending(t.Context())
	if err != nil || pending.Store || pending.Log != keyring.LogGone {
		t.Errorf("after the checkpoints: %+v (%v)", pending, err)
	}
	if left := gone.places(l.files(t)); len(left) > 0 {
		t.Errorf("after the checkpoints the key is in %v", left)
	}
}

// nothingOpens tries every sealed cell that belongs to a party with every key that
// is left, at the place where it was sealed.
func (l lying) nothingOpens(t *testing.T, id habeas.PartyID) {
	t.Helper()
	w := servertest.Open(t, l.dir)
	if said, err := w.DB.Records().Statements(t.Context(), id); err == nil {
		t.Errorf("%d statements open", len(said))
	}
	if events, err := w.DB.Events(t.Context(), habeas.SubjectOf(id), habeas.EventID{}, 100); err == nil {
		t.Errorf("%d lines of the activity open", len(events))
	}
	w.Close()
	keys, cells := l.everyKey(t), 0
	for prefix, query := range map[string]string{
		"event/": `SELECT event, sealed FROM leaf WHERE subject = $1`, "statement/" + string(id[:]): `SELECT id, sealed FROM statement WHERE party = $1`,
	} {
		rows, err := l.records(t).QueryContext(t.Context(), query, id[:])
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var place, sealed []byte
			if err := rows.Scan(&place, &sealed); err != nil {
				t.Fatal(err)
			}
			cells++
			if opens(keys, prefix+string(place), sealed) {
				t.Errorf("the keys that are left open %q", prefix)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if cells < 4 {
		t.Errorf("only %d sealed cells were tried", cells)
	}
}
