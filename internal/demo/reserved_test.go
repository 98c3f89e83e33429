package demo

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// reserved reports whether RFC 2606 or RFC 6761 keeps the name from ever being
// a real host.
func reserved(name string) bool {
	for _, zone := range []string{"example.com", "example.org", "example.net"} {
		if name == zone || strings.HasSuffix(name, "."+zone) {
			return true
		}
	}
	return strings.HasSuffix(name, ".example") || strings.HasSuffix(name, ".test")
}

func TestEveryAddressIsReservedAndWellFormed(t *testing.T) {
	check := func(address string) {
		t.Helper()
		parsed, err := mail.ParseAddress(address)
		if err != nil || parsed.Address != address || !reserved(host(address)) {
			t.Errorf("%q could reach somebody, or is no address", address)
		}
		for _, r := range address {
			if r > '~' {
				t.Errorf("%q is not ASCII", address)
			}
		}
	}
	w := full()
	for _, p := range w.People {
		for _, address := range []string{p.Email, p.OtherEmail} {
			if address != "" {
				check(address)
			}
		}
	}
	for _, o := range w.Organisations {
		check(o.Email)
		if u, err := url.Parse(o.Website); err != nil || u.Scheme != "https" || !reserved(u.Host) {
			t.Errorf("%q could reach somebody", o.Website)
		}
	}
	for _, a := range w.Assertions {
		if address := a.Fields[SetContact]["email"]; address != "" {
			check(address)
		}
	}
}

func TestLookAlikeDomainsStayReserved(t *testing.T) {
	for _, d := range mailDomains {
		if other := lookAlike(d); other == d || !reserved(other) {
			t.Errorf("%s becomes %s", d, other)
		}
	}
}

// silent are the ranges in which nobody's phone rings: kept for fiction, or with
// a subscriber number that begins with 00, or not assigned.
var silent = regexp.MustCompile(`^\+(` + strings.ReplaceAll(strings.Join([]string{
	`49(30 23125|40 66969|221 4710|69 90009|89 99998)\d{3}`, `49(171 39200|176 040690)\d\d`,
	`33(1 99 00|4 65 71|6 39 98)\d{4}`, `35320 91\d{5}`, `46(8 465 004|31 390 06|40 628 04|980 319 2)\d\d`,
	`44(7700 900|20 7946 0|161 496 0|117 496 0)\d{3}`, `1\d{3} 555 01\d\d`,
	`43(1|316|512) 00\d{4,5}`, `41(44|31|61|22|21) 00\d{5}`, `39(06|02) 00\d{6}`, `39051 00\d{5}`, `3450[01] 00\d{4}`,
	`52(55|33|81) 00\d{6}`, `54(11 00\d{6}|351 00\d{5})`, `31(20|10|30) 00\d{5}`, `48(22|12|61) 00\d{5}`,
	`30(210|2310) 00\d{4,5}`, `90(212|312|232) 00\d{5}`, `234(201|209) 00\d{5}`, `91(11|22|80) 00\d{6}`,
	`84(24|28) 00\d{6}`, `81(3|6) 00\d{6}`, `8175 00\d{5}`,
}, "|"), " ", "") + `)$`) // the blanks are for the reader

func TestPhoneNumbersRingNowhere(t *testing.T) {
	check := func(number string) {
		t.Helper()
		if !silent.MatchString(number) {
			t.Errorf("%s may be somebody's", number)
		}
		parsed, err := phonenumbers.Parse(number, "")
		if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
			t.Errorf("%s has not the form of a number", number)
		}
	}
	w := full()
	for i := range w.People {
		if w.People[i].Phone != "" {
			check(w.People[i].E164())
		}
	}
	for i := range w.Organisations {
		check(compact(w.Organisations[i].Phone))
	}
}

var postcodes = map[string]*regexp.Regexp{
	"DE": regexp.MustCompile(`^\d{5}$`), "AT": regexp.MustCompile(`^\d{4}$`), "CH": regexp.MustCompile(`^\d{4}$`),
	"IT": regexp.MustCompile(`^\d{5}$`), "ES": regexp.MustCompile(`^\d{5}$`), "FR": regexp.MustCompile(`^\d{5}$`),
	"MX": regexp.MustCompile(`^\d{5}$`), "AR": regexp.MustCompile(`^[A-Z]\d{4}[A-Z]{3}$`),
	"GB": regexp.MustCompile(`^[A-Z]{1,2}\d{1,2} \d[A-Z]{2}$`), "IE": regexp.MustCompile(`^[A-Z]\d\d [A-Z0-9]{4}$`),
	"US": regexp.MustCompile(`^\d{5}$`), "NL": regexp.MustCompile(`^\d{4} [A-Z]{2}$`), "SE": regexp.MustCompile(`^\d{3} \d\d$`),
	"PL": regexp.MustCompile(`^\d\d-\d{3}$`), "GR": regexp.MustCompile(`^\d{3} \d\d$`), "TR": regexp.MustCompile(`^\d{5}$`),
	"NG": regexp.MustCompile(`^\d{6}$`), "IN": regexp.MustCompile(`^\d{6}$`), "VN": regexp.MustCompile(`^\d{5}$`),
	"JP": regexp.MustCompile(`^\d{3}-\d{4}$`),
}

func TestPostcodesHaveTheFormOfTheirCountry(t *testing.T) {
	check := func(a Address) {
		if form := postcodes[a.Country]; form == nil || !form.MatchString(a.Postcode) {
			t.Errorf("%s: postcode %q", a.Country, a.Postcode)
		}
		if a.City == "" || a.Street == "" || strings.ContainsAny(a.Street+a.City, "{}#@") {
			t.Errorf("address %q %q", a.Street, a.City)
		}
	}
	for _, p := range full().People {
		check(p.Address)
	}
	for _, o := range full().Organisations {
		check(o.Address)
	}
}

// Tables are written by hand; this finds slips in them.
func TestTablesAreComplete(t *testing.T) {
	for _, l := range locales() {
		for what, n := range map[string]int{
			"male names": len(l.male), "female names": len(l.female), "family names": len(l.family), "cities": len(l.cities),
			"streets": len(l.streets), "phones": len(l.phones), "titles": len(l.titles), "legal forms": len(l.legal), "nicks": len(l.nicks),
		} {
			if n < 2 && what != "phones" || n < 1 {
				t.Errorf("%s %s: %d %s", l.country, l.language, n, what)
			}
		}
		for _, n := range slices.Concat(l.male, l.female, l.family) {
			if n.male == "" || n.female == "" || (n.nativeMale == "") != (n.nativeFemale == "") || strings.ContainsAny(n.male, "=/,\n") {
				t.Errorf("%s: name %+v", l.country, n)
			}
			if strings.Trim(slug(n.male, l.language), "abcdefghijklmnopqrstuvwxyz") != "" || slug(n.male, l.language) == "" {
				t.Errorf("%s: %q gives no address", l.country, n.male)
			}
			for _, r := range fold(n.male + n.female) {
				if r > '~' {
					t.Errorf("%s: %q keeps %q when folded", l.country, n.male, r)
				}
			}
		}
		for _, nicks := range l.nicks {
			if len(nicks) == 0 {
				t.Errorf("%s: a name without nicknames is listed", l.country)
			}
		}
	}
	for _, table := range orgTables {
		if n := len(list(table.forms)); n != len(orgKinds) {
			t.Errorf("%s: %d forms of names for %d kinds", table.language, n, len(orgKinds))
		}
	}
}
