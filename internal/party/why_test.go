package party

import (
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

// Proves PTY-29.
func TestADataSetSaysWhyItIsHeldOrIsRefused(t *testing.T) {
	set := func(change func(*SetSchema)) SetSchema {
		s := SetSchema{
			Name: "invoice", Label: "Invoices", Basis: OnLaw, KeepMonths: 120, Duty: "§ 147 AO",
			Fields: []FieldSchema{{Name: "number", Type: Number}, {Name: "paid", Type: Date}},
		}
		change(&s)
		return s
	}
	for key, change := range map[string]func(*SetSchema){
		"":             func(s *SetSchema) { s.KeepFrom = "invoice.paid" },
		"basis":        func(s *SetSchema) { s.Basis = "because" },
		"keep_months":  func(s *SetSchema) { s.KeepMonths = -1 },
		"keep_months:": func(s *SetSchema) { s.Duty = "" },
		"keep_from":    func(s *SetSchema) { s.KeepFrom = "invoice.number" },
		"duty":         func(s *SetSchema) { s.Basis = OnContract },
		"duty:":        func(s *SetSchema) { s.KeepMonths = 0 },
		"purpose":      func(s *SetSchema) { s.Purpose = strings.Repeat("x", 301) },
	} {
		_, err := NewSchemas(set(change))
		if key == "" {
			if err != nil {
				t.Errorf("refused: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(key, ":")+":") || !strings.Contains(err.Error(), `"invoice"`) {
			t.Errorf("%s: %v, want an error that names the key", key, err)
		}
	}
	for _, built := range DefaultSchemas() {
		if built.Purpose == "" || built.Basis.Words() == "" {
			t.Errorf("the built-in set %s does not say why it is held", built.Name)
		}
	}
}

func TestTheTimeOfADataSetIsCountedFromItsOwnLastWord(t *testing.T) {
	invoice := SetSchema{Name: "invoice", Basis: OnLaw, KeepMonths: 12, Duty: "a law", Fields: []FieldSchema{{Name: "number", Type: Number}, {Name: "paid", Type: Date}}}
	at := func(month time.Month) time.Time { return time.Date(2026, month, 1, 0, 0, 0, 0, time.UTC) }
	said := func(month time.Month, v Values) Statement {
		return Statement{ID: habeas.NewID[habeas.StatementKind](at(month)), Values: v}
	}
	words := []Statement{said(1, Values{"invoice": {"number": "1"}}), said(3, Values{"invoice": {"paid": "2026-02-14"}}), said(9, Values{"contact": {"language": "en"}})}
	for from, want := range map[string]time.Time{"": at(3).AddDate(1, 0, 0), "invoice.paid": time.Date(2027, 2, 14, 0, 0, 0, 0, time.UTC)} {
		set := invoice
		set.KeepFrom = from
		schemas, err := NewSchemas(append(DefaultSchemas(), set)...)
		if err != nil {
			t.Fatal(err)
		}
		rec := Fold(Party{}, words, Settled{}, schemas)
		if got := set.Until(rec, words); !got.Equal(want) {
			t.Errorf("from %q: until %v, want %v", from, got, want)
		}
		if owed := OwedBy(rec, words, want.Add(-time.Hour)); len(owed) != 1 {
			t.Errorf("owed before its day: %v", owed)
		}
		if owed := OwedBy(rec, words, want); len(owed) != 0 {
			t.Errorf("owed on its day: %v", owed)
		}
		for _, r := range Remain(rec, words, OwedBy(rec, words, at(10)), habeas.NewID[habeas.RemainderKind](at(10)), at(10)) {
			if len(r.Words) != 2 || r.Words[0].Values["number"] != "1" {
				t.Errorf("left: %+v", r)
			}
		}
	}
}

func TestABreachSaysWhatItsNotificationLacks(t *testing.T) {
	noticed := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	full := BreachFacts{What: "Lost.", Sets: []string{"phone"}, People: 3, Records: 3, Consequences: "Calls.", Measures: "Locked.", Danger: DangerSome}
	for name, c := range map[string]struct {
		change func(*Breach)
		want   int
	}{
		"nothing known":             {func(b *Breach) { b.BreachFacts = BreachFacts{What: "Lost."} }, 7},
		"no risk, and no reason":    {func(b *Breach) { b.Danger = DangerNone }, 1},
		"no risk, for a reason":     {func(b *Breach) { b.Danger, b.WhyNot = DangerNone, "Encrypted." }, 0},
		"a risk, not notified":      {func(*Breach) {}, 1},
		"notified in time":          {func(b *Breach) { b.Phases = []Phase{{At: noticed.Add(71 * time.Hour)}} }, 0},
		"notified late":             {func(b *Breach) { b.Phases = []Phase{{At: noticed.Add(73 * time.Hour)}} }, 1},
		"a high risk, nobody told":  {func(b *Breach) { b.Danger, b.Phases = DangerHigh, []Phase{{At: noticed}} }, 1},
		"a high risk, people told":  {func(b *Breach) { b.Danger, b.Phases, b.Mailings = DangerHigh, []Phase{{At: noticed}}, []Mailing{{}} }, 0},
		"a high risk, not told why": {func(b *Breach) { b.Danger, b.Phases, b.WhyUntold = DangerHigh, []Phase{{At: noticed}}, "Encrypted." }, 0},
	} {
		b, err := OpenBreach(noticed, full, noticed.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		c.change(&b)
		if got := b.Missing(); len(got) != c.want {
			t.Errorf("%s: missing %q, want %d", name, got, c.want)
		}
		if _, err := b.Close(noticed); (err == nil) != (c.want == 0) {
			t.Errorf("%s: closing: %v", name, err)
		}
	}
}

func TestARequestIsExtendedOnceAndWithinItsMonth(t *testing.T) {
	came := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	q, err := Enter(Entered{Kind: AskOther, Channel: ByLetter, Came: came}, came.AddDate(0, 0, 3))
	if err != nil || !q.Due.Equal(time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)) {
		t.Fatalf("due %v, %v: want the last day of February", q.Due, err)
	}
	if _, err := q.Extend("Many papers.", q.Due.Add(time.Second)); err == nil {
		t.Error("extended after the month was over")
	}
	longer, err := q.Extend("Many papers.", q.Due.Add(-time.Hour))
	if err != nil || !longer.Due.Equal(time.Date(2026, 4, 30, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("extended to %v, %v", longer.Due, err)
	}
	if _, err := longer.Extend("Again.", longer.Due.Add(-time.Hour)); err == nil {
		t.Error("extended twice")
	}
	done, err := q.AnswerWith(AnswerGrant, "", habeas.AccountID{1}, came)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]Request{
		"an erasure that was done": {Kind: AskErase, State: RequestDone, EndedBy: habeas.AccountID{1}},
		"a “not me”":               {Kind: AskNotMe, State: RequestDone, EndedBy: habeas.AccountID{1}},
		"one that was taken back":  {Kind: AskObject, State: RequestWithdrawn},
		"one without an answer":    {Kind: AskCopy, State: RequestOpen},
	} {
		if _, err := r.Reopen(); err == nil {
			t.Errorf("%s was opened again", name)
		}
	}
	if again, err := done.Reopen(); err != nil || again.State != RequestOpen || !again.Due.Equal(q.Due) {
		t.Errorf("opened again: %+v, %v", again, err)
	}
}
