package scrubbing

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// told is a text with its labels, and what somebody found in it.
type told struct {
	labels []corpus.Label
	found  []Found
}

func label(start, end int, k scrub.Kind) corpus.Label {
	return corpus.Label{Start: start, End: end, Kind: k}
}

func optional(start, end int, k scrub.Kind) corpus.Label {
	return corpus.Label{Start: start, End: end, Kind: k, Optional: true}
}

func TestCountingFollowsItsDefinitions(t *testing.T) {
	mail, person, address := scrub.Email, scrub.Person, scrub.Address
	for name, c := range map[string]struct {
		told
		kind scrub.Kind
		want Tally
		lost int
	}{
		"the very place": {
			told{[]corpus.Label{label(5, 10, mail)}, []Found{{5, 10, mail}}},
			mail,
			Tally{Labelled: 1, Covered: 1, Typed: 1, Exact: 1, Found: 1, Right: 1, RightTyped: 1, RightExact: 1},
			0,
		},
		"more than the place": {
			told{[]corpus.Label{label(5, 10, mail)}, []Found{{4, 12, mail}}},
			mail,
			Tally{Labelled: 1, Covered: 1, Typed: 1, Found: 1, Right: 1, RightTyped: 1},
			3,
		},
		"one byte is missing": {
			told{[]corpus.Label{label(5, 10, mail)}, []Found{{5, 9, mail}}},
			mail,
			Tally{Labelled: 1, Found: 1, Right: 1, RightTyped: 1},
			0,
		},
		"two places without a gap": {
			told{[]corpus.Label{label(5, 10, person)}, []Found{{5, 8, person}, {8, 10, person}}},
			person,
			Tally{Labelled: 1, Covered: 1, Typed: 1, Found: 2, Right: 2, RightTyped: 2},
			0,
		},
		"two places with a gap": {
			told{[]corpus.Label{label(5, 10, person)}, []Found{{5, 7, person}, {8, 10, person}}},
			person,
			Tally{Labelled: 1, Found: 2, Right: 2, RightTyped: 2},
			0,
		},
		"as another kind": {
			told{[]corpus.Label{label(5, 10, person)}, []Found{{5, 10, mail}}},
			person,
			Tally{Labelled: 1, Covered: 1, Exact: 1},
			0,
		},
		"another kind's precision": {
			told{[]corpus.Label{label(5, 10, person)}, []Found{{5, 10, mail}}},
			mail,
			Tally{Found: 1, Right: 1},
			0,
		},
		"a known value stands for any kind": {
			told{[]corpus.Label{label(5, 10, person)}, []Found{{5, 10, scrub.Known}}},
			person,
			Tally{Labelled: 1, Covered: 1, Typed: 1, Exact: 1},
			0,
		},
		"for nothing": {
			told{[]corpus.Label{label(5, 10, mail)}, []Found{{20, 24, person}}}, person, Tally{Found: 1}, 4,
		},
		"optional places do not count": {
			told{[]corpus.Label{optional(5, 10, address)}, []Found{{5, 10, address}}}, address, Tally{}, 0,
		},
		"but as another kind they do": {
			told{[]corpus.Label{optional(5, 10, address)}, []Found{{5, 10, person}}}, person, Tally{Found: 1}, 0,
		},
		"what is none of our kinds excuses leniently": {
			told{[]corpus.Label{label(5, 10, 0)}, []Found{{5, 10, person}}}, person, Tally{Found: 1, Excused: 1}, 0,
		},
		"one place over two labels": {
			told{[]corpus.Label{label(2, 5, address), label(6, 9, address)}, []Found{{2, 9, address}}},
			address,
			Tally{Labelled: 2, Covered: 2, Typed: 2, Found: 1, Right: 1, RightTyped: 1},
			1,
		},
		"overlapping places": {
			told{[]corpus.Label{label(2, 9, person)}, []Found{{2, 6, person}, {4, 9, mail}}},
			person,
			Tally{Labelled: 1, Covered: 1, Found: 1, Right: 1, RightTyped: 1},
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewScore()
			s.Add(corpus.Text{Body: make([]byte, 30), Labels: c.labels}, c.found)
			if got := *s.of(c.kind); got != c.want {
				t.Errorf("counted %+v, want %+v", got, c.want)
			}
			if s.Lost != c.lost {
				t.Errorf("%d bytes lost outside the labels, want %d", s.Lost, c.lost)
			}
		})
	}
}

