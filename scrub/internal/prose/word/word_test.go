package word_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/scrub/internal/prose/word"
)

func TestWordsAreFolded(t *testing.T) {
	for in, want := range map[string]string{
		"JUDE": "jude", "Straße": "strasse", "Ångström": "angstrom", "Łódź": "lodz", "Ærø": "aero", "Þór": "thor",
		"É": "e", "Θεσσαλονίκη": "θεσσαλονικη", "Нью-Йорк": "нью-иорк", "Ёлка": "елка", "O’Neill": "o'neill", "김": "김",
		"\xff": "�",
	} {
		if got := string(word.AppendFolded(nil, []byte(in))); got != want {
			t.Errorf("%q folded is %q, want %q", in, got, want)
		}
	}
}

// tokens cuts a text and writes each token with its kind and shape.
func tokens(text string) string {
	var s word.Strip
	s.Reset([]byte(text), 0)
	var b strings.Builder
	for i := 0; ; i++ {
		t := s.At(i)
		if t.Kind == word.Edge && t.Start == t.End {
			return strings.TrimSpace(b.String())
		}
		kind := [...]string{"edge", "", "digits", "mark", "sealed"}[t.Kind]
		if t.Kind == word.Word {
			kind = [...]string{"small", "capital", "upper", "mixed", "caseless", "han"}[t.Shape]
		}
		b.WriteString(text[t.Start:t.End] + "/" + kind + " ")
	}
}

func TestATextIsCutIntoTokens(t *testing.T) {
	for in, want := range map[string]string{
		"Jude's 12a":            "Jude/capital '/mark s/small 12/digits a/small",
		"Anne-Marie O'Neill":    "Anne-Marie/capital O'Neill/capital",
		"McDonald DeLuca":       "McDonald/capital DeLuca/capital",
		"HTTPServer firstName":  "HTTPServer/mixed firstName/mixed",
		"d'Aubigné al-Hassan":   "d'Aubigné/capital al-Hassan/capital",
		`a\nJude`:               `a/small \n/mark Jude/capital`,
		"⟦EMAIL:k3f9⟧x":         "⟦EMAIL:k3f9⟧/sealed x/small",
		"王小です":                  "王/han 小/han です/caseless",
		"NASA":                  "NASA/upper",
		strings.Repeat("a", 60): strings.Repeat("a", 60) + "/edge",
	} {
		if got := tokens(in); got != want {
			t.Errorf("%q is cut into\n%s, want\n%s", in, got, want)
		}
	}
}

// From wherever a strip begins, the tokens around are those that the text is cut into from its
// beginning, in both directions.
func TestAStripReadsBackAsItReadsAhead(t *testing.T) {
	pieces := []string{
		"Jude ", "Anne-Marie's ", "12a ", "\n", "\n\n", strings.Repeat(" ", 30), "⟦PERSON:Jude Emlin⟧", "⟦", `a\nb `, "q=Jude+Emlin",
		"%20x", "我叫王小明。", "です", strings.Repeat("x", 50), "10.0.0.1, ", "é", "\xff", "“Ольга” ", "(", strings.Repeat("ab", 80) + "我",
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 80).Draw(t, "pieces"), ""))
		var whole, part word.Strip
		whole.Reset(text, 0)
		n := 0
		for whole.At(n).Start < len(text) {
			n++
		}
		at := rapid.IntRange(0, max(0, n-1)).Draw(t, "token")
		if whole.At(at).Kind == word.Edge { // no strip begins at one
			return
		}
		part.Reset(text, whole.At(at).Start)
		zero := 0 // the same token in part
		for part.At(zero).End < whole.At(at).End {
			zero++
		}
		for d := 0; d <= at && whole.At(at).Start-whole.At(at-d).Start < 200; d++ {
			if got, want := *part.At(zero - d), *whole.At(at - d); got != want {
				t.Fatalf("%d tokens before %d of %q: %+v, want %+v", d, at, text, got, want)
			}
		}
		for d := 0; at+d < n; d++ {
			if got, want := *part.At(zero + d), *whole.At(at + d); got != want {
				t.Fatalf("%d tokens after %d of %q: %+v, want %+v", d, at, text, got, want)
			}
		}
	})
}

func TestAMemoSaysWhatTheDictionaryDoes(t *testing.T) {
	m := word.NewMemo()
	for range 2 {
		n := 0
		for hash, a := range word.All() {
			if n++; n%97 == 0 && m.Look(hash) != a {
				t.Fatalf("of %d it says %b, the dictionary says %b", hash, m.Look(hash), a)
			}
		}
	}
	if m.Look(0) != word.Look(0) {
		t.Error("it knows a word that it was never asked for")
	}
}

func TestTheDictionaryKnows(t *testing.T) {
	for _, w := range []string{"Jude", "Olga", "Thandiwe", "Иван", "Μαρία"} {
		if word.LookWord(w).Given() == 0 {
			t.Errorf("%s is not known as a given name", w)
		}
	}
	for _, w := range []string{"Smith", "Kowalski", "Müller", "Nguyen", "佐藤"} {
		if word.LookWord(w).Surname() == 0 {
			t.Errorf("%s is not known as a surname", w)
		}
	}
	for _, w := range []string{"connection", "Rechnung", "facture", "lettera"} {
		if a := word.LookWord(w); a.Common() == 0 || a.Given() > 0 {
			t.Errorf("%s is not known as an everyday word: %b", w, a)
		}
	}
	for w, c := range map[string]word.Class{
		"Mr": word.Title, "chapter": word.Number, "kubernetes": word.Tech, "Dear": word.Salute, "lives": word.Live, "Apt": word.Unit, "März": word.Month,
	} {
		if got := word.LookWord(w).Class(); got != c {
			t.Errorf("%s is of class %d, want %d", w, got, c)
		}
	}
	if a := word.LookWord("xqzzvkjw"); a != 0 {
		t.Errorf("a word that is none is known: %b", a)
	}
}

func TestShortWordsHaveOneHash(t *testing.T) {
	if word.Hash([]byte("jude")) != word.HashShort('j'|'u'<<8|'d'<<16|'e'<<24) {
		t.Error("the scan and the dictionary hash differently")
	}
}

// The letters of eight bytes are those that unicode says, for each byte in each place.
func TestLettersOfEightBytes(t *testing.T) {
	for b := range 256 {
		want := b >= 0x80 || 'a' <= b|0x20 && b|0x20 <= 'z'
		for place := range 8 {
			got := word.Letters(uint64(b)<<(8*place))>>(8*place+7)&1 == 1
			if got != want {
				t.Errorf("byte %#x in place %d: letter %v, want %v", b, place, got, want)
			}
		}
	}
}

func TestADictionaryIsReadAsItWasWritten(t *testing.T) {
	start := time.Now()
	n := 0
	for _, a := range word.All() {
		if a != 0 {
			n++
		}
	}
	t.Logf("%d words read in %v", n, time.Since(start))
	if n < 900_000 {
		t.Errorf("%d words, some 990,000 are expected", n)
	}
}
