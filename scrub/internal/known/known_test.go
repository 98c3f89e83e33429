package known

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/span"
	"github.com/habeas-data/habeas/sealed"
)

func whole(text string) span.Window {
	return span.Window{Text: []byte(text), To: len(text), Begins: true, Ends: true}
}

func TestSpellingsOfAValue(t *testing.T) {
	session := sealed.Open(context.Background())
	defer session.Close()
	for _, c := range []struct{ value, text, found string }{
		{"Jude", "hello JUDE!", "JUDE"},
		{"JudeTheObscure", "x judetheobscure y", "judetheobscure"},
		{"JudeTheObscure", "hi jude,", "jude"},
		{"Jude Obscure", "jude.obscure@x", "jude.obscure"},
		{"Jude Obscure", "judeobscure1", "judeobscure"},
		{"Jude", "j-u-d-e", "j-u-d-e"},
		{"Jude", "J u d e", "J u d e"},
		{"Jude", "J\u200bu\u00adde", "J\u200bu\u00adde"},
		{"José", "JOSE\u0301 x", "JOSE\u0301"},
		{"Jose", "(josé)", "josé"},
		{"Straße 12b", "STRASSE 12B", "STRASSE 12B"},
		{"山田太郎", "私は山田太郎です", "山田太郎"},
		{"山田 太郎", "私は山田です", "山田"},
		{"Al Wu", "by alwu and", "alwu"},
		{"Al Wu", "by Al  Wu and", "Al  Wu"},
		{"김민수", "제 이름은 김민수입니다", "김민수"},
		{"p@ss!word$$", "pw p@ss!word$$ ok", "p@ss!word$$"},
		{"Jude", "prejudeice", ""},
		{"Jude", "userJude42", "Jude"},
		{"Alexander", "xxALEXANDERxx", "ALEXANDER"},
		{"482913", "code 482913.", "482913"},
		{"482913", "9482913", ""},
		{"4829137", "94829137", ""},
		{"1990-02-01", "in 1990", ""},
		{"Ian", "I an", ""},
		{"Jude", "Jud\xe9", "Jud\xe9"},
		{"+44 121 496", "call + 4 4  1 2 1  4 9 6.", "+ 4 4  1 2 1  4 9 6"},
		{"+44 121 496", "form: 44+121+496", " 44+121+496"},
	} {
		m := New()
		add(t, m, session, c.value)
		got := m.Find(nil, whole(c.text))
		switch {
		case c.found == "" && len(got) > 0:
			t.Errorf("%q in %q: found %q", c.value, c.text, c.text[got[0].Start:got[0].End])
		case c.found == "":
		case len(got) == 0:
			t.Errorf("%q in %q: not found", c.value, c.text)
		default:
			if f := c.text[got[0].Start:got[0].End]; f != c.found {
				t.Errorf("%q in %q: found %q, want %q", c.value, c.text, f, c.found)
			}
		}
		m.Close()
	}
}

func find(t testing.TB, text string, values ...string) []span.Span {
	t.Helper()
	session := sealed.Open(context.Background())
	defer session.Close()
	m := New()
	defer m.Close()
	for _, v := range values {
		add(t, m, session, v)
	}
	return m.Find(nil, whole(text))
}

func TestALongValueIsFoundInPieces(t *testing.T) {
	value := strings.Repeat("Lorem ipsum dolor sit amet, ", 5) + "Ende"
	covered := 0
	for _, s := range find(t, "xx "+strings.ToUpper(value)+" yy", value) {
		if s.Start > max(covered, 3)+2 {
			t.Errorf("nothing covers %d to %d", covered, s.Start)
		}
		covered = max(covered, s.End)
	}
	if covered != 3+len(value) {
		t.Errorf("covered to %d, want %d", covered, 3+len(value))
	}
}

func TestTheWholeValueComesFirst(t *testing.T) {
	got := find(t, "by Jude Obscure.", "Jude Obscure")
	if len(got) != 3 || got[0].End-got[0].Start != 12 || got[1].End-got[1].Start != 4 {
		t.Errorf("found %v, want the whole value, then its words", got)
	}
}

func TestSpellingsOfOneValueAreTheSame(t *testing.T) {
	got := find(t, "José JOSE jose\u0301 j-o-s-e", "José Ñandú", "jose")
	if len(got) != 4 {
		t.Fatalf("found %v, want 4", got)
	}
	for _, s := range got {
		if s.Same != got[0].Same || s.Same == 0 {
			t.Errorf("%v is not the same as %v", s, got[0])
		}
	}
	other := find(t, "Jose", "jose")
	if other[0].Same == got[0].Same {
		t.Error("two matchers say the same of a value: it can be linked")
	}
}

func TestAValueIsFoundWhileItsSessionIsOpen(t *testing.T) {
	m := New()
	defer m.Close()
	first, second := sealed.Open(context.Background()), sealed.Open(context.Background())
	add(t, m, first, "Jude Obscure")
	add(t, m, second, "Jude Fawley")
	for range 300 {
		add(t, m, first, "Jude Obscure")
	}
	count := func() int { return len(m.Find(nil, whole("Jude Obscure"))) }
	if n := count(); n != 3 {
		t.Errorf("found %d, want 3: all and two words", n)
	}
	first.Close()
	if n := count(); n != 1 {
		t.Errorf("found %d when one session is closed, want 1: a word of the other", n)
	}
	second.Close()
	if n := count(); n != 0 {
		t.Errorf("found %d when both sessions are closed", n)
	}
}

