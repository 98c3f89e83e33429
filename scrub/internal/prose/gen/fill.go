package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sentence is a text and where the names of people and the addresses in it are.
type sentence struct {
	text      string
	people    [][2]int
	addresses [][2]int
}

// filler fills the slots of templates. Its choices are the same for the same seed.
type filler struct {
	rnd   *rand.Rand
	lists map[string][3][]string // by kind and weight
}

func newFiller(lists string, seed uint64) (*filler, error) {
	f := &filler{rnd: rand.New(rand.NewPCG(seed, seed)), lists: map[string][3][]string{}}
	for _, kind := range []string{"given", "surname", "common", "town", "country"} {
		file, err := os.Open(filepath.Join(lists, kind+".txt"))
		if err != nil {
			return nil, err
		}
		var all [3][]string
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			var w string
			var weight int
			if _, err := fmt.Sscan(lines.Text(), &w, &weight); err != nil {
				return nil, err
			}
			r, _ := utf8.DecodeRuneInString(w)
			if utf8.RuneCountInString(w) > 1 && unicode.Is(unicode.Latin, r) {
				all[weight-1] = append(all[weight-1], w)
			}
		}
		f.lists[kind] = all
		_ = file.Close()
	}
	f.lists["everyday"] = f.both("given", "common")
	f.lists["place"] = f.both("given", "town")
	return f, nil
}

// both lists the common given names that are words of another kind as well: Grace, Florence.
func (f *filler) both(given, other string) (all [3][]string) {
	others := slices.Concat(f.lists[other][1], f.lists[other][2])
	slices.Sort(others)
	for weight := 1; weight < 3; weight++ {
		for _, w := range f.lists[given][weight] {
			if _, ok := slices.BinarySearch(others, w); ok {
				all[weight] = append(all[weight], w)
			}
		}
	}
	if len(all[1])+len(all[2]) == 0 { // of lists that are too short for it
		return f.lists[given]
	}
	return all
}

func pick[T any](f *filler, from []T) T { return from[f.rnd.IntN(len(from))] }

func (f *filler) chance(percent int) bool { return f.rnd.IntN(100) < percent }

// word picks a word of a kind, common ones more often.
func (f *filler) word(kind string) string {
	l := f.lists[kind]
	weight := 2
	if n := f.rnd.IntN(10); n < 5 {
		weight = 1
	} else if n == 5 {
		weight = 0
	}
	for len(l[weight]) == 0 {
		weight = (weight + 1) % 3
	}
	return pick(f, l[weight])
}

func title(w string) string {
	r, n := utf8.DecodeRuneInString(w)
	return string(unicode.ToUpper(r)) + w[n:]
}

func (f *filler) name(kind string) string { return title(f.word(kind)) }

func (f *filler) given() string {
	switch n := f.rnd.IntN(100); {
	case n < 3:
		return f.name("given") + "-" + f.name("given")
	case n < 13:
		return f.name("everyday")
	case n < 17:
		return f.name("given") + f.name("given")[:1] + pick(f, []string{"a", "an", "ek", "ira", "uno", "ys"})
	}
	return f.name("given")
}

var particles = []string{"van", "van der", "von", "de", "de la", "di", "da", "dos", "del", "al", "ter", "le", "bin", "du"}

var madeEnds = []string{"ová", "sson", "enko", "opoulos", "escu", "ić", "ović", "ski", "ska", "dóttir", "nen", "idis", "yan", "adze", "ova", "ev", "sen", "berg", "mann", "ez"}

func (f *filler) surname() string {
	switch n := f.rnd.IntN(100); {
	case n < 5:
		return f.name("surname") + "-" + f.name("surname")
	case n < 9:
		return pick(f, particles) + " " + f.name("surname")
	case n < 12:
		return pick(f, []string{"O'", "Mc", "D'", "Mac"}) + f.name("surname")
	case n < 24:
		w := f.name("given")
		if len(w) > 3 {
			for len(w) > 0 && strings.ContainsRune("aeiouyáéíóúě", rune(w[len(w)-1])) {
				w = w[:len(w)-1]
			}
		}
		if w == "" || !utf8.ValidString(w) {
			w = "Petr"
		}
		return w + pick(f, madeEnds)
	}
	return f.name("surname")
}

