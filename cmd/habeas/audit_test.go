package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/party"
)

// enter takes in people so that the ledger has entries.
func (s *site) enter(n int) (last habeas.PartyID) {
	s.Helper()
	server := s.open()
	for i := range n {
		address, err := email.Parse(fmt.Sprintf("person-%d@example.org", i))
		s.must(err)
		said, err := server.Records.FindOrCreate(s.Context(), party.Assertion{
			Actor: habeas.Server, Source: party.Source{Kind: party.FromImport}, Email: address, HasEmail: true,
		})
		s.must(err)
		last = said.Party
	}
	s.must(server.Close())
	return last
}

// Proves AUD-9.
func TestAuditVerifyNamesWhatWasChanged(t *testing.T) {
	s := newSite(t)
	s.enter(20)
	if code, out, complaints := s.run("audit", "verify", "--dir", s.dir); code != 0 || !strings.Contains(out, "No place was changed") {
		t.Fatalf("%d %s%s", code, out, complaints)
	}
	for path, place := range map[string]string{
		"ledger/tile/0/000.p/20":       "changed: tile/0/000.p/20 hash 2: ",
		"ledger/tile/entries/000.p/20": "changed: tile/entries/000.p/20 entry 0: ",
		"ledger/checkpoint":            "changed: checkpoint",
		"ledger/key":                   "changed: key: ",
	} {
		name := filepath.Join(s.dir, path)
		data, err := os.ReadFile(name)
		s.must(err)
		data[70] ^= 4
		s.must(os.WriteFile(name, data, 0o600))
		code, out, _ := s.run("audit", "verify", "--dir", s.dir)
		if code != 1 || !strings.Contains(out, place) {
			t.Errorf("%s: ended with %d and %q, want %q", path, code, out, place)
		}
		data[70] ^= 4
		s.must(os.WriteFile(name, data, 0o600))
	}
	db := s.records()
	for query, place := range map[string]string{
		`UPDATE leaf SET leaf = CAST(replace(CAST(leaf AS TEXT), 'create', 'assert') AS BLOB) WHERE idx = 7`: "changed: leaf 7: ",
		`UPDATE leaf SET hashes = zeroblob(length(hashes)) WHERE idx = 12`:                                   "changed: leaf 12 hash 0: ",
	} {
		if _, err := db.Exec(`CREATE TABLE kept AS SELECT * FROM leaf`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
		code, out, _ := s.run("audit", "verify", "--dir", s.dir)
		if code != 1 || !strings.Contains(out, place) || strings.Count(out, "changed: ") != 1 {
			t.Errorf("%s: ended with %d and %q, want %q", query, code, out, place)
		}
		if _, err := db.Exec(`DELETE FROM leaf; INSERT INTO leaf SELECT * FROM kept; DROP TABLE kept`); err != nil {
			t.Fatal(err)
		}
	}
	if code, out, _ := s.run("audit", "verify", "--dir", s.dir, "--json"); code != 0 || !strings.Contains(out, `"fault_count": 0`) {
		t.Errorf("after all was put back: %d %s", code, out)
	}
}

// Proves AUD-9.
func TestAReceiptIsCheckedWithNothingButTheKey(t *testing.T) {
	s := newSite(t)
	id := s.enter(3)
	server := s.open()
	mine := habeas.Actor{Kind: habeas.ActorPerson, Account: habeas.NewID[habeas.AccountKind](server.Clock.Now()), Proof: habeas.ProofCode}
	s.must(server.Keys.Commit(t.Context(), server.Keys.NewKey(habeas.SubjectOf(mine.Account))))
	s.must(own(s, server, id, mine.Account))
	events, err := server.DB.Events(t.Context(), habeas.SubjectOf(id), habeas.EventID{}, 1)
	s.must(err)
	s.must(server.Ledger.Publish(t.Context()))
	receipt, pending, err := server.Records.Receipt(t.Context(), mine, events[0].ID)
	if err != nil || pending {
		t.Fatalf("pending %v, %v", pending, err)
	}
	key := server.Ledger.VerifierKey()
	s.must(server.Close())
	s.enter(5) // the ledger grows; the receipt stays good

	file := filepath.Join(t.TempDir(), "mine.tlog-proof")
	s.must(os.WriteFile(file, receipt, 0o600))
	t.Chdir(t.TempDir()) // no data directory near
	code, out, complaints := s.run("audit", "receipt", "--key", key, file)
	if code != 0 || !strings.Contains(out, "The receipt holds.") || !strings.Contains(out, string(events[0].Event)) {
		t.Errorf("%d %s%s", code, out, complaints)
	}
	if code, out, _ = s.run("audit", "receipt", "--dir", s.dir, "--json", file); code != 0 || !strings.Contains(out, fmt.Sprintf(`"index": %d`, events[0].Index)) {
		t.Errorf("with the directory: %d %s", code, out)
	}
	receipt[len(receipt)/2] ^= 1
	s.must(os.WriteFile(file, receipt, 0o600))
	if code, _, complaints = s.run("audit", "receipt", "--key", key, file); code != 1 || !strings.Contains(complaints, "does not hold") {
		t.Errorf("a changed receipt: %d %s", code, complaints)
	}
}
