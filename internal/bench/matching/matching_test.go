package matching

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/match/link"
	"github.com/habeas-data/habeas/match/search"
)

// reference writes a directory of reference data.
func reference(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTablesComeWithoutTruthAndNumbers(t *testing.T) {
	dir := reference(t, map[string]string{
		"linkage/a.csv":           "unique_id,name,cluster,soc_sec_id\n0,Ann,x,5\n1,Anne,x,5\n2,Bob,,6\n3,Rob,,6\n",
		"linkage/b_notes.csv":     "name\nnobody\n",
		"linkage/l.csv":           "id,name,town\n1,Café A,X\n2,B,Y\n",
		"linkage/r.csv":           "town,name,id,more\nX,Cafe A,9,?\n",
		"linkage/l_r_matches.csv": "l_id,r_id\n1,9\n",
		"linkage/p_q_matches.csv": "p_id,q_id\n1,9\n",
	})
	all, notes, err := Tables(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "p_q_matches") {
		t.Errorf("notes: %q", notes)
	}
	got := map[string][]string{}
	pairs := map[string]int{}
	for _, table := range all {
		got[table.Name], pairs[table.Name] = table.Header, together(table.Truth)
	}
	for name, want := range map[string]string{"a": "name soc_sec_id", "a_no_ssid": "name", "l_r_matches": ""} {
		if name == "l_r_matches" {
			name, want = "l_r", "name town source"
		}
		if strings.Join(got[name], " ") != want || pairs[name] != 1 {
			t.Errorf("%s: columns %q with %d pairs, want %q with one", name, got[name], pairs[name], want)
		}
	}
	if len(all) != 3 {
		t.Errorf("%d tables", len(all))
	}
}

func TestFiguresOfLinkage(t *testing.T) {
	truth := []int{1, 1, 1, 2, 2, 3}
	f := ofClusters([]int32{0, 0, 2, 3, 3, 3}, truth) // 4 true, 4 found, 2 right
	if f["precision"] != 0.5 || f["recall"] != 0.5 || f["f1"] != 0.5 {
		t.Errorf("clusters: %v", f)
	}
	pairs := []link.Pair{{A: 0, B: 1, P: 0.9}, {A: 3, B: 5, P: 0.4}, {A: 1, B: 2, P: 0.8}, {A: 0, B: 2, P: 0.8}, {A: 3, B: 4, P: 0.1}}
	best := bestOfPairs(pairs, truth)
	if best["f1"] != 8.0/9 || best["threshold"] != 0.1 {
		t.Errorf("pairs: %v", best)
	}
	if r := reliability(pairs, truth); math.Abs(r["ece"]-(0.1+0.4+0.4+0.9)/5) > 1e-9 {
		t.Errorf("reliability: %v", r)
	}
}

func TestFiguresOfNames(t *testing.T) {
	questions := []Question{{Want: []string{"a", "b"}, Drawn: "a"}, {Want: []string{"c"}, Drawn: "c"}, {Want: []string{"d"}, Drawn: "d"}}
	answers := [][]Answer{
		{{"b", "Springfield", 0.4}, {"a", "springfield", 0.3}}, // whoever it is, the name is right
		{{"x", "X", 0.3}, {"c", "C", 0.2}},
		nil,
	}
	f := Names(questions, answers, 0.5)
	for name, want := range map[string]float64{
		"r1": 1.0 / 3, "r10": 2.0 / 3, "r1_strict": 0, "precision": 1, "recall": 1.0 / 3, "f1": 0.5, "ece": 0.3,
	} {
		if math.Abs(f[name]-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, f[name], want)
		}
	}
}

func TestFiguresOfMentions(t *testing.T) {
	questions := []Question{{Want: []string{"a", "b"}}, {}, {Want: []string{"c"}}}
	answers := [][]Answer{{{ID: "a", P: 0.9}, {ID: "x", P: 0.6}, {ID: "b", P: 0.2}}, {{ID: "y", P: 0.1}}, {{ID: "z", P: 0.4}, {ID: "c", P: 0.3}}}
	f := Mentions(questions, answers, 0.5)
	for name, want := range map[string]float64{"r1": 0.5, "r10": 1, "precision": 0.5, "recall": 1.0 / 3, "f1": 0.4} {
		if math.Abs(f[name]-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, f[name], want)
		}
	}
	if best := Mentions(questions, answers, -1); best["f1"] <= f["f1"] {
		t.Errorf("the best threshold is worse: %v", best)
	}
}

