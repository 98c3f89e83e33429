package standard

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas/match/text"
)

// shown is title|given|particle|family|suffix.
func shown(p Person) string {
	parts := []string{}
	for _, words := range [][]string{p.Title, p.Given, p.Particle, p.Family, p.Suffix} {
		parts = append(parts, strings.Join(words, " "))
	}
	return strings.Join(parts, "|")
}

func TestParsePerson(t *testing.T) {
	for in, want := range map[string]string{
		"John Smith":                "|john||smith|",
		"Smith, John":               "|john||smith|",
		"SMITH, JOHN A.":            "|john a||smith|",
		"SMITH John":                "|john||smith|",
		"Anna-Maria O'Brien":        "|anna maria||obrien|",
		"J.R.R. Tolkien":            "|j r r||tolkien|",
		"Dr. Ludwig van Beethoven":  "dr|ludwig|van|beethoven|",
		"Beethoven, Ludwig van":     "|ludwig|van|beethoven|",
		"van der Berg, Jan":         "|jan|van der|berg|",
		"Jan van der Berg":          "|jan|van der|berg|",
		"van Gogh":                  "||van|gogh|",
		"Al Gore":                   "|al||gore|",
		"Prof. Dr. Maria Schmidt":   "prof dr|maria||schmidt|",
		"Schmidt, Dr. Maria":        "dr|maria||schmidt|",
		"Maria Schmidt geb. Müller": "|maria||schmidt muller|",
		"Martin Luther King Jr.":    "|martin luther||king|jr",
		"King, Martin Luther, Jr.":  "|martin luther||king|jr",
		"King, Jr., Martin Luther":  "|martin luther||king|jr",
		"John Smith, Ph.D.":         "|john||smith|phd",
		"Henry Ford III":            "|henry||ford|iii",
		"Thomas Clifford, 1st Baron Clifford of Chudleigh": "1st baron clifford of chudleigh|thomas||clifford|",
		"thomas clifford 1st baron clifford of chudleigh":  "1st baron clifford of chudleigh|thomas||clifford|",
		"1st baron clifford of chudleigh":                  "1st baron of chudleigh|||clifford|",
		"Sir John Smith, 2nd Baronet":                      "2nd baronet sir|john||smith|",
		"John Churchill, Duke of Marlborough":              "duke of marlborough|john||churchill|",
		"Walter 1st Baron Phillimore":                      "1st baron phillimore|walter|||",
		"Betty Finch, 1st of Winchilsea":                   "1st of winchilsea|betty||finch|",
		"John Smith, 3rd":                                  "|john||smith|3rd",
		"19th Lord of Abernethy":                           "19th lord||of|abernethy|",
		"Richard of Shrewsbury":                            "|richard|of|shrewsbury|",
		"The Right Hon. Gordon Sharman-Crawford":           "the right hon|gordon||sharman crawford|",
		"Earl Warren":                                      "|earl||warren|",
		"Lord Randolph Churchill":                          "lord|randolph||churchill|",
		"Gabriel García Márquez":                           "|gabriel||garcia marquez|",
		"José Ortega y Gasset":                             "|jose||ortega gasset|",
		"Ana María López García":                           "|ana maria||lopez garcia|",
		"Juan de la Cruz":                                  "|juan|de la|cruz|",
		"Mohammed bin Salman Al Saud":                      "|mohammed|bin al|salman saud|",
		"Mao Zedong":                                       "|zedong||mao|",
		"Nguyễn Văn An":                                    "|van an||nguyen|",
		"Wei Wang":                                         "|wei||wang|",
		"毛泽东":                                              "|泽东||毛|",
		"欧阳修文":                                             "|修文||欧阳|",
		"김철수":                                              "|철수||김|",
		"山田 太郎":                                            "|太郎||山田|",
		"ジョン・スミス":                                          "|ジョン||スミス|",
		"Madonna":                                          "|||madonna|",
		"Иванов, Пётр Ильич":                               "|петр ильич||иванов|",
		"Mr":                                               "|||mr|",
		"Dr":                                               "|||dr|",
		"":                                                 "||||",
		"n/a":                                              "||||",
		",":                                                "||||",
		", John":                                           "|||john|",
		"Smith,":                                           "|||smith|",
		"Harry Hele-Shaw":                                  "|harry||hele shaw|",
		"Jean-Paul Sartre":                                 "|jean paul||sartre|",
		"Omar al-Hassan":                                   "|omar|al|hassan|",
		"Jack Ma":                                          "|jack||ma|",
	} {
		if got := shown(ParsePerson(in)); got != want {
			t.Errorf("ParsePerson(%q) = %q, want %q", in, got, want)
		}
	}
}

