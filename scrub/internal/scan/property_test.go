package scan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/span"
)

// checked is a number with check digits.
type checked struct {
	name    string
	make    func(r *rand.Rand) []byte // candidates, of which some are valid
	valid   func([]byte) bool
	write   func(d []byte) string // as it is written
	before  string                // the word that speaks of it
	lenient bool                  // another number may have the same form beside the word
}

// dated makes digits of a layout: N is any, Y, M and D are those of a date.
func dated(r *rand.Rand, layout string) []byte {
	y, m, d := r.IntN(100), 1+r.IntN(12), 1+r.IntN(28)
	var b []byte
	for i := 0; i < len(layout); i++ {
		switch layout[i] {
		case 'Y':
			b = fmt.Appendf(b, "%02d", y)
		case 'M':
			b = fmt.Appendf(b, "%02d", m)
		case 'D':
			b = fmt.Appendf(b, "%02d", d)
		case 'N':
			b = append(b, byte('0'+r.IntN(10)))
		default:
			b = append(b, layout[i])
		}
	}
	return b
}

func layoutOf(layout string) func(r *rand.Rand) []byte {
	return func(r *rand.Rand) []byte { return dated(r, layout) }
}

// written puts separators in: a digit of the form counts digits.
func written(form string) func(d []byte) string {
	return func(d []byte) string {
		out, i := "", 0
		for _, c := range form {
			if c < '1' || c > '9' {
				out += string(c)
				continue
			}
			n := int(c - '0')
			out += string(d[i : i+n])
			i += n
		}
		return out + string(d[i:])
	}
}

var plainly = written("")

var checkedNumbers = []checked{
	{"DE tax", layoutOf("NNNNNNNNNNN"), deTaxID, written("2 3 3 3"), "", false},
	{"BE NRN", layoutOf("YMDNNNNN"), beNRN, written("2.2.2-3.2"), "", false},
	{"PL PESEL", layoutOf("YMDNNNNN"), plPESEL, plainly, "PESEL ", true},
	{"NO birth", layoutOf("DMYNNNNN"), noBirth, plainly, "", false},
	{"CH AHV", layoutOf("756NNNNNNNNNN"), chAHV, written("3.4.4.2"), "", false},
	{"ZA identity", layoutOf("YMDNNNN08N"), zaID, written("6 4 3"), "", false},
	{"AT insurance", layoutOf("NNNNDMY"), atSVNR, written("4 6"), "", false},
	{"BR CPF", layoutOf("NNNNNNNNNNN"), brCPF, written("3.3.3-2"), "", false},
	{"BR CNPJ", layoutOf("NNNNNNNN0001NN"), brCNPJ, written("2.3.3/4-2"), "", false},
	{"IN Aadhaar", layoutOf("NNNNNNNNNNNN"), aadhaar, written("4 4 4"), "", false},
	{"UK NHS", layoutOf("NNNNNNNNNN"), nhs, written("3 3 4"), "NHS ", false},
	{"AU Medicare", layoutOf("2NNNNNNNN1"), medicare, written("4 5 1"), "", false},
	{"AU ABN", layoutOf("NNNNNNNNNNN"), auABN, written("2 3 3 3"), "ABN ", true},
	{"PL NIP", layoutOf("NNNNNNNNNN"), plNIP, written("3-3-2-2"), "NIP ", false},
	{"NL BSN", layoutOf("NNNNNNNNN"), nlBSN, plainly, "BSN ", true},
	{"PT NIF", layoutOf("2NNNNNNNN"), ptNIF, plainly, "NIF ", true},
	{"CA SIN", layoutOf("NNNNNNNNN"), luhn, written("3-3-3"), "SIN ", true},
	{"AU TFN", layoutOf("NNNNNNNNN"), auTFN, written("3 3 3"), "TFN ", true},
	{"DE VAT", layoutOf("NNNNNNNNN"), mod1110, func(d []byte) string { return "DE" + string(d) }, "", false},
}

// Proves SCR-5.
func TestAValidNumberIsFoundAndAWrongDigitIsNot(t *testing.T) {
	s, r := New(Options{}), rand.New(rand.NewPCG(9, 9))
	for _, c := range checkedNumbers {
		t.Run(c.name, func(t *testing.T) {
			for n := 0; n < 60; {
				d := c.make(r)
				if !c.valid(d) || alike(d) {
					continue
				}
				n++
				text := c.before + c.write(d)
				if spans := whole(s, []byte(text)); !coveredBy(spans, span.ID, len(c.before), len(text)) && !otherwise(spans, text) {
					t.Fatalf("%q is not found: %v", text, spans)
				}
				i := r.IntN(len(d))
				d[i] = '0' + (d[i]-'0'+1+byte(r.IntN(8)))%10
				text = c.before + c.write(d)
				if !c.valid(d) && !c.lenient && coveredBy(whole(s, []byte(text)), span.ID, len(c.before), len(text)) && !otherwiseValid(d) {
					t.Fatalf("%q has a wrong digit and is found", text)
				}
			}
		})
	}
}