func (f *filler) initial() string { return string(rune('A' + f.rnd.IntN(26))) }

// person is a whole name.
func (f *filler) person() string {
	switch n := f.rnd.IntN(100); {
	case n < 68:
		return f.given() + " " + f.surname()
	case n < 76:
		return f.given() + " " + f.initial() + ". " + f.surname()
	case n < 82:
		return f.given() + " " + f.initial() + " " + f.surname()
	case n < 88:
		return f.given() + " " + f.given() + " " + f.surname()
	case n < 91:
		return f.initial() + ". " + f.surname()
	case n < 93:
		return f.given() + " " + f.surname() + " " + f.surname()
	case n < 94:
		return f.initial() + "." + f.initial() + ". " + f.surname()
	case n < 96:
		return strings.ToUpper(f.given() + " " + f.surname())
	case n < 98:
		return f.surname() + " " + f.given()
	default:
		return f.given() + " " + strings.ToUpper(f.surname())
	}
}

func (f *filler) city() string {
	c := f.name("town")
	switch n := f.rnd.IntN(100); {
	case n < 8:
		c = pick(f, []string{"San ", "Saint-", "Bad ", "New ", "Santa ", "Nova ", "St. ", "Port ", "Los ", "North "}) + c
	case n < 12:
		c = pick(f, []string{"San ", "Saint-", "Santa ", "St. ", "São ", "Sankt "}) + f.name("given")
	case n < 16:
		c += pick(f, []string{" am See", " sul Mare", " de la Sierra", " upon Sea", " Beach", " City", " na Moravě", " do Sul", " am Main"})
	case n < 20:
		c += pick(f, []string{"ville", "sby", "dorf", "stad", "burg", "ing", "ovo", "ice", "hausen", "bury", "kylä"})
	}
	if f.chance(12) {
		c = strings.ToUpper(c)
	}
	return c
}

func (f *filler) country() string {
	for {
		if c := f.name("country"); len(c) > 4 {
			return c
		}
	}
}

func (f *filler) title() string { return title(f.word("common")) }

var syllables = strings.Fields("al an ar ba bel bi cor da del dex do en er fa fin ga gen go ho il in ka kor la lex li lo lu ma me mi mo na ni no nu o or pa per po qua ra ri ro sa sen si so ta tel ti to tra tri u va ver vi vo xa ya za zen zi zo")

// brand is a made-up name of something.
func (f *filler) brand() string {
	var b strings.Builder
	for range 2 + f.rnd.IntN(3) {
		b.WriteString(pick(f, syllables))
	}
	if f.chance(20) {
		b.WriteString(pick(f, []string{"x", "tech", "soft", "io", "ia", "land", "way"}))
	}
	return title(b.String())
}

func (f *filler) org() string {
	end := pick(f, []string{"Ltd", "Inc", "Inc.", "LLC", "GmbH", "AG", "Group", "Corp.", "Bank", "SA", "S.p.A.", "Holdings", "Systems", "Software", "Services", "Partners", "Foundation", "University", "Institute", "Consulting", "Solutions", "Technologies", "Media", "Insurance", "Airlines", "Labs"})
	switch f.rnd.IntN(14) {
	case 11:
		return f.brand()
	case 12:
		return f.brand() + " " + end
	case 13:
		return f.title() + " " + f.name("surname") + " " + end
	case 0:
		return f.name("surname") + " " + end
	case 1:
		return f.name("surname") + ", " + f.name("surname") + " and " + f.name("surname")
	case 2:
		return f.name("surname") + "-" + f.name("surname")
	case 3:
		return f.title() + f.title()
	case 4:
		return f.title() + " " + f.title() + " " + end
	case 5:
		return f.title() + f.title() + " " + end
	case 6:
		return f.title()
	case 7:
		return pick(f, []string{"University of ", "Bank of ", "City of "}) + f.city()
	case 8:
		return strings.ToUpper(f.word("common")[:2]) + strings.ToUpper(f.initial())
	case 9:
		return f.title() + pick(f, []string{"ly", "ify", "io", "soft", "tech", "ware", "net", "ix", "ant", "eo"})
	default:
		return f.title() + " " + end
	}
}

