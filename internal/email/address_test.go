package email

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

func mustParse(t testing.TB, s string) Address {
	t.Helper()
	a, err := Parse(s)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return a
}

// refused checks that s is refused with the code, by an error that people can
// use and that repeats nothing of s.
func refused(t *testing.T, s, code string) {
	t.Helper()
	a, err := Parse(s)
	var e *habeas.Error
	if !errors.As(err, &e) {
		t.Fatalf("Parse(%q) = key %q, error %v; want refusal %s", s, a.Key(), err, code)
	}
	if e.Kind != habeas.KindInvalid || e.Field != "email" || e.Code != "email."+code {
		t.Errorf("Parse(%q) refused as %v, field %q, code %q; want code email.%s", s, e.Kind, e.Field, e.Code, code)
	}
	if !a.IsZero() {
		t.Errorf("Parse(%q) returned an address beside its error", s)
	}
	if trimmed := strings.TrimSpace(s); len(trimmed) > 3 && strings.Contains(e.Error(), trimmed) {
		t.Errorf("Parse(%q) repeats its input", s)
	}
}

func TestFormsOfAnAddress(t *testing.T) {
	for _, c := range []struct{ in, display, mailbox, key string }{
		{"tim@example.org", "tim@example.org", "tim@example.org", "tim@example.org"},
		{"  tim@example.org ", "tim@example.org", "tim@example.org", "tim@example.org"},
		{"Tim.O'Neil@Example.ORG", "Tim.O'Neil@example.org", "Tim.O'Neil@example.org", "tim.o'neil@example.org"},
		{"tim+tag/x=y@example.org", "tim+tag/x=y@example.org", "tim+tag/x=y@example.org", "tim+tag/x=y@example.org"},
		{"Tim@MÜLLER.de", "Tim@müller.de", "Tim@xn--mller-kva.de", "tim@xn--mller-kva.de"},
		{"Tim@XN--Mller-KVA.de", "Tim@müller.de", "Tim@xn--mller-kva.de", "tim@xn--mller-kva.de"},
		{"Àda@example.org", "Àda@example.org", "Àda@example.org", "Àda@example.org"},
		{"a\u0300da@example.org", "àda@example.org", "àda@example.org", "àda@example.org"},
		{"иван@пример.рф", "иван@пример.рф", "иван@xn--e1afmkfd.xn--p1ai", "иван@xn--e1afmkfd.xn--p1ai"},
		{"T\u0308@example.org", "T\u0308@example.org", "T\u0308@example.org", "ẗ@example.org"},
		{"a@faß.de", "a@faß.de", "a@xn--fa-hia.de", "a@xn--fa-hia.de"},
	} {
		a := mustParse(t, c.in)
		if a.Display() != c.display || a.Mailbox() != c.mailbox || a.Key() != c.key {
			t.Errorf("Parse(%q) = %q, %q, %q; want %q, %q, %q",
				c.in, a.Display(), a.Mailbox(), a.Key(), c.display, c.mailbox, c.key)
		}
		if a.NeedsSMTPUTF8() == isASCII(c.mailbox) {
			t.Errorf("Parse(%q).NeedsSMTPUTF8() = %v", c.in, a.NeedsSMTPUTF8())
		}
		if a.Local()+"@"+a.Domain() != c.mailbox {
			t.Errorf("Parse(%q): parts %q and %q", c.in, a.Local(), a.Domain())
		}
	}
}

// Proves PTY-A11.
func TestLettersThatCaseFoldingMergesStayApart(t *testing.T) {
	refused(t, "\u212Aim@example.org", "compatibility") // Kelvin sign
	refused(t, "\u017Fam@example.org", "compatibility") // long s
	refused(t, "kim@\u212Aelvin.org", "compatibility")
	refused(t, "sam@\u017Fam.org", "compatibility")
	refused(t, "m\u0131ke@example.org", "folding") // dotless ı
	refused(t, "m\u0130ke@example.org", "folding") // dotted İ
	// In a domain the dotless ı is an ordinary Turkish letter with an A-label of
	// its own: kept, distinct, and marked for a second look.
	a, b := mustParse(t, "tim@diyarbakır.com"), mustParse(t, "tim@diyarbakir.com")
	if a.Key() == b.Key() || !a.Suspicious() || b.Suspicious() {
		t.Errorf("keys %q and %q, suspicious %v and %v", a.Key(), b.Key(), a.Suspicious(), b.Suspicious())
	}
}

