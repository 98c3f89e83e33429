package standard

import (
	"strings"

	"github.com/habeas-data/habeas/match/text"
)

// Address is a postal address or a line of one.
type Address struct {
	Number string   // house number with its letter: 12b
	Unit   string   // flat, suite
	Words  []string // of the street and what else stands there, abbreviations spelled out
	Line   string   // all of it in one comparable line: words, number, unit
}

// ParseAddress reads "12b N. Main St., Apt 4", "Hauptstr. 12 b", "C/ Mayor 5, 3º",
// "PO Box 123". Kinds of streets, directions and ordinals get one spelling (main
// street, hauptstrasse, 3rd); what it does not know stays in Words.
func ParseAddress(s string) Address {
	if Missing(s) {
		return Address{}
	}
	p := addressParts{words: addressWords(s[:min(len(s), 4*text.MaxRunes)])}
	p.box()
	p.unit()
	p.number()
	p.spell()
	a := p.Address
	a.Words = p.words
	line := make([]byte, 0, len(s)+16)
	for _, w := range a.Words {
		line = append(append(line, w...), ' ')
	}
	if a.Number != "" {
		line = append(append(line, a.Number...), ' ')
	}
	if a.Unit != "" {
		line = append(append(append(line, "unit "...), a.Unit...), ' ')
	}
	a.Line = strings.TrimSuffix(string(line), " ")
	return a
}

// comma stands for the end of a part of the address among its words.
const comma = ","

// addressWords folds s and keeps its commas; "#" is the word "unit", "C/" is "calle".
func addressWords(s string) []string {
	var room [160]byte
	var words []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		if len(words) > 0 {
			words = append(words, comma)
		}
		if i := strings.IndexByte(part, '#'); i >= 0 {
			part = part[:i] + " unit " + part[i+1:]
		}
		if b := strings.TrimSpace(part); len(b) > 2 && b[0]|0x20 == 'c' && b[1] == '/' {
			part = "calle " + b[2:]
		}
		folded := string(text.AppendFold(room[:0], ranges(part)))
		words = append(words, text.Words(folded)...)
	}
	return words[:min(len(words), 100)]
}

// ranges writes "12-14" as "12 to 14", to tell it from the flat of "12/14".
func ranges(s string) string {
	for i := 1; i+1 < len(s); i++ {
		if s[i] == '-' && isDigit(s[i-1]) && isDigit(s[i+1]) {
			return s[:i] + " to " + ranges(s[i+1:])
		}
	}
	return s
}

type addressParts struct {
	Address
	words []string
}

// take removes the words from i to j.
func (p *addressParts) take(i, j int) {
	p.words = append(p.words[:i], p.words[j:]...)
}

func (p *addressParts) word(i int) string {
	if i < 0 || i >= len(p.words) {
		return ""
	}
	return p.words[i]
}

// box makes one word of the names of a post office box.
func (p *addressParts) box() {
	for i := 0; i < len(p.words); i++ {
		n := 0
		switch w, next := p.words[i], p.word(i+1); {
		case w == "po" && next == "box", w == "post" && next == "box", w == "boite" && next == "postale",
			w == "caixa" && next == "postal", w == "casella" && next == "postale", w == "apartado" && next == "postal":
			n = 2
		case w == "p" && next == "o" && p.word(i+2) == "box", w == "post" && next == "office" && p.word(i+2) == "box":
			n = 3
		case w == "postfach" || w == "pobox" || w == "postbus" || w == "apartado" || w == "apdo":
			n = 1
		case (w == "bp" || w == "cp" || w == "box") && numeric(next):
			n = 1
		}
		if n > 0 {
			p.words[i] = "pobox"
			p.take(i+1, i+n)
		}
	}
}

// unit takes flats and suites: the word for it and the number or letter behind it, or
// "3rd floor".
func (p *addressParts) unit() {
	for i := 0; i < len(p.words); i++ {
		w, next := p.words[i], p.word(i+1)
		switch {
		case !unitWords[w]:
			continue
		case numeric(next) || len(next) == 1 && isLetter(next[0]):
			end := i + 2
			if p.Unit == "" {
				p.Unit = next
			} else {
				p.Unit += " " + next
			}
			// "4 b" is "4b"; a direction would be of the street.
			if l := p.word(end); numeric(next) && len(l) == 1 && isLetter(l[0]) && directions[l] == "" {
				p.Unit += l
				end++
			}
			p.take(i, end)
			i--
		case i > 0 && ordinal(p.word(i-1)) != "":
			p.Unit = strings.TrimSpace(p.Unit + " " + ordinal(p.words[i-1]))
			p.take(i-1, i+1)
			i -= 2
		}
	}
}

