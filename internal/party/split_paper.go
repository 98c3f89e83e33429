package party

import (
	"slices"

	"github.com/habeas-data/habeas"
)

// PaperKind is what lies with a record beside what was said of it.
type PaperKind string

// The kinds of paper that a split may take along.
const (
	PaperNote   PaperKind = "note"   // staff say which notes speak of the second person
	PaperLetter PaperKind = "letter" // a letter goes with the postal address that it was sent to
)

// Paper is a note or a letter that leaves with a split, and where it lay before. It moves,
// unlike words: what staff wrote about one person is not to lie with another.
type Paper struct {
	Kind  PaperKind
	ID    habeas.SubjectID
	Party habeas.PartyID
}

// PaperOf is a note as a split takes it along.
func (n Note) PaperOf() Paper { return Paper{PaperNote, habeas.SubjectID(n.ID), n.Party} }

// PaperMove is a paper that lies elsewhere from now on; it stays where it is when it does not lie
// at From any more.
type PaperMove struct {
	Paper
	From, To habeas.PartyID
}

// With returns the split with the notes that were chosen, as far as they lie with the
// record still, and with the letters that go with its words. Of those who wait for a
// person's consent a note may have been taken back meanwhile.
func (s Split) With(chosen []Paper, said []Statement, notes []Note, letters []Letter, schemas *Schemas) Split {
	s.Papers = nil
	for _, n := range notes {
		if slices.Contains(chosen, n.PaperOf()) {
			s.Papers = append(s.Papers, n.PaperOf())
		}
	}
	for _, l := range letters {
		if s.takes(l, said, schemas) {
			s.Papers = append(s.Papers, Paper{PaperLetter, habeas.SubjectID(l.ID), l.Party})
		}
	}
	return s
}

// takes reports whether a letter was sent to a street that somebody named in words that
// leave. One whose code was used stays: it says how somebody came to the first record.
func (s Split) takes(l Letter, said []Statement, schemas *Schemas) bool {
	if l.State == LetterUsed {
		return false
	}
	before := slices.DeleteFunc(slices.Clone(said), func(one Statement) bool { return one.At().After(l.At()) })
	nobodys := Party{ID: s.From, Kind: Person} // letters go to those whom nobody has claimed
	nobodys.free()
	street, _ := Fold(nobodys, before, Settled{}, schemas).Field("address", "street")
	return slices.ContainsFunc(s.Items, func(i Item) bool { return i.Statement == street.Current.Statement && street.Current.Text != "" })
}

// move is where the papers lie after the split, or after it was undone.
func (s Split) move(back bool) (out []PaperMove) {
	for _, p := range s.Papers {
		m := PaperMove{Paper: p, From: p.Party, To: s.To}
		if back {
			m.From, m.To = m.To, m.From
		}
		out = append(out, m)
	}
	return out
}