func (f *filler) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + f.rnd.IntN(10)))
	}
	return b.String()
}

func (f *filler) hex(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte("0123456789abcdef"[f.rnd.IntN(16)])
	}
	return b.String()
}

func (f *filler) date() string {
	n := func(m int) int { return 1 + f.rnd.IntN(m) }
	switch f.rnd.IntN(5) {
	case 0:
		return fmt.Sprintf("2026-%02d-%02dT%02d:%02d:%02dZ", n(12), n(28), n(23), n(59), n(59))
	case 1:
		return fmt.Sprintf("%d.%d.%d", n(28), n(12), 1950+n(70))
	case 2:
		return fmt.Sprintf("%s %d, %d", pick(f, []string{"January", "March", "May", "August", "Dec", "June"}), n(28), 1950+n(70))
	case 3:
		return fmt.Sprintf("%d/%d/%d", n(12), n(28), 1950+n(70))
	default:
		return fmt.Sprintf("2026-%02d-%02d %02d:%02d:%02d,%03d", n(12), n(28), n(23), n(59), n(59), n(999))
	}
}

// slot fills one slot.
func (f *filler) slot(kind byte) string {
	switch kind {
	case 'P':
		return f.person()
	case 'G':
		return f.given()
	case 'S', 'o':
		return f.surname()
	case 'g':
		return f.given()
	case 'Y':
		return pick(f, russianGiven) + " " + pick(f, russianSurname)
	case 'Z':
		return pick(f, greekGiven) + " " + pick(f, greekSurname)
	case 'R':
		return pick(f, arabicGiven) + " " + pick(f, arabicSurname)
	case 'H':
		return pick(f, hebrewGiven) + " " + pick(f, hebrewSurname)
	case 'q':
		return pick(f, []string{"Казань", "Воронеж", "Самара", "Киров", "Владимир", "Омск"})
	case 'u':
		sep := pick(f, []string{".", ".", "_"})
		return strings.ToLower(plain(f.name("given")) + sep + plain(f.name("surname")))
	case 'T':
		return pick(f, []string{"Mr.", "Mrs.", "Ms.", "Dr.", "Mr", "Mrs", "Prof.", "Miss", "Ms", "Dr"})
	case 'C':
		return f.city()
	case 'L':
		return f.country()
	case 'O':
		return f.org()
	case 'A':
		return f.address()
	case 'D':
		return f.date()
	case 'n':
		return strconv.Itoa(2 + f.rnd.IntN(97))
	case 'N':
		return f.digits(4 + f.rnd.IntN(8))
	case 'M':
		return pick(f, []string{"€", "$", "£", "EUR "}) + f.digits(3) + "." + f.digits(2)
	case 'e':
		return strings.ToLower(plain(f.name("given"))) + f.digits(2) + "@example." + pick(f, []string{"org", "com", "net"})
	case 'h':
		return f.hex(8 + f.rnd.IntN(32))
	case 'U':
		return f.hex(8) + "-" + f.hex(4) + "-4" + f.hex(3) + "-a" + f.hex(3) + "-" + f.hex(12)
	case 'v':
		return fmt.Sprintf("%d.%d.%d", f.rnd.IntN(20), f.rnd.IntN(20), f.rnd.IntN(20))
	case 'V':
		return f.title() + f.title() + pick(f, []string{"Exception", "Service", "Controller", "Handler", "Manager", "Error", "Factory", "", "Client", "Request"})
	case 'a':
		return f.name("everyday")
	case 'z':
		return f.name("place")
	case 'f':
		return title(pick(f, f.lists["common"][0]))
	case 'K':
		return f.title() + pick(f, []string{"", "s", "en"}) + pick(f, f.lists["common"][0]) + pick(f, []string{"", "nummer", "zahl", "ung", "stelle", "are", "ción"})
	case 'y':
		return pick(f, strings.Fields(months))
	case 'x':
		return pick(f, strings.Fields(weekdays))
	case 'm':
		return title(pick(f, f.lists["common"][0]))
	case 'W':
		return f.title()
	case 'X':
		return pick(f, []string{f.title() + " " + f.digits(1), f.title() + f.title(), f.title() + " " + f.title(), f.title(), f.brand()})
	case 'k':
		return pick(f, []string{"kid", "son", "daughter", "wife", "husband", "boss", "brother", "sister", "friend", "colleague"})
	}
	return f.word("common")
}

