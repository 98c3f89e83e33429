package demo

import (
	"strconv"
	"strings"
)

// How each kind of mess is made. Every function leaves a value that differs
// from the truth; its kind's condition in Rates makes that possible.

func spoilNickname(_ dice, e *entry) { e.identity()["given_name"] = e.p.Nickname }

func spoilTypo(d dice, e *entry) {
	field := "family_name"
	if d.percent(40) {
		field = "given_name"
	}
	e.identity()[field] = slip(d, e.identity()[field])
}

func spoilSwap(_ dice, e *entry) {
	f := e.identity()
	f["given_name"], f["family_name"] = f["family_name"], f["given_name"]
}

func spoilDiacritics(d dice, e *entry) {
	german := d.percent(50) && e.p.loc.language == "de"
	for _, field := range []string{"given_name", "family_name"} {
		s := e.identity()[field]
		if german {
			s = germanFold.Replace(s)
		}
		e.identity()[field] = fold(s)
	}
}

func spoilCaps(_ dice, e *entry) {
	for _, field := range []string{"given_name", "family_name"} {
		e.identity()[field] = strings.ToUpper(strings.ReplaceAll(e.identity()[field], "ß", "SS"))
	}
}

func spoilSpaces(d dice, e *entry) {
	field := pick(d, []string{"given_name", "family_name"})
	s := e.identity()[field]
	switch {
	case d.percent(30):
		s = " " + s
	case strings.Contains(s, " ") && d.percent(50):
		s = strings.Replace(s, " ", "  ", 1)
	default:
		s += " "
	}
	e.identity()[field] = s
}

func spoilNative(_ dice, e *entry) {
	e.identity()["given_name"], e.identity()["family_name"] = e.p.NativeGiven, e.p.NativeFamily
}

func spoilOneSurname(_ dice, e *entry) { e.identity()["family_name"] = e.p.family.form(e.p.female) }

func spoilParticle(d dice, e *entry) {
	before := particles(e.p.Family)
	core := strings.TrimPrefix(e.p.Family, before+" ")
	switch d.IntN(3) {
	case 0: // joined
		e.identity()["family_name"] = strings.ReplaceAll(before, " ", "") + strings.ToLower(core)
	case 1: // forgotten
		e.identity()["family_name"] = core
	default: // as directories sort it
		e.identity()["family_name"] = core + ", " + before
	}
}

func spoilInitial(_ dice, e *entry) {
	e.identity()["given_name"] = string([]rune(e.p.Given)[:1]) + "."
}

func spoilDayMonth(_ dice, e *entry) {
	e.identity()["birth_date"] = dayMonth(e.identity()["birth_date"])
}

// dayMonth changes over day and month.
func dayMonth(date string) string { return date[:5] + date[8:] + "-" + date[5:7] }

// spoilBirthYear moves the year by one, but not into the future; 29 February
// becomes the 28th.
func spoilBirthYear(d dice, e *entry) {
	b := e.identity()["birth_date"]
	year, err := strconv.Atoi(b[:4])
	if err != nil {
		return
	}
	rest := b[4:]
	if rest == "-02-29" {
		rest = "-02-28"
	}
	if d.percent(50) && year+1 < e.at.Year() {
		year += 2
	}
	e.identity()["birth_date"] = strconv.Itoa(year-1) + rest
}

func spoilPlusTag(d dice, e *entry) {
	local, domain, _ := strings.Cut(e.contact()["email"], "@")
	e.contact()["email"] = local + "+" + pick(d, []string{"tickets", "city", "news", "school", "friends"}) + "@" + domain
}

func spoilDomain(_ dice, e *entry) {
	local, domain, _ := strings.Cut(e.contact()["email"], "@")
	e.contact()["email"] = local + "@" + lookAlike(domain)
}

func spoilMail(d dice, e *entry) {
	local, domain, _ := strings.Cut(e.contact()["email"], "@")
	last := strings.LastIndexAny(local, "._") + 1 // a slip on a dot could make the address invalid
	e.contact()["email"] = local[:last] + slip(d, local[last:]) + "@" + domain
}

func spoilOtherMail(_ dice, e *entry) { e.contact()["email"] = e.p.OtherEmail }

func spoilPhone(_ dice, e *entry) {
	for _, l := range locales() {
		if l.country == e.p.Address.Country {
			e.contact()["phone"] = national(e.p.Phone, l.trunk)
			return
		}
	}
}

// abbreviations are how streets are shortened, by language.
var abbreviations = strings.NewReplacer(
	"straße", "str.", "strasse", "str.", "Straße", "Str.", " Street", " St", " Avenue", " Ave", " Road", " Rd",
	" Lane", " Ln", "Calle ", "C/ ", "Avenida ", "Av. ", "Plaza ", "Pl. ", "avenue ", "av. ", "boulevard ", "bd ",
	"Piazza ", "P.za ", "Viale ", "V.le ", "Caddesi", "Cad.", "Sokak", "Sk.", "straat", "str.", "Leoforos ", "L. ", "Đường ", "Đ. ",
)

func spoilStreet(_ dice, e *entry) {
	e.address()["street"] = abbreviations.Replace(e.address()["street"])
}

func spoilNumber(_ dice, e *entry) {
	e.fields[SetMembership]["number"] = transposed(e.fields[SetMembership]["number"])
}

// transposed changes over the last two different neighbouring digits.
func transposed(number string) string {
	b := []byte(number)
	for i := len(b) - 1; i > 3; i-- {
		if b[i] != b[i-1] {
			b[i], b[i-1] = b[i-1], b[i]
			break
		}
	}
	return string(b)
}

// slip makes one slip of the finger after the first letter: a letter doubled,
// left out, mistaken for its neighbour on the keyboard, or two changed over.
// One edit (Damerau–Levenshtein) takes the result back.
func slip(d dice, s string) string {
	r := []rune(s)
	if len(r) < 3 {
		return s + "e"
	}
	i := 1 + d.IntN(len(r)-2)
	switch d.IntN(4) {
	case 0:
		return string(r[:i]) + string(r[i]) + string(r[i:])
	case 1:
		return string(r[:i]) + string(r[i+1:])
	case 2:
		if r[i] != r[i+1] {
			r[i], r[i+1] = r[i+1], r[i]
			return string(r)
		}
	}
	r[i] = neighbour(r[i])
	return string(r)
}

// neighbour is the key to the right, on the row where the letter lies.
func neighbour(r rune) rune {
	const rows = "qwertyuiop asdfghjkl zxcvbnm "
	if i := strings.IndexRune(rows, r); i >= 0 && rows[i+1] != ' ' {
		return rune(rows[i+1])
	}
	return 'k'
}
