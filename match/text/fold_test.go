package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"":                              "",
		" \t\n":                         "",
		"John  SMITH ":                  "john smith",
		"O'Brien":                       "obrien",
		"O’Brien":                       "obrien",
		"O´Brien, d`Arc, Qurʼan":        "obrien darc quran",
		"rock 'n' roll":                 "rock n roll",
		"U.S.A.":                        "usa",
		"U.S.":                          "us",
		"e.V.":                          "ev",
		"St.Gallen":                     "st gallen",
		"J.R.R. Tolkien":                "jrr tolkien",
		"J. R. R. Tolkien":              "j r r tolkien",
		"J.Smith":                       "j smith",
		"No.1, 3.5":                     "no 1 3 5",
		"С.С.С.Р.":                      "ссср",
		"É.N.A.":                        "ena",
		"E\u0301.N.A.":                  "ena",
		"AT&T":                          "at and t",
		"& Sons":                        "and sons",
		"Art + Design":                  "art and design",
		"A+B C++":                       "a b c",
		"Jean-Paul_Sartre":              "jean paul sartre",
		"Straße STRASSE ẞ":              "strasse strasse ss",
		"Łódź Øresund Đorđe Æsir Œuvre": "lodz oresund dorde aesir oeuvre",
		"Þór Eyjafjallajökull ðu":       "thor eyjafjallajokull du",
		"İstanbul ISPARTA ıspartalı":    "istanbul isparta ispartali",
		"Heydər Əliyev":                 "heydar aliyev",
		"ΟΔΥΣΣΕΎΣ Οδυσσεύς":             "οδυσσευσ οδυσσευσ",
		"Ёлкин Йошкар Київ":             "елкин йошкар київ",
		"и\u0306 И\u0306":               "й й",
		"ＦＵＬＬ　ｗｉｄｔｈ１２":                  "full width12",
		"ﬁne ² Ⅳ ①":                     "fine 2 iv 1",
		"٣٤ ५६ ๗ 𝟗":                     "34 56 7 9",
		"が":                             "が",
		"か\u3099 ｶﾞ ハ\u309a":            "が ガ パ",
		"か":                             "か",
		"x\u3099":                       "x",
		"한국어":                           "한국어",
		"\u1112\u1161\u11ab":            "한",
		"ㅎㅏ":                            "하",
		"हिन्दी":                        "हिन्दी",
		"ภาษาไทย":                       "ภาษาไทย",
		"مُحَمَّد":                      "محمد",
		"أحمد إبراهيم آدم":              "احمد ابراهيم ادم",
		"علـــی کريم فاطمة":             "علي كريم فاطمه",
		"שָׁלוֹם צה״ל":                  "שלום צהל",
		"东京 ·北京":                        "东京 北京",
		"Gal·la":                        "galla",
		"马克·吐温":                         "马克 吐温",
		"Mu¨ller":                       "muller",
		"soft\u00adhyphen zero\u200bw":  "softhyphen zerow",
		"M\xfcller":                     "m ller",
		"👩‍🔬 Ada":                       "ada",
		"ngữ Việt":                      "ngu viet",
		"ʻOkinaʻ Hawaiʻi":               "okina hawaii",
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
		if got := Fold(norm.NFD.String(in)); utf8.ValidString(in) && got != want {
			t.Errorf("Fold(NFD of %q) = %q, want %q", in, got, want)
		}
		if got := string(AppendFold([]byte("x"), in)); got != "x"+want {
			t.Errorf("AppendFold(x, %q) = %q", in, got)
		}
	}
}