// No word of a name is lost, but joining ones and what marks a birth name.
func TestEveryWordOfANameIsKept(t *testing.T) {
	words := []string{
		"John", "van", "der", "Smith", "Dr.", "jr", "y", "of", "1st", "baron", "García", "López", "Ph.", "D", "SMITH,", ",", "geb.",
		"毛泽东", "김철수", "King", "i", "É", "x", "al", "Mao", "St.",
	}
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 12).Draw(t, "words"), " ")
		checkPerson(t, name)
	})
}

func checkPerson(t interface{ Fatalf(string, ...any) }, name string) {
	p := ParsePerson(name)
	var have strings.Builder
	for _, words := range [][]string{p.Title, p.Given, p.Particle, p.Family, p.Suffix} {
		for _, w := range words {
			if text.Fold(w) != w || w == "" {
				t.Fatalf("%q has the word %q", name, w)
			}
			have.WriteString(strings.ReplaceAll(w, " ", ""))
		}
	}
	if Missing(name) {
		return
	}
	got, want, words := []rune(have.String()), []rune{}, 0
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" .,;\t\n\u00a0", r) }) {
		for _, w := range strings.Fields(text.Fold(w)) {
			if words++; words == maxNameWords {
				return // the rest is dropped
			}
			switch w {
			case "y", "e", "geb", "geborene", "nee", "born", "formerly":
			default:
				want = append(want, []rune(w)...)
			}
		}
	}
	for _, r := range want {
		i := slices.Index(got, r)
		if i < 0 {
			t.Fatalf("%q lost %q: %+v", name, r, p)
		}
		got = slices.Delete(got, i, i+1)
	}
}

func TestNicknames(t *testing.T) {
	for _, pair := range []string{
		"bob robert", "bill william", "liz elizabeth", "dick richard", "hans johannes", "sepp josef", "pepe jose",
		"paco francisco", "sasha aleksandr", "kasia katarzyna", "jan john", "giovanni john", "wilhelm william", "mischa michael",
		"jurgen juergen", "mohamed muhammad", "peggy margaret",
	} {
		a, b, _ := strings.Cut(pair, " ")
		if !SameGiven(a, b) || !SameGiven(b, a) {
			t.Errorf("%s are two names", pair)
		}
		if !slices.Contains(Nicknames(a), b) {
			t.Errorf("%s are not among %v", pair, Nicknames(a))
		}
	}
	for _, pair := range []string{"john mary", "robert richard", "alexander sandra", "peter paul", "xyz xyw", " a"} {
		if a, b, _ := strings.Cut(pair, " "); SameGiven(a, b) {
			t.Errorf("%s are one name", pair)
		}
	}
	if Nicknames("nobody") != nil || !SameGiven("nobody", "nobody") {
		t.Error("a name that is not in the table")
	}
}

func TestGivenNamesAreFolded(t *testing.T) {
	for name, groups := range given().of {
		if text.Fold(name) != name || strings.Contains(name, " ") {
			t.Errorf("%q is not folded", name)
		}
		if !slices.IsSorted(groups) || len(slices.Compact(slices.Clone(groups))) != len(groups) {
			t.Errorf("%q stands twice in a line", name)
		}
	}
}

func FuzzParsePerson(f *testing.F) {
	for _, s := range []string{"Dr. Ludwig van Beethoven", "King, Jr., Martin Luther", "1st baron of of", "毛泽东", "\xff,\xff", "ph d, m d", "J.R.R.,,,"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkPerson(t, s) })
}

func BenchmarkParsePerson(b *testing.B) {
	for _, s := range []string{"John Smith", "Dr. Ludwig van Beethoven", "Thomas Clifford, 1st Baron Clifford of Chudleigh"} {
		b.Run(strings.Fields(s)[0], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParsePerson(s)
			}
		})
	}
}

func BenchmarkSameGiven(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		SameGiven("katherine", "kate")
	}
}
