package scan

import "github.com/habeas-data/habeas/scrub/internal/span"

// form is how a national number is written, and what makes a number of that form right.
type form struct {
	// layout shows the groups: a digit is the length of one (a is 10, b is 11 …), and
	// between two stands the separator: ' ', '-', '.', '/', or '?' for a blank or hyphen.
	// A letter L at the end is a letter.
	layout string
	// context is what a word near must say before the form is believed; 0: nothing.
	context flag
	valid   func(d []byte) bool // d: the digits, and the capital letter at the end
}

// forms lists numbers that are written in digits, with at most a letter at the end. What a
// check digit alone would let through too often needs a word near it.
var forms = []form{
	{"3-2-4", 0, usSSN},           // US SSN and ITIN
	{"3 2 4", aTax, usSSN},        //
	{"9", aTax, nineDigits},       // US SSN, CA SIN, NL BSN, PT NIF, AU TFN, PL REGON …
	{"8", aTax, eightDigits},      // AU TFN, NL BSN, DK CVR
	{"a", aTax, tenDigits},        // PL NIP, SE, DK, AT
	{"b", aTax, elevenDigits},     // DE, PL, NO, BE, BR, AU ABN, IT VAT
	{"b", 0, elevenSure},          // NO, BE: a date and two check digits
	{"2-7", aTax, usEIN},          // US EIN
	{"3-3-3", aTax, nineDigits},   // CA SIN
	{"3 3 3", aTax, nineDigits},   // CA SIN, AU TFN, PT NIF
	{"3.3.3", aTax, nineDigits},   // NL BSN
	{"4.2.3", aTax, nineDigits},   //
	{"3 3 4", aHealth, nhs},       // UK NHS number
	{"3 3 4", 0, nhsGrouped},      //
	{"3-3-4", aHealth, nhs},       //
	{"a", aHealth, tenHealth},     // UK NHS, AU Medicare
	{"4 5 1", 0, medicare},        // AU Medicare
	{"4-5-1", 0, medicare},        //
	{"f", 0, frNIR},               // FR NIR
	{"1 2 2 2 3 3 2", 0, frNIR},   //
	{"d 2", 0, frNIR},             //
	{"2 3 3 3", 0, deTaxID},       // DE Steuer-ID
	{"2.2.2-3.2", 0, beNRN},       // BE NRN
	{"2.2.2 3.2", 0, beNRN},       //
	{"6-3.2", 0, beNRN},           //
	{"6-3-2", 0, beNRN},           //
	{"6-4", aTax, tenNorthern},    // SE, DK, FI
	{"6-4", 0, northBare},         //
	{"8-4", 0, seTwelve},          // SE
	{"6 5", 0, noBirth},           // NO
	{"d", 0, chAHVorZA},           // CH AHV, ZA identity number
	{"d", aTax, zaID},             //
	{"3.4.4.2", 0, chAHV},         //
	{"3 4 4 2", 0, chAHV},         //
	{"6 4 3", 0, zaID},            //
	{"6 4 2 1", 0, zaID},          //
	{"4 6", 0, atSVNR},            // AT SVNR
	{"3.3.3-2", 0, brCPF},         // BR CPF
	{"3-3-3-2", 0, brCPF},         //
	{"2.3.3/4-2", 0, brCNPJ},      // BR CNPJ
	{"e", aTax, brCNPJ},           //
	{"4 4 4", 0, aadhaar},         // IN Aadhaar
	{"4-4-4", 0, aadhaar},         //
	{"c", aTax, twelveDigits},     // IN, SE, JP My Number
	{"4 4 4", aTax, twelveDigits}, //
	{"c", anINN, ruINN},           // RU INN
	{"a", anINN, ruINN},           //
	{"4-4-4", aTax, twelveDigits}, //
	{"3-3-2-2", aTax, plNIP},      // PL NIP
	{"3-2-2-3", aTax, plNIP},      //
	{"2 3 3 3", aTax, auABN},      // AU ABN
	{"4-2-4", aPaper, anyNumber},  // a licence
	{"8L", 0, esDNI},              // ES DNI
	{"8-L", 0, esDNI},             //
	{"2.3.3-L", 0, esDNI},         //
	{"2.3.3L", 0, esDNI},          //
	{"6-3L", 0, fiHetu},           // FI
	{"9L", aTax | aPaper, letter}, //
}

