package party

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

func TestNamesThatAgree(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"tim", "timothy", true},
		{"anna", "ana", true},
		{"timothy", "timohty", true},
		{"a", "anna", true},
		{"maria del carmen", "maria", true},
		{"garcia lopez", "garcia", true},
		{"meyer", "mayer", true},
		{"paul", "paula", false},
		{"maria", "mario", false},
		{"daniel", "daniela", false},
		{"tim", "tom", false},
		{"anna", "tom", false},
		{"berger", "schmidt", false},
		{"jo", "joe", false},
		{"a j", "j j", false},
	} {
		for _, pair := range [][2]string{{c.a, c.b}, {c.b, c.a}} {
			if got := namesAgree(pair[0], pair[1]); got != c.want {
				t.Errorf("namesAgree(%q, %q) = %v, want %v", pair[0], pair[1], got, c.want)
			}
		}
	}
}

func TestSwappedNamesAreOnePersonAndAChildIsAnother(t *testing.T) {
	jack := Identity{Given: "jack", Family: "wilson"}
	for _, c := range []struct {
		b    Identity
		want bool
	}{
		{Identity{Given: "wilson", Family: "jack"}, false},
		{Identity{Given: "wilson", Family: "jak"}, false},
		{Identity{Given: "wilson", Family: "amanda"}, true},
		{Identity{Given: "wilson"}, true},
		{Identity{Given: "wilson", Family: "jack", Birth: "2019-01-01"}, false},
	} {
		if got := jack.Conflicts(c.b); got != c.want {
			t.Errorf("%+v: conflicts %v, want %v", c.b, got, c.want)
		}
	}
	jack.Birth = "1980-01-01"
	if !jack.Conflicts(Identity{Given: "wilson", Family: "jack", Birth: "2019-01-01"}) {
		t.Error("another birth date is another person")
	}
}

func TestConflictIsSymmetricAndNobodyConflictsWithThemselves(t *testing.T) {
	word := rapid.StringMatching(`[a-zàéñß]{0,6}( [a-z]{1,5})?`)
	identity := rapid.Custom(func(t *rapid.T) Identity {
		return Identity{
			Given: Normalise(word.Draw(t, "given")), Family: Normalise(word.Draw(t, "family")),
			Birth: rapid.SampledFrom([]string{"", "1984-05-03", "1990-01-01"}).Draw(t, "birth"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := identity.Draw(t, "a"), identity.Draw(t, "b")
		if a.Conflicts(a) {
			t.Fatal("conflicts with itself")
		}
		if a.Conflicts(b) != b.Conflicts(a) {
			t.Fatal("not symmetric")
		}
		if a.Conflicts(Identity{}) {
			t.Fatal("conflicts with nothing known")
		}
	})
}

func TestNormaliseFoldsWhatPeopleTypeDifferently(t *testing.T) {
	for in, want := range map[string]string{
		"  José-María  O’Brien ": "jose maria obrien", "GROẞ": "gross", "Łukasz": "lukasz",
		"Ｔｉｍ": "tim", "Nguyễn": "nguyen", "Ωmega": "ωmega", "": "",
	} {
		if got := Normalise(in); got != want {
			t.Errorf("Normalise(%q) = %q, want %q", in, got, want)
		}
	}
}

// Which of several is chosen depends neither on their order nor on their age, and it is
// nobody when another one fits as well. Proves PTY-10.
func TestWhoIsChosenAtAnAddressIsTheOnlyOneThatFitsBest(t *testing.T) {
	identity := rapid.Custom(func(t *rapid.T) Identity {
		return Identity{
			Given: rapid.SampledFrom([]string{"", "anna", "tom"}).Draw(t, "given"), Family: rapid.SampledFrom([]string{"", "berger"}).Draw(t, "family"),
			Birth: rapid.SampledFrom([]string{"", "1950-01-02", "1980-01-02"}).Draw(t, "birth"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		var rows []KnownAs
		for i := range rapid.IntRange(0, 4).Draw(t, "parties") {
			rows = append(rows, KnownAs{Party: habeas.PartyID{byte(i + 1)}, Identity: identity.Draw(t, "known")})
		}
		said := identity.Draw(t, "said")
		apart := func(id habeas.PartyID) habeas.PartyID { return id }
		one, several := choose(rows, said, apart)
		again, still := choose(rapid.Permutation(rows).Draw(t, "order"), said, apart)
		if one != again || several != still || several && !one.IsZero() {
			t.Fatalf("%v and %v, several %v and %v", one, again, several, still)
		}
		best, holders, chosen := -1, 0, -1
		for _, k := range rows {
			if k.Identity.Conflicts(said) {
				if k.Party == one {
					t.Fatal("somebody else was chosen")
				}
				continue
			}
			switch n := k.Identity.shared(said); {
			case n > best:
				best, holders = n, 1
			case n == best:
				holders++
			}
			if k.Party == one {
				chosen = k.Identity.shared(said)
			}
		}
		if several != (holders > 1) || one.IsZero() != (holders != 1) || !one.IsZero() && chosen != best {
			t.Fatalf("%d fit best, several is %v, chosen %v", holders, several, one)
		}
		if id, several := choose(rows, said, func(habeas.PartyID) habeas.PartyID { return habeas.PartyID{1} }); several || id.IsZero() != (holders == 0) {
			t.Fatalf("they are all merged: several is %v, chosen %v", several, id)
		}
	})
}
