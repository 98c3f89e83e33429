package party

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func defaults(t interface{ Fatal(...any) }) *Schemas {
	s, err := NewSchemas(DefaultSchemas()...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// spoken makes a statement of one field, n minutes after noon.
func spoken(kind SourceKind, n int, set, field, text string) Statement {
	return Statement{
		ID: habeas.NewID[habeas.StatementKind](noon.Add(time.Duration(n) * time.Minute)), Source: Source{Kind: kind},
		Values: Values{set: {field: text}},
	}
}

// Proves PTY-2.
func TestWhichWordCounts(t *testing.T) {
	given := func(kind SourceKind, n int, text string) Statement {
		return spoken(kind, n, "identity", "given_name", text)
	}
	claimedAt := func(n int) Party {
		return Party{State: Claimed, ClaimedAt: noon.Add(time.Duration(n) * time.Minute)}
	}
	for name, c := range map[string]struct {
		party Party
		said  []Statement
		want  string
		older []string
		rival bool
	}{
		"the newest of several sources":       {Party{}, []Statement{given(FromSystem, 1, "Tim"), given(FromStaff, 2, "Timothy")}, "Timothy", []string{"Tim"}, false},
		"whoever supplied it":                 {Party{}, []Statement{given(FromStaff, 1, "Tim"), given(FromImport, 2, "Timo")}, "Timo", []string{"Tim"}, false},
		"the person's own word before newer":  {Party{}, []Statement{given(FromSelf, 1, "Tim"), given(FromStaff, 2, "Timo")}, "Tim", []string{"Timo"}, false},
		"the person's newest word":            {claimedAt(0), []Statement{given(FromSelf, 1, "Tim"), given(FromSelf, 2, "T.")}, "T.", []string{"Tim"}, false},
		"a rival after the claim":             {claimedAt(2), []Statement{given(FromSystem, 1, "Tim"), given(FromSystem, 3, "Jim")}, "Tim", []string{"Jim"}, true},
		"the same said again is no rival":     {claimedAt(2), []Statement{given(FromSystem, 1, "Tim"), given(FromSystem, 3, "Tim")}, "Tim", []string{"Tim"}, false},
		"a gap is filled after the claim":     {claimedAt(0), []Statement{given(FromSystem, 1, "Tim")}, "Tim", nil, false},
		"and stays as it was filled first":    {claimedAt(0), []Statement{given(FromSystem, 1, "Tim"), given(FromSystem, 2, "Jim")}, "Tim", []string{"Jim"}, true},
		"a value that its person withdrew":    {claimedAt(0), []Statement{given(FromSystem, -1, "Tim"), given(FromSelf, 1, "")}, "", []string{"Tim"}, false},
		"what was withdrawn nobody brings up": {claimedAt(0), []Statement{given(FromSelf, 1, ""), given(FromSystem, 2, "Tim")}, "", []string{"Tim"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			rec := Fold(c.party, c.said, Settled{}, defaults(t))
			if got := rec.Text("identity", "given_name"); got != c.want {
				t.Errorf("current %q, want %q", got, c.want)
			}
			f := rec.Sets[0].Fields[0]
			var older []string
			for _, v := range f.Older {
				older = append(older, v.Text)
			}
			if !slices.Equal(older, c.older) || f.Rival != c.rival {
				t.Errorf("older %q, rival %v; want %q, %v", older, f.Rival, c.older, c.rival)
			}
		})
	}
}

// history draws what several sources said about one party.
func history(t *rapid.T) (Party, []Statement) {
	p := Party{State: Unclaimed}
	if rapid.Bool().Draw(t, "claimed") {
		p.State, p.ClaimedAt = Claimed, noon.Add(time.Duration(rapid.IntRange(-5, 25).Draw(t, "claimed at"))*time.Minute)
	}
	fields := [][2]string{{"identity", "given_name"}, {"identity", "birth_place"}, {"contact", "email"}, {"profile", "about"}}
	n := rapid.IntRange(0, 14).Draw(t, "statements")
	said := make([]Statement, n)
	for i := range said {
		f := rapid.SampledFrom(fields).Draw(t, "field")
		kind := SourceKind(rapid.IntRange(0, 3).Draw(t, "source"))
		said[i] = spoken(kind, rapid.IntRange(0, 20).Draw(t, "minute"), f[0], f[1], rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "text"))
		said[i].Ticket = habeas.TicketID{byte(rapid.IntRange(0, 3).Draw(t, "ticket"))}
		if rapid.Bool().Draw(t, "second field") {
			said[i].Values.Put("address", "city", rapid.SampledFrom([]string{"x", "y"}).Draw(t, "city"))
		}
	}
	return p, said
}

// Proves PTY-2, PTY-4.
func TestFoldDependsOnTheHistoryAndNotOnItsOrder(t *testing.T) {
	schemas := defaults(t)
	rapid.Check(t, func(t *rapid.T) {
		p, said := history(t)
		shuffled := rapid.Permutation(said).Draw(t, "order")
		before := fmt.Sprint(shuffled)
		if a, b := Fold(p, said, Settled{}, schemas), Fold(p, shuffled, Settled{}, schemas); !reflect.DeepEqual(a, b) {
			t.Fatalf("another record from the same history:\n%+v\n%+v", a, b)
		}
		if fmt.Sprint(shuffled) != before {
			t.Fatal("folding changed the history")
		}
	})
}

// Proves PTY-2.
func TestFoldLosesNothingAndPutsThePersonsWordFirst(t *testing.T) {
	schemas := defaults(t)
	rapid.Check(t, func(t *rapid.T) {
		p, said := history(t)
		rec := Fold(p, said, Settled{}, schemas)
		stated := 0
		for _, s := range said {
			stated += s.Values.Len()
		}
		shown, tickets := 0, map[habeas.TicketID]bool{}
		for _, set := range rec.Sets {
			for _, f := range set.Fields {
				shown += 1 + len(f.Older)
				checkField(t, p, f)
			}
		}
		if shown != stated {
			t.Fatalf("%d values stated, %d on the record", stated, shown)
		}
		for _, s := range said {
			if !s.Ticket.IsZero() {
				tickets[s.Ticket] = true
			}
		}
		if len(rec.Tickets) != len(tickets) {
			t.Fatalf("%d tickets on the record, %d were attached", len(rec.Tickets), len(tickets))
		}
	})
}

// checkField holds one field against the rule.
func checkField(t *rapid.T, p Party, f Field) {
	late := func(v Value) bool { return !p.ClaimedAt.IsZero() && v.At.After(p.ClaimedAt) }
	for _, v := range f.Older {
		own, currentOwn := v.Source.Kind == FromSelf, f.Current.Source.Kind == FromSelf
		switch {
		case own && !currentOwn:
			t.Fatalf("%s: the person's word does not count", f.Schema.Name)
		case own == currentOwn && (own || !late(v) && !late(f.Current)) && v.At.After(f.Current.At):
			t.Fatalf("%s: an older word counts", f.Schema.Name)
		case !currentOwn && late(f.Current) && !late(v):
			t.Fatalf("%s: after the claim somebody else replaced a value", f.Schema.Name)
		case !own && late(v) && v.Text != f.Current.Text && !f.Rival:
			t.Fatalf("%s: a rival value is not marked", f.Schema.Name)
		}
	}
	if !slices.IsSortedFunc(f.Older, func(a, b Value) int { return b.At.Compare(a.At) }) {
		t.Fatalf("%s: older values are not newest first", f.Schema.Name)
	}
}

// Proves PTY-25.
func TestMaskForNeverShowsMoreThanAllowed(t *testing.T) {
	schemas := defaults(t)
	rapid.Check(t, func(t *rapid.T) {
		p, said := history(t)
		for i := range said { // values long enough to tell mask and value apart
			for set, fields := range said[i].Values {
				for name, text := range fields {
					said[i].Values.Put(set, name, text+"-secret-words")
				}
			}
		}
		p.Opened = rapid.SliceOfDistinct(rapid.SampledFrom([]string{"identity", "address", "contact"}), rapid.ID[string]).Draw(t, "opened")
		stale := rapid.Bool().Draw(t, "stale")
		rec := Fold(p, said, Settled{}, schemas)
		before := fmt.Sprintf("%+v", rec)
		shown := rec.MaskFor(stale)
		if fmt.Sprintf("%+v", rec) != before {
			t.Fatal("masking changed the record itself")
		}
		for i, set := range shown.Sets {
			closed := (set.Schema.StepUp || stale) && !slices.Contains(p.Opened, set.Schema.Name)
			masked := false
			for j, f := range set.Fields {
				was := rec.Sets[i].Fields[j]
				checkMasked(t, closed, f.Schema, append([]Value{f.Current}, f.Older...), append([]Value{was.Current}, was.Older...))
				if f.Masked != (closed && was.Current.Text != "" && was.Current.Source.Kind != FromSelf) {
					t.Fatalf("%s.%s: masked %v", set.Schema.Name, f.Schema.Name, f.Masked)
				}
				masked = masked || f.Masked
			}
			if set.Masked != masked {
				t.Fatalf("set %s: masked %v", set.Schema.Name, set.Masked)
			}
		}
	})
}

func checkMasked(t *rapid.T, closed bool, f FieldSchema, shown, held []Value) {
	for i, v := range shown {
		want := held[i].Text
		if closed && v.Source.Kind != FromSelf {
			want = Mask(f, want)
		}
		if v.Text != want {
			t.Fatalf("%s: shows %q of %q", f.Name, v.Text, held[i].Text)
		}
	}
}
