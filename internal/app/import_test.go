package app

import (
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/match/table"
)

// open makes a data directory and opens it.
func open(t *testing.T) *Server {
	t.Helper()
	dir := t.TempDir()
	origin, err := edge.ParseOrigin("http://localhost:8080")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Init(t.Context(), InitOptions{Dir: dir, Password: keyring.NewPassword([]byte("a master password")), Organisation: "Test", Addr: "localhost:8080", KDF: keyring.CheapKDF}); err != nil {
		t.Fatal(err)
	}
	keys, err := Unseal(t.Context(), dir, keyring.NewPassword([]byte("a master password")), false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Config{Dir: dir, Keys: keys, Clock: habeas.SystemClock{}, Organisation: "Test", Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func importFile(t *testing.T, s *Server, content string, o ImportOptions) (ImportReport, [][]string) {
	t.Helper()
	o.File = filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(o.File, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := s.Import(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.RejectedFile == "" {
		return r, nil
	}
	f, err := os.Open(r.RejectedFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return r, rows
}

func TestImportTakesWhatIsGoodAndExplainsTheRest(t *testing.T) {
	s := open(t)
	r, rejected := importFile(t, s, "\ufeffVorname;Nachname;E-Mail;Geburtsdatum;Notiz\n"+
		"Tim;Berger;tim@example.org;1984-05-03;x\n"+
		"Ada;Poe;not an address;1990-01-01;x\n"+
		"Eva;Roth;eva@example.org;1990-02-31;=cmd()\n"+
		"too;few\n"+
		";;;;\n"+
		"José;Müller;jose@example.org;;\n", ImportOptions{})
	if r.Rows != 6 || r.Imported != 2 || r.Rejected != 4 {
		t.Fatalf("%+v", r)
	}
	reasons := map[string]string{}
	for _, row := range rejected[1:] {
		reasons[row[0]] = row[1]
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a formula left the house: %q", cell)
			}
		}
	}
	for line, want := range map[string]string{
		"3": "email", "4": "identity.birth_date: Use a real date", "5": "ends after 2 cells", "6": "says nothing",
	} {
		if !strings.Contains(reasons[line], want) {
			t.Errorf("line %s: reason %q, want %q", line, reasons[line], want)
		}
	}
	if found := s.Finder.Find("jose muller", 5); len(found) != 1 {
		t.Errorf("José is found %d times", len(found))
	}
}

func TestImportMayBeRunAgain(t *testing.T) {
	s := open(t)
	content := "unique_id,first_name,surname,dob\nQ1-1,Thomas,Clifford,1630-08-01\nQ1-2,Tom,Clifford,\n"
	if r, _ := importFile(t, s, content, ImportOptions{DryRun: true}); r.Imported != 2 || s.Finder.Len() != 0 {
		t.Errorf("dry run: %+v, %d records", r, s.Finder.Len())
	}
	first, _ := importFile(t, s, content, ImportOptions{})
	again, _ := importFile(t, s, content+"Q1-3,Thomas,of Chudleigh,1630-08-01\n", ImportOptions{})
	if first.Imported != 2 || again.Known != 2 || again.Imported != 1 || s.Finder.Len() != 3 {
		t.Errorf("first %+v, again %+v, %d records", first, again, s.Finder.Len())
	}
}

func TestImportUnderstandsOtherEncodings(t *testing.T) {
	for name, content := range map[string]string{
		"latin 1":  "nombre,apellidos\nJos\xe9,Mu\xf1oz\n",
		"tabs":     "nombre\tapellidos\nJosé\tMuñoz\n",
		"utf-16":   "\xff\xfen\x00o\x00m\x00b\x00r\x00e\x00,\x00a\x00p\x00e\x00l\x00l\x00i\x00d\x00o\x00s\x00\n\x00J\x00o\x00s\x00\xe9\x00,\x00M\x00u\x00\xf1\x00o\x00z\x00\n\x00",
		"one name": "name\nJosé Muñoz\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			if r, rows := importFile(t, s, content, ImportOptions{}); r.Imported != 1 {
				t.Errorf("%+v %q", r, rows)
			}
			if len(s.Finder.Find("jose munoz", 5)) != 1 {
				t.Error("José Muñoz is not found")
			}
		})
	}
}

func TestAFileWithoutLineEndsIsRefused(t *testing.T) {
	s := open(t)
	file := filepath.Join(t.TempDir(), "long.csv")
	if err := os.WriteFile(file, []byte("name\n"+strings.Repeat("x", 3*table.MaxRow)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(t.Context(), ImportOptions{File: file}); habeas.KindOf(err) != habeas.KindInvalid {
		t.Errorf("got %v", err)
	}
}
