package party

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Note is what a member of staff wrote on a record, for whoever works with it and for its
// person, who always sees it and may answer. It lies with the party that it was written on,
// as statements do, so it follows merges and their undo. It is sealed under the party's key.
type Note struct {
	ID       habeas.NoteID
	Party    habeas.PartyID
	By       habeas.AccountID
	Texts    []NoteText // oldest first; the last one counts
	Answer   *NoteAnswer
	Struck   *NoteStrike
	Revision int64
}

// NoteText is one version of a note.
type NoteText struct {
	Text     string    `json:"t"`
	Function string    `json:"f,omitempty"` // the author's group then; empty: staff
	At       time.Time `json:"at"`
}

// NoteAnswer is what its person says to a note.
type NoteAnswer struct {
	Text     string           `json:"t,omitempty"`
	Contests bool             `json:"c,omitempty"` // says that it is wrong
	By       habeas.AccountID `json:"by"`
	At       time.Time        `json:"at"`
}

// NoteStrike says who struck a note out, and why.
type NoteStrike struct {
	Why string           `json:"w"`
	By  habeas.AccountID `json:"by"`
	At  time.Time        `json:"at"`
}

const (
	// MaxNote is how many characters a note has.
	MaxNote = 2000
	// NoteRegret is how long its author may take a note back without a trace of its words.
	NoteRegret = time.Minute
)

var (
	errNoteStruck = habeas.Conflict("This note was struck out.").WithCode("note.struck")
	errNoteAuthor = habeas.Forbidden("Only its author changes a note. You can strike it out, and say why.").WithCode("note.author")
	errNoteLate   = habeas.Conflict("The minute is over. You can strike the note out, and say why.").WithCode("note.late")
)

func noteText(field, text string, optional bool) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "" && !optional:
		return "", habeas.Invalid(field, "Please fill this in.").WithCode("form.empty")
	case !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxNote:
		return "", habeas.Invalid(field, "This is too long.").WithCode("field.invalid")
	case strings.ContainsFunc(text, func(r rune) bool { return hidden(r, true) }):
		return "", habeas.Invalid(field, "This holds characters that cannot be seen. Type it again.").WithCode("field.invalid")
	}
	return text, nil
}

// Now is the version that counts.
func (n Note) Now() NoteText { return n.Texts[len(n.Texts)-1] }

// At is when it was written.
func (n Note) At() time.Time { return n.ID.Time() }

// Write begins a note or adds a version to it.
func (n Note) Write(by habeas.AccountID, function, text string, now time.Time) (Note, error) {
	text, err := noteText("note", text, false)
	switch {
	case err != nil:
		return n, err
	case n.Struck != nil:
		return n, errNoteStruck
	case len(n.Texts) > 0 && n.By != by:
		return n, errNoteAuthor
	}
	n.By = by
	n.Texts = append(slices.Clone(n.Texts), NoteText{Text: text, Function: function, At: now})
	n.Revision++
	return n, nil
}

// CanTakeBack says whether its author may still take it back as if it had not been written.
func (n Note) CanTakeBack(by habeas.AccountID, now time.Time) error {
	switch {
	case n.By != by:
		return errNoteAuthor
	case n.Answer != nil || len(n.Texts) > 1 || now.Sub(n.At()) > NoteRegret:
		return errNoteLate
	}
	return nil
}

// Strike strikes it out. It stays to be read, with who did so and why.
func (n Note) Strike(by habeas.AccountID, why string, now time.Time) (Note, error) {
	why, err := noteText("why", why, false)
	if err != nil {
		return n, err
	}
	if n.Struck != nil {
		return n, errNoteStruck
	}
	n.Struck = &NoteStrike{Why: why, By: by, At: now}
	n.Revision++
	return n, nil
}

// Reply is what its person says; the last word counts. who controls the record.
func (n Note) Reply(p Party, who habeas.AccountID, text string, contests bool, now time.Time) (Note, error) {
	if p.State != Claimed || p.Account != who {
		return n, habeas.NotFound("There is no such note.").WithCode("note.none")
	}
	text, err := noteText("answer", text, contests)
	if err != nil {
		return n, err
	}
	n.Answer = &NoteAnswer{Text: text, Contests: contests, By: who, At: now}
	n.Revision++
	return n, nil
}

// Notes reads them.
type Notes interface {
	// NotesOn returns the notes on a party and on all that are merged into it, newest first.
	NotesOn(ctx context.Context, id habeas.PartyID) ([]Note, error)
	// Note returns one; NotFound when there is none.
	Note(ctx context.Context, id habeas.NoteID) (Note, error)
}

// NoteWriter changes them in a transaction.
type NoteWriter interface {
	Notes
	// SaveNote stores a note or its next version; Conflict when it changed meanwhile.
	SaveNote(n Note, e audit.Entry) error
	// RemoveNote removes one that its author took back.
	RemoveNote(id habeas.NoteID, e audit.Entry) error
}
