package app

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
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
		reasons[row[0]] = row[1] + ": " + row[2]
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a formula left the house: %q", cell)
			}
		}
	}
	for line, want := range map[string]string{
		"3": "E-Mail: ", "4": "Geburtsdatum: Use a real date", "5": "ends after 2 cells", "6": "says nothing",
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

// Proves PTY-17.
func TestEveryWayInWhichAFileIsBrokenIsCountedAndTheRestGoesIn(t *testing.T) {
	s := open(t)
	r, rejected := importFile(t, s, "\xef\xbb\xbfgiven_name;family_name;email;dob;phone\r\n"+
		"Tim;Berger;tim@example.org;25/12/1984;\n"+
		"Ada;Poe;ada@example.org;03/05/1990;'+49 30 901820\r\n"+
		"Tim;Berger;TIM@EXAMPLE.ORG;25/12/1984;\n"+ // the same address and person
		"Paula;Berger;tim@example.org;01/01/2001;\n"+ // the same address, somebody else
		"Eva;Roth;eva@example.org;05/23/1990;\n"+ // the month first
		"Jos\xe9;Mu\xf1oz;jose@example.org;3 de mayo de 1984;\n"+ // Windows-1252 among UTF-8
		"Zoë;\"Quo\"\"te\";zoe@example.org;1984-05-03;\n"+
		"\"never closed;Roth;x@example.org;1984-05-03;\n"+
		"Nu\x00ll;Byte;null@example.org;1984-05-03;\n"+
		"=cmd();@SUM(A1);formula@example.org;1984-05-03;\n", ImportOptions{Dates: string(table.DayFirst)})
	if want := (ImportReport{Rows: 10, Created: 5, Review: 1, Imported: 6, Rejected: 4}); r.Rows != want.Rows || r.Created != want.Created ||
		r.Review != want.Review || r.Imported != want.Imported || r.Rejected != want.Rejected {
		t.Errorf("%+v", r)
	}
	reasons := map[string]string{}
	for _, row := range rejected[1:] {
		reasons[row[0]] = row[1] + ": " + row[2]
	}
	for line, want := range map[string]string{
		"4": "email: Line 2 has this address already", "6": "dob: Use a real date", "9": "not closed", "10": "zero byte",
	} {
		if !strings.Contains(reasons[line], want) {
			t.Errorf("line %s: %q, want %q", line, reasons[line], want)
		}
	}
	for name, want := range map[string]string{"Ada Poe": "1990-05-03", "José Muñoz": "1984-05-03", "=cmd() @SUM(A1)": "1984-05-03"} {
		if got := birthOf(t, s, name); got != want {
			t.Errorf("%s was born on %q, want %q", name, got, want)
		}
	}
}

// birthOf finds the date of birth in the record of a name.
func birthOf(t *testing.T, s *Server, name string) string {
	t.Helper()
	for _, rec := range everyRecord(t, s) {
		if rec.Name() == name {
			return rec.Text("identity", "birth_date")
		}
	}
	return "nobody"
}

// everyRecord reads all records, in the order in which they began.
func everyRecord(t *testing.T, s *Server) []party.Record {
	t.Helper()
	newest, err := s.DB.Records().Newest(t.Context(), habeas.PartyID{}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]party.Record, len(newest))
	for i, p := range newest {
		if out[len(newest)-1-i], _, err = s.Records.load(t.Context(), s.DB.Records(), p.ID); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestDatesThatNothingDecidesAreRejectedUntilSomebodySaysWhich(t *testing.T) {
	s := open(t)
	content := "name,dob\nTim Berger,03/05/1984\n"
	r, rejected := importFile(t, s, content, ImportOptions{})
	if r.Rejected != 1 || !strings.Contains(rejected[1][2], "day or the month first") {
		t.Errorf("%+v %q", r, rejected)
	}
	importFile(t, s, content, ImportOptions{Dates: string(table.MonthFirst)})
	if got := birthOf(t, s, "Tim Berger"); got != "1984-03-05" {
		t.Errorf("born on %q", got)
	}
}

func TestJSONGoesInLikeATable(t *testing.T) {
	for name, content := range map[string]string{
		"array": `[{"first_name":"Tim","identity":{"family_name":"Berger"},"dob":"25/12/1984","email":"tim@example.org","x":[1,2]},{"email":"none"}]`,
		"lines": "{\"first_name\":\"Tim\",\"surname\":\"Berger\",\"dob\":\"25/12/1984\",\"email\":\"tim@example.org\"}\n{\"email\":\"none\"}\n",
	} {
		s := open(t)
		r, rejected := importFile(t, s, content, ImportOptions{})
		if r.Created != 1 || r.Rejected != 1 || rejected[1][1] != "email" {
			t.Errorf("%s: %+v %q", name, r, rejected)
		}
		if got := birthOf(t, s, "Tim Berger"); got != "1984-12-25" {
			t.Errorf("%s: born on %q", name, got)
		}
	}
}

func TestTwoPeopleOfOneNameAndNoMoreAreTwo(t *testing.T) {
	s := open(t)
	content := "name\nJohn Smith\nJohn Smith\nJane Doe\n"
	first, _ := importFile(t, s, content, ImportOptions{})
	again, _ := importFile(t, s, content+"John Smith\n", ImportOptions{})
	if first.Created != 3 || again.Known != 3 || again.Created != 1 {
		t.Errorf("first %+v, again %+v", first, again)
	}
}

func TestADryRunSaysWhatTheRunWillDo(t *testing.T) {
	s := open(t)
	importFile(t, s, "email,name\nann@example.org,Ann Known\n", ImportOptions{})
	content := "email,name,phone\nann@example.org,Ann Known,+49 30 901820\nbob@example.org,Bob New,\nBOB@example.org,Bob New,\n" +
		"ann@example.org,Zed Other,\nx,Wrong,\ncy@example.org,Cy Newer,\n"
	dry, dryRejected := importFile(t, s, content, ImportOptions{DryRun: true})
	before := len(everyRecord(t, s))
	run, rejected := importFile(t, s, content, ImportOptions{})
	dry.DryRun, dry.Seconds, run.Seconds, dry.RejectedFile, run.RejectedFile = false, 0, 0, "", ""
	if before != 1 || !reflect.DeepEqual(dry, run) || !reflect.DeepEqual(dryRejected, rejected) {
		t.Errorf("%d records after the dry run\ndry %+v %q\nrun %+v %q", before, dry, dryRejected, run, rejected)
	}
	if run.Attached != 1 || run.Created != 2 || run.Review != 1 || run.Rejected != 2 {
		t.Errorf("%+v", run)
	}
}

// What a copy says elsewhere is what the record said here, whatever was said in which order.
//
// Proves PTY-18.
func TestACopySaysElsewhereWhatTheRecordSaidHere(t *testing.T) {
	here, there := open(t), open(t)
	fields := [][2]string{{"identity", "given_name"}, {"identity", "family_name"}, {"phone", "number"}, {"address", "city"}, {"profile", "about"}}
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		id := habeas.NewID[habeas.PartyKind](time.Now())
		key := here.Keys.NewKey(habeas.SubjectOf(id))
		if err := here.Keys.Commit(t.Context(), key); err != nil {
			rt.Fatal(err)
		}
		p := party.Party{ID: id, Kind: party.Person, State: party.Unclaimed, Version: 1}
		at := time.Now().Add(-time.Hour)
		for i := range rapid.IntRange(1, 6).Draw(rt, "statements") {
			at = at.Add(time.Duration(rapid.IntRange(1, 1000).Draw(rt, "ms")) * time.Millisecond)
			kind := rapid.SampledFrom([]party.SourceKind{party.FromSystem, party.FromImport, party.FromStaff, party.FromSelf}).Draw(rt, "kind")
			v := party.Values{}
			for _, f := range fields {
				switch rapid.IntRange(0, 3).Draw(rt, f[1]) {
				case 0:
					v.Put(f[0], f[1], rapid.SampledFrom([]string{"030 1234", "030 9876", "117 711"}).Draw(rt, "value"))
				case 1:
					if kind == party.FromSelf {
						v.Put(f[0], f[1], "")
					}
				}
			}
			if i == 0 {
				v.Put("contact", "email", fmt.Sprintf("somebody.%d@example.org", n))
			}
			s := party.Statement{
				ID: habeas.NewID[habeas.StatementKind](at), Party: id, Source: party.Source{Kind: kind, System: habeas.SystemID{1}}, Values: v,
				Occ: party.Occasion{Title: rapid.SampledFrom([]string{"", "Tour"}).Draw(rt, "title")},
			}
			if kind != party.FromSystem {
				s.Source.System = habeas.SystemID{}
			}
			err := here.DB.InTx(t.Context(), func(tx *sqlstore.Tx) error {
				e := here.Records.event(audit.PartyAsserted, id, habeas.Server, nil)
				if i == 0 {
					return tx.Records().CreateParty(p, s, nil, e)
				}
				return tx.Records().ChangeParty(p, &s, nil, e)
			})
			if err != nil {
				rt.Fatal(err)
			}
		}
		c, err := here.CopyOf(t.Context(), id)
		if err != nil {
			rt.Fatal(err)
		}
		file := filepath.Join(dir, fmt.Sprint(n, ".zip"))
		if err := os.WriteFile(file, c.ZIP, 0o600); err != nil {
			rt.Fatal(err)
		}
		r, err := there.Import(t.Context(), ImportOptions{File: file})
		if err != nil || r.Created != 1 {
			rt.Fatalf("%+v, %v", r, err)
		}
		newest, err := there.DB.Records().Newest(t.Context(), habeas.PartyID{}, 1)
		if err != nil {
			rt.Fatal(err)
		}
		was, said, err := here.Records.load(t.Context(), here.DB.Records(), id)
		if err != nil {
			rt.Fatal(err)
		}
		is, words, err := there.Records.load(t.Context(), there.DB.Records(), newest[0].ID)
		if err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(valuesOf(was), valuesOf(is)) {
			rt.Fatalf("here %v\nthere %v", valuesOf(was), valuesOf(is))
		}
		for _, s := range said {
			found := slices.ContainsFunc(words, func(w party.Statement) bool {
				return reflect.DeepEqual(w.Values, s.Values) && w.Before.Kind == s.Source.Kind.String() && w.Before.At.Equal(s.At().Truncate(time.Second)) && w.Occ.Title == s.Occ.Title
			})
			if s.Values.Len() > 0 && !found {
				rt.Fatalf("%v of %s has lost where it came from: %+v", s.Values, s.Source.Kind, words)
			}
		}
	})
	if _, err := there.Import(t.Context(), ImportOptions{File: filepath.Join(dir, "1.zip")}); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("a copy that was imported already: %v", err)
	}
}

func TestAnArchiveThatIsNoCopyIsRefused(t *testing.T) {
	s := open(t)
	archive := func(name, text string) string {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		f, err := w.Create(name)
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for name, content := range map[string]string{
		"no archive": "PK\x03\x04 and nothing more", "other files": archive("letter.txt", "x"), "no JSON": archive("records.json", "x"),
		"another form": archive("records.json", `{"format":"habeas-copy/99"}`), "too much": archive("records.json", strings.Repeat(" ", maxCopy+1)),
	} {
		file := filepath.Join(t.TempDir(), "a.zip")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Import(t.Context(), ImportOptions{File: file}); habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