func plain(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
		}
	}
	if b.Len() < 2 {
		return "alex"
	}
	return b.String()
}

// fill makes a sentence of a template.
func (f *filler) fill(template string) sentence {
	var s sentence
	var b strings.Builder
	escaped := f.chance(8) // as in JSON
	for i := 0; i < len(template); i++ {
		if i+2 < len(template) && template[i] == '{' && template[i+2] == '}' {
			kind := template[i+1]
			start := b.Len()
			b.WriteString(f.slot(kind))
			at := [2]int{start, b.Len()}
			switch kind {
			case 'P', 'G', 'S', 'Y', 'Z', 'R', 'H', 'u':
				s.people = append(s.people, at)
			case 'A':
				s.addresses = append(s.addresses, at)
			}
			i += 2
			continue
		}
		if template[i] == '\\' && i+1 < len(template) {
			i++
			if escaped {
				b.WriteString(template[i-1 : i+1])
			} else {
				b.WriteByte(map[byte]byte{'n': '\n', 't': '\t'}[template[i]])
			}
			continue
		}
		b.WriteByte(template[i])
	}
	s.text = b.String()
	return s
}

const (
	months = `January February March April May June July August September October November December Jan Feb Mar
	Apr Jun Jul Aug Sep Oct Nov Dec Januar März Mai Juni Juli Oktober janvier mars avril juin juillet août enero
	abril junio agosto gennaio aprile giugno agosto maio junho Easter Christmas Summer Winter Spring Autumn Sommer`
	weekdays = `Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun Montag Freitag
	lundi vendredi lunes viernes domingo lunedì sabato`
)

var (
	russianGiven   = strings.Fields("Иван Мария Сергей Ольга Дмитрий Анна Алексей Наталья Пётр Елена Николай Татьяна Юрий Светлана")
	russianSurname = strings.Fields("Иванов Петрова Сидоров Кузнецова Смирнов Попова Соколов Лебедева Козлов Новикова Морозов Волкова Шевченко")
	arabicGiven    = strings.Fields("محمد أحمد فاطمة علي خالد مريم حسن سارة يوسف ليلى عمر نور")
	arabicSurname  = strings.Fields("الحسن العلي حداد خوري منصور نصار الشامي عباس صالح")
	hebrewGiven    = strings.Fields("דוד משה שרה רחל יוסף נועה יעקב תמר אורי מיכל")
	hebrewSurname  = strings.Fields("כהן לוי מזרחי פרץ ביטון אברהם פרידמן שפירא")
	greekGiven     = strings.Fields("Γιώργος Μαρία Νίκος Ελένη Κώστας Κατερίνα Δημήτρης Άννα Ιωάννης Σοφία")
	greekSurname   = strings.Fields("Παπαδόπουλος Παπαδοπούλου Γεωργίου Νικολάου Δημητρίου Οικονόμου Βασιλείου Αντωνίου")
)
