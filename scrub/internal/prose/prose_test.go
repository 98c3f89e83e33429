package prose_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/habeas-data/habeas/scrub/internal/prose"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// mark writes what is found in a text between signs, as testdata/marked.txt does.
func mark(text string, spans []span.Span) string {
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.Start < at {
			continue
		}
		b.WriteString(text[at:s.Start] + "⟨" + s.Kind.String()[:1] + " " + text[s.Start:s.End] + "⟩")
		at = s.End
	}
	return b.String() + text[at:]
}

// unmark takes the signs out again.
func unmark(marked string) string {
	return strings.NewReplacer("⟨P ", "", "⟨A ", "", "⟩", "").Replace(marked)
}

func TestNamesAndAddressesInManyForms(t *testing.T) {
	f := prose.New()
	for _, want := range []string{
		"My name is ⟨P Jude Emlin⟩.",
		"my name is ⟨P patricia desrosiers⟩",
		"Dear Mr. ⟨P Thornbury⟩,",
		"Dr. ⟨P Anne-Marie O'Neill⟩ said so.",
		"⟨P J. R. Hartley⟩ wrote it.",
		"⟨P Ludwig van Beethoven⟩ was deaf.",
		"⟨P Jude⟩'s card",
		"⟨P JUDE EMLIN⟩",
		"Hello ⟨P Siobhán⟩!",
		"Sehr geehrte Frau ⟨P Schönfeld⟩,",
		"Je m'appelle ⟨P Mathilde Garnier⟩.",
		"Me llamo ⟨P Rocío Navarrete⟩.",
		"Mi chiamo ⟨P Ginevra Lombardi⟩.",
		"Nazywam się ⟨P Katarzyna Zielińska⟩.",
		"Меня зовут ⟨P Екатерина Соколова⟩.",
		"Με λένε ⟨P Ελένη Παπαδοπούλου⟩.",
		"我叫⟨P 王小明⟩。",
		"⟨P 山田太郎⟩様",
		"고객 ⟨P 이영희⟩ 님",
		`{"first_name":"⟨P Thandiwe⟩","last_name":"⟨P Mokoena⟩"}`,
		"login user=⟨P lena.hofstetter⟩ ip=10.1.2.3",
		"<name>⟨P Camille Rousseau⟩</name>",
		"“⟨P Jude Emlin⟩” was here",
		"she said—⟨P Olga⟩ heard it—nothing",
		`Hello\n⟨P Jude⟩, thanks`,
		"「⟨P 山田太郎⟩」様",
		"⟦PERSON:k3f9⟧ met ⟨P Piotr Wiśniewski⟩",
		"She lives at ⟨A 48 Larkspur Avenue⟩.",
		"⟨A 1200 Harbor Blvd, Suite 310, Oakland, CA 94607⟩",
		"⟨A 7 Mill Lane, Cambridge CB2 1RW⟩",
		"⟨A P.O. Box 4471, Duluth, MN 55801⟩",
		"⟨A PSC 1437, Box 3833\nAPO AA 66791⟩",
		"⟨A Lindenstraße 14, 50674 Köln⟩",
		"⟨A Goethestr. 27⟩ is closed",
		"⟨A 23 rue des Lilas, 69003 Lyon⟩",
		"⟨A Calle de Alcalá 112, 28009 Madrid⟩",
		"⟨A Via Garibaldi 41, 16124 Genova⟩",
		"⟨A Rua das Flores 230, Porto⟩",
		"⟨A Keizersgracht 324, 1016 EZ Amsterdam⟩",
		"⟨A ul. Długa 17, 31-147 Kraków⟩",
		"⟨A Storgatan 22, 852 30 Sundsvall⟩",
		"⟨A Mannerheimintie 5, 00100 Helsinki⟩",
		"⟨A 6750 Koskikatu 25 Apt. 864\nArtilleros\n, CO\n Uruguay 64677⟩",
		"sent to ⟨A 12 elm street⟩",
		"⟨A 155 W 42nd St, New York⟩",
		"She moved to ⟨A 46 Albert Street, SE49 5RN London⟩ last spring",
		`street="⟨A Unter den Linden 49⟩"`,
	} {
		text := unmark(want)
		if got := mark(text, whole(f, []byte(text))); got != want {
			t.Errorf("found %s\nin    %s", got, want)
		}
	}
}

func TestNothingIsFoundWhereNobodyIs(t *testing.T) {
	f := prose.New()
	var wrong []string
	lines := readLines(t, "clean.txt")
	for _, line := range lines {
		for _, s := range whole(f, []byte(line)) {
			wrong = append(wrong, s.Kind.String()+" "+line[s.Start:s.End]+" in "+line)
		}
	}
	// Names are told by what is likely; addresses by what is there.
	if most := len(lines) / 40; len(wrong) > most {
		t.Errorf("%d things found in %d lines, at most %d are expected:\n%s", len(wrong), len(lines), most, strings.Join(wrong, "\n"))
	}
	if i := slices.IndexFunc(wrong, func(s string) bool { return strings.HasPrefix(s, "ADDRESS") }); i >= 0 {
		t.Errorf("an address where none is: %s", wrong[i])
	}
}

