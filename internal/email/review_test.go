package email

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSuggestMendsTypingErrors(t *testing.T) {
	for typed, want := range map[string]string{
		"gmial.com":        "gmail.com",
		"gmai.com":         "gmail.com",
		"gnail.com":        "gmail.com",
		"gmaill.com":       "gmail.com",
		"gmail.con":        "gmail.com",
		"gmail.cmo":        "gmail.com",
		"gmail.co":         "gmail.com",
		"gmail.cm":         "gmail.com",
		"gmial.con":        "gmail.com",
		"gmàil.com":        "gmail.com",
		"gmaıl.com":        "gmail.com",
		"hotmial.co.uk":    "hotmail.co.uk",
		"hotnail.com":      "hotmail.com",
		"homtail.com":      "hotmail.com",
		"outlok.com":       "outlook.com",
		"outloook.de":      "outlook.de",
		"yaho.com":         "yahoo.com",
		"yahooo.co.jp":     "yahoo.co.jp",
		"iclud.com":        "icloud.com",
		"protonmial.cmo":   "protonmail.com",
		"t-onlin.de":       "t-online.de",
		"ewb.de":           "web.de",
		"gxm.net":          "gmx.net",
		"wanado.fr":        "wanadoo.fr",
		"sezanm.cz":        "seznam.cz",
		"yandx.ru":         "yandex.ru",
		"example.con":      "example.com",
		"charity.ogr":      "charity.org",
		"my-company.co.ku": "my-company.co.uk",
	} {
		got := Suggest(mustParse(t, "Tim@"+typed))
		if len(got) == 0 || got[0] != (Suggestion{want, "Tim@" + want}) {
			t.Errorf("Suggest(%s) = %v, want %s", typed, got, want)
		}
	}
}

func TestSuggestLeavesGoodDomainsAlone(t *testing.T) {
	typed := append([]string{
		"example.org", "yahoo.be", "hotmail.se", "gmx.eu", "ox.ac.uk", "cern.ch", "habeas.example", "we.com", "gmv.es",
		"univie.ac.at", "пример.рф", "müller.de", "redcross.org", "live.se",
	}, knownDomains...)
	for _, domain := range typed {
		if got := Suggest(mustParse(t, "tim@"+domain)); got != nil {
			t.Errorf("Suggest(%s) = %v", domain, got)
		}
	}
	if got := Suggest(Address{}); got != nil {
		t.Errorf("Suggest of no address = %v", got)
	}
}

func TestDistanceIsSymmetricAndBounded(t *testing.T) {
	word := rapid.StringMatching(`[a-e.]{0,9}`)
	rapid.Check(t, func(t *rapid.T) {
		const far = 100
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b, far)
		if d != distance(b, a, far) || (d == 0) != (a == b) {
			t.Fatalf("distance(%q, %q) = %d, back %d", a, b, d, distance(b, a, far))
		}
		for limit := range 12 {
			if got := distance(a, b, limit); d <= limit && got != d || d > limit && got <= limit {
				t.Fatalf("distance(%q, %q) = %d within %d, exactly %d", a, b, got, limit, d)
			}
		}
	})
}

// Tags and dots lead to a base for review, which no key equals, while the keys
// that claims compare stay apart.
//
// Proves PTY-A16.
func TestPlusBaseIsForReviewOnly(t *testing.T) {
	base, ok := PlusBase(mustParse(t, "timmiller@gmail.com"))
	if !ok {
		t.Fatal("an ordinary address has no base")
	}
	plain, _ := PlusBase(mustParse(t, "timmiller@example.org"))
	tagged, _ := PlusBase(mustParse(t, "TimMiller+news@EXAMPLE.org"))
	dotted, _ := PlusBase(mustParse(t, "tim.miller@example.org"))
	if plain != tagged || plain == dotted {
		t.Errorf("elsewhere a tag counts for nothing and a dot counts: %q, %q, %q", plain, tagged, dotted)
	}
	keys := map[string]bool{}
	for _, s := range []string{"timmiller@gmail.com", "Tim.Miller@gmail.com", "tim.miller+news@googlemail.com", "timmiller+a+b@GMAIL.com"} {
		a := mustParse(t, s)
		if got, ok := PlusBase(a); !ok || got != base {
			t.Errorf("PlusBase(%s) = %q, %v; want %q", s, got, ok, base)
		}
		keys[a.Key()] = true
	}
	if len(keys) != 4 {
		t.Errorf("%d keys for 4 addresses", len(keys))
	}
	if _, err := Parse(base); err == nil {
		t.Errorf("the base %q passes as an address", base)
	}
	if got, ok := PlusBase(mustParse(t, "+news@example.org")); ok {
		t.Errorf("a bare tag has the base %q", got)
	}
}

// The recognition of role mailboxes; that a claim then goes to review is shown
// where claims are decided.
func TestSharedRecognisesRoleMailboxes(t *testing.T) {
	for _, local := range []string{
		"info", "INFO", "office2", "info+web", "sales.team", "kontakt-berlin", "berlin.office", "no-reply", "sekretariat",
		"Buero", "büro", "familie.miller", "the-miller-family", "contacto", "equipe", "segreteria", "biuro", "контакт", "hello",
	} {
		if !Shared(mustParse(t, local+"@example.org")) {
			t.Errorf("%s@ is not recognised", local)
		}
	}
	for _, local := range []string{"tim", "tim.miller", "informatik.tim", "offices", "anna-maria", "t.e.a.m", "2024", "山田"} {
		if Shared(mustParse(t, local+"@example.org")) {
			t.Errorf("%s@ is taken for a role", local)
		}
	}
	if Shared(Address{}) {
		t.Error("no address is shared")
	}
}

func TestMaskHidesAllButFirstLettersAndEnding(t *testing.T) {
	for in, want := range map[string]string{
		"tim@example.com":                 "t••@e•••••.com",
		"timothy.long@a-long-name.org":    "t••@a•••••.org",
		"t@x.org":                         "•••@••••••.org",
		"tim@mail.example.co.uk":          "t••@m•••••.uk",
		"éva@müller.de":                   "é••@m•••••.de",
		"иван@пример.рф":                  "и••@п•••••.рф",
		strings.Repeat("x", 64) + "@y.de": "x••@••••••.de",
	} {
		if got := Mask(mustParse(t, in)); got != want {
			t.Errorf("Mask(%s) = %s, want %s", in, got, want)
		}
	}
}