// No character beyond ASCII, wherever it stands, makes the key of an address
// that somebody else may own in ASCII.
//
// Proves PTY-A11, PTY-A12.
func TestNoCharacterFoldsIntoASCII(t *testing.T) {
	for r := rune(utf8.RuneSelf); r <= unicode.MaxRune; r++ {
		if !unicode.IsPrint(r) {
			continue // TestEveryUnprintableCharacterIsRefused
		}
		if a, err := Parse("t" + string(r) + "m@example.org"); err == nil {
			if want := norm.NFC.String("t" + string(r) + "m@example.org"); a.Key() != want || isASCII(a.Key()) {
				t.Errorf("%U in the local part: key %q", r, a.Key())
			}
		}
		if a, err := Parse("tim@t" + string(r) + "m.org"); err == nil && !strings.HasPrefix(a.Domain(), "xn--") {
			t.Errorf("%U in the domain: key %q", r, a.Key())
		}
	}
}

// Proves PTY-A18.
func TestEveryUnprintableCharacterIsRefused(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		invisible := unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
		if unicode.IsPrint(r) && !invisible || r == ' ' || !utf8.ValidRune(r) {
			continue
		}
		for _, s := range []string{"ti" + string(r) + "m@example.org", "tim@exa" + string(r) + "mple.org"} {
			if _, err := Parse(s); err == nil {
				t.Errorf("%U accepted in %q", r, s)
			}
		}
	}
}

// Proves PTY-A12.
func TestCompatibilityCharactersAreRefused(t *testing.T) {
	for _, s := range []string{
		"ｔｉｍ@example.org", "tim@ｅxample.org", "tim@example．org", "ﬁn@example.org", "tim@ﬁn.org",
		"ª@example.org", "tim²@example.org", "ⅳ@example.org", "𝐭im@example.org", "Ω\u2126@example.org",
	} {
		refused(t, s, "compatibility")
	}
	refused(t, "ｔｉｍ＠example.org", "at")
	refused(t, "tim@例え。jp", "character")
}

// Proves PTY-A14.
func TestAccentsMakeDifferentAddresses(t *testing.T) {
	for _, pair := range [][2]string{
		{"tàrget@example.org", "target@example.org"},
		{"tim@tàrget.com", "tim@target.com"},
		{"tim@straße.de", "tim@strasse.de"},
		{"Änna@example.org", "änna@example.org"},
		{"tim@münchen.de", "tim@muenchen.de"},
	} {
		if a, b := mustParse(t, pair[0]), mustParse(t, pair[1]); a.Key() == b.Key() {
			t.Errorf("%q and %q share the key %q", pair[0], pair[1], a.Key())
		}
	}
	if a, b := mustParse(t, "t\u00E0rget@x.org"), mustParse(t, "ta\u0300rget@x.org"); a.Key() != b.Key() {
		t.Error("two encodings of one accent make two keys")
	}
}

// Proves PTY-A15.
func TestPunycodeAndUnicodeFormsAreOneKey(t *testing.T) {
	for _, forms := range [][]string{
		{"tim@müller.de", "tim@MÜLLER.DE", "Tim@mu\u0308ller.de", "tim@xn--mller-kva.de", "tim@XN--MLLER-KVA.de"},
		{"tim@пример.рф", "tim@xn--e1afmkfd.рф", "TIM@xn--e1afmkfd.xn--p1ai"},
		{"tim@straße.de", "tim@STRAẞE.de", "tim@xn--strae-oqa.de"},
		{"tim@mail.例え.jp", "tim@MAIL.xn--r8jz45g.jp"},
	} {
		want := mustParse(t, forms[0])
		for _, s := range forms[1:] {
			if got := mustParse(t, s); got.Key() != want.Key() {
				t.Errorf("Parse(%q): key %q, want %q", s, got.Key(), want.Key())
			}
		}
	}
	// Spellings that decode to something else than they encode are no names.
	for _, s := range []string{"tim@xn--.de", "tim@xn--ab.de", "tim@xn--a-.de", "tim@xn--tim-.de", "tim@xn--99999999.de"} {
		refused(t, s, "domain")
	}
}