// Proves SCR-5.
func TestNumbersOfInvoicesAndCodesAreNoNames(t *testing.T) {
	f := prose.New()
	for _, text := range []string{
		"Rechnung R1183220663\n", "Rechnung R6654315124", "Factura INV-00421",
		`"integrity": "sha512-aWFHNHFIbzFuc3BxYWR0N1EwbU5FQVJuNWhWdnJQUWhmWUFqY2djWXpTS2Vra21Mcw=="`,
		`"payload":"bndDYWxsZSBkZWwgT2xpdm8gNDEgM8K6IEJqbnF5"`, `BfiU"UBW`, "FwtR'",
	} {
		if spans := whole(f, []byte(text)); len(spans) > 0 {
			t.Errorf("found %s", show([]byte(text), spans))
		}
	}
	for _, text := range []string{"Hi Jude", "q=Jude%20Emlin", `"name":"Jude Wei\u00df-Lorenz"`} {
		if spans := whole(f, []byte(text)); len(spans) == 0 {
			t.Errorf("nothing is found in %s", text)
		}
	}
}

// Proves SCR-5.
func TestQualityStaysAboveTheFloor(t *testing.T) {
	f := prose.New()
	var there, met, found, right [2]int
	for _, line := range append(readLines(t, "marked.txt"), readLines(t, "clean.txt")...) {
		text := unmark(line)
		wanted := marks(line)
		got := whole(f, []byte(text))
		for k, kind := range []span.Kind{span.Person, span.Address} {
			is := func(s span.Span) bool { return s.Kind == kind }
			want, have := filter(wanted, is), filter(got, is)
			there[k] += len(want)
			found[k] += len(have)
			met[k] += overlapping(want, have)
			right[k] += overlapping(have, want)
		}
	}
	for k, floor := range []struct {
		name              string
		recall, precision float64
	}{{"person", .92, .92}, {"address", .92, .97}} {
		recall, precision := float64(met[k])/float64(there[k]), float64(right[k])/float64(found[k])
		t.Logf("%s: recall %.3f of %d, precision %.3f of %d", floor.name, recall, there[k], precision, found[k])
		if recall < floor.recall || precision < floor.precision {
			t.Errorf("%s: recall %.3f and precision %.3f, at least %.2f and %.2f are expected",
				floor.name, recall, precision, floor.recall, floor.precision)
		}
	}
}

// marks reads the places marked in a line.
func marks(line string) []span.Span {
	var all []span.Span
	at := 0
	for {
		before, rest, ok := strings.Cut(line, "⟨")
		if !ok {
			return all
		}
		marked, after, _ := strings.Cut(rest, "⟩")
		kind := span.Person
		if marked[0] == 'A' {
			kind = span.Address
		}
		at += len(before)
		all = append(all, span.Span{Start: at, End: at + len(marked) - 2, Kind: kind})
		at += len(marked) - 2
		line = after
	}
}

func filter(all []span.Span, keep func(span.Span) bool) []span.Span {
	return slices.DeleteFunc(slices.Clone(all), func(s span.Span) bool { return !keep(s) })
}

// overlapping counts the spans that overlap one of the others.
func overlapping(spans, others []span.Span) int {
	return len(filter(spans, func(s span.Span) bool {
		return slices.ContainsFunc(others, func(o span.Span) bool { return s.Start < o.End && o.Start < s.End })
	}))
}

func TestOneNameIsTheSameHoweverItIsWritten(t *testing.T) {
	f := prose.New()
	same := func(text string) uint64 {
		t.Helper()
		spans := whole(f, []byte(text))
		if len(spans) != 1 || spans[0].Same == 0 {
			t.Fatalf("%q: one span with an identity was expected, got %v", text, spans)
		}
		return spans[0].Same
	}
	if same("My name is Jude Emlin.") != same("Dear JUDE EMLIN,") {
		t.Error("capitals make another person")
	}
	if same("My name is Rene Muller.") != same("My name is René Müller.") {
		t.Error("accents make another person")
	}
	if same("My name is Jude Emlin.") == same("My name is Jude Emmett.") {
		t.Error("two people are one")
	}
	if same("I live at 48 Larkspur Avenue.") != same("Address: 48 LARKSPUR AVENUE") {
		t.Error("capitals make another address")
	}
}

func TestOnlyTheKindsAskedForAreFound(t *testing.T) {
	text := []byte("My name is Jude Emlin and I live at 48 Larkspur Avenue.")
	for _, kind := range []span.Kind{span.Person, span.Address} {
		spans := whole(prose.New(kind), text)
		if len(spans) != 1 || spans[0].Kind != kind {
			t.Errorf("asked for %s: %s", kind, show(text, spans))
		}
	}
}

func TestAFinderServesManyAtOnce(t *testing.T) {
	f := prose.New()
	text := []byte(strings.Join(readLines(t, "marked.txt"), "\n"))
	want := whole(f, text)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if got := whole(f, text); !slices.Equal(got, want) {
				t.Error("the result differs when others are served")
			}
		})
	}
	wait.Wait()
}

func TestWhatIsSealedAlreadyIsLeftAlone(t *testing.T) {
	text := []byte("My name is ⟦PERSON:k3f9x7⟧ and Dear ⟦PERSON:Jude Emlin⟧, at ⟦ADDRESS:12 Elm Street⟧")
	if spans := whole(prose.New(), text); len(spans) > 0 {
		t.Errorf("found %s", show(text, spans))
	}
}
