package proof_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// everyKey unseals a directory and returns all keys that are left in it.
func everyKey(t *testing.T, dir string) []*keyring.Key {
	t.Helper()
	ring, err := app.Unseal(t.Context(), dir, []byte(masterPassword), false)
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
	if err := ring.Close(); err != nil {
		t.Fatal(err)
	}
	return keys
}

// sealedDetail returns the sealed detail of a leaf.
func sealedDetail(t *testing.T, dir string, index int64) (sealed []byte) {
	t.Helper()
	if err := openSQL(t, filepath.Join(dir, "records.db")).QueryRow(`SELECT sealed FROM leaf WHERE idx = ?`, index).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	return sealed
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

// wrapped returns the row in which the key store keeps a subject's key.
func wrapped(t *testing.T, dir string, id habeas.PartyID) []byte {
	t.Helper()
	var key []byte
	if err := openSQL(t, filepath.Join(dir, "keys.db")).QueryRow(`SELECT wrapped FROM subject_key WHERE id = ?`, id[:]).Scan(&key); err != nil {
		t.Fatal(err)
	}
	return key
}

// Proves PROT-01.
func TestAnErasedPersonIsGoneFromTheDirectory(t *testing.T) {
	w := newWorld(t)
	desk := w.connect("Booking desk")
	_, other := w.claimed(desk, "other@example.org")
	_, id := w.claimed(desk, "tim@example.org")
	desk.party(map[string]any{"email": "tim@example.org", "external_id": "own-17", "ticket": map[string]any{"id": "booking-17"}}, "Idempotency-Key", "once")
	dir := w.Dir
	w.close()
	before := copyDir(t, dir)

	// The copy from before, with the master password: everything is there.
	old := openWorld(t, before)
	said, err := old.DB.Records().Statements(t.Context(), id)
	old.must(err)
	if len(said) == 0 || said[0].Values.Get("profile", "headline") != "Zupfgeigenhansl" {
		t.Fatalf("the copy does not open: %d statements", len(said))
	}
	events, err := old.DB.Events(t.Context(), habeas.SubjectOf(id), habeas.EventID{}, 1)
	old.must(err)
	old.close()
	if !opens(everyKey(t, before), "event/"+string(events[0].ID[:]), sealedDetail(t, before, events[0].Index)) {
		t.Fatal("the keys from before do not open the detail: the search for keys is blind")
	}
	key := wrapped(t, before, id)

	w = openWorld(t, dir)
	person := w.browser()
	person.join("tim@example.org")
	if r := person.submit("/me/records/"+id.String()+"/erase", "word", "erase"); r.status != http.StatusOK && r.status != http.StatusSeeOther {
		t.Fatalf("erase: %d %s", r.status, r.body)
	}
	gone := newSearcher()
	gone.binary("wrapped key", key)
	if len(gone.find(files(t, before)["keys.db"])) == 0 {
		t.Fatal("the wrapped key is not found where it is")
	}
	search := func(when string) {
		for name, data := range files(t, dir) {
			for _, what := range gone.find(data) {
				t.Errorf("%s, %s: %s", when, name, what)
			}
		}
	}
	search("right after the erasure")
	w.close()
	search("after closing")
	for _, file := range []string{"records.db", "keys.db"} {
		pgtest.Behind(t, filepath.Join(dir, file), "").Cells(t, func(table string, value []byte) {
			// The ledger keeps whose line it was by a random number that leads nowhere now.
			if bytes.Contains(value, id[:]) && table != "leaf" {
				t.Errorf("%s, %s still names the record", file, table)
			}
		})
	}
	if v, err := app.VerifyAudit(t.Context(), dir, nil); err != nil || v.FaultCount != 0 {
		t.Errorf("%+v, %v", v, err)
	}

	// The records from before beside the keys from after: nothing of the person opens.
	mixed := copyDir(t, before)
	for _, name := range []string{"keys.db", "tombstones"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		w.must(err)
		w.must(os.WriteFile(filepath.Join(mixed, name), data, 0o600))
	}
	for _, extra := range []string{"keys.db-wal", "keys.db-shm"} {
		_ = os.Remove(filepath.Join(mixed, extra)) // there is none after a stop in peace
	}
	nothingOpens(t, mixed, id)
	// The keys from before beside the list of erasures: the list wins.
	restored := copyDir(t, before)
	list, err := os.ReadFile(filepath.Join(dir, "tombstones"))
	w.must(err)
	w.must(os.WriteFile(filepath.Join(restored, "tombstones"), list, 0o600))
	nothingOpens(t, restored, id)

	check := openWorld(t, mixed)
	if said, err := check.DB.Records().Statements(t.Context(), other); err != nil || len(said) == 0 {
		t.Errorf("somebody else went too: %d statements, %v", len(said), err)
	}
}

// nothingOpens tries every sealed cell that belongs to a party with every key that
// is left, at the place where it was sealed.
func nothingOpens(t *testing.T, dir string, id habeas.PartyID) {
	t.Helper()
	w := openWorld(t, dir)
	if said, err := w.DB.Records().Statements(t.Context(), id); err == nil {
		t.Errorf("%d statements open", len(said))
	}
	if events, err := w.DB.Events(t.Context(), habeas.SubjectOf(id), habeas.EventID{}, 100); err == nil {
		t.Errorf("%d lines of the activity open", len(events))
	}
	w.close()
	db := openSQL(t, filepath.Join(dir, "records.db"))
	rows, err := db.Query(`SELECT 'event/' || event, sealed FROM leaf WHERE subject = ?1
		UNION ALL SELECT 'statement/' || party || id, sealed FROM statement WHERE party = ?1`, id[:])
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	keys, cells := everyKey(t, dir), 0
	for rows.Next() {
		var place, sealed []byte
		if err := rows.Scan(&place, &sealed); err != nil {
			t.Fatal(err)
		}
		cells++
		if opens(keys, string(place), sealed) {
			t.Errorf("the keys that are left open %q", place)
		}
	}
	if cells < 4 {
		t.Errorf("only %d sealed cells were tried", cells)
	}
}
