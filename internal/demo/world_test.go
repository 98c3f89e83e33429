package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

var testNow = time.Date(2026, 1, 15, 10, 0, 0, 0, time.UTC)

// full is the world of "habeas demo".
var full = sync.OnceValue(func() *World { return New(1, 2000, 200, testNow) })

func digest(t *testing.T, w *World) string {
	t.Helper()
	b, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// The digest changes with every change of the tables or the generator: put in
// the new one when the change is meant.
func TestSameSeedSameWorldOnEveryMachine(t *testing.T) {
	const want = "2ef8eba91a9f914e7979b8a2c67906f202657e193d74f6135c24027bd553f4d6"
	if got := digest(t, full()); got != want {
		t.Errorf("world of seed 1 has digest %s, want %s", got, want)
	}
	once, again := digest(t, New(7, 300, 30, testNow)), digest(t, New(7, 300, 30, testNow))
	if once != again {
		t.Error("two worlds of the same seed differ")
	}
	if digest(t, New(7, 300, 30, testNow)) == digest(t, New(8, 300, 30, testNow)) {
		t.Error("worlds of different seeds are equal")
	}
}

func TestWorldsOfAnySize(t *testing.T) {
	for _, size := range []struct{ people, organisations, want int }{
		{-1, -1, castSize}, {0, 0, castSize}, {castSize, 1, castSize}, {castSize + 1, 0, castSize + 1}, {50, 3, 50}, {777, 900, 777},
	} {
		w := New(3, size.people, size.organisations, testNow)
		if len(w.People) != size.want || len(w.Organisations) != max(size.organisations, 0) {
			t.Errorf("asked for %d and %d, got %d people and %d organisations",
				size.people, size.organisations, len(w.People), len(w.Organisations))
		}
	}
}

func TestTicketsSpreadOverEighteenMonths(t *testing.T) {
	w := full()
	ids, months, kinds, cancelled := map[string]int{}, map[string]int{}, map[string]int{}, 0
	for i, a := range w.Assertions {
		if i > 0 && a.At.Before(w.Assertions[i-1].At) {
			t.Fatal("assertions are out of order")
		}
		if a.At.After(w.Now) || a.At.Before(w.Now.AddDate(0, 0, -ticketDays-1)) {
			t.Fatalf("assertion at %v", a.At)
		}
		if (a.Person == Nobody) == (a.Organisation == Nobody) {
			t.Fatal("an assertion is about one person or one organisation")
		}
		key := a.System + a.Ticket.ID
		if a.Ticket.Version == 1 && ids[key] == 2 || a.Ticket.Version > ids[key]+1 {
			t.Fatalf("%s: version %d after %d", key, a.Ticket.Version, ids[key])
		}
		if ids[key] == 0 {
			months[a.At.Format("2006-01")]++
			kinds[a.Ticket.Kind]++
		}
		if a.Ticket.Cancelled && ids[key] != 2 {
			cancelled++
		}
		ids[key] = a.Ticket.Version
		for set, values := range a.Fields {
			if len(values) == 0 {
				t.Fatalf("empty data set %s", set)
			}
		}
	}
	if n := len(ids); n < 4900 || n > 5300 {
		t.Errorf("%d tickets, want about 5,000", n)
	}
	if len(months) < 18 {
		t.Errorf("tickets in %d months only", len(months))
	}
	if cancelled < 200 || cancelled > 500 {
		t.Errorf("%d tickets cancelled", cancelled)
	}
	for kind, least := range map[string]int{KindBooking: 2500, KindMembership: 300, KindCourse: 500, KindTeaching: 35, KindListing: 250} {
		if kinds[kind] < least {
			t.Errorf("%d tickets of kind %s, want %d at least", kinds[kind], kind, least)
		}
	}
}

func TestNearlyEverybodyIsKnownToSomeSystem(t *testing.T) {
	w := full()
	known := map[int]bool{}
	for _, a := range w.Assertions {
		known[a.Person] = true
	}
	missing := 0
	for _, p := range w.People[castSize:] {
		if known[p.Index] {
			continue
		}
		missing++
		if p.age > 1 {
			t.Errorf("person %d, aged %d, is on no ticket", p.Index, p.age)
		}
	}
	if missing > len(w.People)/50 {
		t.Errorf("%d people are on no ticket", missing)
	}
}

func TestDatesAreValid(t *testing.T) {
	w := full()
	check := func(what, date string, latest time.Time) {
		d, err := time.Parse(time.DateOnly, date)
		if err != nil || d.After(latest) || d.Year() < 1900 {
			t.Errorf("%s: %q is no date between 1900 and %v", what, date, latest)
		}
	}
	for _, p := range w.People {
		check("birth", p.Birth, w.Now)
	}
	for _, a := range w.Assertions {
		if b := a.Fields[SetIdentity]["birth_date"]; b != "" {
			check("birth_date", b, a.At)
		}
		if since := a.Fields[SetMembership]["since"]; since != "" {
			check("since", since, a.At)
			if since < w.People[a.Person].Birth {
				t.Errorf("person %d joined before birth", a.Person)
			}
		}
	}
}

func TestHouseholdsHoldTogether(t *testing.T) {
	w := full()
	children, couples, shared, moved, twins := 0, 0, 0, 0, 0
	for i, p := range w.People {
		if p.Index != i {
			t.Fatalf("person %d has index %d", i, p.Index)
		}
		if p.Partner != Nobody {
			q := w.People[p.Partner]
			if q.Partner != i || q.Household != p.Household || q.Address != p.Address {
				t.Errorf("persons %d and %d are no couple", i, p.Partner)
			}
			couples++
			if p.Email != "" && p.Email == q.Email {
				shared++
			}
		}
		for _, j := range p.Parents {
			parent := w.People[j]
			if parent.Address != p.Address || parent.Birth >= p.Birth {
				t.Errorf("person %d is no parent of %d", j, i)
			}
		}
		if len(p.Parents) > 0 {
			children++
			if before := w.People[i-1]; before.Birth == p.Birth && len(before.Parents) > 0 {
				twins++
			}
		}
		if !p.Moved.IsZero() {
			moved++
		}
	}
	if children < 200 || children > 700 || couples < 600 || shared < 40 || moved < 200 || twins == 0 {
		t.Errorf("%d children, %d twins, %d in couples, of whom %d share a mailbox, %d moved", children, twins, couples, shared, moved)
	}
}

func TestEveryCountryAndScriptOccurs(t *testing.T) {
	countries, languages, native := map[string]int{}, map[string]int{}, 0
	for _, p := range full().People {
		countries[p.Address.Country]++
		languages[p.Language]++
		if p.NativeGiven != "" {
			native++
		}
		for _, s := range []string{p.Given, p.Family, p.NativeGiven, p.NativeFamily} {
			if !utf8.ValidString(s) || s != strings.TrimSpace(s) {
				t.Errorf("name of person %d is not clean", p.Index)
			}
		}
		if p.Given == "" || p.Family == "" {
			t.Errorf("person %d has no name", p.Index)
		}
	}
	if len(countries) != 20 || len(languages) < 12 || native < 50 {
		t.Errorf("%d countries, %d languages, %d names in a native script", len(countries), len(languages), native)
	}
}

func TestOrganisationsHaveOneNameAndSomeSpellings(t *testing.T) {
	taken, hosts, several := map[string]bool{}, map[string]bool{}, 0
	for i, o := range full().Organisations {
		if o.Index != i || taken[o.Name] || hosts[o.Email] || o.Spellings[0] != o.Name || o.LegalForm == "" {
			t.Errorf("organisation %d is wrong", i)
		}
		taken[o.Name], hosts[o.Email] = true, true
		if len(o.Spellings) > 1 {
			several++
		}
	}
	if several < 80 || several > 180 {
		t.Errorf("%d of 200 organisations have several spellings", several)
	}
}

func TestTutorsTeachWithPublicProfiles(t *testing.T) {
	w := full()
	for _, a := range w.Assertions {
		p := a.Fields[SetProfile]
		if (a.Ticket.Kind == KindTeaching) != (p["headline"] != "" && p["subjects"] != "") {
			t.Errorf("ticket %s: only teaching brings a profile, and always does", a.Ticket.ID)
		}
	}
	tutors := 0
	for _, p := range w.People {
		if p.Profile != nil {
			tutors++
		}
	}
	if tutors < 30 {
		t.Errorf("%d tutors", tutors)
	}
}

func TestFamousNamesAreDrawnAgain(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		for _, p := range New(seed, 2000, 0, testNow).People {
			if famous[p.Name()] {
				t.Errorf("seed %d: person %d bears a well-known name", seed, p.Index)
			}
		}
	}
}

func TestAssertionsShareNoMaps(t *testing.T) {
	w := New(5, 200, 20, testNow)
	for _, a := range w.Assertions {
		for _, values := range a.Fields {
			if _, marked := values["mark"]; marked {
				t.Fatal("two assertions share a data set")
			}
			values["mark"] = "x"
		}
	}
	if slices.ContainsFunc(w.People, func(p Person) bool { return p.Fields()[SetIdentity]["mark"] != "" }) {
		t.Error("an assertion shares a data set with the truth")
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(1, 2000, 200, testNow)
	}
}
