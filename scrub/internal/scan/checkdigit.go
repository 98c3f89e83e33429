package scan

// The algorithms are those that the issuing offices publish; the tests name an example of
// each. d holds digits, and for some a capital letter at the end.

// weighted is the sum of the digits times their weights.
func weighted(d []byte, weights ...int) (sum int) {
	for i, w := range weights {
		sum += int(d[i]-'0') * w
	}
	return sum
}

// digitAt is the value of digit i.
func digitAt(d []byte, i int) int { return int(d[i] - '0') }

// alike says whether all digits are the same.
func alike(d []byte) bool {
	for _, c := range d {
		if c != d[0] {
			return false
		}
	}
	return true
}

// usSSN checks the rules of the Social Security Administration since 2011, and the ranges
// of the IRS for taxpayer numbers (9xx).
func usSSN(d []byte) bool {
	area, group, serial := value(d[:3]), value(d[3:5]), value(d[5:9])
	if area == 0 || area == 666 || group == 0 || serial == 0 {
		return false
	}
	return area < 900 || group >= 50 && group <= 65 || group >= 70 && group != 89 && group != 93
}

// usEIN checks the prefixes that the IRS assigns.
func usEIN(d []byte) bool {
	switch value(d[:2]) {
	case 0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97:
		return false
	}
	return !alike(d)
}

// nineDigits checks the numbers of nine digits that are believed beside a word.
func nineDigits(d []byte) bool {
	if alike(d) {
		return false
	}
	return luhn(d) || nlBSN(d) || ptNIF(d) || auTFN(d) || usSSN(d)
}