func TestQuestionsOfNames(t *testing.T) {
	entities := []search.Entity{
		{ID: "1", Names: []search.Name{{Text: "Springfield"}, {Text: "Ulm"}}},
		{ID: "2", Names: []search.Name{{Text: "SPRINGFIELD"}, {Text: "東京都千代田区"}}},
		{ID: "3", Names: []search.Name{{Text: "Москва́"}}},
	}
	q, err := NewQuestions(t.TempDir(), entities, 1, 200)
	if err != nil {
		t.Fatal(err)
	}
	russian := 0
	for _, typo := range q.Typo1 {
		switch {
		case slices.Equal(typo.Want, []string{"3"}):
			russian++
		case !slices.Equal(typo.Want, []string{"1", "2"}):
			t.Fatalf("%q is wanted to be %v", typo.Text, typo.Want)
		}
	}
	if len(q.Typo1) != 200 || russian < 70 || russian > 130 {
		t.Errorf("%d questions, %d of the Russian name: each name is as likely as the other", len(q.Typo1), russian)
	}
	again, err := NewQuestions(t.TempDir(), entities, 1, 200)
	if err != nil || q.Typo2[17].Text != again.Typo2[17].Text {
		t.Errorf("one seed, two questions: %q, %q (%v)", q.Typo2[17].Text, again.Typo2[17].Text, err)
	}
}

func TestAReportIsReadAsItIsWritten(t *testing.T) {
	r := Report{
		Figures: Figures{"linkage.fake_1000.f1": 0.5, "linkage.million.seconds": 12.345678, "search.exact.p50_us": 1},
		Notes:   []string{"nothing"}, Machine: Machine{Cores: 2},
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var nested struct {
		Linkage struct {
			Million struct{ Seconds float64 } `json:"million"`
		} `json:"linkage"`
		Missed []string `json:"missed"`
	}
	if err := json.Unmarshal(b, &nested); err != nil || nested.Linkage.Million.Seconds != 12.3457 || !slices.Equal(nested.Missed, []string{"linkage.fake_1000.f1"}) {
		t.Errorf("%s (%v)", b, err)
	}
	var back Report
	if err := json.Unmarshal(b, &back); err != nil || back.Figures["search.exact.p50_us"] != 1 || len(back.Figures) != 3 || back.Machine.Cores != 2 {
		t.Errorf("%+v (%v)", back, err)
	}
	m := Median([]Figures{{"a": 1}, {"a": 5}, {"a": 2, "b": 7}})
	if m["a"] != 2 || m["b"] != 7 {
		t.Errorf("medians: %v", m)
	}
}

func TestEntitiesAreReadWhateverColumnsThereAre(t *testing.T) {
	dir := reference(t, map[string]string{
		"entities/geonames_cities1000.tsv": "population\tgeonameid\tname\tasciiname\talternatenames\tnew\tcountry\n" +
			"100\t7\tZürich\tZurich\tZurich,Turicum,\tx\tCH\nragged\n5\t8\t\t\t\tx\tCH\n",
		"entities/ror_records.jsonl": `{"id":"r1","name":"Institute of Things","alt":["IOT"],"country":"DE","city":"Ulm","new":{}}` + "\n",
	})
	var all []search.Entity
	for e, err := range Entities(dir) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	if len(all) != 2 || len(all[0].Names) != 3 || all[0].Weight != 100 || all[1].Names[1].Kind != search.Acronym || all[1].Places[0] != "Ulm" {
		t.Errorf("%+v", all)
	}
	if notes := Missing(dir); len(notes) != 2 {
		t.Errorf("what is not there: %q", notes)
	}
}