func TestWhatCannotBeSearchedIsAnError(t *testing.T) {
	m, session := New(), sealed.Open(context.Background())
	for _, c := range []struct {
		value string
		want  error
	}{
		{"", ErrShort}, {"Al", ErrShort}, {"!?$%&", ErrShort}, {"123", ErrShort}, {"1234", nil}, {"Ian", nil}, {"山田", nil}, {"山", ErrShort},
	} {
		v, err := session.Seal("value", []byte(c.value))
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Add("value", v); !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.value, err, c.want)
		}
	}
	v, _ := session.Seal("value", []byte("Jude"))
	session.Close()
	if err := m.Add("value", v); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("a closed value: %v, want ErrClosed", err)
	}
	m.Close()
	if err := m.Add("value", v); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("a closed matcher: %v, want ErrClosed", err)
	}
	if got := m.Find(nil, whole("Ian")); len(got) > 0 {
		t.Errorf("a closed matcher finds %v", got)
	}
}

func TestValuesAreAddedWhileTextsAreSearched(t *testing.T) {
	m, session := New(), sealed.Open(context.Background())
	defer session.Close()
	defer m.Close()
	add(t, m, session, "Jude Obscure")
	stop, missed := make(chan struct{}), make(chan int, 2)
	for range 2 {
		go func() {
			n := 0
			for {
				select {
				case <-stop:
					missed <- n
					return
				default:
					if len(m.Find(nil, whole("to Jude Obscure"))) < 3 {
						n++
					}
				}
			}
		}()
	}
	r := rand.New(rand.NewPCG(3, 3))
	for range 700 {
		n := name(r)
		add(t, m, session, n)
		if len(m.Find(nil, whole(n))) == 0 {
			t.Fatal("a value is not found after it was added")
		}
	}
	close(stop)
	if n := <-missed + <-missed; n > 0 {
		t.Errorf("a value that was known was missed %d times", n)
	}
}

func TestTextsWithoutKnownValuesHaveFewFalseSpans(t *testing.T) {
	m := matcher(t, 10_000)
	r := rand.New(rand.NewPCG(5, 5))
	random := func(alphabet string, n, words int) string {
		var b strings.Builder
		for i := range n {
			if words > 0 && i%words == words-1 {
				b.WriteByte(' ')
			}
			b.WriteByte(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	const base = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for _, c := range []struct {
		name, text string
		most       int
	}{
		{"digits", random("0123456789", 1<<18, 11), 0},
		{"hex", random("0123456789abcdef", 1<<18, 33), 0},
		{"base64 in one run", random(base, 1<<18, 0), 1},
		{"random identifiers", random(base, 1<<18, 23), 20},
		{"log", texts()["log"], 0},
	} {
		if n := len(m.Find(nil, whole(c.text))); n > c.most {
			t.Errorf("%s: %d false spans in %d bytes, want %d at most", c.name, n, len(c.text), c.most)
		} else {
			t.Logf("%s: %d false spans in %d bytes", c.name, n, len(c.text))
		}
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	m := matcher(t, 100)
	text := whole(strings.Repeat("nothing is known of this, ", 40))
	if n := testing.AllocsPerRun(100, func() { m.Find(nil, text) }); n > 0 {
		t.Errorf("%v allocations in Find, want none", n)
	}
}

func TestRepeatedLettersHaveABoundedNumberOfSpans(t *testing.T) {
	session := sealed.Open(context.Background())
	defer session.Close()
	m := New()
	defer m.Close()
	for n := 3; n <= 200; n++ {
		add(t, m, session, strings.Repeat("a", n))
	}
	text := strings.Repeat("a", 2_000)
	if n := len(m.Find(nil, whole(text))); n > (maxLen-gramLen+1)*len(text) || n < len(text) {
		t.Errorf("%d spans in %d bytes", n, len(text))
	}
}

func FuzzKnown(f *testing.F) {
	for _, value := range []string{"Jude Obscure", "José", "Straße 12b", "山田太郎", "482913", "p@ss!w\xffrd", "김민수"} {
		f.Add(value, "hello ", " world", 3)
		f.Add(value, "\u00ad\xc3", "\u0301x", 0)
	}
	f.Fuzz(func(t *testing.T, value, before, after string, cut int) {
		if len(value) > 2000 {
			return
		}
		m, session := New(), sealed.Open(context.Background())
		defer m.Close()
		defer session.Close()
		v, err := session.Seal("value", []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		known := m.Add("value", v) == nil
		text := before + " \n\n\n " + value + " \n\n\n " + after
		got := m.Find(nil, whole(text))
		if known && len(got) == 0 && !farApart(value) {
			t.Errorf("%q is not found in %q", value, text)
		}
		for _, s := range got {
			if s.Start < 0 || s.End <= s.Start || s.End > len(text) || s.End-s.Start > span.Ahead {
				t.Fatalf("span %v in %d bytes", s, len(text))
			}
		}
		cut = min(max(cut, 0), len(text))
		w := whole(text)
		w.To = cut
		parts := m.Find(nil, w)
		w.From, w.To = cut, len(text)
		if parts = m.Find(parts, w); !slices.Equal(parts, got) {
			t.Errorf("%v when cut at %d, want %v", parts, cut, got)
		}
	})
}

// farApart reports that letters of a value have more between them than an occurrence may
// have. Its words are found, if they are evidence.
func farApart(value string) bool {
	return slices.ContainsFunc(chars(value), func(c char) bool { return c.gap > maxGap })
}
