package link

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestLevels(t *testing.T) {
	for _, test := range []struct {
		kind Kind
		a, b string
		want string
	}{
		{GivenName, "Anna", "anna", "exact"},
		{GivenName, "Anna", "Amna", "typo_1"},
		{GivenName, "Robert", "Bob", "nickname"},
		{GivenName, "Ryan", "R.", "initial"},
		{GivenName, "Anna Maria", "Maria", "part"},
		{GivenName, "Anna", "Zoltan", "differs"},
		{FamilyName, "Müller", "Muller", "exact"},
		{FamilyName, "Smith", "Smiht", "typo_1"},
		{FamilyName, "Smith", "Garcia", "differs"},
		{FullName, "John Ryan Smith", "Smith, John", "words"},
		{FullName, "John Smith", "Jon Smith", "typo"},
		{FullName, "John Smith", "Mary Jones", "differs"},
		{Date, "1970-03-04", "04.03.1970", "exact"},
		{Date, "1970-03-04", "1970-04-03", "day_month"},
		{Date, "1970-03-04", "1970-03-14", "typo_1"},
		{Date, "1970-03-24", "1970-04-05", "near_date"},
		{Date, "1970-03-24", "1970-12-24", "part"},
		{Date, "1861-81-01", "1861-01-01", "typo_1"},
		{Date, "1970-03-24", "1951-11-02", "differs"},
		{Email, "ann@example.org", "Ann@Example.org", "exact"},
		{Email, "ann.lee@example.org", "ann.le@example.org", "typo"},
		{Email, "ann.lee.1970@example.org", "ann.lee.1970@elsewhere.example", "local"},
		{Email, "ann.lee@example.org", "bob@elsewhere.example", "differs"},
		{Phone, "+44 20 7946 0018", "020 7946 0018", "exact"},
		{Phone, "310 475 3585", "475-3585", "end"},
		{Phone, "310 475 3585", "310 475 3558", "typo_1"},
		{Identifier, "AB-123456", "ab 123 456", "exact"},
		{Identifier, "AB-123456", "AB-123465", "typo_1"},
		{Postcode, "SW1A 1AA", "SW1A 2BB", "area"},
		{Postcode, "12345", "54321", "differs"},
		{Street, "12 Oak Street", "14 Oak Street", "number"},
		{Street, "12 Oak Street", "12 Oak St", "exact"},
		{Organisation, "Example Ltd", "Example Limited", "exact"},
		{Place, "London", "Lodnon", "typo_1"},
		{Category, "f", "F", "exact"},
		{Category, "f", "m", "differs"},
	} {
		s := schemeOf(test.kind)
		a, b := standardise(test.kind, test.a), standardise(test.kind, test.b)
		if got := s.levels[s.compare(&a, &b)].Code; got != test.want {
			t.Errorf("%s %q, %q: %s, want %s", test.kind, test.a, test.b, got, test.want)
		}
	}
}

// The usual error rates of every kind are shares that sum to one, and a lesser agreement
// is worth no more than a better one.
func TestUsualRates(t *testing.T) {
	for kind, s := range schemes {
		var m, u float64
		for _, l := range s.levels {
			m += l.M
			u += l.U
		}
		if math.Abs(m-1) > .011 || math.Abs(u-1) > .011 {
			t.Errorf("%s: matches sum to %.3f, others to %.4f", kind, m, u)
		}
	}
}

func drawRow(t *rapid.T, fields []Field) []string {
	row := make([]string, len(fields))
	for i := range row {
		row[i] = rapid.OneOf(
			rapid.SampledFrom([]string{
				"", "Ann", "Anne", "Bob Smith", "Robert Smith", "Smith", "1970-03-04", "1970-04-03", "1970",
				"ann@example.org", "ann@example.com", "+44 20 7946 0018", "12 Oak Street", "12b", "SW1A 1AA", "n/a",
			}),
			rapid.StringN(0, 12, -1),
		).Draw(t, "value")
	}
	return row
}

// compare(a, b) is compare(b, a).
func TestCompareIsSymmetric(t *testing.T) {
	fields := testFields()
	m := DefaultModel(fields)
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRow(t, fields), drawRow(t, fields)
		x, _, err := m.Compare(a, b)
		if err != nil {
			t.Fatal(err)
		}
		y, _, _ := m.Compare(b, a)
		if math.Abs(x.Bits-y.Bits) > 1e-9 {
			t.Errorf("%.12f bits one way, %.12f the other: %q, %q", x.Bits, y.Bits, a, b)
		}
	})
}