// checkFold holds for every string.
func checkFold(t interface{ Fatalf(string, ...any) }, s string) {
	once := Fold(s)
	if twice := Fold(once); twice != once {
		t.Fatalf("Fold(%q) = %q, and again %q", s, once, twice)
	}
	if n := utf8.RuneCountInString(once); n > MaxRunes || !utf8.ValidString(once) {
		t.Fatalf("Fold(%q): %d runes", s, n)
	}
	if strings.TrimSpace(once) != once || strings.Contains(once, "  ") {
		t.Fatalf("Fold(%q) = %q: spaces", s, once)
	}
	for _, r := range once {
		if r != ' ' && !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) {
			t.Fatalf("Fold(%q) = %q: %U", s, once, r)
		}
	}
}

func TestEveryCharacterFoldsOnceAndForAll(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		checkFold(t, "a"+string(r)+"b")
		if c := norm.NFD.String(string(r)); c != string(r) {
			if a, b := Fold(c), Fold(string(r)); a != b {
				t.Fatalf("%U folds to %q and decomposed to %q", r, b, a)
			}
		}
	}
}

// nasty draws strings of characters that change with their neighbours.
func nasty(t *rapid.T) string {
	some := []rune(".'&+ aAlL·ßИиКかカｶ\u0306\u0308\u0301\u3099\u309aﾞ\u034f\u1112\u1161\u11abㅎㅏ한हिन्\u093c\u09c7\u09be\u0b95\u0bc6\u0bbe\u0e33\u0f71\u0f72\u0f74أٱ\u0654é1٣½ﷺ\u200dͅ\ufffd")
	if rapid.Bool().Draw(t, "any") {
		return rapid.String().Draw(t, "s")
	}
	return rapid.StringOfN(rapid.SampledFrom(some), 0, 60, -1).Draw(t, "s")
}

func TestFoldIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := nasty(t)
		checkFold(t, s)
		if a, b := Fold(s), Fold(norm.NFD.String(s)); a != b {
			t.Fatalf("%q folds to %q, decomposed to %q", s, a, b)
		}
	})
}

func TestFoldIsBounded(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("a", 10_000), strings.Repeat("a ", 10_000), strings.Repeat("é", 10_000),
		strings.Repeat("&", 10_000), strings.Repeat("ﷺ", 10_000), strings.Repeat("\u0301", 10_000),
		"e" + strings.Repeat("\u0301", 100_000), "क" + strings.Repeat("\u094d", 100_000),
		strings.Repeat("e\u0301\u0323", 10_000), strings.Repeat("か\u3099", 10_000),
		strings.Repeat("\xff", 10_000), strings.Repeat("a.", 10_000), strings.Repeat("ß", 10_000),
	} {
		checkFold(t, s)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"O'Brien", "U.S.A.", "ｶﾞ", "ㅎㅏ", "e\u0301\u0323", "\xff", "हिन्दी", "Gal·la", "ﷺ", "&+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkFold(t, s) })
}

func TestAppendFoldDoesNotAllocate(t *testing.T) {
	room := make([]byte, 0, 200)
	for _, s := range []string{"University of O'Brien & U.S.A.", "Łódź Université Žofín", "Владимир Ильич", "東京大学 がっこう"} {
		if n := testing.AllocsPerRun(100, func() { AppendFold(room, s) }); n != 0 {
			t.Errorf("%v allocations for %q", n, s)
		}
	}
	if n := testing.AllocsPerRun(100, func() { Fold("already folded 12") }); n != 0 {
		t.Errorf("%v allocations for folded text", n)
	}
}

func BenchmarkAppendFold(b *testing.B) {
	for name, s := range map[string]string{
		"ascii20": "St. O'Brien, Mc-Coy ", "latin20": "Łódź Université Žofí", "cyrillic20": "Владимир Ильич Ленин",
		"han": "東京大学先端科学技術研究", "decomposed20": norm.NFD.String("Łódź Université Žofí"), "hindi": "हिन्दी विश्वविद्यालय",
	} {
		b.Run(name, func(b *testing.B) {
			room := make([]byte, 0, 200)
			b.ReportAllocs()
			for b.Loop() {
				AppendFold(room, s)
			}
		})
	}
}
