package party

import (
	"reflect"
	"testing"

	"github.com/habeas-data/habeas"
)

// recordSaying is an unclaimed record with values, as Fold makes it.
func recordSaying(t *testing.T, n byte, v Values, change ...func(*Party)) Record {
	t.Helper()
	schemas, err := NewSchemas(DefaultSchemas()...)
	if err != nil {
		t.Fatal(err)
	}
	p := Party{ID: habeas.PartyID{15: n}, Kind: Person, State: Unclaimed, Version: 1}
	for _, c := range change {
		c(&p)
	}
	return Fold(p, []Statement{{ID: habeas.NewID[habeas.StatementKind](noon), Party: p.ID, Source: Source{Kind: FromSystem}, Values: v}}, Settled{}, schemas)
}

// Proves PTY-16.
func TestWhatSpeaksAgainstAMergeWithoutALook(t *testing.T) {
	ana := func() Values {
		return Values{"identity": {"given_name": "Ana", "family_name": "Ferrer"}, "phone": {"number": "+34 600 111 222"}}
	}
	free := recordSaying(t, 1, ana())
	for name, c := range map[string]struct {
		other    Record
		standing Standing
		apart    bool
		want     Clash
	}{
		"nothing":                    {recordSaying(t, 2, ana()), Standing{}, false, ClashNone},
		"absence":                    {recordSaying(t, 2, Values{"identity": {"family_name": "Ferrer"}, "address": {"city": "Cádiz"}}), Standing{}, false, ClashNone},
		"format":                     {recordSaying(t, 2, Values{"identity": {"given_name": "ANA"}, "phone": {"number": "0034-600-111222"}}), Standing{}, false, ClashNone},
		"itself":                     {recordSaying(t, 1, ana()), Standing{}, false, ClashOne},
		"another value":              {recordSaying(t, 2, Values{"identity": {"given_name": "Eva"}}), Standing{}, false, ClashField},
		"another number":             {recordSaying(t, 2, Values{"phone": {"number": "600 111 222"}}), Standing{}, false, ClashField},
		"its person":                 {recordSaying(t, 2, ana(), func(p *Party) { p.State = Claimed }), Standing{}, false, ClashClaimed},
		"a dispute":                  {recordSaying(t, 2, ana(), func(p *Party) { p.State = Frozen }), Standing{}, false, ClashUse},
		"a restraint":                {recordSaying(t, 2, ana(), func(p *Party) { p.Restraint = Objected }), Standing{}, false, ClashUse},
		"another kind":               {recordSaying(t, 2, ana(), func(p *Party) { p.Kind = Organisation }), Standing{}, false, ClashUse},
		"a decision that waits":      {recordSaying(t, 2, ana(), func(p *Party) { p.Review = ReviewShared }), Standing{}, false, ClashWaits},
		"an address that said no":    {recordSaying(t, 2, ana(), func(p *Party) { p.Blocked = true }), Standing{}, false, ClashWaits},
		"a hold":                     {recordSaying(t, 2, ana()), Standing{Held: true}, false, ClashHeld},
		"a dispute that was":         {recordSaying(t, 2, ana()), Standing{Disputed: true}, false, ClashDispute},
		"a request":                  {recordSaying(t, 2, ana()), Standing{Asked: true}, false, ClashAsked},
		"that staff told them apart": {recordSaying(t, 2, ana()), Standing{}, true, ClashApart},
	} {
		if got := free.Clash(c.other, Standing{}, c.standing, c.apart); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if got := c.other.Clash(free, c.standing, Standing{}, c.apart); got != c.want {
			t.Errorf("%s, the other way round: %q, want %q", name, got, c.want)
		}
	}
	fills := free.Fills(recordSaying(t, 2, Values{"identity": {"family_name": "Ferrer"}, "address": {"city": "Cádiz"}}))
	if want := []string{"address.city", "identity.given_name", "phone.number"}; !reflect.DeepEqual(fills, want) {
		t.Errorf("a merge would bring together %v", fills)
	}
}

func TestABatchGoesItsWay(t *testing.T) {
	nora := habeas.AccountID{1}
	in := func(s BulkState, change ...func(*Bulk)) Bulk {
		b := Bulk{State: s, Free: 3}
		for _, c := range change {
			c(&b)
		}
		return b
	}
	left := func(b *Bulk) { b.Left = 1 }
	for name, c := range map[string]struct {
		got  error
		want bool
	}{
		"merged when staff have looked": {second(in(BulkReady).Merge(nora)), true},
		"not while it is looked for":    {second(in(BulkLooking).Merge(nora)), false},
		"not twice":                     {second(in(BulkMerged).Merge(nora)), false},
		"not without a pair":            {second(Bulk{State: BulkReady}.Merge(nora)), false},
		"undone when it is merged":      {second(in(BulkMerged).Undo(nora)), true},
		"not before":                    {second(in(BulkMerging).Undo(nora)), false},
		"once more when some are left":  {second(in(BulkUndone, left).Undo(nora)), true},
		"not when none are":             {second(in(BulkUndone).Undo(nora)), false},
		"dropped before it is merged":   {second(in(BulkReady).Drop(noon)), true},
		"not afterwards":                {second(in(BulkMerged).Drop(noon)), false},
	} {
		if (c.got == nil) != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
	if b, _ := in(BulkUndone, left).Undo(nora); b.Left != 0 || b.UndoBy != nora || !b.State.Works() {
		t.Errorf("%+v", b)
	}
}

func second[T any](_ T, err error) error { return err }
