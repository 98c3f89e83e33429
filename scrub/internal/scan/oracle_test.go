package scan

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// covered says whether the spans of one kind cover [start, end).
func coveredBy(spans []span.Span, k span.Kind, start, end int) bool {
	for _, s := range spans {
		if s.Kind == k && s.Start <= start && end <= s.End {
			return true
		}
	}
	return false
}

// soup strings random bytes of an alphabet together, with blanks, so that half of what
// looks like a value is one.
func soup(r *rand.Rand, n int, alphabet ...string) []byte {
	var b bytes.Buffer
	for range n {
		b.WriteString(alphabet[r.IntN(len(alphabet))])
	}
	return b.Bytes()
}

// The oracles below are regular expressions of the standard library. Where one matches and
// its validator agrees, the scanner must have found the place.

// Proves SCR-5.
func TestEmailFindsWhatARegularExpressionFinds(t *testing.T) {
	// Bounded by bytes that are no part of an address, with labels that begin and end in a
	// letter or digit; a scanner may find more (quoted local parts, other scripts).
	re := regexp.MustCompile(`(?:^|[\s<>,;:"()])([A-Za-z0-9][A-Za-z0-9._%+]{0,20}@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,8})(?:[\s<>,;:"()]|$)`)
	s, r := New(Options{}), rand.New(rand.NewPCG(1, 1))
	found := 0
	for range 6000 {
		text := soup(r, 60, "a", "b", "1", ".", "@", "@", "example.org", "x.co", "jude", " ", ",", "<", "-", "+", "\n")
		spans := whole(s, text)
		for _, m := range re.FindAllSubmatchIndex(text, -1) {
			local, domain, _ := strings.Cut(string(text[m[2]:m[3]]), "@")
			if strings.Contains(local, "..") || strings.HasSuffix(local, ".") || fileTypes[domain[strings.LastIndex(domain, ".")+1:]] {
				continue // RFC 5321 allows no such local part
			}
			found++
			if !coveredBy(spans, span.Email, m[2], m[3]) {
				t.Fatalf("%q in %q is not found", text[m[2]:m[3]], text)
			}
		}
	}
	if found < 500 {
		t.Errorf("only %d addresses in the texts", found)
	}
}

// Proves SCR-5.
func TestIPv4IsWhatNetipParses(t *testing.T) {
	re := regexp.MustCompile(`(?:^|[\s,;"(])((?:[0-9]{1,3}\.){3}[0-9]{1,3})(?:[\s,;")]|$)`)
	s, r := New(Options{}), rand.New(rand.NewPCG(2, 1))
	found := 0
	for range 3000 {
		text := soup(r, 60, "1", "10", "192", "255", "256", "0", ".", ".", ".", ".", " ", ",", "\n", "10.0.0.1", "172.16.3.4")
		spans := whole(s, text)
		for _, m := range re.FindAllSubmatchIndex(text, -1) {
			_, err := netip.ParseAddr(string(text[m[2]:m[3]]))
			if got := coveredBy(spans, span.IP, m[2], m[3]); got != (err == nil) {
				t.Fatalf("%q: found %v, netip says %v, in %q", text[m[2]:m[3]], got, err, text)
			}
			found++
		}
		for _, f := range spans {
			if f.Kind == span.IP {
				if _, err := netip.ParseAddr(string(text[f.Start:f.End])); err != nil {
					t.Fatalf("%q is found: %v", text[f.Start:f.End], err)
				}
			}
		}
	}
	if found < 500 {
		t.Errorf("only %d addresses in the texts", found)
	}
}

