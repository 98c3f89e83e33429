package matching_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/matching"
	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/search"
)

// put writes a file into a new directory and returns its path.
func put(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// members is a table in which every third person stands twice, once mistyped.
func members(n int) string {
	var b strings.Builder
	b.WriteString("id,first_name,surname,dob,email\n")
	given := strings.Fields("Anna Jonas Mira Tilo Edda Ruben Clara Hauke Ilse Piet Wanda")
	family := strings.Fields("Berger Hofmeister Lindqvist Kramer Ostermann Sutter Morgental Paulsen Rehbein Zellweger Falkenau Gerstner Dornbusch")
	for i := range n {
		g, f := given[i%11], family[i%13]
		fmt.Fprintf(&b, "%d,%s,%s,19%02d-%02d-%02d,%s.%s%d@example.org\n", i, g, f, 30+i%67, 1+i%12, 1+i%28, g, f, i)
		if i%3 == 0 {
			fmt.Fprintf(&b, "%d,%s,%s,19%02d-%02d-%02d,%s.%s%d@example.org\n", n+i, g, f[1:], 30+i%67, 1+i%12, 1+i%28, g, f, i)
		}
	}
	return b.String()
}

func run(t *testing.T, o matching.LinkOptions) *matching.LinkReport {
	t.Helper()
	l, err := matching.Prepare(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := l.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsWrittenAgreesWithWhatIsTold(t *testing.T) {
	in := put(t, "members.csv", members(60))
	o := matching.LinkOptions{Files: []string{in}, Show: 3, Pairs: in + ".pairs", Clusters: in + ".clusters"}
	stages := map[string]bool{}
	o.Progress = func(p link.Progress) {
		if stages[p.Stage] = true; p.Done < 0 || p.Done > 1 {
			t.Errorf("%+v", p)
		}
	}
	r := run(t, o)
	if r.Rows != 80 || r.Clusters != 20 || r.Clustered != 40 || r.Sure+r.Look != r.Pairs || len(r.Best) != 3 || len(stages) < 4 {
		t.Errorf("%+v, stages %v", r, stages)
	}
	for _, p := range r.Best {
		if len(p.Reasons) == 0 || p.A.ID == "" || p.A.Line < 2 || len(p.A.Values) != len(r.Compare) {
			t.Errorf("%+v", p)
		}
	}
	pairs, clusters := readCSV(t, o.Pairs), readCSV(t, o.Clusters)
	if len(pairs) != r.Pairs+1 || len(clusters) != r.Rows+1 {
		t.Errorf("%d pairs and %d rows written", len(pairs)-1, len(clusters)-1)
	}
	number := map[string]string{}
	for _, row := range clusters[1:] {
		number[row[2]] = row[0]
	}
	for _, row := range pairs[1:] {
		if joined := number[row[4]] == number[row[7]]; joined != (row[2] == "yes") {
			t.Errorf("the files disagree about %q", row)
		}
	}
	info, err := os.Stat(o.Clusters)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read what is written: %v %v", info.Mode(), err)
	}
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestSeveralFilesAreOneTable(t *testing.T) {
	a := put(t, "a.csv", "Vorname;Nachname;Geburtsdatum;Ort\nAda;Poe;01.02.1990;Kiel\nTim;Berger;03.04.1984;Ulm\nEva;Roth;05.06.1970;Bonn\n")
	b := put(t, "b.csv", "CITY,last name,first name,dob,note\nKiel,Poe,Ada,1990-02-01,x\nUlm,Berger,Tim,1984-04-03,y\n")
	l, err := matching.Prepare(t.Context(), matching.LinkOptions{Files: []string{a, b}, Clusters: a + ".out"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range l.Columns {
		got = append(got, c.Name+" "+string(c.Kind))
	}
	if s := strings.Join(got[:5], ", "); s != "file source, Vorname given_name, Nachname family_name, Geburtsdatum date, Ort place" {
		t.Errorf("%s", s)
	}
	if _, err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, a+".out")
	if got := strings.Join(rows[4][2:], "|"); got != "b.csv|Ada|Poe|1990-02-01|Kiel|x" {
		t.Errorf("%s", got)
	}
	// Files with the same name are told apart, and a column may be called like ours.
	c := put(t, "a.csv", "file,Vorname,Nachname\nx,Ada,Poe\ny,Tim,Berger\n")
	l, err = matching.Prepare(t.Context(), matching.LinkOptions{Files: []string{a, c}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Columns[0].Name != "from file" || !strings.Contains(strings.Join(l.Summary(), " "), a) {
		t.Errorf("%+v %q", l.Columns[0], l.Summary())
	}
}

func TestColumnsAreOneByTheirValuesToo(t *testing.T) {
	var a, b strings.Builder
	a.WriteString("surname,line1,line2\n")
	b.WriteString("surname,premises,estate\n")
	for i := range 40 {
		fmt.Fprintf(&a, "Berger%c,hamlet %c%c,%c farm\n", 'a'+i%26, 'a'+i%26, 'b'+i%7, 'c'+i%23)
		fmt.Fprintf(&b, "Berger%c,hamlet %c%c,%c farm\n", 'a'+i%26, 'a'+i%26, 'b'+i%7, 'c'+i%23)
	}
	l, err := matching.Prepare(t.Context(), matching.LinkOptions{Files: []string{put(t, "a.csv", a.String()), put(t, "b.csv", b.String())}})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Columns) != 4 || !strings.Contains(l.Columns[2].Why, "also b.csv: premises") || !strings.Contains(l.Columns[3].Why, "also b.csv: estate") {
		t.Errorf("%+v", l.Columns)
	}
}

func TestWhoStopsTheWorkFindsNothingHalfDone(t *testing.T) {
	in := put(t, "members.csv", members(3000))
	l, err := matching.Prepare(t.Context(), matching.LinkOptions{Files: []string{in}, Clusters: in + ".out"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := matching.BuildIndex(ctx, matching.IndexOptions{Files: []string{in}, Out: in + ".index", Columns: map[string]string{"surname": "name"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(in))
	if err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
	}
}

func TestAFileThatChangesWhileItIsReadIsRefused(t *testing.T) {
	in := put(t, "members.csv", members(50))
	l, err := matching.Prepare(t.Context(), matching.LinkOptions{Files: []string{in}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, []byte(members(49)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Run(t.Context()); habeas.KindOf(err) != habeas.KindInvalid || !strings.Contains(err.Error(), "changed") {
		t.Errorf("got %v", err)
	}
}

// places is an index of a few invented places.
func places(t *testing.T, files ...string) (*matching.Searcher, *matching.IndexReport) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "places.index")
	r, err := matching.BuildIndex(t.Context(), matching.IndexOptions{Files: files, Out: out})
	if err != nil {
		t.Fatal(err)
	}
	s, err := matching.OpenSearcher(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, r
}

func TestEntitiesAreReadFromAllTheirFormats(t *testing.T) {
	for name, content := range map[string]string{
		"table.csv":   "id;name;aliases;country;population\n1;Brunnenthal;Bruntal|Bruntál;DEU;1,200\n2;Castrop;;;\n",
		"lines.jsonl": "\ufeff{\"id\": 1, \"name\": \"Brunnenthal\", \"aliases\": [\"Bruntal\", {\"value\": \"Bruntál\"}], \"country\": \"DE\"}\n\n{\"id\": 2, \"name\": \"Castrop\"}",
		"array.json":  "[\n{\"id\": 1, \"name\": \"Brunnenthal\", \"aliases\": \"Bruntal; Bruntál\", \"country\": \"de\"},\n{\"id\": 2, \"name\": \"Castrop\"}\n]\n",
		"other.csv":   "Kennung,Bezeichnung,Synonyms,Land\n1,Brunnenthal,\"Bruntal, Bruntál\",de\n2,Castrop,,\n",
	} {
		t.Run(name, func(t *testing.T) {
			s, r := places(t, put(t, name, content))
			if r.Entities != 2 || r.LeftOut != 0 {
				t.Errorf("%+v", r)
			}
			a := s.Ask(search.Query{Text: "Bruntál"})
			if !a.Found || a.Hits[0].ID != "1" || a.Hits[0].Called != "Brunnenthal" || a.Hits[0].Country != "DE" {
				t.Errorf("%+v", a)
			}
		})
	}
}

func TestAFileThatIsNoListOfEntitiesIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"cut.json":    {"[\n{\"name\": \"a\"},\n{\"name\": \"b\"}\n", "line 3: the list is not closed"},
		"broken.json": {"[\n{\"name\": \"a\"},\n{\"name\": b}\n]", "line 3: this is no JSON"},
		"number.json": {"[1, 2]", "a JSON object was expected"},
		"words.jsonl": {"{\"name\": \"a\"} {\"name\": \"b\"}\n", "something stands behind the object"},
		"none.jsonl":  {"{\"id\": \"1\"}\n", "No column looks like names"},
		"nobody.csv":  {"id,name\n1,\n2,\n", "there is no name"},
		"empty.jsonl": {"", "The file is empty"},
		"long.csv":    {"id,name\n" + strings.Repeat("x", 300) + ",a\n", "longer than 255 bytes"},
	} {
		in := put(t, name, c.content)
		_, err := matching.BuildIndex(t.Context(), matching.IndexOptions{Files: []string{in}, Out: in + ".index"})
		if habeas.KindOf(err) != habeas.KindInvalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnswersAppearAsOneTypes(t *testing.T) {
	s, _ := places(t, put(t, "p.csv", "id,name\n1,Brunnenthal\n2,Castrop\n3,Delfzijl\n"))
	var out bytes.Buffer
	keys := "Castx\x7f" + "r\x1b[A" + "\r" + "\x17" + "\x15" + "Délf\x01" + "\x04" + "not read"
	err := s.Type(matching.Screen{In: iotest.OneByteReader(strings.NewReader(keys)), Out: &out, Width: 60, Lines: 5}, search.Query{})
	if err != nil {
		t.Fatal(err)
	}
	frames := strings.Split(out.String(), "\r\x1b[J")
	last := frames[len(frames)-2]
	if !strings.Contains(last, "> Délf") || !strings.Contains(last, "Delfzijl") || strings.Contains(out.String(), "not read") {
		t.Errorf("%q", frames)
	}
	for _, f := range frames {
		for line := range strings.Lines(f) {
			if n := len([]rune(strings.TrimRight(line, "\r\n"))); n > 75 {
				t.Errorf("a line of %d characters: %q", n, line)
			}
		}
	}
	if err := s.Type(matching.Screen{In: iotest.ErrReader(os.ErrClosed), Out: &out, Width: 60}, search.Query{}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestATerminalObeysNoValue(t *testing.T) {
	s, _ := places(t, put(t, "p.csv", "id,name\n1,Castrop\x1b[2J\u202e\n"))
	a := s.Ask(search.Query{Text: "Castrop"})
	var out bytes.Buffer
	if a.Print(&out, true, 40); strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("%q", out.String())
	}
}

func TestAnyQuestionIsAnswered(t *testing.T) {
	s, _ := places(t, put(t, "p.csv", "id,name\n1,Castrop\n2,Bruntál\n"))
	for _, q := range []string{"", "a", "\xff\xfe", strings.Repeat("é", 10_000), "a" + strings.Repeat("\u0301", 5000), "\x00", " "} {
		for _, mode := range matching.Modes {
			a := s.Ask(search.Query{Text: q, Mode: mode, Explain: true})
			a.Print(new(bytes.Buffer), true, 40)
		}
	}
}

func FuzzEntities(f *testing.F) {
	for _, seed := range []string{
		"id,name\n1,a\n", "{\"name\": \"a\"}\n{\"name\":", "[{\"name\": [\"a\", 1, {\"label\": \"b\"}]}]", "[", "[{}", "{}", "\ufeff[ ]", "name\tcountry\na\tGBR\n",
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte) {
		in := filepath.Join(dir, fmt.Sprint(os.Getpid()))
		if err := os.WriteFile(in, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := matching.BuildIndex(t.Context(), matching.IndexOptions{Files: []string{in}, Out: in + ".index"})
		if err != nil && habeas.KindOf(err) != habeas.KindInvalid {
			t.Fatal(err)
		}
	})
}
