package judge_test

import (
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/prose/judge"
	"github.com/habeas-data/habeas/scrub/internal/prose/word"
)

// strip cuts a text and finds the token that is a word of it.
func strip(t *testing.T, text, target string) (*word.Strip, int) {
	t.Helper()
	s := &word.Strip{}
	s.Reset([]byte(text), 0)
	for i := 0; s.At(i).Start < len(text); i++ {
		if tok := s.At(i); text[tok.Start:tok.End] == target {
			return s, i
		}
	}
	t.Fatalf("%q has no token %q", text, target)
	return nil, 0
}

func TestTheSurroundingsDecide(t *testing.T) {
	for _, c := range []struct{ target, name, none string }{
		{"Berlin", "Dear Mr. Berlin, thank you", "The train to Berlin was late"},
		{"Oxford", "Mrs. Oxford said so", "the University of Oxford"},
		{"Rubija", "My name is Rubija", "Error in Rubija 3.2.1: timeout"},
	} {
		a, i := strip(t, c.name, c.target)
		b, j := strip(t, c.none, c.target)
		if yes, no := judge.Score(a, i), judge.Score(b, j); yes <= no {
			t.Errorf("%q scores %d and %q scores %d", c.name, yes, c.none, no)
		}
	}
}

func TestWhatIsWorthJudging(t *testing.T) {
	for _, c := range []struct {
		text, target string
		want         bool
	}{
		{"met Jude here", "Jude", true},
		{"the Connection was", "Connection", false},
		{"my name is rubija", "rubija", true},
		{"user=jane.doe", "jane", true},
		{"see org.jane.util", "jane", false},
		{"in NullPointerException", "NullPointerException", false},
		{"She said", "She", false},
		{"took 14ms here", "here", false},
		{"Re: order", "Re", false},
	} {
		s, i := strip(t, c.text, c.target)
		if got := judge.Worth(s, i); got != c.want {
			t.Errorf("%s in %q: worth judging %v, want %v", c.target, c.text, got, c.want)
		}
	}
}

// Every word of every kind of text has no more features than there is room for.
func TestFeaturesFitTheirRoom(t *testing.T) {
	text := "“Dear Mr. Jude-Olga O’Neill, 12 ⟦EMAIL:k3⟧ 王小 김철수 McDonald\n\nmy name is Иван; user=jane.doe INFO \xff Street"
	s := &word.Strip{}
	s.Reset([]byte(text), 0)
	for i := 0; s.At(i).Start < len(text); i++ {
		var room [judge.Features]uint32
		got := judge.Look(&room, s, i)
		if &got[0] != &room[0] {
			t.Fatalf("token %d has %d features, %d are expected at most", i, len(got), judge.Features)
		}
		for _, f := range got {
			if f >= 1<<judge.Bits {
				t.Fatalf("feature %d is past the table", f)
			}
		}
	}
}