// Proves PTY-A17.
func TestMoreThanOneBareAddressIsRefused(t *testing.T) {
	for s, code := range map[string]string{
		"":                                 "missing",
		"   ":                              "missing",
		"Tim <tim@example.org>":            "display-name",
		"<tim@example.org>":                "display-name",
		`"Tim" <tim@example.org>`:          "display-name",
		"tim@example.org,bell@example.org": "list",
		"tim@example.org; bell@x.org":      "list",
		"friends:tim@example.org;":         "list",
		"mailto:tim@example.org":           "list",
		"tim@example.org\r\nBcc: x@y.org":  "control",
		"tim@example.org\n":                "control",
		"tim\t@example.org":                "control",
		"tim\x00@example.org":              "control",
		"tim\u0085@example.org":            "control",
		"tim@example.org\x7f":              "control",
		"tim(home)@example.org":            "comment",
		"tim@example.org (Tim)":            "comment",
		`"tim"@example.org`:                "quoted",
		`"t im"@example.org`:               "quoted",
		`ti\m@example.org`:                 "quoted",
		"tim@[192.0.2.1]":                  "literal",
		"tim@192.0.2.1":                    "ending",
		"tim smith@example.org":            "space",
		"tim@exam ple.org":                 "space",
		"tim\u00A0@example.org":            "space",
		"tim@example.org@example.com":      "at",
		"tim.example.org":                  "at",
		"@x.org":                           "at",
		"tim%example.com@example.org":      "route",
		"example.com!tim@example.org":      "route",
		"|cat@example.org":                 "route",
		"tim@example.org\xff":              "encoding",
		"tim\xc0\xaf@example.org":          "encoding",
		"tim🍕@example.org":                 "character",
		"tim€@example.org":                 "character",
		"tim\uE000@example.org":            "character",
		"tim\u0378@example.org":            "character",
	} {
		refused(t, s, code)
	}
	refused(t, "tim@[IPv6:2001:db8::1]", "list")
}

// Proves PTY-A18.
func TestInvisibleAndBidiCharactersAreRefused(t *testing.T) {
	for _, r := range "\u200B\u200C\u200D\u2060\uFEFF\u00AD\u034F\u115F\u3164\u180E\uFE0F\u200E\u200F\u202A\u202E\u2066\u2069\u061C\u2028\U000E0041" {
		for _, s := range []string{
			"ti" + string(r) + "m@example.org", "tim" + string(r) + "@example.org", "tim@" + string(r) + "example.org",
			"tim@exa" + string(r) + "mple.org", "tim@example.org" + string(r),
		} {
			refused(t, s, "invisible")
		}
	}
	refused(t, "tim@xn--timezone-cm3d.org", "domain") // decodes to a name with a zero-width character
}

func TestSyntaxOfLocalPartAndDomain(t *testing.T) {
	for s, code := range map[string]string{
		".tim@example.org":    "dots",
		"tim.@example.org":    "dots",
		"t..im@example.org":   "dots",
		"tim@":                "dots",
		"tim@.example.org":    "dots",
		"tim@example..org":    "dots",
		"tim@example.org.":    "dots",
		"tim@localhost":       "single-label",
		"tim@example":         "single-label",
		"tim@рф":              "single-label",
		"tim@example.123":     "ending",
		"tim@example.c":       "ending",
		"tim@example.c0m":     "ending",
		"tim@-example.org":    "domain",
		"tim@example-.org":    "domain",
		"tim@exam_ple.org":    "domain",
		"tim@ab--cd.org":      "domain",
		"tim@exam'ple.org":    "domain",
		"+\u0300tim@x.org":    "marks",
		"t\u0327\u0327@x.org": "marks",
		"tim@\u0300x.org":     "domain",
		"tim@مثال1a.org":      "domain", // breaks the bidi rule
		"zalg\u0323\u032E\u0353\u0359\u0348@x.org": "marks",
	} {
		refused(t, s, code)
	}
}

func TestLengthLimits(t *testing.T) {
	label := strings.Repeat("d", 63)
	local := strings.Repeat("l", 64)
	domain := strings.Join([]string{label, label, strings.Repeat("d", 57), "org"}, ".") // 189 octets
	mustParse(t, local+"@"+domain)                                                      // 254 octets
	mustParse(t, strings.Repeat("é", 32)+"@"+domain)
	refused(t, local+"l@example.org", "too-long")
	refused(t, strings.Repeat("é", 33)+"@example.org", "too-long")
	refused(t, local+"@"+strings.Replace(domain, ".org", "d.org", 1), "too-long")
	refused(t, "tim@d"+label+".org", "domain")
	refused(t, "tim@"+strings.Repeat(label+".", 4)+"org", "too-long")
	refused(t, strings.Repeat("x", 1<<20), "too-long")
}