func TestFiguresAreShares(t *testing.T) {
	s := NewScore()
	t1 := corpus.Text{Body: make([]byte, 20), Labels: []corpus.Label{label(0, 5, scrub.Email), label(10, 15, scrub.Email)}}
	s.Add(t1, []Found{{0, 5, scrub.Email}, {16, 18, scrub.Email}})
	f := s.Figures()
	want := matching.Figures{
		"labelled.email": 2, "recall.email": 0.5, "recall_typed.email": 0.5, "recall_exact.email": 0.5,
		"found.email": 2, "precision.email": 0.5, "precision_typed.email": 0.5, "precision_exact.email": 0.5, "precision_lenient.email": 0.5,
		"outside": 0.2, "outside_places": 1,
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("figures %v, want %v", f, want)
	}
	both := NewScore()
	both.merge(s)
	both.merge(s)
	if g := both.Figures(); !reflect.DeepEqual(g["recall.email"], 0.5) || g["labelled.email"] != 4 {
		t.Errorf("two of them: %v", g)
	}
}

func TestTheOracleReadsEveryForm(t *testing.T) {
	k := corpus.NewKnown(1, corpus.Open, 1500, 1200)
	l := NewLeaks(k.Values)
	for _, text := range k.Texts {
		where := text.Labels[0]
		if where.Class == "token" { // a word of a value is no value of the list
			continue
		}
		value := fold(where.Value)
		if !slices.Contains(l.In(string(text.Body)), value) {
			t.Errorf("%s: %q is not read in %q", where.Class, where.Value, text.Body)
		}
		without := slices.Concat(text.Body[:where.Start], []byte("⟦KNOWN:k3f9x7⟧"), text.Body[where.End:])
		if slices.Contains(l.In(string(without)), value) {
			t.Errorf("%s: %q is read in %q", where.Class, where.Value, without)
		}
	}
}

