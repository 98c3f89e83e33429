package standard

import (
	"strings"
	"testing"

	"github.com/habeas-data/habeas/match/text"
)

func TestMissing(t *testing.T) {
	for _, s := range []string{
		"", "  ", "-", "--", "?", "n/a", "N/A", "#N/A", "NA", "na", "NULL", "null", "[null]", "(none)", "None", "Unknown",
		"unknown.", "xxx", "XXXXX", "NaN", `\N`, "k.A.", "unbekannt", "not available", "inconnu", "неизвестно", "...", "\t",
	} {
		if !Missing(s) {
			t.Errorf("%q means something", s)
		}
	}
	for _, s := range []string{
		"Null", "Na", "Nan Li", "x", "xx", "0", "a", "é", "None of these", "1900-01-01", "Unknown Soldier Memorial Trust Fund", "\xff",
	} {
		if Missing(s) {
			t.Errorf("%q is missing", s)
		}
	}
}

func TestPostcodeAndIdentifier(t *testing.T) {
	for in, want := range map[string]string{
		"SW1A 1AA": "sw1a1aa", "sw1a1aa": "sw1a1aa", "90210-1234": "90210", "902101234": "902101234", "90210": "90210",
		"D-10115": "10115", "CH-8001": "8001", "LV 1010": "1010", "1234 AB": "1234ab", "K1A 0B1": "k1a0b1",
		"00-950": "00950", "〒100-0001": "1000001", "E14 5AB": "e145ab", "n/a": "", "": "",
	} {
		if got := Postcode(in); got != want {
			t.Errorf("Postcode(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"AB-123 456": "ab123456", "ab.123/456": "ab123456", "none": "", "０１２": "012"} {
		if got := Identifier(in); got != want {
			t.Errorf("Identifier(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParsePhone(t *testing.T) {
	for _, c := range []struct{ in, region, e164, digits string }{
		{"310/246-1501", "", "", "3102461501"},
		{"310-246-1501", "", "", "3102461501"},
		{"(310) 246 1501", "", "", "3102461501"},
		{"1-310-246-1501", "", "", "3102461501"},
		{"+1 310 246 1501", "", "+13102461501", "3102461501"},
		{"001 310 246 1501", "", "+13102461501", "3102461501"},
		{"310.246.1501 x12", "", "", "3102461501"},
		{"310 246 1501", "US", "+13102461501", "3102461501"},
		{"030 1234567", "de", "+49301234567", "301234567"},
		{"030 1234567", "", "", "301234567"},
		{"+49 (0)30 1234567", "", "+49301234567", "301234567"},
		{"tel. 020 7946 0958", "GB", "+442079460958", "2079460958"},
		{"020 7946 0958; 020 7946 0000", "", "", "2079460958"},
		{"13812345678", "CN", "+8613812345678", "13812345678"},
		{"٠٣٠ ١٢٣٤٥٦٧", "", "", "301234567"},
	} {
		p := ParsePhone(c.in, c.region)
		if p.E164 != c.e164 || p.Digits != c.digits || !p.OK {
			t.Errorf("ParsePhone(%q, %q) = %+v", c.in, c.region, p)
		}
	}
	for in, digits := range map[string]string{"": "", "n/a": "", "12": "12", "call me": "call me", strings.Repeat("9", 300): strings.Repeat("9", 200)[:64]} {
		p := ParsePhone(in, "")
		if p.OK || !strings.HasPrefix(p.Digits, digits) {
			t.Errorf("ParsePhone(%q) = %+v", in, p)
		}
	}
}

func TestParseEmail(t *testing.T) {
	for in, want := range map[string]Email{
		" John.Smith@Example.ORG ":          {"john.smith@example.org", "john.smith", "example.org", true},
		"Ada <ada+lists@example.org>":       {"ada+lists@example.org", "ada", "example.org", true},
		"mailto:a.d.a@googlemail.com":       {"a.d.a@gmail.com", "ada", "gmail.com", true},
		"info@Müller.de":                    {"info@xn--mller-kva.de", "info", "xn--mller-kva.de", true},
		"nobody":                            {Whole: "nobody"},
		"@example.org":                      {Whole: "example org"},
		"a@b@":                              {Whole: "a b"},
		"a b@example.org":                   {Whole: "a b example org"},
		"unknown":                           {},
		strings.Repeat("a", 400) + "@x.org": {Whole: strings.Repeat("a", 400) + " x org"},
		"a@-.org":                           {Whole: "a org"},
	} {
		if got := ParseEmail(in); got != want {
			t.Errorf("ParseEmail(%.40q) = %+v, want %+v", in, got, want)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for in, want := range map[string]string{
		"12b N. Main St., Apt 4":            "12b|4|north main street",
		"12 B Main Street #4":               "12b|4|main street",
		"123 N Main St":                     "123||north main street",
		"435 S. La Cienega Blvd.":           "435||south la cienega boulevard",
		"3rd Ave 100":                       "100||3rd avenue",
		"Third Avenue, 100":                 "100||3rd avenue",
		"12 St Marys Rd":                    "12||saint marys road",
		"Hauptstr. 12 b":                    "12b||hauptstrasse",
		"Hauptstraße 12b":                   "12b||hauptstrasse",
		"Hauptstr. 5, 10115 Berlin":         "5||hauptstrasse 10115 berlin",
		"Hauptstr. 5 10115 Berlin":          "5||hauptstrasse 10115 berlin",
		"Straße des 17. Juni 135":           "135||strasse des 17 juni",
		"C/ Mayor 5, piso 3":                "5|3|calle mayor",
		"Av. de la Libertad, 5":             "5||avenue de la libertad",
		"5 rue de la Paix":                  "5||rue de la paix",
		"PO Box 123":                        "||pobox 123",
		"P.O. Box 123, Springfield":         "||pobox 123 springfield",
		"Postfach 123":                      "||pobox 123",
		"3/12 Smith St":                     "12|3|smith street",
		"Suite 200, 1600 Amphitheatre Pkwy": "1600|200|amphitheatre parkway",
		"100 5th Ave, 3rd floor":            "100|3rd|5th avenue",
		"ул. Ленина, 5":                     "5||улица ленина",
		"0012 Elm Court":                    "12||elm court",
		"12-14 High St":                     "12||high street",
		"7 Sunset Blv":                      "7||sunset boulevard",
		"Hauptstr. 12-14, 10115 Berlin":     "12||hauptstrasse 10115 berlin",
		"Calle Mayor nº 5":                  "5||calle mayor",
		"Rue 12":                            "12||rue",
		"Elm House":                         "||elm house",
		"n/a":                               "||",
		"42":                                "42||",
	} {
		a := ParseAddress(in)
		if got := a.Number + "|" + a.Unit + "|" + strings.Join(a.Words, " "); got != want {
			t.Errorf("ParseAddress(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseOrganisation(t *testing.T) {
	for in, want := range map[string]string{
		"The Example Trading Co., Ltd.":         "example trading|ltd|et",
		"Beispiel GmbH & Co. KG":                "beispiel|gmbhcokg|",
		"Beispiel Ges.m.b.H.":                   "beispiel|gmbh|",
		"Verein der Freunde e.V.":               "verein der freunde|ev|vf",
		"Modèle S.à r.l.":                       "modele|sarl|",
		"Esempio S.p.A.":                        "esempio|spa|",
		"Przykład Sp. z o.o.":                   "przyklad|spzoo|",
		"Ejemplo, S.A. de C.V.":                 "ejemplo|sadecv|",
		"ООО Пример":                            "пример|ooo|",
		"AB Volvo":                              "volvo|ab|",
		"PT Contoh Tbk":                         "pt contoh|tbk|pc",
		"Massachusetts Institute of Technology": "massachusetts institute of technology||mit",
		"Example Holdings Inc":                  "example holdings|inc|eh",
		"Contoso Sdn. Bhd.":                     "contoso|sdnbhd|",
		"Voorbeeld B.V.":                        "voorbeeld|bv|",
		"Limited":                               "limited||",
		"The The":                               "the||",
		"":                                      "||",
		"株式会社 例":                                "例|kk|",
	} {
		o := ParseOrganisation(in)
		if got := strings.Join(o.Words, " ") + "|" + o.LegalForm + "|" + o.Acronym; got != want {
			t.Errorf("ParseOrganisation(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLegalFormsAreFolded(t *testing.T) {
	for written := range legal().forms {
		if text.Fold(written) != written {
			t.Errorf("%q is not folded", written)
		}
		if n := len(strings.Fields(written)); n > longestForm {
			t.Errorf("%q has %d words", written, n)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"12b N. Main St., Apt 4", "3/12 Smith St", "unit unit 4 4 b", "1st 2nd floor floor", "\xff,#", "no 1 no"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := ParseAddress(s)
		if folded := text.Fold(a.Line); folded != a.Line && len(s) < text.MaxRunes {
			t.Fatalf("%q has the line %q", s, a.Line)
		}
	})
}

func FuzzParseContact(f *testing.F) {
	for _, s := range []string{"+1 310 246 1501", "Ada <ada+x@gmail.com>", "\xff@\xff.org", "++", "00", "Example Co., Ltd."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if e := ParseEmail(s); e.OK && (e.Domain == "" || !strings.Contains(e.Whole, "@")) {
			t.Fatalf("%q is %+v", s, e)
		}
		if p := ParsePhone(s, "US"); p.OK && p.Digits == "" {
			t.Fatalf("%q is %+v", s, p)
		}
		ParsePhone(s, "")
		Postcode(s)
		Identifier(s)
		if o := ParseOrganisation(s); len(o.Words) == 0 && o.LegalForm != "" {
			t.Fatalf("%q is %+v", s, o)
		}
	})
}

func BenchmarkFields(b *testing.B) {
	for name, f := range map[string]func(){
		"missing":      func() { Missing("Springfield") },
		"postcode":     func() { Postcode("SW1A 1AA") },
		"address":      func() { ParseAddress("12b N. Main St., Apt 4") },
		"organisation": func() { ParseOrganisation("The Example Trading Co., Ltd.") },
		"email":        func() { ParseEmail("John.Smith@Example.ORG") },
		"phone":        func() { ParsePhone("310/246-1501", "") },
		"phoneregion":  func() { ParsePhone("310/246-1501", "US") },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
