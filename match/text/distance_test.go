package text

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// plainDistance is the definition of optimal string alignment, cell by cell.
func plainDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j-1]+cost, d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}

// alike draws two strings over few letters, so that they have much in common, of
// lengths on both sides of a word's 64 bits.
func alike(t *rapid.T) (a, b string) {
	longest := rapid.SampledFrom([]int{3, 6, 20, 66, 200}).Draw(t, "longest")
	letters := rapid.SampledFrom([]string{"ab", "abcd ", "aäбが", "\x00zé𝒳"}).Draw(t, "letters")
	draw := rapid.StringOfN(rapid.SampledFrom([]rune(letters)), 0, longest, -1)
	return draw.Draw(t, "a"), draw.Draw(t, "b")
}

func TestDistanceIsThePlainOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := alike(t)
		most := rapid.OneOf(rapid.IntRange(0, 2), rapid.IntRange(0, 80)).Draw(t, "max")
		want := min(plainDistance(a, b), most+1)
		p := NewPattern(a)
		for name, got := range map[string]int{
			"Distance": Distance(a, b, most), "reversed": Distance(b, a, most),
			"Pattern": p.Distance(b, most), "bytes": p.DistanceBytes([]byte(b), most),
		} {
			if got != want {
				t.Fatalf("%s(%q, %q, %d) = %d, want %d", name, a, b, most, got, want)
			}
		}
		p.Set(b) // a pattern forgets what it was
		if got := p.Distance(a, most); got != want {
			t.Fatalf("set again: %d, want %d", got, want)
		}
	})
}

func TestPrefixIsTheNearestBeginning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := alike(t)
		a = head(a, 64)
		most := rapid.IntRange(0, 20).Draw(t, "max")
		best, length := most+1, 0
		for i := 0; i <= len(b); i++ {
			if i < len(b) && !utf8.RuneStart(b[i]) {
				continue
			}
			if d := plainDistance(a, b[:i]); d <= best && d <= most {
				best, length = d, i
			}
		}
		if a == "" {
			length = 0
		}
		if d, n := NewPattern(a).Prefix(b, most); d != best || n != length {
			t.Fatalf("Prefix(%q, %q, %d) = %d, %d, want %d, %d", a, b, most, d, n, best, length)
		}
	})
}

// Optimal string alignment obeys the triangle inequality only as far as plain edits
// do (ca → ac → abc is 1 + 1, ca → abc is 3): twice the way round is never shorter.
func TestTheDirectWayIsAtMostTwiceTheWayRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := alike(t)
		c, _ := alike(t)
		if direct, round := Distance(a, b, 1000), Distance(a, c, 1000)+Distance(c, b, 1000); direct > 2*round {
			t.Fatalf("%d directly, %d by way of %q", direct, round, c)
		}
	})
}

func TestDistanceOfWhatIsNoText(t *testing.T) {
	for _, c := range []struct {
		a, b      string
		max, want int
	}{
		{"", "", 3, 0},
		{"", "abc", 3, 3},
		{"", "abc", 2, 3},
		{"abc", "", 5, 3},
		{"a", "b", 0, 1},
		{"ab", "ba", 5, 1},
		{"ca", "abc", 5, 3},
		{"\xff", "\xfe", 5, 0}, // both count as U+FFFD
		{"a\xffb", "a�b", 5, 0},
		{strings.Repeat("a", 10_000), strings.Repeat("a", 9_000), 5, 0},
		{strings.Repeat("é", MaxRunes), strings.Repeat("e", MaxRunes), 2000, MaxRunes},
	} {
		if got := Distance(c.a, c.b, c.max); got != c.want {
			t.Errorf("Distance(%.10q, %.10q, %d) = %d, want %d", c.a, c.b, c.max, got, c.want)
		}
	}
}

func FuzzDistance(f *testing.F) {
	f.Add("katherine", "catherine", 3)
	f.Add("", "x", 0)
	f.Add(strings.Repeat("é", 70), strings.Repeat("e", 65), 80)
	f.Add("\xff\xfe", "a\xffb", 2)
	f.Fuzz(func(t *testing.T, a, b string, most int) {
		if len(a) > 400 || len(b) > 400 {
			return
		}
		most = max(0, min(most, 1000))
		if got, want := Distance(a, b, most), min(plainDistance(a, b), most+1); got != want {
			t.Fatalf("Distance(%q, %q, %d) = %d, want %d", a, b, most, got, want)
		}
	})
}

func TestDistanceDoesNotAllocate(t *testing.T) {
	p := NewPattern("universität zürich")
	if n := testing.AllocsPerRun(100, func() {
		p.Distance("universitat zurich", 3)
		p.Distance("universität zürich, schweiz", 30)
		p.Prefix("universitat zurich schweiz", 3)
		Distance("universitat", "university", 4)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPatternDistance(b *testing.B) {
	p := NewPattern("university of cambridge")
	for name, f := range map[string]func(){
		"one": func() { p.Distance("universty of cambridge", 1) },
		"two": func() { p.Distance("universty of cambridge", 2) },
		"far": func() { p.Distance("unrelated words altogether"[:23], 2) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

func BenchmarkDistance(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Distance("university of cambridge", "universty of cbamridge", 3)
	}
}

func BenchmarkDistanceLong(b *testing.B) {
	s := strings.Repeat("university of cambridge ", 8)
	p := NewPattern(s)
	b.ReportAllocs()
	for b.Loop() {
		p.Distance(s[3:], 50)
	}
}
