package session

import (
	"reflect"
	"testing"
)

func TestATextIsTakenApartIntoSentencesAndWords(t *testing.T) {
	got := Analyse("  Hi, Élodie!  It's 5.30.\nBye", func(s string) string {
		if s == "bye" {
			return "goodbye"
		}
		return s
	})
	want := []Sentence{
		{Begin: 2, Text: "Hi, Élodie!", Words: []Word{{0, "Hi", "hi", "hi"}, {4, "Élodie", "elodie", "elodie"}}},
		{Begin: 15, Text: "It's 5.30.", Words: []Word{{0, "It's", "it's", "it's"}, {5, "5", "5", "5"}, {7, "30", "30", "30"}}},
		{Begin: 26, Text: "Bye", Words: []Word{{0, "Bye", "bye", "goodbye"}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if Analyse("", nil) != nil || Analyse(" \n ", nil) != nil {
		t.Error("nothing has sentences")
	}
}

// What became of a word follows from where it stood in the sentence, whatever the scrubber
// put there; where that is not certain, the word goes.
func TestAWordGoesWithThePlaceItStoodIn(t *testing.T) {
	for name, c := range map[string]struct {
		source, clean string
		begin, length int
		want          placed
	}{
		"untouched":                 {"a b c", "a b c", 2, 1, placed{2, ""}},
		"replaced":                  {"I am Jude now", "I am ⟦X⟧ now", 5, 4, placed{5, "⟦X⟧"}},
		"a part of what went":       {"I am Jude Obscure now", "I am ⟦X⟧ now", 10, 7, placed{5, "⟦X⟧"}},
		"before it":                 {"I am Jude now", "I am ⟦X⟧ now", 2, 2, placed{2, ""}},
		"after it":                  {"I am Jude now", "I am ⟦X⟧ now", 10, 3, placed{9, ""}},
		"accents before it":         {"é é Jude é", "é é ⟦X⟧ é", 9, 1, placed{8, ""}},
		"half of it":                {"I am Jude-now", "I am ⟦X⟧-now", 5, 8, placed{5, "⟦X⟧"}},
		"runs into it":              {"ab12", "ab⟦X⟧", 0, 4, placed{0, withheldWord}},
		"first and last":            {"Jude met Jude", "⟦X⟧ met ⟦X⟧", 9, 4, placed{8, "⟦X⟧"}},
		"between":                   {"Jude met Jude", "⟦X⟧ met ⟦X⟧", 5, 3, placed{4, ""}},
		"no certain place":          {"1 a 2 a 3 a 4", "1⟦X⟧a⟦Y⟧4", 6, 1, placed{1, "⟦X⟧"}},
		"all of it":                 {"Jude", "⟦X⟧", 0, 4, placed{0, "⟦X⟧"}},
		"brackets of its own":       {"a ⟦b⟧ c", "a ⟦b⟧ c", 2, 3, placed{2, ""}},
		"nothing that fits":         {"abc", "xyz", 0, 3, placed{0, withheldWord}},
		"an index outside":          {"abc", "abc", 7, 1, placed{7, withheldWord}},
		"a negative index":          {"abc", "abc", -1, 1, placed{0, withheldWord}},
		"neighbours without a gap":  {"JudeJude x", "⟦X⟧⟦Y⟧ x", 9, 1, placed{7, ""}},
		"nothing left but brackets": {"a Jude", "a ⟦X⟧", 2, 4, placed{2, "⟦X⟧"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := place(align(c.source, c.clean), c.begin, c.length); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func FuzzAWordThatStaysStoodInTheScrubbedText(f *testing.F) {
	f.Add("I am Jude now", 5, 9, 0, 4)
	f.Add("aaaa", 1, 2, 1, 1)
	f.Add("a a a a a", 2, 5, 6, 1)
	f.Fuzz(func(t *testing.T, source string, from, to, begin, length int) {
		r := []rune(source)
		if string(r) != source || from < 0 || to < from || to > len(r) || begin < 0 || length < 1 || begin+length > len(r) || len(r) > 1000 {
			return // no case
		}
		clean := string(r[:from]) + "⟦X⟧" + string(r[to:])
		got := place(align(source, clean), begin, length)
		if got.instead != "" {
			return
		}
		out := []rune(clean)
		if got.begin+length > len(out) || string(out[got.begin:got.begin+length]) != string(r[begin:begin+length]) {
			t.Errorf("a word of %q stays at %d of %q", source, got.begin, clean)
		}
		if begin < to && begin+length > from && to > from && string(r[begin:begin+length]) != string(out[got.begin:got.begin+length]) {
			t.Errorf("a word that was replaced stays")
		}
	})
}
