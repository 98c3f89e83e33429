package people

import (
	"bytes"
	"encoding/csv"
	"slices"
	"testing"
	"time"
)

func TestASetIsTheSameForTheSameSeed(t *testing.T) {
	a, b, c := New(7, 500, Profiles[1]), New(7, 500, Profiles[1]), New(8, 500, Profiles[1])
	same := 0
	for i := range a.Len() {
		if !slices.Equal(a.Row(i), b.Row(i)) || a.Person(i) != b.Person(i) {
			t.Fatalf("row %d differs", i)
		}
		if slices.Equal(a.Row(i), c.Row(i)) {
			same++
		}
	}
	if same > 5 {
		t.Errorf("%d rows are the same for another seed", same)
	}
}

func TestRowsLookLikePeople(t *testing.T) {
	for _, p := range Profiles {
		s := New(1, 20_000, p)
		persons, families, dates, mails := map[int]int{}, map[string]int{}, 0, 0
		for i := range s.Len() {
			row := s.Row(i)
			persons[s.Person(i)]++
			families[row[family]]++
			if _, err := time.Parse(time.DateOnly, row[birth]); err == nil {
				dates++
			}
			if row[email] != "" {
				mails++
			}
		}
		if repeats := float64(s.Len()-len(persons)) / float64(len(persons)); repeats < p.Repeats*0.9 || repeats > p.Repeats*1.1 {
			t.Errorf("%s: %.2f further rows a person, want %.2f", p.Name, repeats, p.Repeats)
		}
		most := 0
		for name, n := range families {
			if name != "" {
				most = max(most, n)
			}
		}
		if len(families) < 4000 || most < 40 || most > 400 {
			t.Errorf("%s: %d family names, the commonest %d times", p.Name, len(families), most)
		}
		if least := (1 - p.Missing - 2*p.Scanned) * 0.8; float64(dates) < least*20_000 || float64(mails) < least*20_000*0.85 {
			t.Errorf("%s: %d dates and %d addresses of e-mail", p.Name, dates, mails)
		}
	}
}

func TestACSVHoldsTheTruthWhereItIsAsked(t *testing.T) {
	for _, truth := range []bool{false, true} {
		var b bytes.Buffer
		if err := New(1, 100, Profiles[0]).WriteCSV(&b, truth); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != 101 {
			t.Fatalf("%d rows (%v)", len(rows), err)
		}
		if got := slices.Contains(rows[0], "cluster"); got != truth {
			t.Errorf("asked for the truth: %v, got it: %v", truth, got)
		}
	}
}

func BenchmarkRow(b *testing.B) {
	s := New(1, 100_000, Profiles[1])
	for i := 0; b.Loop(); i++ {
		s.Row(i % s.Len())
	}
}
