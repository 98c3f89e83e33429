package misspell

import (
	"math/rand/v2"
	"testing"

	"github.com/habeas-data/habeas/match/text"
	"pgregory.net/rapid"
)

func TestAMisspelledNameHasAsManyMistakesAsAsked(t *testing.T) {
	var s Speller
	for _, name := range []string{"Москва", "Санкт-Петербург", "Αθήνα"} {
		s.Learn(name)
	}
	s.Done()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.RuneFrom([]rune("ABCabcdeàü -Московнд")), 1, 30, -1).Draw(t, "name")
		mistakes := rapid.IntRange(1, 3).Draw(t, "mistakes")
		seed := rapid.Uint64().Draw(t, "seed")
		got, ok := s.Misspell(rand.New(rand.NewPCG(seed, 1)), name, mistakes)
		again, _ := s.Misspell(rand.New(rand.NewPCG(seed, 1)), name, mistakes)
		if got != again {
			t.Fatalf("one seed gives %q and %q", got, again)
		}
		if d := text.Distance(text.Fold(name), text.Fold(got), 9); ok && d != mistakes {
			t.Fatalf("%q became %q: %d mistakes, want %d", name, got, d, mistakes)
		}
	})
}

func TestWhichNamesCanBeMisspelled(t *testing.T) {
	for name, want := range map[string]bool{
		"Paris": true, "Ulm": false, "Москва": true, "東京都千代田区": false, "서울특별시": false, "القاهرة": true, "A B-C 1234": false,
	} {
		if got := Fits(name, 5); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestEveryKindOfMistakeIsMade(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	longer, shorter, same, first := 0, 0, 0, 0
	for range 2000 {
		got, ok := new(Speller).Misspell(r, "Maidenhead", 1)
		if !ok {
			t.Fatal("no mistake could be made")
		}
		switch len(got) - len("Maidenhead") {
		case 1:
			longer++
		case -1:
			shorter++
		default:
			same++
		}
		if got[0] != 'M' {
			first++
		}
	}
	for what, n := range map[string]int{"longer": longer, "shorter": shorter, "same": same / 3, "first letter": first * 2} {
		if n < 300 || n > 500 {
			t.Errorf("%s: %d of 2000", what, n)
		}
	}
}