func eightDigits(d []byte) bool {
	if alike(d) {
		return false
	}
	return weighted(d, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0 || // NL BSN
		weighted(d, 10, 7, 8, 4, 6, 3, 5, 1)%11 == 0 || // AU TFN
		weighted(d, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 // DK CVR
}

func tenDigits(d []byte) bool {
	return !alike(d) && (plNIP(d) || northTen(d) || atSVNR(d) || nhs(d) || fiHetu(d))
}

func tenHealth(d []byte) bool { return nhs(d) || medicare(d) }

func elevenDigits(d []byte) bool {
	return !alike(d) && (deTaxID(d) || plPESEL(d) || noBirth(d) || beNRN(d) || brCPF(d) || auABN(d) || luhn(d))
}

// elevenSure are those of eleven digits whose dates and check digits convince alone. The
// one digit of a PESEL does not.
func elevenSure(d []byte) bool {
	return noBirth(d) || beNRN(d) && monthDay(value(d[2:4])%20, value(d[4:6]))
}

// nlBSN is the eleven test of the Dutch citizen service number.
func nlBSN(d []byte) bool { return weighted(d, 9, 8, 7, 6, 5, 4, 3, 2, -1)%11 == 0 && !alike(d) }

// ptNIF is the check digit of the Portuguese taxpayer number.
func ptNIF(d []byte) bool {
	if d[0] == '0' || d[0] == '4' {
		return false
	}
	c := 11 - weighted(d, 9, 8, 7, 6, 5, 4, 3, 2)%11
	if c >= 10 {
		c = 0
	}
	return c == digitAt(d, 8)
}

// auTFN is the check sum of the Australian tax file number.
func auTFN(d []byte) bool { return weighted(d, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0 }

// auABN is the check sum of the Australian business number.
func auABN(d []byte) bool {
	return weighted(d, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)%89 == 10 && d[0] != '0'
}

// medicare is the check digit of the Australian Medicare card.
func medicare(d []byte) bool {
	return d[0] >= '2' && d[0] <= '6' && weighted(d, 1, 3, 7, 9, 1, 3, 7, 9)%10 == digitAt(d, 8) && d[9] != '0'
}

// nhs is the check digit of the NHS number, modulus 11.
func nhs(d []byte) bool {
	c := 11 - weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
	return c != 10 && c%11 == digitAt(d, 9) && !alike(d)
}

// nhsGrouped leaves out what is a telephone number of North America, which are written
// alike. NHS numbers begin with 4, 6 or 7, and with 9 where they are for tests.
func nhsGrouped(d []byte) bool {
	return nhs(d) && (d[0] == '4' || d[0] == '6' || d[0] == '7' || d[0] == '9') && !planOf("US").valid(d)
}

// frNIR checks the number of INSEE with its key: 97 less the number modulo 97.
func frNIR(d []byte) bool {
	m := value(d[3:5])
	if d[0] != '1' && d[0] != '2' || m == 0 || m > 12 && m < 20 || m > 42 && m < 50 {
		return false
	}
	return 97-value(d[:13])%97 == value(d[13:15])
}

// deTaxID checks the German tax number: ISO 7064 MOD 11,10, and of the first ten digits
// exactly one appears twice or three times.
func deTaxID(d []byte) bool {
	var count [10]int
	for _, c := range d[:10] {
		count[c-'0']++
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return d[0] != '0' && repeated == 1 && mod1110(d)
}

// mod1110 is ISO 7064 MOD 11,10 with the check digit last.
func mod1110(d []byte) bool {
	product := 10
	for _, c := range d[:len(d)-1] {
		s := (int(c-'0') + product) % 10
		if s == 0 {
			s = 10
		}
		product = s * 2 % 11
	}
	return (11-product)%10 == digitAt(d, len(d)-1)
}

// beNRN checks the Belgian national number: modulo 97, for those born since 2000 with a 2
// before it.
func beNRN(d []byte) bool {
	if m, day := value(d[2:4]), value(d[4:6]); m%20 > 12 || day > 31 || m > 52 {
		return false
	}
	n, check := value(d[:9]), value(d[9:11])
	return !alike(d) && n > 0 && (97-n%97 == check || 97-(2000000000+n)%97 == check)
}

// plPESEL checks the Polish number: a date, whose month tells the century, and a digit.
func plPESEL(d []byte) bool {
	if !monthDay(value(d[2:4])%20, value(d[4:6])) {
		return false
	}
	return weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 == 0
}

// twelveDigits checks what has twelve digits beside a word.
func twelveDigits(d []byte) bool {
	return !alike(d) && (aadhaar(d) || seTwelve(d) || jpMyNumber(d))
}

// ruINN checks the Russian taxpayer number: one digit of a company, two of a person.
func ruINN(d []byte) bool {
	if len(d) == 10 {
		return weighted(d, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(d, 9)
	}
	return weighted(d, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(d, 10) &&
		weighted(d, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == digitAt(d, 11)
}

// jpMyNumber is the check digit of the Japanese individual number.
func jpMyNumber(d []byte) bool {
	r := weighted(d, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11
	if r <= 1 {
		return digitAt(d, 11) == 0
	}
	return digitAt(d, 11) == 11-r
}

// plNIP is the check digit of the Polish tax number.
func plNIP(d []byte) bool {
	return weighted(d, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == digitAt(d, 9) && d[0] != '0'
}

// noBirth checks the two check digits of the Norwegian birth number, also of a D number.
func noBirth(d []byte) bool {
	if !monthDay(value(d[2:4]), value(d[:2])%40) {
		return false
	}
	return weighted(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 == 0 && weighted(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// northTen checks the Swedish personal number (Luhn, also with a coordination number) and
// the Danish one (modulus 11; numbers since 2007 have no check digit and are believed by
// their form beside a word).
func northTen(d []byte) bool {
	if monthDay(value(d[2:4]), value(d[4:6])%60) && luhn(d) {
		return true
	}
	return monthDay(value(d[2:4]), value(d[:2])) && weighted(d, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// tenNorthern checks what is written 6-4 beside a word, also in Finland.
func tenNorthern(d []byte) bool { return northTen(d) || fiHetu(d) }

// northBare leaves out what may be a date and a time of day, 261123-0800.
func northBare(d []byte) bool {
	return northTen(d) && (value(d[6:8]) > 23 || value(d[8:]) > 59)
}

// seTwelve is a Swedish number with the century.
func seTwelve(d []byte) bool {
	c := value(d[:2])
	return c >= 18 && c <= 20 && monthDay(value(d[4:6]), value(d[6:8])%60) && luhn(d[2:])
}

// fiHetu is the check character of the Finnish identity code.
func fiHetu(d []byte) bool {
	if !monthDay(value(d[2:4]), value(d[:2])) || value(d[6:9]) < 2 {
		return false
	}
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[value(d[:9])%31] == d[9]
}

// fiHetuSign is fiHetu with the sign of the century in it, of which there are more since
// 2023: A to F for 2000, U to Y for 1900.
func fiHetuSign(u []byte) bool {
	c := u[6]
	if (c < 'A' || c > 'F') && (c < 'U' || c > 'Y') {
		return false
	}
	var d [10]byte
	copy(d[copy(d[:], u[:6]):], u[7:11])
	return fiHetu(d[:])
}

// chAHV checks the Swiss insurance number: 756 and the check digit of EAN-13.
func chAHV(d []byte) bool {
	return value(d[:3]) == 756 && weighted(d, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 == 0
}

// zaID checks the South African identity number: a date, a citizenship and Luhn.
func zaID(d []byte) bool {
	return monthDay(value(d[2:4]), value(d[4:6])) && d[10] <= '2' && luhn(d) && !alike(d)
}

// chAHVorZA leaves out South African numbers that may be milliseconds since 1970.
func chAHVorZA(d []byte) bool {
	epoch := d[0] == '1' && d[1] >= '4'
	return chAHV(d) || zaID(d) && (d[11] == '8' || d[11] == '9') && !epoch
}

// atSVNR checks the Austrian insurance number: the fourth digit, and a date.
func atSVNR(d []byte) bool {
	if d[0] == '0' || !monthDay(value(d[6:8]), value(d[4:6])) {
		return false
	}
	return weighted(d, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == digitAt(d, 3)
}

// brCPF is the pair of check digits of a Brazilian person.
func brCPF(d []byte) bool {
	return !alike(d) && brDigit(weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(d, 9) &&
		brDigit(weighted(d, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(d, 10)
}

// brCNPJ is the pair of check digits of a Brazilian company.
func brCNPJ(d []byte) bool {
	return !alike(d) && brDigit(weighted(d, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(d, 12) &&
		brDigit(weighted(d, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)) == digitAt(d, 13)
}

func brDigit(sum int) int {
	if r := sum % 11; r >= 2 {
		return 11 - r
	}
	return 0
}

// aadhaar checks the Indian number: Verhoeff, and the first digit is 2 to 9.
func aadhaar(d []byte) bool { return d[0] >= '2' && verhoeff(d) && !alike(d) }

// verhoeff is the check in the dihedral group D5.
func verhoeff(d []byte) bool {
	c := 0
	for i := range d {
		c = dihedral(c, permuted(i%8, int(d[len(d)-1-i]-'0')))
	}
	return c == 0
}

// dihedral multiplies in D5: 0–4 are rotations, 5–9 reflections.
func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return (a+b-5)%5 + 5
	case b < 5:
		return (a-5-b+5)%5 + 5
	}
	return (a - b + 5) % 5
}

// permuted applies Verhoeff's permutation n times.
func permuted(n, v int) int {
	for range n {
		v = int("1576283094"[v] - '0')
	}
	return v
}

func anyNumber(d []byte) bool { return !alike(d) }

func letter(d []byte) bool { return has(d[len(d)-1], isUpper) }