// otherwiseValid says whether another algorithm takes digits of the same form.
func otherwiseValid(d []byte) bool {
	switch len(d) {
	case 10:
		return atSVNR(d) || nhs(d) || medicare(d)
	case 11:
		return noBirth(d) || beNRN(d) || deTaxID(d)
	case 13:
		return zaID(d)
	}
	return false
}

// otherwise says whether a number without words was taken for one of another kind, for some
// have the same form: it is found all the same.
func otherwise(spans []span.Span, text string) bool {
	return coveredBy(spans, span.Phone, 0, len(text)) || coveredBy(spans, span.Card, 0, len(text))
}

// Proves SCR-5.
func TestCheckDigitsCatchEveryWrongDigit(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 10))
	for name, c := range map[string]struct {
		n     int
		valid func([]byte) bool
	}{
		"Luhn": {16, luhn}, "Verhoeff": {12, verhoeff}, "MOD 11,10": {11, mod1110}, "mod 97": {22, func(d []byte) bool {
			return mod97(append([]byte("DE"), d[2:]...))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for n := 0; n < 40; {
				d := digitsOf(r, c.n)
				if !c.valid(d) {
					continue
				}
				n++
				for i := 2; i < len(d); i++ {
					for v := byte('0'); v <= '9'; v++ {
						old := d[i]
						if d[i] = v; v != old && c.valid(d) {
							t.Fatalf("%s is still right with digit %d changed", d, i)
						}
						d[i] = old
					}
				}
			}
		})
	}
}

