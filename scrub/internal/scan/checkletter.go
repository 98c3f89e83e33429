package scan

// dniLetters are the check letters of Spanish numbers, by the number modulo 23.
const dniLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

// esDNI checks the letter of a Spanish identity number.
func esDNI(u []byte) bool { return dniLetters[value(u[:8])%23] == u[8] }

// esNIE checks that of a foreigner: X, Y and Z count as 0, 1 and 2.
func esNIE(u []byte) bool {
	if u[0] < 'X' || u[0] > 'Z' {
		return false
	}
	return dniLetters[(int(u[0]-'X')*10000000+value(u[1:8]))%23] == u[8]
}

// esCIF checks the control of a Spanish company: a digit or a letter.
func esCIF(u []byte) bool {
	if !has(u[0], isUpper) || u[0] == 'I' || u[0] == 'O' || u[0] > 'W' || u[0] == 'T' {
		return false
	}
	sum := 0
	for i, c := range u[1:8] {
		v := int(c - '0')
		if i%2 == 0 {
			v *= 2
		}
		sum += v/10 + v%10
	}
	c := (10 - sum%10) % 10
	return u[8] == byte('0'+c) || u[8] == "JABCDEFGHI"[c]
}

// itOdd are the values of characters at odd places of an Italian fiscal code, 0 to 9 or A
// to J first, then K to Z (Decreto Ministeriale 23 December 1976).
var itOdd = [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

// itFiscal checks the last letter of an Italian fiscal code, and its month.
func itFiscal(u []byte) bool {
	sum := 0
	for i, c := range u[:15] {
		v := int(c - 'A')
		if has(c, isDigit) {
			v = int(c - '0')
		}
		if i%2 == 0 {
			v = itOdd[v]
		}
		sum += v
	}
	switch u[8] {
	case 'A', 'B', 'C', 'D', 'E', 'H', 'L', 'M', 'P', 'R', 'S', 'T':
		return byte('A'+sum%26) == u[15]
	}
	return false
}

// mxCURP checks the last digit of a Mexican population code, and its date. Ñ is not met
// here, but it counts in the values of the letters after N.
func mxCURP(u []byte) bool {
	if !monthDay(value(u[6:8]), value(u[8:10])) || u[10] != 'H' && u[10] != 'M' && u[10] != 'X' {
		return false
	}
	sum := 0
	for i, c := range u[:17] {
		v := int(c - '0')
		if has(c, isUpper) {
			if v = int(c-'A') + 10; c > 'N' {
				v++
			}
		}
		sum += v * (18 - i)
	}
	return (10-sum%10)%10 == int(u[17]-'0')
}

// deCard checks the number of a German identity card or passport (ICAO 9303: weights 7, 3,
// 1), with its check digit, or beside a word without.
func deCard(u []byte) bool {
	for i, c := range u[:9] {
		switch {
		case has(c, isDigit):
		case i == 9, c == 'A', c == 'B', c == 'D', c == 'E', c == 'I', c == 'O', c == 'Q', c == 'S', c == 'U':
			return false
		}
	}
	if has(u[0], isDigit) {
		return false
	}
	if len(u) == 9 {
		return true
	}
	sum := 0
	for i, c := range u[:9] {
		v := int(c - '0')
		if has(c, isUpper) {
			v = int(c-'A') + 10
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return u[9] == byte('0'+sum%10)
}

// vat checks a VAT number with the prefix of its country, as far as the check is published.
func vat(u []byte) bool {
	d := u[2:]
	switch string(u[:2]) {
	case "AT":
		return len(d) == 9 && d[0] == 'U' && atVAT(d[1:])
	case "BE":
		return len(d) == 10 && d[0] <= '1' && 97-value(d[:8])%97 == value(d[8:])
	case "DE":
		return len(d) == 9 && mod1110(d)
	case "DK":
		return len(d) == 8 && weighted(d, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
	case "EL":
		return len(d) == 9 && weighted(d, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == digitAt(d, 8)
	case "ES":
		return len(d) == 9 && has(d[8], isUpper) && (esDNI(d) || esNIE(d))
	case "FI":
		return len(d) == 8 && weighted(d, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0
	case "FR":
		return len(d) == 11 && has(d[1], isDigit) && luhn(d[2:]) && (12+3*(value(d[2:])%97))%97 == value(d[:2])
	case "GB":
		return len(d) == 9 && gbVAT(d)
	case "IT", "HR":
		return len(d) == 11 && (u[0] == 'I' && luhn(d) || u[0] == 'H' && mod1110(d))
	case "LU":
		return len(d) == 8 && value(d[:6])%89 == value(d[6:])
	case "NL":
		return len(d) == 12 && d[9] == 'B' && nlBSN(d[:9])
	case "PL":
		return len(d) == 10 && plNIP(d)
	case "PT":
		return len(d) == 9 && ptNIF(d)
	case "SE":
		return len(d) == 12 && value(d[10:]) == 1 && luhn(d[:10])
	}
	return false
}

// atVAT is the check digit of an Austrian company (the eight digits after ATU).
func atVAT(d []byte) bool {
	sum := 4
	for i, c := range d[:7] {
		v := int(c - '0')
		if i%2 == 1 {
			v *= 2
		}
		sum += v/10 + v%10
	}
	return len(d) == 8 && has(d[7], isDigit) && (10-sum%10)%10 == digitAt(d, 7)
}

// gbVAT is the modulus 97 of HMRC, in its two forms.
func gbVAT(d []byte) bool {
	sum := weighted(d, 8, 7, 6, 5, 4, 3, 2) + value(d[7:])
	return sum%97 == 0 || (sum+55)%97 == 0
}
