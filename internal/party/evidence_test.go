package party

import (
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// factKeys derives lookups as a ring does. The other keys are not asked for.
type factKeys struct{ secret string }

func (k factKeys) Lookup(kind, value string) (h keyring.LookupHash) {
	m := hmac.New(sha256.New, []byte(k.secret))
	m.Write([]byte(kind + "\x00" + value))
	copy(h[:], m.Sum(nil))
	return h
}
func (factKeys) Cipher(string) cipher.Block           { return nil }
func (factKeys) NewKey(habeas.SubjectID) *keyring.Key { return nil }

var evidenceKinds = []EvidenceKind{MembershipNumber, PaperCode, InPerson, RecordFacts}

// twoKinds are the built-in data sets, of which identity asks for two kinds of evidence.
func twoKinds(t interface{ Fatal(...any) }) *Schemas {
	sets := DefaultSchemas()
	sets[0].TwoKinds = true
	s, err := NewSchemas(sets...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// every visits all sets of kinds of evidence that may have been shown.
func every(visit func(shown []EvidenceKind)) {
	for i := range 1 << len(evidenceKinds) {
		var shown []EvidenceKind
		for j, k := range evidenceKinds {
			if i&(1<<j) != 0 {
				shown = append(shown, k)
			}
		}
		visit(shown)
	}
}

// Proves PTY-13, PTY-A35.
func TestWhatEvidenceOpensWhat(t *testing.T) {
	schemas := twoKinds(t)
	every(func(shown []EvidenceKind) {
		has := func(k EvidenceKind) bool { return slices.Contains(shown, k) }
		for _, stale := range []bool{false, true} {
			c := Claim{State: ClaimOpen, Stale: stale}
			for _, k := range shown {
				c = judge(c, k, true, schemas, DefaultRules)
			}
			one := has(MembershipNumber) || has(PaperCode) || has(InPerson)
			if stale {
				one = has(PaperCode) || has(InPerson) || has(MembershipNumber) && has(RecordFacts)
			}
			two := one && (len(shown) > 1 || has(InPerson))
			if got := slices.Contains(c.Opened, "phone"); got != one {
				t.Errorf("%v, stale %v: a set of one kind is open: %v", shown, stale, got)
			}
			if got := slices.Contains(c.Opened, "identity"); got != two {
				t.Errorf("%v, stale %v: a set of two kinds is open: %v", shown, stale, got)
			}
			if c.Stale != (stale && !one) || c.Tries != 0 || c.State != ClaimOpen {
				t.Errorf("%v, stale %v: left %+v", shown, stale, c)
			}
			if slices.Contains(c.Opened, "contact") {
				t.Errorf("%v opened what is not shut", shown)
			}
		}
	})
}

// Proves PTY-13.
func TestFactsOpenNothingByThemselvesAndAreAskedOnlyWhereTheyHelp(t *testing.T) {
	for _, schemas := range []*Schemas{twoKinds(t), defaults(t)} {
		for _, stale := range []bool{false, true} {
			c := judge(Claim{Stale: stale}, RecordFacts, true, schemas, DefaultRules)
			if len(c.Opened) != 0 || c.Stale != stale {
				t.Errorf("facts alone left %+v", c)
			}
			every(func(shown []EvidenceKind) {
				c := Claim{Stale: stale}
				for _, k := range shown {
					c = judge(c, k, true, schemas, DefaultRules)
				}
				then := judge(c, RecordFacts, true, schemas, DefaultRules)
				opens := len(then.Opened) > len(c.Opened)
				if asked := c.FactsHelp(schemas); asked != (opens && strong(shown) > 0 && !slices.Contains(shown, RecordFacts)) {
					t.Errorf("%v, stale %v: asked %v, opens %v", shown, stale, asked, opens)
				}
			})
		}
	}
}

// Proves PTY-A8, PTY-A29.
func TestOneWrongAnswerLocksAndTheTriesNeverComeBack(t *testing.T) {
	schemas := defaults(t)
	c := judge(Claim{State: ClaimOpen}, RecordFacts, false, schemas, DefaultRules)
	if c.State != ClaimInReview || c.Tries < DefaultRules.MaxTries || c.FactTries != 1 {
		t.Fatalf("a wrong answer left %+v", c)
	}
	claims := []Claim{c}
	for !FactsUsedUp(claims, DefaultRules) {
		next := claims[len(claims)-1]
		next.Tries, next.State = 0, ClaimOpen // staff released it
		if len(claims) > 10 {
			t.Fatal("no end of tries")
		}
		claims = append(claims, judge(Claim{State: ClaimOpen}, RecordFacts, false, schemas, DefaultRules))
	}
	if len(claims) != DefaultRules.FactTries {
		t.Errorf("%d claims could guess, want %d over all of them", len(claims), DefaultRules.FactTries)
	}
}

// Proves PTY-A28.
func TestWordsOfTheClaimantAndOfWhatTheyControlProveNothing(t *testing.T) {
	bell, nora, system, theirs := habeas.AccountID{1}, habeas.AccountID{2}, habeas.SystemID{3}, habeas.SystemID{4}
	at := func(n int, src Source, ticket byte) Statement {
		s := spoken(src.Kind, n, "membership", "number", "M-1000"+string(rune('0'+n)))
		s.Source, s.Ticket = src, habeas.TicketID{ticket}
		return s
	}
	said := []Statement{
		at(1, Source{Kind: FromSystem, System: system}, 0),
		at(2, Source{Kind: FromSelf, Account: bell}, 0),
		at(3, Source{Kind: FromSelf, Account: nora}, 0),
		at(4, Source{Kind: FromStaff, Account: bell}, 0),
		at(5, Source{Kind: FromImport, Account: bell}, 0),
		at(6, Source{Kind: FromSystem, System: theirs}, 0),
		at(7, Source{Kind: FromSystem, System: system}, 9),
		at(8, Source{Kind: FromStaff, Account: nora}, 0),
	}
	x := Exclusion{
		Account: bell, Systems: []habeas.SystemID{theirs}, Before: noon.Add(8 * time.Minute),
		Booked: func(id habeas.StatementID) bool { return id == said[6].ID },
	}
	rec := Fold(Party{}, said, Settled{}, defaults(t))
	for i, s := range said {
		number := []byte(s.Values.Get("membership", "number"))
		if got, want := rec.MatchesMembership(number, x), i == 0; got != want {
			t.Errorf("number of statement %d proves something: %v", i+1, got)
		}
		if got, want := rec.MatchesMembership(number, Exclusion{}), s.Source.Kind != FromSelf; got != want {
			t.Errorf("with nobody excluded, number of statement %d proves something: %v", i+1, got)
		}
	}
	for i := range said {
		said[i].Values = Values{"address": {"city": towns[i]}}
	}
	if got := Fold(Party{}, said, Settled{}, defaults(t)).Factual(x).Get("address", "city"); got != towns[0] {
		t.Errorf("asked about %q", got)
	}
	// What is only proposed for a claimed record is asked about no more than it counts.
	claimed := Party{State: Claimed, Account: habeas.AccountID{5}, ClaimedAt: noon.Add(3 * time.Minute)}
	if got := Fold(claimed, said, Settled{}, defaults(t)).Factual(Exclusion{}).Get("address", "city"); got != towns[0] {
		t.Errorf("asked about %q, which is a proposal", got)
	}
}

// drawn is a record with whatever facts.
func drawn(t *rapid.T) (habeas.PartyID, Values) {
	var id habeas.PartyID
	copy(id[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
	v := Values{}
	if rapid.Bool().Draw(t, "born") {
		day := time.Date(1930, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 30000).Draw(t, "days"))
		v.Put("identity", "birth_date", day.Format(time.DateOnly))
	}
	if rapid.Bool().Draw(t, "lives") {
		v.Put("identity", "birth_place", rapid.SampledFrom(towns).Draw(t, "birth place"))
		v.Put("address", "city", rapid.OneOf(rapid.SampledFrom(towns), rapid.SampledFrom([]string{"Xanten", "Qom", "", "Hinterwald", "東京"})).Draw(t, "town"))
		v.Put("address", "postcode", rapid.OneOf(rapid.StringMatching(`[0-9]{5}`), rapid.StringMatching(`[A-Z]{2}[0-9] [0-9][A-Z]{2}`)).Draw(t, "postcode"))
	}
	return id, v
}

// Proves PTY-A29.
func TestTheSameFactsAreAskedWithTheSameDecoysForEver(t *testing.T) {
	keys := factKeys{"root"}
	rapid.Check(t, func(t *rapid.T) {
		id, held := drawn(t)
		asked := Questions(id, held, keys)
		for range 3 {
			if again := Questions(id, held, keys); !slices.EqualFunc(asked, again, func(a, b Question) bool { return a.Name == b.Name && slices.Equal(a.Options, b.Options) }) {
				t.Fatalf("asked %v, then %v", asked, again)
			}
		}
		for i, q := range asked {
			f := facts[i]
			_, right := f.ask(id, held, keys)
			unlike := slices.Clone(q.Options)
			slices.Sort(unlike)
			if q.Name != f.name || len(slices.Compact(unlike)) != factOptions {
				t.Fatalf("%+v", q)
			}
			if right != "" && !slices.Contains(q.Options, right) {
				t.Fatalf("the right answer %q is not among %v", right, q.Options)
			}
			// In the order of their kind: places tell nothing.
			kind := f.kind(held.Get(f.set, f.field), func(int) int { return 0 })
			if len(kind) >= 12 && !slices.IsSortedFunc(q.Options, func(a, b string) int { return slices.Index(kind, a) - slices.Index(kind, b) }) {
				t.Fatalf("in no natural order: %v", q.Options)
			}
		}
	})
}

// Proves PTY-A29.
func TestOptionsDoNotTellWhichIsRight(t *testing.T) {
	keys := factKeys{"root"}
	// Over many records, the right answer stands in each place about as often.
	const records = 4000
	var places [factOptions]int
	for i := range records {
		id := habeas.PartyID{byte(i), byte(i >> 8)}
		month := 1 + i%12
		held := Values{"identity": {"birth_date": time.Date(1980, time.Month(month), 5, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)}}
		q, right := facts[0].ask(id, held, keys)
		places[slices.Index(q.Options, right)]++
	}
	for place, n := range places {
		if n < records/factOptions*8/10 || n > records/factOptions*12/10 {
			t.Errorf("place %d: right %d times of %d", place+1, n, records)
		}
	}
	// Another value draws all decoys anew, and so does another key.
	id := habeas.PartyID{1}
	one, _ := facts[1].ask(id, Values{"identity": {"birth_date": "1984-05-03"}}, keys)
	two, _ := facts[1].ask(id, Values{"identity": {"birth_date": "1984-05-17"}}, keys)
	other, _ := facts[1].ask(id, Values{"identity": {"birth_date": "1984-05-03"}}, factKeys{"another"})
	if slices.Equal(one.Options, two.Options) || slices.Equal(one.Options, other.Options) {
		t.Errorf("%v %v %v", one.Options, two.Options, other.Options)
	}
}

// Proves PTY-13.
func TestFactsAreRecognisedOnlyAllOfThem(t *testing.T) {
	keys := factKeys{"root"}
	rapid.Check(t, func(t *rapid.T) {
		id, held := drawn(t)
		answers, known, seen := map[string]string{}, 0, rapid.SampledFrom([]string{"", "identity", "address"}).Draw(t, "seen")
		for _, f := range facts {
			_, right := f.ask(id, held, keys)
			answers[f.name] = right
			switch {
			case right == "":
				answers[f.name] = None
			case f.set != seen:
				known++
			}
		}
		if !Recognised(id, held, keys, answers) {
			t.Fatal("all answers are right, and not recognised")
		}
		if got := Telling(held, func(set string) bool { return set != seen }); got != (known >= leastFacts) {
			t.Fatalf("%d hidden facts are telling: %v", known, got)
		}
		at := rapid.SampledFrom(facts).Draw(t, "wrong")
		for _, wrong := range []string{"", "99999", None} {
			if wrong != answers[at.name] {
				was := answers[at.name]
				answers[at.name] = wrong
				if Recognised(id, held, keys, answers) {
					t.Fatalf("%s: %q counts as right", at.name, wrong)
				}
				answers[at.name] = was
			}
		}
	})
	if Recognised(habeas.PartyID{}, nil, keys, nil) {
		t.Error("nothing recognises nothing")
	}
}

func TestTownsAreListedOnceAndHaveTheirLike(t *testing.T) {
	seen := map[string]bool{}
	for _, town := range towns {
		if seen[Normalise(town)] {
			t.Errorf("%s stands twice", town)
		}
		seen[Normalise(town)] = true
		if got := townsLike(town, func(int) int { return 0 }); len(got) < factOptions || !slices.Contains(got, town) {
			t.Errorf("%s has %d like it", town, len(got))
		}
	}
	for value, want := range map[string]string{"koln": "Köln", "KÖLN": "Köln", " cadiz ": "Cádiz", "Xanten": "", "": ""} {
		if got := townOf(value); got != want {
			t.Errorf("%q is %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]string{"53113": "13", "E-28 01 4": "14", "SW1A 1AA": "", "7": "", "": ""} {
		if got := postcodeEnd(value); got != want {
			t.Errorf("%q ends with %q, want %q", value, got, want)
		}
	}
}