func TestLocalhostOnlyByRule(t *testing.T) {
	trial := Rules{AllowLocalhost: true}
	a, err := trial.Parse("tim@LOCALHOST")
	if err != nil || a.Key() != "tim@localhost" || a.Warnings() != nil {
		t.Errorf("key %q, error %v, warnings %v", a.Key(), err, a.Warnings())
	}
	if _, err := trial.Parse("tim@otherhost"); err == nil {
		t.Error("another single label was accepted")
	}
}

func TestPrintingAnAddressShowsItMasked(t *testing.T) {
	a := mustParse(t, "tim@example.com")
	const want = "t••@e•••••.com"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, a); got != want {
			t.Errorf("%s prints %q", verb, got)
		}
	}
	if got := fmt.Sprint(Address{}); got != "" {
		t.Errorf("no address prints %q", got)
	}
}

// The alphabet of drawn addresses: letters of several scripts in both
// normal forms, what separates words, and a few characters that are refused.
var alphabet = []rune("abcIKkostTZ019.-_+àéßøłıæœ\u0300\u0308\u0301бгдеаоαβγσς例えカ中한אבגאبתनมก·ʻ\u200D\u212A")

func TestKeyIsStable(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom(alphabet), 1, 12, -1)
	ending := rapid.SampledFrom([]string{"org", "de", "рф", "xn--p1ai", "co.il", "香港"})
	rapid.Check(t, func(t *rapid.T) {
		s := text.Draw(t, "local") + "@" + text.Draw(t, "domain") + "." + ending.Draw(t, "ending")
		a, err := Parse(s)
		if err != nil {
			return
		}
		checkInvariants(t, a)
		// Of a letter with an accent both cases count, however it is encoded.
		if b, err := Parse(strings.Map(upperASCII, norm.NFC.String(s))); err == nil && b.Key() != a.Key() {
			t.Fatalf("upper case changes the key: %q, %q", a.Key(), b.Key())
		}
	})
}

func upperASCII(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r - 0x20
	}
	return r
}

// checkInvariants holds for every address: each of its forms reads back as the
// same identity, and none can break a header, a log line or a page.
func checkInvariants(t interface{ Fatalf(string, ...any) }, a Address) {
	for _, form := range []string{a.Display(), a.Mailbox(), a.Key()} {
		b, err := Parse(form)
		if err != nil || b.Key() != a.Key() {
			t.Fatalf("%q reads back as %q, error %v; want key %q", form, b.Key(), err, a.Key())
		}
		if !utf8.ValidString(form) || !norm.NFC.IsNormalString(form) {
			t.Fatalf("%q is no NFC text", form)
		}
		if strings.ContainsFunc(form, func(r rune) bool { return unicode.Is(unicode.C, r) || unicode.IsSpace(r) }) {
			t.Fatalf("%q holds a control character or a space", form)
		}
	}
	if !isASCII(a.Domain()) || len(a.Mailbox()) > maxMailbox || len(a.Local()) > maxLocal {
		t.Fatalf("mailbox %q breaks the limits of SMTP", a.Mailbox())
	}
	for _, s := range Suggest(a) {
		if _, err := Parse(s.Address); err != nil {
			t.Fatalf("suggestion %q for %q: %v", s.Address, a.Display(), err)
		}
	}
	Mask(a)
	Shared(a)
	PlusBase(a)
	a.Warnings()
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"tim@example.org", "Tim <a@b.de>", "иван@пример.рф", "a@xn--mller-kva.de", "ｔｉｍ@x.org", "a@срб.срб",
		"a\u0300@x.org", "a@ab\u0323\u0307.org", "a@\u0958.in", "ג׳@x.org", "a@col·la.cat", "\u0344@x.org",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := Parse(s); err == nil {
			checkInvariants(t, a)
		} else if habeas.KindOf(err) != habeas.KindInvalid {
			t.Fatalf("refusal of kind %v", habeas.KindOf(err))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for name, s := range map[string]string{
		"lower":   "tim.miller@example.org",
		"upper":   "Tim.Miller@Example.org",
		"accent":  "zoë@example.org",
		"unicode": "иван@пример.рф",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				a, err := Parse(s)
				if err != nil || a.Key() == "" {
					b.Fatal(err)
				}
			}
		})
	}
}
