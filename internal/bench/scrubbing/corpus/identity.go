package corpus

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// National numbers, each with the check digits of its country.

func ssn(d dice, _ *Person) string {
	return fmt.Sprintf("%03d-%02d-%04d", 100+d.IntN(560), 1+d.IntN(99), 1+d.IntN(9999))
}

// weighted sums digits times weights.
func weighted(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

// until draws numbers until one has a check digit.
func until(try func() (string, bool)) string {
	for {
		if s, ok := try(); ok {
			return s
		}
	}
}

// nhs is the number of a patient in Great Britain (modulus 11).
func nhs(d dice, _ *Person) string {
	s := until(func() (string, bool) {
		s := d.pattern("4########")
		check := 11 - weighted(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
		return s + strconv.Itoa(check%11), check != 10
	})
	if d.percent(70) {
		return s[:3] + " " + s[3:6] + " " + s[6:]
	}
	return s
}

// steuerID is the German tax number: one digit of the ten occurs twice, one never
// (ISO 7064, MOD 11,10).
func steuerID(d dice, _ *Person) string {
	p := d.Perm(10)
	ten := p[:9]
	ten = append(ten, ten[d.IntN(9)])
	if ten[0] == 0 {
		ten[0], ten[1] = ten[1], ten[0]
	}
	if ten[0] == 0 { // the digit that occurs twice is the zero
		ten[0], ten[2] = ten[2], ten[0]
	}
	var b strings.Builder
	product := 10
	for _, n := range ten {
		b.WriteByte(byte('0' + n)) //nolint:gosec // a digit
		sum := (n + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	b.WriteString(strconv.Itoa((11 - product) % 10))
	s := b.String()
	if d.percent(50) {
		return s[:2] + " " + s[2:5] + " " + s[5:8] + " " + s[8:]
	}
	return s
}

// nir is the French number: sex, year, month, department, commune, order, key (mod 97).
func nir(d dice, p *Person) string {
	s := fmt.Sprintf("%d%02d%02d%02d%03d%03d", 1+d.IntN(2), p.Birth.Year()%100, int(p.Birth.Month()), 21+d.IntN(70), 1+d.IntN(400), 1+d.IntN(900))
	n, _ := strconv.ParseInt(s, 10, 64)
	key := fmt.Sprintf("%02d", 97-n%97)
	if d.percent(60) {
		return strings.Join([]string{s[:1], s[1:3], s[3:5], s[5:7], s[7:10], s[10:], key}, " ")
	}
	return s + key
}

// dni is the Spanish number with its letter.
func dni(d dice, _ *Person) string {
	n := 10_000_000 + d.IntN(80_000_000)
	return fmt.Sprintf("%08d%c", n, "TRWAGMYFPDXBNJZSQVHLCKE"[n%23])
}

// codiceFiscale is the Italian tax code.
func codiceFiscale(d dice, p *Person) string {
	const consonants = "BCDFGLMNPRSTVZ"
	s := d.letters(6, consonants) + fmt.Sprintf("%02d%c%02d", p.Birth.Year()%100, "ABCDEHLMPRST"[p.Birth.Month()-1],
		p.Birth.Day()+40*d.IntN(2)) + d.pattern("H###")
	odd := [36]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for i := range len(s) {
		at := strings.IndexByte(digits+upper, s[i])
		switch {
		case i%2 == 0: // the first place counts as odd
			sum += odd[at]
		case at >= 10:
			sum += at - 10
		default:
			sum += at
		}
	}
	return s + string(upper[sum%26])
}

// pesel is the Polish number: date of birth, order, check digit.
func pesel(d dice, p *Person) string {
	month := int(p.Birth.Month())
	if p.Birth.Year() >= 2000 {
		month += 20
	}
	s := fmt.Sprintf("%02d%02d%02d%04d", p.Birth.Year()%100, month, p.Birth.Day(), d.IntN(10_000))
	return s + strconv.Itoa((10-weighted(s, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10)
}

// hetu is the Finnish code: date of birth, century, order, check letter (mod 31).
func hetu(d dice, p *Person) string {
	date, order := p.Birth.Format("020106"), fmt.Sprintf("%03d", 2+d.IntN(898))
	n, _ := strconv.Atoi(date + order)
	century := "-"
	if p.Birth.Year() >= 2000 {
		century = "A"
	}
	return date + century + order + string("0123456789ABCDEFHJKLMNPRSTUVWXY"[n%31])
}

// inn is the Russian tax number of a person.
func inn(d dice, _ *Person) string {
	s := d.pattern("77########")
	s += strconv.Itoa(weighted(s, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) % 11 % 10)
	return s + strconv.Itoa(weighted(s, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10)
}

// myNumber is the Japanese individual number.
func myNumber(d dice, _ *Person) string {
	s := d.pattern("###########")
	check := weighted(s, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	if check <= 1 {
		check = 0
	} else {
		check = 11 - check
	}
	return s + strconv.Itoa(check)
}

// birth draws a day between 1931 and 2009.
func (d dice) birth() time.Time {
	return time.Date(1931, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, d.IntN(78*365))
}

// iban fills a form, which is the country and the account, and puts the check digits
// between them (ISO 13616).
func (d dice) iban(form string) string {
	account := d.pattern(form[2:])
	rest := 0
	for _, r := range account + form[:2] + "00" {
		n := strings.IndexRune(digits+upper, r)
		if n >= 10 {
			rest = (rest*100 + n) % 97
		} else {
			rest = (rest*10 + n) % 97
		}
	}
	s := form[:2] + fmt.Sprintf("%02d", 98-rest) + account
	if d.percent(50) {
		return s
	}
	var groups []string
	for len(s) > 4 {
		groups, s = append(groups, s[:4]), s[4:]
	}
	return strings.Join(append(groups, s), " ")
}

// card draws a payment card number (ISO/IEC 7812, Luhn).
func (d dice) card() string {
	form := pick(d, []string{
		"4###############", "4###############", "5%##############", "51##############", "34#############", "37#############",
		"6011############", "3530############", "3056##########", "2221############",
	})
	s := d.pattern(strings.Replace(form, "%", strconv.Itoa(1+d.IntN(5)), 1))
	s = s[:len(s)-1] + strconv.Itoa(luhn(s[:len(s)-1]))
	sep := pick(d, []string{"", "", " ", "-"})
	if len(s) != 16 {
		return strings.Join([]string{s[:4], s[4:10], s[10:]}, sep)
	}
	return strings.Join([]string{s[:4], s[4:8], s[8:12], s[12:]}, sep)
}

// luhn is the check digit that follows s.
func luhn(s string) int {
	sum := 0
	for i := range len(s) {
		n := int(s[len(s)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return (10 - sum%10) % 10
}