// byFirst are the forms by the length of their first group, layouts taken apart.
var byFirst = func() (t [16][]layout) {
	for _, f := range forms {
		l := layout{form: f}
		for i := 0; i < len(f.layout); i++ {
			switch c := f.layout[i]; {
			case c == 'L':
				l.tail = true
			case has(c, isAlnum):
				l.lens = append(l.lens, int(c)-'0')
				if c >= 'a' {
					l.lens[len(l.lens)-1] = int(c) - 'a' + 10
				}
			case f.layout[i+1] == 'L':
				l.tailSep = c
			default:
				l.seps = append(l.seps, c)
			}
		}
		t[l.lens[0]] = append(t[l.lens[0]], l)
	}
	return t
}()

type layout struct {
	form
	lens    []int
	seps    []byte
	tail    bool
	tailSep byte
}

// nationalDigits looks for a national number at group k. It returns how many groups were
// used.
func (p *pass) nationalDigits(k int) int {
	q, t := &p.seq, p.t
	g := q.g[k]
	if g.e-g.s >= len(byFirst) {
		return 0
	}
	row := q.inRow(k)
	for i := range byFirst[g.e-g.s] {
		l := &byFirst[g.e-g.s][i]
		n := len(l.lens)
		if n > 1 && row || !q.laidOut(k, l) || l.context != 0 && p.before(g.s).near&l.context == 0 {
			continue
		}
		last := q.g[k+n-1]
		e := last.e
		d := q.digits(p.room[:0], t, k, n)
		if l.tail {
			if l.tailSep != 0 {
				if at(t, e) != l.tailSep {
					continue
				}
				e++
			}
			if !has(at(t, e), isUpper) {
				continue
			}
			d = append(d, t[e])
			e++
		} else if last.tail {
			continue
		}
		if has(at(t, e), isAlnum|isHigh) && at(t, e) < 0xC3 && at(t, e) != 0xC2 || !p.cleanEnd(k+n, e) || !l.valid(d) || !p.spoken(g.s, l.context) {
			continue
		}
		p.add(span.ID, g.s, e, newHash(span.ID).bytes(d).sum())
		if !q.long {
			p.cover(g.s, e)
		}
		return n
	}
	return 0
}

// laidOut says whether the groups from k are those of a layout.
func (q *sequence) laidOut(k int, l *layout) bool {
	if k+len(l.lens) > q.n {
		return false
	}
	for i, n := range l.lens {
		g := q.g[k+i]
		if g.e-g.s != n || i > 0 && !sepIs(g.sep, l.seps[i-1]) || g.tail && i < len(l.lens)-1 {
			return false
		}
	}
	return true
}

// inRow says whether group k follows another as those after it follow each other: what
// begins there is a part of something longer.
func (q *sequence) inRow(k int) bool {
	if k+1 >= q.n {
		return false
	}
	g, next := q.g[k], q.g[k+1]
	return g.sep != sepNone && g.sep == next.sep && !q.free && k > 0 && q.g[k-1].e-q.g[k-1].s == g.e-g.s
}

func sepIs(sep, want uint8) bool {
	switch want {
	case ' ':
		return sep == sepBlank
	case '-':
		return sep == sepDash
	case '.':
		return sep == sepDot
	}
	return sep == sepSlash && want == '/'
}

// cleanEnd says whether a number that ends at e, before group k, is not the beginning of
// something longer.
func (p *pass) cleanEnd(k, e int) bool {
	q, t := &p.seq, p.t
	if k < q.n && q.g[k].s <= e+3 {
		return q.g[k].sep == sepBlank && q.g[k-1].sep != sepBlank || q.g[k].sep == sepWide || q.g[k].sep == sepParen
	}
	c, d := at(t, e), at(t, e+1)
	goesOn := (c == '-' || c == '_' || c == '.' || c == ':') && has(d, isAlnum)
	return !goesOn && !beforePseudonym(t, e)
}

