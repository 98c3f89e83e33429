package main

import (
	"crypto/sha256"
	"database/sql"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// records opens the database beside the programs that own it.
func (s *site) records() *sql.DB {
	s.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "records.db"))
	s.must(err)
	s.Cleanup(func() {
		if err := db.Close(); err != nil {
			s.Error(err)
		}
	})
	return db
}

// own gives a record to an account, as a claim would.
func own(s *site, server *app.Server, id habeas.PartyID, account habeas.AccountID) error {
	return server.DB.InTx(s.Context(), func(tx *sqlstore.Tx) error {
		p, err := tx.Records().Party(s.Context(), id)
		if err != nil {
			return err
		}
		now := server.Clock.Now()
		p.State, p.Account, p.ClaimedAt = party.Claimed, account, now
		p.Version++
		return tx.Records().ChangeParty(p, nil, nil, audit.Entry{
			ID: habeas.NewID[habeas.EventKind](now), Event: audit.ClaimAccepted, Subject: habeas.SubjectOf(id), Actor: habeas.Server, At: now,
		})
	})
}

// sums are the contents of every file of the directory.
func (s *site) sums() map[string][32]byte {
	s.Helper()
	out := map[string][32]byte{}
	s.must(filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out[path] = sha256.Sum256(data)
		return err
	}))
	return out
}

// Proves PROT-02 and PROT-03.
func TestWithoutTheRightPasswordNothingStartsAndNothingChanges(t *testing.T) {
	s := newSite(t)
	s.enter(3)
	before := s.sums()
	wrong := filepath.Join(t.TempDir(), "wrong")
	s.must(os.WriteFile(wrong, []byte(strings.ToLower(masterPassword)), 0o600))
	for name, args := range map[string][]string{
		"a wrong password": {"--master-password-file", wrong},
		"none":             {},
	} {
		code, out, complaints := s.run(append([]string{"serve", "--dir", s.dir, "--addr", "localhost:0"}, args...)...)
		if code != 1 || out != "" || !strings.Contains(complaints, "master password") {
			t.Errorf("%s: ended with %d: %s%s", name, code, out, complaints)
		}
		if !maps.Equal(before, s.sums()) {
			t.Errorf("%s: a file was changed", name)
		}
	}
	for path := range before {
		data, err := os.ReadFile(path)
		s.must(err)
		if strings.Contains(string(data), masterPassword) {
			t.Errorf("%s holds the master password", path)
		}
	}
	c := s.serve() // and nothing was harmed
	if code := c.stop(); code != 0 {
		t.Errorf("ended with %d", code)
	}
}

func TestASecondProcessIsRefusedAndTheFirstGoesOn(t *testing.T) {
	s := newSite(t)
	c := s.serve()
	file := filepath.Join(t.TempDir(), "people.csv")
	s.must(os.WriteFile(file, []byte("name\nSomebody\n"), 0o600))
	for _, args := range [][]string{
		{"serve", "--dir", s.dir, "--master-password-file", s.password, "--addr", "localhost:0"},
		{"party", "import", "--dir", s.dir, "--master-password-file", s.password, file},
	} {
		code, out, complaints := s.run(args...)
		if code != 1 || out != "" || !strings.Contains(complaints, "Another habeas process uses this data directory. Stop it first.") {
			t.Errorf("%s: ended with %d: %s%s", args[0], code, out, complaints)
		}
	}
	if code, out, complaints := s.run("audit", "verify", "--dir", s.dir); code != 0 {
		t.Errorf("audit verify beside the server: %d %s%s", code, out, complaints)
	}
	res, err := http.Get(c.url + "/ledger/checkpoint")
	s.must(err)
	s.must(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		t.Errorf("the first process answers %d", res.StatusCode)
	}
	if code := c.stop(); code != 0 {
		t.Errorf("ended with %d: %s", code, c.log.Bytes())
	}
}
