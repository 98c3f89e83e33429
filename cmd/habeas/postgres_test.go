package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/pgtest"
)

// The same commands on two databases of PostgreSQL, as docs/install.md gives them.
func TestPostgreSQLIsChosenAtInitAndTheSettingsRememberIt(t *testing.T) {
	at := t.TempDir()
	s := &site{TB: t, dir: filepath.Join(at, "data"), password: filepath.Join(at, "password")}
	s.must(os.WriteFile(s.password, []byte(masterPassword+"\n"), 0o600))
	cluster := pgtest.Start(t, "fsync=off", "full_page_writes=off") // nobody pulls the plug
	records, keys := cluster.Database(t), cluster.Database(t)
	args := []string{"init", "--dir", s.dir, "--master-password-file", s.password, "--dsn", records, "--keys-dsn", keys}
	if code, out, complaints := s.run(args...); code != 0 {
		t.Fatalf("init: %d %s%s", code, out, complaints)
	}
	if code, _, complaints := s.run(args...); code != 1 || !strings.Contains(complaints, "holds records already") {
		t.Errorf("init again: %d %s", code, complaints)
	}
	for _, file := range []string{"keys.db", "records.db"} {
		if _, err := os.Stat(filepath.Join(s.dir, file)); !os.IsNotExist(err) {
			t.Errorf("%s was made: %v", file, err)
		}
	}
	c := s.serve()
	if code, _ := s.fetch(http.DefaultClient, c.url+"/", ""); code != http.StatusOK {
		t.Errorf("the first page: %d", code)
	}
	if code, out, complaints := s.run("audit", "verify", "--dir", s.dir); code != 0 {
		t.Errorf("audit verify: %d %s%s", code, out, complaints)
	}

	// A second machine joins.
	second := s.further()
	other := second.serve()
	if code, _ := s.fetch(http.DefaultClient, other.url+"/", ""); code != http.StatusOK {
		t.Errorf("the first page of the second machine: %d", code)
	}
	for _, dir := range []string{s.dir, second.dir} { // each has a socket of its own
		if code, out, complaints := s.run("status", "--dir", dir); code != 0 || !strings.Contains(out, "database") {
			t.Errorf("status of %s: %d %s%s", dir, code, out, complaints)
		}
	}
	for _, child := range []*child{other, c} {
		if code := child.stop(); code != 0 {
			t.Errorf("ended with %d: %s", code, child.log.Bytes())
		}
	}
}
