package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/party"
)

// unpacked reads an archive.
func (s *site) unpacked(name string) map[string]string {
	s.Helper()
	archive, err := zip.OpenReader(name)
	s.must(err)
	defer archive.Close()
	out := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		s.must(err)
		text, err := io.ReadAll(r)
		s.must(err)
		s.must(r.Close())
		out[f.Name] = string(text)
	}
	return out
}

// only is the one record of a site.
func (s *site) only() (habeas.PartyID, map[string]string) {
	s.Helper()
	opened := s.open()
	defer func() { s.must(opened.Close()) }()
	newest, err := opened.DB.Records().Newest(s.Context(), habeas.PartyID{}, 2)
	s.must(err)
	if len(newest) != 1 {
		s.Fatalf("%d records, want one", len(newest))
	}
	said, err := opened.DB.Records().Statements(s.Context(), newest[0].ID)
	s.must(err)
	rec, values := party.Fold(newest[0], said, party.Settled{}, opened.Schemas), map[string]string{}
	for _, set := range rec.Sets {
		for _, f := range set.Fields {
			values[set.Schema.Name+"."+f.Schema.Name] = f.Current.Text
		}
	}
	return newest[0].ID, values
}

// Proves PTY-18, PTY-A40.
func TestAPersonGoesOutWithReceiptsThatAreCheckedWithoutTheServerAndInElsewhere(t *testing.T) {
	here, there := newSite(t), newSite(t)
	file := filepath.Join(t.TempDir(), "one.csv")
	here.must(os.WriteFile(file, []byte("email,given_name,family_name,dob,phone\ntim@example.org,=cmd(),Berger,1984-05-03,+49 30 901820\n"), 0o600))
	if code, out, complaints := here.run(here.importArgs(file)...); code != 0 {
		t.Fatalf("import: %s%s", out, complaints)
	}
	id, want := here.only()
	archive := filepath.Join(t.TempDir(), "copy.zip")
	if code, out, complaints := here.run("party", "export", "--dir", here.dir, "--master-password-file", here.password, id.String(), archive); code != 0 {
		t.Fatalf("export: %s%s", out, complaints)
	}
	files := here.unpacked(archive)
	for name, hold := range map[string]string{
		"README.txt": "party import", "records.html": "=cmd()", "records.csv": "'=cmd()", "records.json": `"=cmd()"`, "ledger-key.txt": "ledger",
	} {
		if !strings.Contains(files[name], hold) {
			t.Errorf("%s lacks %q", name, hold)
		}
	}
	receipts := 0
	for name, text := range files {
		if !strings.HasPrefix(name, "receipts/") {
			continue
		}
		receipts++
		at := filepath.Join(t.TempDir(), filepath.Base(name))
		here.must(os.WriteFile(at, []byte(text), 0o600))
		if code, out, complaints := there.run("audit", "receipt", "--key", strings.TrimSpace(files["ledger-key.txt"]), at); code != 0 || !strings.Contains(out, "party.create") {
			t.Errorf("%s, far from its server: %d %s%s", name, code, out, complaints)
		}
	}
	if receipts != 1 {
		t.Errorf("%d receipts for one line", receipts)
	}

	code, out, complaints := there.run(there.importArgs(archive)...)
	var r app.ImportReport
	if code == 0 {
		here.must(json.Unmarshal([]byte(out), &r))
	}
	if code != 0 || r.Created != 1 {
		t.Fatalf("import elsewhere: %s%s", out, complaints)
	}
	if _, got := there.only(); len(got) != len(want) {
		t.Errorf("here %v, there %v", want, got)
	} else {
		for field, text := range want {
			if got[field] != text {
				t.Errorf("%s: here %q, there %q", field, text, got[field])
			}
		}
	}
	if code, _, _ := there.run(there.importArgs(archive)...); code == 0 {
		t.Error("the same copy went in twice")
	}
}