// number takes the house number: the first word when it is one, or else the last of
// the first part that has one. Two in front, "3/12 Smith St", are flat and house; of
// "12-14" the first counts.
func (p *addressParts) number() {
	if len(p.words) > 1 && p.words[0] == "no" && numeric(p.words[1]) {
		p.take(0, 1)
	}
	at := -1
	switch {
	case numeric(p.word(0)):
		at = 0
	default:
		for i, w := range p.words {
			if w == comma && at >= 0 {
				break
			}
			if numeric(w) && leading(w, isDigit) <= 4 && p.word(i-1) != "pobox" {
				at = i
			}
		}
	}
	if at < 0 {
		return
	}
	p.Number = strings.TrimLeft(p.words[at], "0")
	end := at + 1
	if l := p.word(end); len(l) == 1 && isLetter(l[0]) && (directions[l] == "" || at > 0) && leading(p.Number, isDigit) == len(p.Number) {
		p.Number += l
		end++
	}
	begin := at
	if p.word(at-1) == "to" && numeric(p.word(at-2)) {
		begin, end, p.Number = at-2, at+1, p.words[at-2]
	}
	switch next := p.word(end); {
	case begin < at:
	case next == "to" && numeric(p.word(end+1)):
		end += 2
	case at == 0 && numeric(next):
		p.Number, p.Unit = next, strings.TrimSpace(p.Number+" "+p.Unit)
		end++
	}
	switch p.word(begin - 1) {
	case "no", "nr", "num", "numero":
		begin--
	}
	p.take(begin, end)
}

// spell gives the words one spelling and drops the commas.
func (p *addressParts) spell() {
	out := p.words[:0]
	for i, w := range p.words {
		last := i == len(p.words)-1 || p.words[i+1] == comma
		if w == comma {
			continue
		}
		switch {
		case w == "st" && len(out) == 0 && !last:
			w = "saint"
		case len(out) > 0 && streetWords[w] != "":
			w = streetWords[w]
		case directions[w] != "":
			w = directions[w]
		case ordinal(w) != "":
			w = ordinal(w)
		case anywhere[w] != "":
			w = anywhere[w]
		case len(w) > 5 && strings.HasSuffix(w, "str"):
			w += "asse"
		}
		out = append(out, w)
	}
	p.words = out
}

// numeric says that w is a number, perhaps with a letter: 12, 12b.
func numeric(w string) bool {
	n := leading(w, isDigit)
	return n > 0 && n <= 6 && (n == len(w) || n+1 == len(w) && isLetter(w[n]))
}

// ordinal returns "3rd" for 3rd and third, or "".
func ordinal(w string) string {
	if o := ordinals[w]; o != "" {
		return o
	}
	if n := leading(w, isDigit); n > 0 && n+2 == len(w) {
		switch w[n:] {
		case "st", "nd", "rd", "th":
			return w
		}
	}
	return ""
}

// pairs makes a map of "key value" lines.
func pairs(s string) map[string]string {
	m := map[string]string{}
	for line := range strings.Lines(s) {
		words := strings.Fields(line)
		for _, w := range words[min(1, len(words)):] {
			m[w] = words[0]
		}
	}
	return m
}

var (
	unitWords = set(`apt apartment apartments unit suite ste flat floor fl room rm wohnung whg stock etage top piso puerta pta
		appartement appt bte lot building bldg block blk interno int scala app level lvl apto depto dept kv кв`)

	directions = pairs(`north n
		south s
		east e
		west w
		northeast ne
		northwest nw
		southeast se
		southwest sw`)

	ordinals = pairs(`1st first
		2nd second
		3rd third
		4th fourth
		5th fifth
		6th sixth
		7th seventh
		8th eighth
		9th ninth
		10th tenth
		11th eleventh
		12th twelfth`)

	// streetWords stand behind another word of the street; the first of a line is the
	// spelling that is kept.
	streetWords = pairs(`street st str strt stree
		drive dr drv
		court ct crt
		place pl plc
		close cl
		crescent cres cresc crs cr
		terrace ter terr tce
		center ctr cntr centre cen
		square sq sqr
		garden gdn
		gardens gdns
		grove gr grv
		circle cir circ
		trail trl
		way wy
		path pth
		point pt
		heights hts hgts
		park pk prk
		bridge br brg
		estate est
		extension ext extn
		turnpike tpke
		valley vly
		village vlg vlge vill
		circuit cct crct
		parade pde
		esplanade esp
		junction jct junc
		alley aly
		crossing xing
		meadows mdws
		hill hl
		hills hls
		lake lk
		ridge rdg
		springs spgs
		view vw
		walk wlk
		quay qy
		rise rs
		mews mws
		loop lp
		cove cv
		station sta stn`)

	// anywhere are also the first word of a street, as in French and Spanish.
	anywhere = pairs(`avenue av ave aven avn avenu avda avenida avd
		boulevard blvd blv boul bd bvd bvld boulevarde bld
		road rd
		lane ln
		highway hwy hiway hgwy
		parkway pkwy pky pkway
		freeway fwy
		expressway expy
		route rte rt
		mount mt mnt
		fort ft
		strasse str
		platz pltz
		calle cll
		plaza plza pza
		paseo pso
		carretera ctra
		urbanizacion urb
		camino cno
		allee all
		chemin chem
		impasse imp
		faubourg fbg
		travessa tv trav
		estrada estr
		viale vle
		piazza pzza
		corso cso
		largo lgo
		ulica ul ulitsa
		улица ул
		проспект просп пр
		переулок пер
		sankt skt
		saint sainte`)
)