// Proves SCR-3.
func TestSpellingsOfOneValueAreTheSame(t *testing.T) {
	s := New(Options{Regions: []string{"GB", "US"}})
	for _, spellings := range [][]string{
		{"+44 7700 900123", "07700 900123", "0044 7700 900123", "+44 (0)7700 900123", "tel 07700900123"},
		{"+1 415 555 2671", "(415) 555-2671", "415-555-2671", "1-415-555-2671", "phone 4155552671"},
		{"4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"},
		{"DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "de89 3704 0044 0532 0130 00"},
		{"jude@example.org", "Jude@Example.ORG", "jude%40example.org"},
		{"192.0.2.1", "::ffff:192.0.2.1"},
		{"2001:db8::1", "2001:0DB8:0:0:0:0:0:1"},
		{"00:1a:2b:3c:4d:5e", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e"},
		{"111.444.777-35", "CPF 11144477735"},
		{"AB 12 34 56 C", "NINO AB123456C"},
	} {
		var same uint64
		for _, text := range spellings {
			spans := whole(s, []byte(text))
			if len(spans) == 0 || spans[0].Same == 0 {
				t.Errorf("%q: %v", text, spans)
				continue
			}
			if same == 0 {
				same = spans[0].Same
			}
			if spans[0].Same != same {
				t.Errorf("%q and %q are not the same", text, spellings[0])
			}
		}
	}
}

// Proves SCR-5.
func TestGeneratedHardNegatives(t *testing.T) {
	s, r := New(Options{}), rand.New(rand.NewPCG(11, 11))
	hex := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789abcdef"[r.IntN(16)]
		}
		return string(b)
	}
	makers := map[string]func() string{
		"uuid": func() string { return fmt.Sprintf("%s-%s-4%s-a%s-%s", hex(8), hex(4), hex(3), hex(3), hex(12)) },
		"digits uuid": func() string {
			return fmt.Sprintf("%08d-%04d-4%03d-8%03d-%012d", r.IntN(1e8), r.IntN(1e4), r.IntN(1e3), r.IntN(1e3), r.IntN(1e12))
		},
		"sha1":      func() string { return hex(40) },
		"sha256":    func() string { return "sha256:" + hex(64) },
		"short sha": func() string { return "commit " + hex(7+r.IntN(5)) },
		"trace":     func() string { return "00-" + hex(32) + "-" + hex(16) + "-01" },
		"iso": func() string {
			return fmt.Sprintf("20%02d-%02d-%02dT%02d:%02d:%02d.%06dZ", r.IntN(30), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e6))
		},
		"sql time": func() string {
			return fmt.Sprintf("20%02d-%02d-%02d %02d:%02d:%02d.%03d+02:00", r.IntN(30), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1e3))
		},
		"compact": func() string {
			return fmt.Sprintf("20%02d%02d%02d-%02d%02d%02d", r.IntN(30), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60), r.IntN(60))
		},
		"european": func() string {
			return fmt.Sprintf("%02d.%02d.20%02d %02d:%02d", 1+r.IntN(28), 1+r.IntN(12), r.IntN(30), r.IntN(24), r.IntN(60))
		},
		"american": func() string { return fmt.Sprintf("%d/%d/%02d", 1+r.IntN(12), 1+r.IntN(28), r.IntN(30)) },
		"epoch":    func() string { return fmt.Sprint(1.5e9 + r.Int64N(3e8)) },
		"millis":   func() string { return fmt.Sprint(int64(1.5e12) + r.Int64N(3e11)) },
		"nanos":    func() string { return fmt.Sprint(int64(1.5e18) + r.Int64N(3e17)) },
		"version": func() string {
			return fmt.Sprintf("v%d.%d.%d-rc.%d+%s", r.IntN(20), r.IntN(20), r.IntN(300), r.IntN(9), hex(7))
		},
		"order": func() string { return fmt.Sprintf("order %d", r.Int64N(1e12)) },
		"order groups": func() string {
			return fmt.Sprintf("Order number: %03d-%03d-%04d", 200+r.IntN(700), r.IntN(1000), r.IntN(1e4))
		},
		"invoice": func() string { return fmt.Sprintf("invoice no. %04d-%06d", 2000+r.IntN(30), r.IntN(1e6)) },
		"not Luhn": func() string {
			d := digitsOf(r, 16)
			for d[0] = '4'; luhn(d); d[15] = '0' + (d[15]-'0'+1)%10 {
			}
			return string(d)
		},
		"money": func() string {
			return fmt.Sprintf("EUR %d %03d %03d.%02d", 1+r.IntN(99), r.IntN(1000), r.IntN(1000), r.IntN(100))
		},
		"money after": func() string { return fmt.Sprintf("%d %03d %03d EUR", 1+r.IntN(999), r.IntN(1000), r.IntN(1000)) },
		"coordinates": func() string { return fmt.Sprintf("%.6f, %.6f", r.Float64()*180-90, r.Float64()*360-180) },
		"degrees":     func() string { return fmt.Sprintf("%d° %d' %.4f\"", r.IntN(90), r.IntN(60), r.Float64()*60) },
		"duration":    func() string { return fmt.Sprintf("%dh%dm%d.%03ds", r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(1000)) },
		"port":        func() string { return fmt.Sprintf("localhost:%d", 1024+r.IntN(60000)) },
		"percent":     func() string { return fmt.Sprintf("%.5f%%", r.Float64()*100) },
		"isbn": func() string {
			return fmt.Sprintf("ISBN 978-%d-%02d-%06d-%d", r.IntN(10), r.IntN(100), r.IntN(1e6), r.IntN(10))
		},
		"address":   func() string { return "0x" + hex(12) },
		"size":      func() string { return fmt.Sprintf("%d bytes", r.IntN(1e10)) },
		"line":      func() string { return fmt.Sprintf("main.go:%d:%d", r.IntN(10000), r.IntN(100)) },
		"access":    func() string { return fmt.Sprintf("\"GET / HTTP/1.1\" %d %d \"-\"", 200+r.IntN(300), r.IntN(100000)) },
		"key value": func() string { return fmt.Sprintf("rss=%d vsz=%d n=%d", r.IntN(1e8), r.IntN(1e9), r.IntN(1e10)) },
		"csv": func() string {
			return fmt.Sprintf("%d,%d,%.3f,%d", r.IntN(1e7), r.IntN(1e9), r.Float64()*1e6, r.IntN(1e4))
		},
		"json id": func() string { return fmt.Sprintf(`{"id":%d,"count":%d}`, r.Int64N(1e11), r.IntN(1e8)) },
		"columns": func() string {
			return fmt.Sprintf("%6d %6d %8d %4d", r.IntN(1e5), r.IntN(1e5), r.IntN(1e7), r.IntN(1e3))
		},
		"dump": func() string {
			return fmt.Sprintf("%07x0  %02x %02x %02x %02x %02x %02x  %02x %02x", r.IntN(1e6), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
		},
	}
	for _, name := range slices.Sorted(maps.Keys(makers)) {
		next := makers[name]
		t.Run(name, func(t *testing.T) {
			wrong := 0
			for range 400 {
				text := next()
				for _, line := range []string{text, "INFO " + text + " done", "x=\"" + text + "\"\n"} {
					if got := shown(line, whole(s, []byte(line))); got != nil {
						if wrong++; wrong < 4 {
							t.Errorf("%q: %v", line, got)
						}
					}
				}
			}
			if wrong > 0 {
				t.Errorf("%d of 1200", wrong)
			}
		})
	}
}