// Proves SCR-5.
func TestIPv6IsWhatNetipParses(t *testing.T) {
	re := regexp.MustCompile(`(?:^|[\s,;"(\[])([0-9a-fA-F:]{2,39})(?:[\s,;")\]]|$)`)
	s, r := New(Options{}), rand.New(rand.NewPCG(3, 1))
	found := 0
	for range 4000 {
		text := soup(r, 50, "1", "2001", "db8", "fe80", "0", ":", ":", "::", ":", "a", "ff", " ", ",", "2001:db8::1", "1:2:3:4:5:6:7:8")
		spans := whole(s, text)
		for _, m := range re.FindAllSubmatchIndex(text, -1) {
			form := string(text[m[2]:m[3]])
			if !strings.Contains(form, ":") || strings.Count(form, ":") == 5 && len(form) == 17 {
				continue
			}
			_, err := netip.ParseAddr(form)
			if !strings.ContainsAny(form, "0123456789") {
				continue // abc::def is a name in a program as well: see the package comment
			}
			if trimmed := strings.TrimSuffix(form, ":"); err != nil && trimmed != form {
				continue // "2001:db8::1:" ends a label, not an address
			}
			if got := coveredBy(spans, span.IP, m[2], m[3]); got != (err == nil) {
				t.Fatalf("%q: found %v, netip says %v, in %q", form, got, err, text)
			}
			found++
		}
	}
	if found < 500 {
		t.Errorf("only %d addresses in the texts", found)
	}
}

// Proves SCR-5.
func TestMACIsWhatARegularExpressionFinds(t *testing.T) {
	re := regexp.MustCompile(`(?:^|[\s,;"(])((?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{2}-){5}[0-9a-fA-F]{2}|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4})(?:[\s,;")]|$)`)
	s, r := New(Options{}), rand.New(rand.NewPCG(4, 1))
	found := 0
	for range 4000 {
		text := soup(r, 60, "1a:", "0B:", "22:", "ff-", "A0-", "1b2c.", "12ab.", "de01", "0f", "cd", " ", ",", "00:1a:2b:3c:4d:5e", "00-1a-2b-3c-4d-5e")
		spans := whole(s, text)
		for _, m := range re.FindAllSubmatchIndex(text, -1) {
			found++
			if !coveredBy(spans, span.MAC, m[2], m[3]) {
				t.Fatalf("%q is not found in %q", text[m[2]:m[3]], text)
			}
		}
		for _, f := range spans {
			if f.Kind == span.MAC && !re.Match(text[f.Start:f.End]) {
				t.Fatalf("%q is found", text[f.Start:f.End])
			}
		}
	}
	if found < 500 {
		t.Errorf("only %d addresses in the texts", found)
	}
}

// Proves SCR-5.
func TestCardsAreWhatARegularExpressionAndLuhnFind(t *testing.T) {
	re := regexp.MustCompile(`(?:^|[^0-9A-Za-z .,:/_-])((?:4[0-9]{3}|5[1-5][0-9]{2}|6011)(?: [0-9]{4}){3}|(?:4[0-9]{3}|5[1-5][0-9]{2}|6011)(?:-[0-9]{4}){3}|(?:4[0-9]{3}|5[1-5][0-9]{2}|6011)[0-9]{12})(?:[^0-9A-Za-z .,:/_-]|$)`)
	s, r := New(Options{}), rand.New(rand.NewPCG(5, 1))
	found := 0
	for range 5000 {
		d := digitsOf(r, 16)
		d[0] = '4'
		var b bytes.Buffer
		sep := []string{"", " ", "-"}[r.IntN(3)]
		for i := 0; i < 16; i += 4 {
			if i > 0 {
				b.WriteString(sep)
			}
			b.Write(d[i : i+4])
		}
		text := []byte("<" + b.String() + ">")
		m := re.FindSubmatchIndex(text)
		if m == nil {
			t.Fatalf("%q is no card to the oracle", text)
		}
		valid := luhn(d)
		if got := coveredBy(whole(s, text), span.Card, m[2], m[3]); got != valid {
			t.Fatalf("%q: found %v, Luhn says %v", text, got, valid)
		}
		if valid {
			found++
		}
	}
	if found < 200 {
		t.Errorf("only %d cards in the texts", found)
	}
}

