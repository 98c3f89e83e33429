package text

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestJaroWinkler(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		// Winkler's own examples.
		{"martha", "marhta", 0.961},
		{"dwayne", "duane", 0.840},
		{"dixon", "dicksonx", 0.813},
		{"", "", 1},
		{"", "a", 0},
		{"abc", "xyz", 0},
		{"\xff", "\xfe", 1},
		{strings.Repeat("ab", 5000), strings.Repeat("ab", 6000), 1},
	} {
		if got := JaroWinkler(c.a, c.b); got < c.want-0.001 || got > c.want+0.001 {
			t.Errorf("JaroWinkler(%.10q, %.10q) = %.3f, want %.3f", c.a, c.b, got, c.want)
		}
	}
}

func TestJaroWinklerIsSymmetricAndBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := alike(t)
		x, y := JaroWinkler(a, b), JaroWinkler(b, a)
		if x != y || x < 0 || x > 1 {
			t.Fatalf("JaroWinkler(%q, %q) = %v, reversed %v", a, b, x, y)
		}
		// What follows both alike brings them no further apart than it is itself.
		if JaroWinkler(a, a) != 1 || x == 1 && string([]rune(a)) != string([]rune(b)) {
			t.Fatalf("%q and %q: 1 is for equal strings", a, b)
		}
	})
	if n := testing.AllocsPerRun(100, func() { JaroWinkler("katherine müller", "catherine mueller") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// apply does the edits to a.
func apply(a string, edits []Edit) string {
	x := []rune(a)
	var out []rune
	i := 0
	for _, e := range edits {
		for ; i < e.At; i++ {
			out = append(out, x[i])
		}
		switch e.Kind {
		case Insert, InsertSpace:
			out = append(out, e.To)
		case Delete, DeleteSpace:
			i++
		case Substitute:
			out = append(out, e.To)
			i++
		case Transpose:
			out = append(out, e.To, e.From)
			i += 2
		}
	}
	return string(append(out, x[i:]...))
}

func TestEditsLeadFromOneStringToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := alike(t)
		edits := Edits(a, b)
		if got := apply(a, edits); got != b {
			t.Fatalf("%q with %v is %q, want %q", a, edits, got, b)
		}
		if got, want := len(edits), plainDistance(a, b); len(a)+len(b) < 40 && got != want {
			t.Fatalf("%q to %q: %d edits, want %d", a, b, got, want)
		}
	})
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want Edit
	}{
		{"smith", "smoth", Edit{Substitute, 2, 'i', 'o', true}},
		{"smith", "smath", Edit{Substitute, 2, 'i', 'a', false}},
		{"smith", "simth", Edit{Transpose, 1, 'm', 'i', true}},
		{"anna", "ana", Edit{Delete, 2, 'n', 0, true}},
		{"ana", "anna", Edit{Insert, 2, 0, 'n', true}},
		{"new york", "newyork", Edit{DeleteSpace, 3, ' ', 0, true}},
		{"newyork", "new york", Edit{InsertSpace, 3, 0, ' ', true}},
		{"mayer", "mazer", Edit{Substitute, 2, 'y', 'z', true}},
		{"paris", "qaris", Edit{Substitute, 0, 'p', 'q', false}},
		{"1948", "1949", Edit{Substitute, 3, '8', '9', true}},
	} {
		got := Edits(c.a, c.b)
		if len(got) != 1 {
			t.Errorf("Edits(%q, %q) = %v", c.a, c.b, got)
			continue
		}
		if c.want.At = got[0].At; got[0] != c.want {
			t.Errorf("Edits(%q, %q) = %v, want %v", c.a, c.b, got[0], c.want)
		}
	}
	if len(Edits("same", "same")) != 0 || len(Edits("", "")) != 0 || len(Edits("", "ab")) != 2 {
		t.Error("edits of equal and empty strings")
	}
	if !Neighbours('y', 'x') || !Neighbours('a', 'q') || Neighbours('a', 'p') || Neighbours('é', 'e') {
		t.Error("neighbours on keyboards")
	}
}

func TestWordsThatSoundAlike(t *testing.T) {
	for _, group := range []string{
		"meyer maier mayr meier mayer meijer", "smith smyth smythe", "philipp filip philip filipp phillip",
		"katherine catherine katharine catharine kathryn", "jon john", "shaun sean shawn", "kristian christian",
		"schmidt schmitt", "jeffrey geoffrey", "stephen stefan steven", "wagner vagner", "fritz frits",
		"schulz schultz schulze", "leigh lee", "yusuf jusuf", "alexander aleksander", "wright right",
		"johann yohan johan", "isabel isabell izabel", "hoffmann hofmann", "kramer cramer", "becker bekker", "nguyen nguien",
		"schwarz schwartz", "karl carl", "erik eric erick", "niklas nicolas nikolas", "jansen janssen janzen",
		"phoebe febe", "gillian jillian", "zimmermann simmermann", "knight night",
	} {
		words := strings.Fields(group)
		for _, w := range words[1:] {
			if Sound(w) != Sound(words[0]) {
				t.Errorf("%s %q, %s %q", words[0], Sound(words[0]), w, Sound(w))
			}
		}
	}
	for _, pair := range [][2]string{{"smith", "jones"}, {"anna", "hanna"}, {"berlin", "bern"}, {"mary", "maria anna"}} {
		if a, b := Sound(pair[0]), Sound(pair[1]); a == b {
			t.Errorf("%v sound alike: %q", pair, a)
		}
	}
	for in, want := range map[string]string{"": "", "東京": "", "12": "", "de  la cruz": "T L KRS", "eau": "A"} {
		if got := Sound(in); got != want {
			t.Errorf("Sound(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzSound(f *testing.F) {
	f.Add("schwarzenegger")
	f.Add("\xff é 東 tsch")
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range strings.Split(Sound(s), " ") {
			if len(w) > maxSound+1 {
				t.Fatalf("Sound(%q): %q", s, w)
			}
		}
	})
}

func BenchmarkJaroWinkler(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		JaroWinkler("katherine miller", "catherine muller")
	}
}

func BenchmarkSound(b *testing.B) {
	room := make([]byte, 0, 40)
	b.ReportAllocs()
	for b.Loop() {
		AppendSound(room, "schwarzenegger")
	}
}

func BenchmarkEdits(b *testing.B) {
	for b.Loop() {
		Edits("university of cambridge", "univresity off cbamridge")
	}
}