// A value spoilt by more and more errors never gains weight.
func TestErrorsNeverRaiseTheWeight(t *testing.T) {
	for _, ladder := range []struct {
		kind   Kind
		values []string // the first is the true one
	}{
		{FamilyName, []string{"Richardson", "Richardsen", "Richorsen", "Wolf"}},
		{GivenName, []string{"Margarete", "Margarate", "Morgarate", "Zoe"}},
		{FullName, []string{"Margaret Ann Richardson", "Margaret Ann Richardsen", "M Richardson", "Zoe Wolf"}},
		{Date, []string{"1970-03-24", "1970-03-25", "1971-04-24", "1948-11-05"}},
		{Email, []string{"richardson@example.org", "richardsen@example.org", "richardson@mail.example", "wolf@far.example"}},
		{Phone, []string{"2079460018", "2079460019", "2079460109", "1315559999"}},
		{Identifier, []string{"ab123456", "ab123457", "ab132457", "zz999999"}},
		{Postcode, []string{"SW1A 1AA", "SW1A 1AB", "SW1A 2BC", "EH8 9YL"}},
		{Place, []string{"Birmingham", "Brmingham", "Brmngham", "Oslo"}},
		{Organisation, []string{"Northern Bakery Supply", "Northern Bakery Suply", "Northern Bakery", "Quartz"}},
	} {
		m := DefaultModel([]Field{{Name: "x", Kind: ladder.kind}})
		last := math.Inf(1)
		for _, v := range ladder.values {
			p, _, err := m.Compare(ladder.values[:1], []string{v})
			if err != nil {
				t.Fatal(err)
			}
			if p.Bits > last+1e-9 {
				t.Errorf("%s %q: %.2f bits after %.2f", ladder.kind, v, p.Bits, last)
			}
			last = p.Bits
		}
	}
}

func TestSwappedNamesAreOneReason(t *testing.T) {
	m := DefaultModel([]Field{{Name: "given", Kind: GivenName}, {Name: "family", Kind: FamilyName}})
	p, reasons, err := m.Compare([]string{"Isla", "Hall"}, []string{"Hall", "Isla"})
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := m.Compare([]string{"Isla", "Hall"}, []string{"Zoe", "Wolf"})
	if len(reasons) != 1 || reasons[0].Text != "given and family swapped" || p.Bits <= other.Bits {
		t.Errorf("%+v, %+v", p, reasons)
	}
}

// A full name beside its parts is the same evidence once more, not twice.
func TestAFullNameBesideItsPartsCountsOnce(t *testing.T) {
	parts := []Field{{Name: "given", Kind: GivenName}, {Name: "family", Kind: FamilyName}}
	with := append([]Field{{Name: "full", Kind: FullName}}, parts...)
	one, _, _ := DefaultModel(parts).Compare([]string{"Ann", "Lee"}, []string{"Ann", "Lee"})
	two, _, _ := DefaultModel(with).Compare([]string{"Ann Lee", "Ann", "Lee"}, []string{"Ann Lee", "Ann", "Lee"})
	if math.Abs(one.Bits-two.Bits) > .1 {
		t.Errorf("%.2f bits without, %.2f with the full name", one.Bits, two.Bits)
	}
	more, reasons, _ := DefaultModel(with).Compare([]string{"Ann Ruth Lee", "Ann", "Lee"}, []string{"Ann R Lee", "Ann", "Lee"})
	if more.Bits <= two.Bits {
		t.Errorf("a second name in common adds nothing: %v", reasons)
	}
}

func BenchmarkVerdicts(b *testing.B) {
	people := newCrowd(1, 20000, .3)
	fr := crowdFrame(b, people)
	c := newComparer(fr, startModel(fr, 2e8))
	var v []verdict
	n := int32(fr.rows)
	b.ResetTimer()
	for i := range b.N {
		j := int32(i) % n
		v = c.verdicts(j, (j*7919+1)%n, v)
		c.weigh(j, (j*7919+1)%n, v)
	}
}
