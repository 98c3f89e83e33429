package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/pgtest"
)

// TestAFurtherNodeJoins makes the directory of a second node as docs/install.md says, and
// leaves nothing behind where it cannot.
func TestAFurtherNodeJoins(t *testing.T) {
	cluster := pgtest.Start(t, "fsync=off")
	records, keys := cluster.Database(t), cluster.Database(t)
	second := &site{t, filepath.Join(t.TempDir(), "data"), "", records, keys}
	wrong := filepath.Join(t.TempDir(), "wrong")
	second.must(os.WriteFile(wrong, []byte("Zwiebelturm-Kettenbruch-77\n"), 0o600))
	refuses := func(dir, password, say string, more ...string) {
		t.Helper()
		code, out, complaints := second.run(append([]string{"init", "--join", "--dir", dir, "--master-password-file", password}, more...)...)
		if code == 0 || !strings.Contains(complaints, say) {
			t.Errorf("wanted %q: %d %s%s", say, code, out, complaints)
		}
	}
	on := []string{"--dsn", records, "--keys-dsn", keys}
	refuses(second.dir, wrong, "nothing to join", on...)

	first := newSiteOn(t, records, keys)
	second.password = first.password
	refuses(second.dir, first.password, "give both --dsn and --keys-dsn")
	refuses(second.dir, first.password, "give both --dsn and --keys-dsn", "--dsn", records)
	refuses(second.dir, wrong, "not the master password", on...)
	refuses(second.dir, first.password, "nothing to join", "--dsn", cluster.Database(t), "--keys-dsn", keys)
	refuses(first.dir, first.password, "The directory is not empty", on...)
	if _, err := os.Stat(second.dir); !os.IsNotExist(err) {
		t.Errorf("something was left behind: %v", err)
	}

	args := append([]string{"init", "--join", "--dir", second.dir, "--master-password-file", first.password, "--organisation", "City Sports"}, on...)
	code, out, complaints := second.run(args...)
	if code != 0 || !strings.Contains(out, "further node is ready") || strings.Contains(out, "first-administrator") {
		t.Fatalf("join: %d %s%s", code, out, complaints)
	}
	if _, err := os.Stat(filepath.Join(second.dir, "keys.db")); !os.IsNotExist(err) {
		t.Errorf("keys were made: %v", err)
	}
	refuses(second.dir, first.password, "The directory is not empty", on...)

	// A copy of the settings serves as well.
	third := &site{t, filepath.Join(t.TempDir(), "data"), first.password, records, keys}
	third.must(os.Mkdir(third.dir, 0o700))
	text, err := os.ReadFile(filepath.Join(first.dir, "habeas.toml"))
	third.must(err)
	third.must(os.WriteFile(filepath.Join(third.dir, "habeas.toml"), text, 0o600))
	if code, _, complaints := third.run("init", "--join", "--dir", third.dir, "--master-password-file", first.password); code != 0 {
		t.Errorf("join with settings: %d %s", code, complaints)
	}

	a, b := first.serve(), second.serve()
	for _, c := range []*child{a, b} {
		if code, _ := c.fetch(http.DefaultClient, c.url+"/", ""); code != http.StatusOK {
			t.Errorf("the first page: %d", code)
		}
	}
	for _, c := range []*child{a, b} {
		if code := c.stop(); code != 0 {
			t.Errorf("ended with %d: %s", code, c.log.Bytes())
		}
	}
}