// Proves SCR-5.
func TestAccountsAreWhatARegularExpressionAndMod97Find(t *testing.T) {
	re := regexp.MustCompile(`(?:^|[^0-9A-Za-z])([A-Za-z]{2}[0-9]{2}(?:[0-9A-Za-z]{11,30}))(?:[^0-9A-Za-z]|$)`)
	s, r := New(Options{}), rand.New(rand.NewPCG(6, 1))
	found := 0
	for _, country := range slices.SortedFunc(maps.Keys(ibanLengths), func(a, b [2]byte) int { return bytes.Compare(a[:], b[:]) }) {
		n := ibanLengths[country]
		for range 30 {
			account := newIBAN(r, country, n)
			if r.IntN(3) == 0 {
				account[4+r.IntN(n-4)] = '7'
			}
			text := []byte("to " + string(account) + ".")
			m := re.FindSubmatchIndex(text)
			valid := mod97(account)
			if got := coveredBy(whole(s, text), span.IBAN, m[2], m[3]); got != valid {
				t.Fatalf("%q: found %v, mod 97 says %v", text, got, valid)
			}
			if valid {
				found++
			}
		}
	}
	if found < 500 {
		t.Errorf("only %d accounts", found)
	}
}

// digitsOf makes n random digits.
func digitsOf(r *rand.Rand, n int) []byte {
	d := make([]byte, n)
	for i := range d {
		d[i] = byte('0' + r.IntN(10))
	}
	return d
}

// newIBAN makes a valid account number.
func newIBAN(r *rand.Rand, country [2]byte, n int) []byte {
	b := append([]byte{country[0], country[1], '0', '0'}, digitsOf(r, n-4)...)
	for check := 2; check < 99; check++ {
		b[2], b[3] = byte('0'+check/10), byte('0'+check%10)
		if mod97(b) {
			return b
		}
	}
	panic("no check digits")
}

// Proves SCR-1.
func TestPlansAreThoseOfLibphonenumber(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for _, region := range DefaultRegions() {
		p, valid := planOf(region), 0
		example := phonenumbers.GetNationalSignificantNumber(phonenumbers.GetExampleNumber(region))
		for range 400 {
			d := []byte(example)
			for range r.IntN(4) {
				d[r.IntN(len(d))] = byte('0' + r.IntN(10))
			}
			n, err := phonenumbers.Parse("+"+p.code+string(d), region)
			if err != nil || phonenumbers.GetNationalSignificantNumber(n) != string(d) {
				continue
			}
			want := phonenumbers.IsValidNumberForRegion(n, region)
			if got := p.valid(d); got != want {
				t.Fatalf("%s %s: valid is %v, libphonenumber says %v", region, d, got, want)
			}
			if want {
				valid++
			}
		}
		if valid < 20 {
			t.Errorf("%s: only %d valid numbers", region, valid)
		}
	}
}

// Proves SCR-5.
func TestExampleNumbersOfAllRegionsAreFound(t *testing.T) {
	s := New(Options{})
	found, all := 0, 0
	for region := range phonenumbers.GetSupportedRegions() {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
			n := phonenumbers.GetExampleNumberForType(region, kind)
			if n == nil {
				continue
			}
			inter := phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
			national := phonenumbers.Format(n, phonenumbers.NATIONAL)
			for _, text := range []string{
				"ring " + inter + ".", inter, phonenumbers.Format(n, phonenumbers.E164), "phone: " + national, "<" + inter + ">, mobile " + national,
			} {
				if strings.IndexByte(text, '*') >= 0 || strings.HasPrefix(text, "phone") && len(national) < minPhone {
					continue
				}
				all++
				if spans := whole(s, []byte(text)); len(spans) > 0 && spans[len(spans)-1].Kind == span.Phone {
					found++
				} else {
					t.Logf("%s: %q is not found: %v", region, text, spans)
				}
			}
		}
	}
	t.Logf("%d of %d", found, all)
	if found*100 < all*97 {
		t.Errorf("%d of %d example numbers are found, want 97 %%", found, all)
	}
}