func TestSentencesOfPresidioCountCharacters(t *testing.T) {
	dir := t.TempDir()
	if texts, err := Presidio(dir); err != nil || len(texts) != 0 {
		t.Fatalf("an empty directory gives %d sentences, %v", len(texts), err)
	}
	if err := os.Mkdir(filepath.Join(dir, "pii"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pii", "presidio_test.json")
	// The spans are not in order, and characters before them take two and four bytes.
	sentence := `[{"full_text": "Ünlü 🙂 Ada Lovelace, 12345 Ulm, Acme",
		"spans": [{"entity_type": "ZIP_CODE", "start_position": 21, "end_position": 26},
		{"entity_type": "PERSON", "start_position": 7, "end_position": 19},
		{"entity_type": "ORGANIZATION", "start_position": 32, "end_position": 36},
		{"entity_type": "PERSON", "start_position": 30, "end_position": 99}]}]`
	if err := os.WriteFile(file, []byte(sentence), 0o600); err != nil {
		t.Fatal(err)
	}
	texts, err := Presidio(dir)
	if err != nil || len(texts) != 1 {
		t.Fatalf("%d sentences, %v", len(texts), err)
	}
	type seen struct {
		value    string
		kind     scrub.Kind
		optional bool
	}
	var got []seen
	for _, l := range texts[0].Labels {
		got = append(got, seen{string(texts[0].Body[l.Start:l.End]), l.Kind, l.Optional})
	}
	want := []seen{{"Ada Lovelace", scrub.Person, false}, {"12345", scrub.Address, true}, {"Acme", 0, false}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Presidio(dir); err == nil {
		t.Error("half a file is read without an error")
	}
}

func TestALogFileAndItsLabelsComeBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	o := Options{Seed: 3, Size: 3 << 20}
	if err := WriteLog(t.Context(), name, o); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(written)) < o.Size || written[len(written)-1] != '\n' {
		t.Errorf("%d bytes were written, the last one is %q", len(written), written[len(written)-1])
	}
	want := corpus.Logs(o.Seed, corpus.Open, bytes.Count(written, []byte("\n")))
	var body []byte
	var labels []corpus.Label
	err = eachPiece(t.Context(), name, func(p corpus.Text) {
		for _, l := range p.Labels {
			l.Start, l.End = l.Start+len(body), l.End+len(body)
			labels = append(labels, l)
		}
		body = append(body, p.Body...)
	})
	if err != nil || !bytes.Equal(body, want.Body) {
		t.Errorf("%d bytes come back of %d, %v", len(body), len(want.Body), err)
	}
	for i := range want.Labels {
		want.Labels[i].Class, want.Labels[i].Value = "", ""
	}
	if !reflect.DeepEqual(labels, want.Labels) {
		t.Errorf("%d labels come back of %d", len(labels), len(want.Labels))
	}
	if err := WriteLog(t.Context(), name, o); err == nil {
		t.Error("a log was replaced")
	}
}

// A finder that finds nothing but every label of the invented texts is perfect on them,
// and raises no alarm.
func TestWhoKnowsTheTruthIsPerfect(t *testing.T) {
	o := Options{Seed: 1, Share: 30, Examples: 1}
	truth := map[string][]Found{}
	for _, part := range []corpus.Part{corpus.Open, corpus.Held} {
		for _, c := range o.Corpora(part) {
			for _, text := range c.Texts {
				for _, l := range text.Labels {
					if !l.Optional {
						truth[string(text.Body)] = append(truth[string(text.Body)], Found{l.Start, l.End, l.Kind})
					}
				}
			}
		}
	}
	r := Report{Report: matching.Report{Figures: matching.Figures{}, Lines: Lines}}
	Quality(func(b []byte) []Found { return truth[string(b)] }, o, &r)
	for _, q := range r.Missed() {
		t.Errorf("%s is %g, required is %s", q.Figure, r.Figures[q.Figure], q)
	}
	for _, kind := range scrub.Kinds()[1:] {
		name := strings.ToLower(kind.String())
		for _, figure := range []string{"recall_exact.", "precision_exact.", "held.recall."} {
			if r.Figures[figure+name] != 1 {
				t.Errorf("%s%s is %g", figure, name, r.Figures[figure+name])
			}
		}
	}
	if r.Figures["corpus.logs.recall.email"] != 1 {
		t.Errorf("on logs: %g", r.Figures["corpus.logs.recall.email"])
	}
	if r.Figures["false_positives"] != 0 || r.Figures["outside"] != 0 || r.Mistakes.Text() != "" {
		t.Errorf("mistakes: %s", r.Mistakes.Text())
	}
	if !strings.Contains(r.Text(), "recall.email") || !slices.ContainsFunc(r.Notes, func(s string) bool { return strings.Contains(s, "presidio") }) {
		t.Errorf("the report is %s", r.Text())
	}
	if b, err := json.Marshal(r.Report); err != nil || !bytes.Contains(b, []byte(`"recall":{`)) || !bytes.Contains(b, []byte(`"false_positives":0`)) {
		t.Errorf("JSON: %s, %v", b, err)
	}
}

func TestWhoFindsNothingMissesEverything(t *testing.T) {
	r := Report{Report: matching.Report{Figures: matching.Figures{}, Lines: Lines}}
	Quality(func([]byte) []Found { return nil }, Options{Seed: 1, Share: 40, Examples: 2}, &r)
	if r.Figures["recall.email"] != 0 || len(r.Missed()) < 10 {
		t.Errorf("recall of e-mail is %g, missed are %d lines", r.Figures["recall.email"], len(r.Missed()))
	}
	if text := r.Mistakes.Text(); !strings.Contains(text, "missed") || !strings.Contains(text, "⟨") || strings.Contains(text, "for nothing") {
		t.Errorf("mistakes: %s", text)
	}
}

func TestPiecesEndWithLines(t *testing.T) {
	text := bytes.Repeat([]byte("a line of a log\n"), 200_000)
	var all []byte
	for _, p := range Pieces(text) {
		if len(p) > piece || p[len(p)-1] != '\n' {
			t.Errorf("a piece of %d bytes ends with %q", len(p), p[len(p)-1])
		}
		all = append(all, p...)
	}
	if !bytes.Equal(all, text) {
		t.Error("the pieces are not the text")
	}
	long := bytes.Repeat([]byte{'x'}, 3*piece+5)
	if !bytes.Equal(bytes.Join(Pieces(long), nil), long) {
		t.Error("a text without lines loses something")
	}
}
