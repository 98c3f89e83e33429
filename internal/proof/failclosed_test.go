package proof_test

import (
	"net/http"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/habeas-data/habeas"
)

// Proves AUD-11.
func TestWhatCannotBeWitnessedDoesNotHappen(t *testing.T) {
	w := newWorld(t)
	desk := w.Connect("Booking desk")
	person, id := claimed(w, desk, "tim@example.org")
	before := counts(w)
	p, err := w.DB.Records().Party(t.Context(), id)
	w.Must(err)

	// Without the key of the month no entry can be written; everything else works.
	w.Must(w.Keys.DestroyMonth(t.Context(), w.Clock.Now()))
	record := "/me/records/" + id.String()
	for name, r := range map[string]reply{
		"find or create, new":   desk.Say(map[string]any{"email": "new@example.org"}),
		"find or create, known": desk.Say(map[string]any{"email": "tim@example.org", "fields": map[string]any{"profile": map[string]string{"about": "more"}}}),
		"a token":               desk.Submit("/oauth/token", "grant_type", "client_credentials", "client_id", desk.ID.String(), "client_secret", desk.Secret),
		"a correction":          person.Submit(record+"/edit/profile", "profile.headline", "other", "profile.about", "", "profile.subjects", "", "version", strconv.FormatInt(p.Version, 10)),
		"an erasure":            person.Submit(record+"/erase", "word", "erase"),
		"a copy":                person.Submit("/me/copy/json"),
	} {
		if r.Status < 400 {
			t.Errorf("%s was answered %d", name, r.Status)
		}
	}
	if after := counts(w); after != before {
		t.Errorf("rows before %v, after %v", before, after)
	}
	if now, err := w.DB.Records().Party(t.Context(), id); err != nil || now.Version != p.Version {
		t.Errorf("the record changed: %+v, %v", now, err)
	}
	if _, err := w.Keys.Key(t.Context(), habeas.SubjectOf(id)); err != nil {
		t.Errorf("the key of a record that was not erased: %v", err)
	}
	if r := person.Send(http.MethodGet, record, "", ""); r.Status != http.StatusOK {
		t.Errorf("reading one's own record: %d", r.Status)
	}
}

// counts are the numbers of parties, statements, tokens and leaves.
func counts(w *world) (n [4]int) {
	w.Helper()
	db := openSQL(w, filepath.Join(w.Dir, "records.db"))
	err := db.QueryRow(`SELECT (SELECT count(*) FROM party), (SELECT count(*) FROM statement),
		(SELECT count(*) FROM system_token), (SELECT count(*) FROM leaf)`).Scan(&n[0], &n[1], &n[2], &n[3])
	w.Must(err)
	return n
}
