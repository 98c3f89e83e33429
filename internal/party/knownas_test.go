package party

import (
	"testing"

	"pgregory.net/rapid"
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