// spoken says whether the words before i allow a form: that what it needs is said, and that
// nothing else is.
func (p *pass) spoken(i int, need flag) bool {
	c := p.before(i)
	if need != 0 {
		return c.near&need != 0
	}
	return !c.wall && c.near&(aCount|aPhone|aVersion|aCard) == 0
}

// nino looks for a British National Insurance number in groups, AB 12 34 56 C, around group
// k.
func (p *pass) nino(k int) int {
	q, t := &p.seq, p.t
	if k+3 > q.n {
		return 0
	}
	s, e := q.g[k].s-3, q.g[k+2].e
	for i := range 3 {
		if q.g[k+i].e-q.g[k+i].s != 2 || i > 0 && q.g[k+i].sep != sepBlank {
			return 0
		}
	}
	if s < 0 || t[s+2] != ' ' || at(t, e) != ' ' || !ninoPrefix(t[s], t[s+1]) || has(at(t, s-1), isAlnum|isHigh) {
		return 0
	}
	if c := at(t, e+1); c < 'A' || c > 'D' || has(at(t, e+2), isAlnum|isHigh) {
		return 0
	}
	p.add(span.ID, s, e+2, compact(span.ID, t[s:e+2]))
	if !q.long {
		p.cover(s, e+2)
	}
	return 3
}

// ninoPrefix says whether two letters may begin a National Insurance number (HMRC, NIM39110).
func ninoPrefix(a, b byte) bool {
	bad := func(c byte) bool { return c == 'D' || c == 'F' || c == 'I' || c == 'Q' || c == 'U' || c == 'V' }
	if !has(a, isUpper) || !has(b, isUpper) || bad(a) || bad(b) || b == 'O' {
		return false
	}
	switch string([]byte{a, b}) {
	case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
		return false
	}
	return true
}

// national looks for a number with letters that begins with the token [i, j). It returns
// the end, or 0.
func (p *pass) national(i, j int) int {
	t := p.t
	b := t[i:j]
	if len(b) < 9 || len(b) > 18 {
		return 0
	}
	if c := at(t, j); c == '_' || at(t, i-1) == '\\' || (c == '-' || c == '.') && has(at(t, j+1), isAlnum) || (at(t, i-1) == '-' || at(t, i-1) == '_') && has(at(t, i-2), isAlnum) {
		return 0
	}
	need, ok := lettered(b)
	if !ok || !p.spoken(i, need) {
		return 0
	}
	p.add(span.ID, i, j, compact(span.ID, b))
	return j
}

// lettered says whether a token is a national number with letters in it, and what must be
// said near it.
func lettered(b []byte) (need flag, ok bool) {
	var room, form [18]byte
	u := room[:0]
	lower := false
	for _, c := range b {
		if has(c, isHigh) {
			return 0, false
		}
		lower = lower || has(c, isLower)
		form[len(u)] = 'A'
		if has(c, isDigit) {
			form[len(u)] = '9'
		}
		u = append(u, upper(c))
	}
	need = 0
	if lower {
		need = aTax
	}
	switch string(form[:len(u)]) {
	case "AAAAAA99A99A999A":
		return need, itFiscal(u)
	case "AAAA999999AAAAAA99", "AAAA999999AAAAAAA9":
		return need, mxCURP(u)
	case "AA999999A":
		return aTax, ninoPrefix(u[0], u[1]) && u[8] <= 'D'
	case "99999999A":
		if has(u[8], isHex) {
			need = aTax
		}
		return need, esDNI(u)
	case "A9999999A":
		if !esNIE(u) {
			return aTax, esCIF(u)
		}
		return need, true
	case "A99999999":
		return aTax, esCIF(u)
	case "AAAAA9999A":
		return aTax, u[3] == 'P' || u[3] == 'C' || u[3] == 'H' || u[3] == 'F' || u[3] == 'T'
	case "AA99999999999", "AAA99999999", "AA999999999", "AA9999999999", "AA99999999", "AA999999999999", "AAA9999999A", "AA9999999A", "AA999999999A99":
		return need, vat(u)
	}
	if form := string(form[:len(u)]); form == "999999A9999" || form == "999999A999A" {
		return aTax, fiHetuSign(u)
	}
	if len(u) == 9 || len(u) == 10 {
		return aTax | aPaper, deCard(u)
	}
	return 0, false
}
