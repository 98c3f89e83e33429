package link

import (
	"fmt"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/match/text"
)

// Detect finds out what the columns of a table hold, from their names (English, German,
// Spanish and French) and from a sample of rows, best spread over the whole table:
// some hundred are enough. The values have the last word: a column "date" without dates
// is none. Columns that would give away which rows are one (cluster, entity_id) are set
// aside, as are columns that say nothing or say again what others say. Each field says
// why it is what it is.
func Detect(header []string, sample [][]string) []Field {
	d := &detector{header: header, fields: make([]Field, len(header)), profiles: make([]*profile, len(header)), hints: make([]hint, len(header))}
	for i, name := range header {
		d.profiles[i] = profileOf(sample, i)
		d.hints[i] = readName(name)
		d.fields[i].Name = name
	}
	for i := range header {
		d.decide(i)
	}
	d.rowID()
	d.names()
	d.repeats()
	return d.fields
}

// detector is one call of Detect.
type detector struct {
	header   []string
	fields   []Field
	profiles []*profile
	hints    []hint
}

// set decides on a column.
func (d *detector) set(i int, k Kind, why string, args ...any) {
	d.fields[i].Kind, d.fields[i].Why = k, fmt.Sprintf(why, args...)
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// decide looks at one column by itself.
func (d *detector) decide(i int) {
	p, h := d.profiles[i], d.hints[i]
	switch {
	case p.filled == 0:
		d.set(i, Ignore, "it is empty")
		return
	case h == hintAnswer:
		d.set(i, Ignore, "by its name it says which rows are one; it would give the answer away")
		return
	case p.distinct == 1 && p.filled > 1:
		d.set(i, Ignore, "it has the same value wherever it has one")
		return
	case h == hintPerson && !p.unique():
		d.set(i, Ignore, "by its name and its repeated values it says who a row is about; it would give the answer away")
		return
	case h == hintTime && p.date > .5:
		d.set(i, Ignore, "it says when the row was written, nothing about who or what it is about")
		return
	case h == Source && p.distinct <= 50 && p.repeated() >= 2:
		d.set(i, Source, "its name says where a row is from, and it has only %s", different(p.distinct))
		return
	case h == hintRow && p.unique():
		d.set(i, RowID, "its name says that it numbers the rows, and no value stands twice")
		return
	}
	if why, ok := plausible(h, p); ok {
		d.set(i, h, "%s", join("its name says so", why))
		return
	}
	k, why := byValues(p)
	if h != noHint && h != hintName && h != hintRow && h != k {
		why = fmt.Sprintf("its name says %s, but its values do not: %s", spoken(h), why)
	}
	d.set(i, k, "%s", why)
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}

func different(n int) string {
	if n == 1 {
		return "one value"
	}
	return fmt.Sprintf("%d different values", n)
}

func spoken(k Kind) string { return strings.ReplaceAll(string(k), "_", " ") }

// plausible says whether the values of a column can be what its name says.
func plausible(h hint, p *profile) (why string, ok bool) {
	switch h {
	case Email:
		return percent(p.email) + " of its values are e-mail addresses", p.email > .3
	case Phone:
		return percent(p.phone) + " of its values can be telephone numbers", p.phone > .4
	case Date:
		share := max(p.date, p.year)
		return percent(share) + " of its values are dates", share > .4
	case Postcode:
		return percent(p.postcode) + " of its values can be postcodes", p.postcode > .4
	case HouseNumber:
		return percent(p.house) + " of its values can be house numbers", p.house > .4
	case GivenName, FamilyName:
		return "", p.letters > .6 && p.words < 5
	case FullName:
		return "", p.letters > .5 && p.words < 12
	case Place:
		if p.few() && p.letters > .5 && p.length <= 3 {
			return "", false
		}
		return "", p.letters > .4 && p.words < 6
	case Street, Organisation, Identifier:
		return "", h != Identifier || p.words < 4
	case Category:
		if p.repeated() < 1.5 && p.rows > 50 {
			return "", false
		}
		return different(p.distinct), p.words < 8
	case Text:
		return "", true
	default:
		return "", false
	}
}

// byValues decides on a column whose name does not help.
func byValues(p *profile) (Kind, string) {
	switch {
	case p.email > .5:
		return Email, percent(p.email) + " of its values are e-mail addresses"
	case p.date > .7:
		return Date, percent(p.date) + " of its values are dates"
	case p.uuid > .9:
		return Identifier, "its values are random identifiers"
	case p.year > .95 && p.distinct > 2:
		return Date, percent(p.year) + " of its values are years"
	case p.given > .5 && p.letters > .8 && p.oneWord > .7 && p.distinct > 5:
		return GivenName, percent(p.given) + " of its values are well-known given names"
	case p.few() && p.words < 5:
		return Category, fmt.Sprintf("it has only %s", different(p.distinct))
	case p.phone > .8 && p.dialled > .3:
		return Phone, percent(p.phone) + " of its values are written like telephone numbers"
	case p.postcode > .8 && (p.number < .5 || p.steady > .9) && p.length <= 8 && p.distinct < p.filled:
		return Postcode, percent(p.postcode) + " of its values are written like postcodes"
	case p.dense && p.repeated() > 1 && p.repeated() < 10 && p.distinct > 20 && p.common < .1:
		return Ignore, "it numbers groups of rows without leaving a number out; it would give the answer away"
	case p.house > .9 && p.steady < .9 && p.length < 5 && p.repeated() > 1.2:
		return HouseNumber, "its values are short numbers of different lengths"
	case p.words > 7 || p.length > 60:
		return Text, "its values are long"
	case p.street > .6:
		return Street, percent(p.street) + " of its values are words with a number"
	case p.number > .9 && p.fraction > .2:
		return Text, "its values are numbers with decimals"
	case p.road > .3:
		return Street, percent(p.road) + " of its values hold a word for a street"
	case p.letters < .5 && p.words < 2.5:
		return Identifier, "its values are numbers or codes"
	case p.firm > .15 && p.words > 1.5:
		return Organisation, percent(p.firm) + " of its values hold words of organisations"
	case p.letters > .8 && p.given > .25 && p.oneWord > .7:
		return GivenName, percent(p.given) + " of its values are well-known given names"
	case p.letters > .8 && p.given > .25 && p.words < 5:
		return FullName, percent(p.given) + " of its values hold a well-known given name"
	}
	return Text, "nothing tells what it is; it is compared as text"
}

// rowID chooses the column that names the rows, where none has said so by name, and
// sees that there is only one.
func (d *detector) rowID() {
	chosen := slices.IndexFunc(d.fields, func(f Field) bool { return f.Kind == RowID })
	for i, p := range d.profiles {
		counter := p.dense || p.uuid > .9
		switch f := &d.fields[i]; {
		case i == chosen:
		case f.Kind == RowID:
			d.set(i, Ignore, "no value stands twice, so it cannot say which rows are one")
		case chosen < 0 && p.unique() && p.rows > 1 && (d.hints[i] == hintPerson || d.hints[i] == noHint && (counter || f.Kind == Identifier && (i == 0 || tellsCopies(p)))):
			d.set(i, RowID, "no value stands twice, and they look like numbers of the rows")
			chosen = i
		case chosen < 0 && d.hints[i] == hintRow && (p.dense || p.repeated() < 1.15) && d.bySource(i):
			d.set(i, RowID, "its name says that it numbers the rows, and in no source a value stands twice")
			chosen = i
		}
	}
	if chosen < 0 || !tellsCopies(d.profiles[chosen]) {
		return
	}
	d.fields[chosen].Why += "; it is not compared, as its values say which rows are copies of one"
	for i := range d.fields {
		if i != chosen && compared(d.fields[i].Kind) && d.holds(chosen, i) {
			d.set(i, Ignore, "it is a part of %s that says which rows are copies; it would give the answer away", d.header[chosen])
		}
	}
}

// bySource says whether no value of a column stands twice in one source.
func (d *detector) bySource(i int) bool {
	from := slices.IndexFunc(d.fields, func(f Field) bool { return f.Kind == Source })
	if from < 0 {
		return false
	}
	seen := map[[2]string]bool{}
	for row, v := range d.profiles[i].values {
		at := [2]string{d.profiles[from].values[row], v}
		if v == "" || seen[at] {
			return false
		}
		seen[at] = true
	}
	return true
}

// tellsCopies says whether values such as rec-1070-org and rec-1070-dup-0 show which
// rows belong together: without their ends they repeat.
func tellsCopies(p *profile) bool {
	stems := map[string]bool{}
	for v := range p.counts {
		words := text.Words(v)
		end := max(1, len(words)-1)
		if end > 1 && words[end-1] == "dup" {
			end--
		}
		stems[strings.Join(words[:min(end, len(words))], " ")] = true
	}
	copies := float64(p.distinct) / float64(max(1, len(stems)))
	return copies > 1.1 && copies < 20
}

// names decides what depends on other columns: whether a "name" is a person's, and
// which columns are names and places where no column has a useful name.
func (d *detector) names() {
	people := d.about()
	for i, p := range d.profiles {
		if d.fields[i].Kind == GivenName && d.hints[i] == GivenName && !d.has(FamilyName) && !slices.Contains(d.hints, hintName) && p.words > 1.8 {
			d.set(i, FullName, "its name says given name, but its values are several words, and nothing else is a family name")
		}
		if d.hints[i] != hintName || d.fields[i].Kind == Ignore || p.letters < .3 || p.few() && p.words < 1.5 && p.distinct < 30 {
			continue
		}
		switch {
		case d.has(GivenName) && !d.has(FamilyName) && p.words < 2.5:
			d.set(i, FamilyName, "it is called a name beside a column of given names")
		case d.has(FamilyName) && !d.has(GivenName) && p.words < 1.8:
			d.set(i, GivenName, "it is called a name beside a column of family names")
		case p.given > .3 || people && p.linked < .3 || p.linked < .08 && p.words > 1.3 && p.words < 4:
			d.set(i, FullName, "its name says so, and its values are like names of people")
		case p.words > 7:
			d.set(i, Text, "it is called a name, but its values are long")
		default:
			d.set(i, Organisation, "its name says so, and its values are not like names of people")
		}
	}
	given := slices.IndexFunc(d.fields, func(f Field) bool { return f.Kind == GivenName })
	if given >= 0 && !d.has(FamilyName) {
		for _, i := range []int{given + 1, given - 1} {
			if i >= 0 && i < len(d.fields) && d.hints[i] == noHint && d.fields[i].Kind == Text && d.profiles[i].letters > .8 && d.profiles[i].oneWord > .6 {
				d.set(i, FamilyName, "it stands beside the given names, and its values are single words")
				break
			}
		}
	}
	for i, p := range d.profiles {
		if d.fields[i].Kind == Text && d.hints[i] == noHint && p.letters > .8 && p.words < 3 && p.repeated() > 1.5 {
			d.set(i, Place, "its values are short, without digits, and repeat, like places")
		}
	}
}

func (d *detector) has(k Kind) bool {
	return slices.ContainsFunc(d.fields, func(f Field) bool { return f.Kind == k })
}

// about says whether other columns show that the rows are about people.
func (d *detector) about() bool {
	for i, name := range d.header {
		if d.fields[i].Kind == GivenName || d.fields[i].Kind == FamilyName || d.fields[i].Kind == Date && d.hints[i] == Date {
			return true
		}
		for _, w := range nameWords(name) {
			switch w {
			case "gender", "sex", "geschlecht", "sexo", "sexe", "dob", "birth", "anrede", "salutation":
				return true
			}
		}
	}
	return false
}

// repeats sets aside columns that only say again what others say. They would count the
// same evidence twice.
func (d *detector) repeats() {
	first := func(k Kind) int {
		return slices.IndexFunc(d.fields, func(f Field) bool { return f.Kind == k })
	}
	given, family := first(GivenName), first(FamilyName)
	for i := range d.fields {
		if !compared(d.fields[i].Kind) {
			continue
		}
		for j := range i {
			if compared(d.fields[j].Kind) && d.same(i, j) {
				d.set(i, Ignore, "it repeats %s", d.header[j])
				break
			}
		}
		if d.fields[i].Kind == FullName && given >= 0 && family >= 0 && d.holds(i, given, family) {
			d.set(i, Ignore, "it says again what %s and %s say", d.header[given], d.header[family])
		}
	}
}

func compared(k Kind) bool { return k != Ignore && k != RowID && k != Source }

// same says whether two columns have the same values in nearly all rows.
func (d *detector) same(i, j int) bool {
	equal, either := 0, 0
	for row, v := range d.profiles[i].values {
		if w := d.profiles[j].values[row]; v != "" || w != "" {
			either++
			if v == w {
				equal++
			}
		}
	}
	return either > 10 && equal*100 >= either*98
}

// holds says whether the values of column i hold those of others in nearly all rows in
// which it has any.
func (d *detector) holds(i int, others ...int) bool {
	holds, filled := 0, 0
	for row, v := range d.profiles[i].values {
		if v == "" {
			continue
		}
		filled++
		words := text.Words(v)
		misses := func(c int) bool {
			other := text.Words(d.profiles[c].values[row])
			return len(other) == 0 || slices.ContainsFunc(other, func(w string) bool { return !slices.Contains(words, w) })
		}
		if !slices.ContainsFunc(others, misses) {
			holds++
		}
	}
	return filled > 10 && holds*100 >= filled*90
}
