package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// Whether the database had committed before its answer was lost or never heard of it: the
// caller is told that nobody knows, and the same request again ends as one write.
func TestARequestWhoseCommitIsLostIsRepeatedSafely(t *testing.T) {
	p := pgtest.Through(t, pgtest.Database(t))
	w := openOn(t, newRing(t), party.DefaultSchemas(), t.TempDir(), p.DSN)
	w.serve(w.clock)
	s := w.connect("City Bookings")
	unknown := 0
	for how, lose := range map[string]func(string, int){"answer": p.LoseAnswer, "request": p.LoseRequest} {
		for skip := range 2 { // a request may write more than once: each of its commits
			name := fmt.Sprintf("%s-%d", how, skip)
			body := fmt.Sprintf(`{"email":"%s@example.org","fields":{"identity":{"given_name":"Tim"}}}`, name)
			lose("COMMIT\x00", skip)
			got := s.post(findOrCreate, body, withKey(name))
			switch {
			case got.status == http.StatusServiceUnavailable && got.json(t)["code"] == "store.unknown":
				unknown++
			case got.status != http.StatusOK:
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			lose("never said", 0)
			ref := s.party(body, withKey(name))
			if again := s.party(body, withKey(name)); again != ref {
				t.Errorf("%s: another answer for the same key", name)
			}
			all, err := w.db.Records().Statements(w.ctx(), s.partyOf(ref))
			if err != nil || len(all) != 1 {
				t.Errorf("%s: %d statements (%v), want 1", name, len(all), err)
			}
		}
	}
	if unknown < 2 {
		t.Errorf("of %d lost commits %d were said to be unknown", p.Lost(), unknown)
	}
	if records, _, _, err := w.db.Records().Count(w.ctx()); err != nil || records != 4 {
		t.Errorf("%d records (%v), want 4", records, err)
	}
}
