package party

import (
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

// Proves PTY-15.
func TestWhichPapersGoWithASplit(t *testing.T) {
	at := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	old, city, street := spoken(FromStaff, 1, "address", "street", "Lipová 12"), spoken(FromStaff, 2, "address", "city", "Brno"),
		spoken(FromSystem, 5, "address", "street", "Ringstraße 1")
	said := []Statement{old, city, street}
	letter := func(n int, state LetterState) Letter {
		return Letter{ID: habeas.NewID[habeas.LetterKind](at(n)), State: state}
	}
	item := func(s ...Statement) (out []Item) {
		for _, one := range s {
			out = append(out, Item{one.Party, one.ID})
		}
		return out
	}
	for name, c := range map[string]struct {
		items  []Item
		letter Letter
		goes   bool
	}{
		"to the street that leaves":             {item(street), letter(6, LetterSent), true},
		"to the one before it":                  {item(street), letter(4, LetterSent), false},
		"to the older one, which leaves":        {item(old), letter(4, LetterSent), true},
		"to a street that was replaced since":   {item(old), letter(6, LetterSent), false},
		"while only the town leaves":            {item(city), letter(6, LetterSent), false},
		"that came back":                        {item(street), letter(6, LetterReturned), true},
		"that was replaced":                     {item(street), letter(6, LetterReplaced), true},
		"whose code led somebody to the record": {item(street), letter(6, LetterUsed), false},
		"from before anybody named a street":    {item(old, street), letter(0, LetterSent), false},
		"of the same moment as the word":        {item(street), letter(5, LetterSent), true},
	} {
		got := Split{Items: c.items}.With(nil, said, nil, []Letter{c.letter}, defaults(t)).Papers
		if (len(got) == 1) != c.goes {
			t.Errorf("a letter %s: %v", name, got)
		}
	}
	one, two := Note{ID: habeas.NoteID{1}}, Note{ID: habeas.NoteID{2}, Party: habeas.PartyID{7}}
	elsewhere := Note{ID: habeas.NoteID{2}, Party: habeas.PartyID{8}}
	s := Split{To: habeas.PartyID{9}, Items: item(street)}.With([]Paper{two.PaperOf(), elsewhere.PaperOf()}, said, []Note{one, two}, nil, defaults(t))
	if !slices.Equal(s.Papers, []Paper{two.PaperOf()}) {
		t.Errorf("of the notes go %v", s.Papers)
	}
	turn, err := s.Do(Party{State: Unclaimed}, said, nil, nil, habeas.AccountID{}, at(9))
	want := PaperMove{Paper: two.PaperOf(), From: two.Party, To: s.To}
	if err != nil || !slices.Equal(turn.Papers, []PaperMove{want}) {
		t.Errorf("%v %v", err, turn.Papers)
	}
	back, err := turn.Split.Undo(Party{State: Unclaimed}, Party{State: Unclaimed}, nil, Party{}, nil, nil, at(10))
	want.From, want.To = want.To, want.From
	if err != nil || !slices.Equal(back.Papers, []PaperMove{want}) {
		t.Errorf("%v %v", err, back.Papers)
	}
}
