package scan

import "github.com/habeas-data/habeas/scrub/internal/span"

// ibanLengths are the lengths of account numbers by country (ISO 13616 registry).
var ibanLengths = map[[2]byte]int{
	{'A', 'D'}: 24, {'A', 'E'}: 23, {'A', 'L'}: 28, {'A', 'T'}: 20, {'A', 'Z'}: 28, {'B', 'A'}: 20,
	{'B', 'E'}: 16, {'B', 'G'}: 22, {'B', 'H'}: 22, {'B', 'I'}: 27, {'B', 'R'}: 29, {'B', 'Y'}: 28,
	{'C', 'H'}: 21, {'C', 'R'}: 22, {'C', 'Y'}: 28, {'C', 'Z'}: 24, {'D', 'E'}: 22, {'D', 'J'}: 27,
	{'D', 'K'}: 18, {'D', 'O'}: 28, {'E', 'E'}: 20, {'E', 'G'}: 29, {'E', 'S'}: 24, {'F', 'I'}: 18,
	{'F', 'K'}: 18, {'F', 'O'}: 18, {'F', 'R'}: 27, {'G', 'B'}: 22, {'G', 'E'}: 22, {'G', 'I'}: 23,
	{'G', 'L'}: 18, {'G', 'R'}: 27, {'G', 'T'}: 28, {'H', 'N'}: 28, {'H', 'R'}: 21, {'H', 'U'}: 28,
	{'I', 'E'}: 22, {'I', 'L'}: 23, {'I', 'Q'}: 23, {'I', 'S'}: 26, {'I', 'T'}: 27, {'J', 'O'}: 30,
	{'K', 'W'}: 30, {'K', 'Z'}: 20, {'L', 'B'}: 28, {'L', 'C'}: 32, {'L', 'I'}: 21, {'L', 'T'}: 20,
	{'L', 'U'}: 20, {'L', 'V'}: 21, {'L', 'Y'}: 25, {'M', 'C'}: 27, {'M', 'D'}: 24, {'M', 'E'}: 22,
	{'M', 'K'}: 19, {'M', 'N'}: 20, {'M', 'R'}: 27, {'M', 'T'}: 31, {'M', 'U'}: 30, {'N', 'I'}: 28,
	{'N', 'L'}: 18, {'N', 'O'}: 15, {'O', 'M'}: 23, {'P', 'K'}: 24, {'P', 'L'}: 28, {'P', 'S'}: 29,
	{'P', 'T'}: 25, {'Q', 'A'}: 29, {'R', 'O'}: 24, {'R', 'S'}: 22, {'R', 'U'}: 33, {'S', 'A'}: 24,
	{'S', 'C'}: 31, {'S', 'D'}: 18, {'S', 'E'}: 24, {'S', 'I'}: 19, {'S', 'K'}: 24, {'S', 'M'}: 27,
	{'S', 'O'}: 23, {'S', 'T'}: 25, {'S', 'V'}: 28, {'T', 'L'}: 23, {'T', 'N'}: 24, {'T', 'R'}: 26,
	{'U', 'A'}: 29, {'V', 'A'}: 22, {'V', 'G'}: 24, {'X', 'K'}: 20, {'Y', 'E'}: 30,
}

// figures are the countries whose account numbers have no letters (ISO 13616 registry), and
// that begin hexadecimal numbers, too.
var figures = map[[2]byte]bool{{'A', 'E'}: true, {'B', 'A'}: true, {'B', 'E'}: true, {'D', 'E'}: true, {'E', 'E'}: true}

// iban looks for an account number that begins with the token [i, j): two letters and two
// digits, in one piece or in groups with blanks or hyphens, in either case. It returns the
// end, or 0.
func (p *pass) iban(i, j int) int {
	t := p.t
	if j-i < 4 || !has(t[i], isLetter) || !has(t[i+1], isLetter) || !has(t[i+2], isDigit) || !has(t[i+3], isDigit) {
		return 0
	}
	want := ibanLengths[[2]byte{upper(t[i]), upper(t[i+1])}]
	if want == 0 {
		return 0
	}
	var room [34]byte
	b, e, sep, since := room[:0], i, byte(0), 0
	for len(b) < want && e < len(t) {
		c := t[e]
		switch {
		case has(c, isAlnum):
			b = append(b, upper(c))
			since++
		case since > 4:
			return 0 // groups have four
		case (c == ' ' || c == '-') && (sep == 0 || sep == c) && len(b) >= 4 && has(at(t, e+1), isAlnum):
			sep, since = c, 0
		case c == 0xC2 && at(t, e+1) == 0xA0 && (sep == 0 || sep == c):
			sep, since = c, 0
			e++
		default:
			return 0
		}
		e++
	}
	if len(b) != want || figures[[2]byte(b)] && run(b, 2, want, isDigit) != want || has(at(t, e), isAlnum) || !mod97(b) {
		return 0
	}
	p.add(span.IBAN, i, e, newHash(span.IBAN).bytes(b).sum())
	return e
}

// mod97 checks an account number by ISO 7064 MOD 97-10: the first four characters go to the
// end, letters count as 10 to 35.
func mod97(b []byte) bool {
	sum := 0
	for k := range b {
		c := b[(k+4)%len(b)]
		switch {
		case has(c, isDigit):
			sum = (sum*10 + int(c-'0')) % 97
		case has(c, isUpper):
			sum = (sum*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return sum == 1
}
