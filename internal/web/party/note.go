package party

import (
	"context"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Notes are what staff write on records, for their people to see and answer.
type Notes interface {
	// For staff. NotesOn is asked for after the record was opened.

	NotesOn(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Note, error)
	Note(ctx context.Context, a habeas.Actor, id habeas.PartyID, text string) (party.Note, error)
	EditNote(ctx context.Context, a habeas.Actor, id habeas.NoteID, text string) error
	StrikeNote(ctx context.Context, a habeas.Actor, id habeas.NoteID, why string) error
	// TakeNoteBack removes the actor's own note within a minute.
	TakeNoteBack(ctx context.Context, a habeas.Actor, id habeas.NoteID) error

	// For the record's person.

	MyNotes(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Note, error)
	AnswerNote(ctx context.Context, a habeas.Actor, id habeas.PartyID, note habeas.NoteID, text string, contests bool) error
}

func (s *Pages) mountNotes(m *edge.Mux) {
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/notes", onParty(s.addNote))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/notes/{note}/edit", onNote(s.editNote))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/notes/{note}/strike", onNote(s.strikeNote))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/notes/{note}/back", onNote(s.takeNoteBack))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/notes/{note}", onNote(s.answerNote))
}

// onNote hands a page the record and the note that its path names.
func onNote(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, note habeas.NoteID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return onParty(func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
		note, err := habeas.ParseID[habeas.NoteKind](r.PathValue("note"))
		if err != nil {
			return habeas.NotFound("There is no such note.").WithCode("note.none")
		}
		return h(w, r, v, id, note)
	})
}

// NotesPart is "notes": what staff wrote on a record, as staff or as its person sees it.
type NotesPart struct {
	Title string
	Lead  string
	Notes []NoteView
	Add   *ui.Form // for staff
}

// NoteView is one note.
type NoteView struct {
	ID     string
	Text   string
	Who    string // author, function and date
	Older  []NoteOlder
	Answer string
	Said   string // who answered, and when
	Struck string // who struck it out, when and why; empty: nobody
	Reply  *ui.Form
	Edit   *ui.Form
	Strike *ui.Form
}

// NoteOlder is what a note said before.
type NoteOlder struct{ Text, When string }

func (s *Pages) noteView(say *voices, n party.Note) NoteView {
	p := say.v.P
	now := n.Now()
	name := func(id habeas.AccountID) string { return say.name(party.Source{Kind: party.FromStaff, Account: id}) }
	function := now.Function
	if function == "" {
		function = p.T("staff")
	}
	out := NoteView{
		ID: n.ID.String(), Text: now.Text,
		Who: p.T("{who}, {function}, {when}", "who", name(n.By), "function", function, "when", p.DateTime(now.At, s.Zone())),
	}
	for _, t := range n.Texts[:len(n.Texts)-1] {
		out.Older = append(out.Older, NoteOlder{t.Text, p.DateTime(t.At, s.Zone())})
	}
	if a := n.Answer; a != nil {
		out.Answer, out.Said = a.Text, p.T("Answer of its person, {when}", "when", p.DateTime(a.At, s.Zone()))
		if a.Contests {
			out.Said = p.T("Contested by its person, {when}", "when", p.DateTime(a.At, s.Zone()))
		}
	}
	if k := n.Struck; k != nil {
		out.Struck = p.T("Struck out by {who}, {when}: {why}", "who", name(k.By), "when", p.DateTime(k.At, s.Zone()), "why", k.Why)
	}
	return out
}

// staffNotes are those on a record with the forms of staff.
func (s *Pages) staffNotes(ctx context.Context, v ui.Visit, id habeas.PartyID) (NotesPart, error) {
	notes, err := s.Notes.NotesOn(ctx, v.Actor, id)
	if err != nil {
		return NotesPart{}, err
	}
	p, at := v.P, "/staff/people/"+id.String()+"/notes"
	part := NotesPart{Title: p.T("Notes"), Add: &ui.Form{
		Action: at, Submit: p.T("Write the note"), Next: p.T("For a minute you can take it back. Afterwards it can be changed or struck out, and what it said stays to be read."),
		Controls: []ui.Control{{
			Kind: ui.ControlTextarea, Name: "note", Label: p.T("New note"), MaxLength: party.MaxNote,
			Hint: p.T("Its person sees every note, with your name, and can answer it. Write only what you would say to them."),
		}},
	}}
	say := s.voices(ctx, v)
	for _, n := range notes {
		one := s.noteView(say, n)
		if n.Struck == nil {
			one.Strike = noteForm(at+"/"+one.ID+"/strike", p.T("Strike it out"), "why", p.T("Why it is struck out"), "")
			if n.By == v.Account {
				one.Edit = noteForm(at+"/"+one.ID+"/edit", p.T("Change it"), "note", p.T("What it should say"), one.Text)
			}
		}
		part.Notes = append(part.Notes, one)
	}
	return part, nil
}

func noteForm(action, submit, name, label, value string) *ui.Form {
	return &ui.Form{Action: action, Submit: submit, Controls: []ui.Control{{Kind: ui.ControlTextarea, Name: name, Label: label, Value: value, MaxLength: party.MaxNote}}}
}

// myNotes are those on one's own record, each with a way to answer.
func (s *Pages) myNotes(ctx context.Context, v ui.Visit, id habeas.PartyID) (NotesPart, error) {
	notes, err := s.Notes.MyNotes(ctx, v.Actor, id)
	if err != nil {
		return NotesPart{}, err
	}
	p := v.P
	part := NotesPart{Title: p.T("Notes of staff"), Lead: p.T("You see every note on your record. Answer where something is missing, or contest what is wrong.")}
	say := s.voices(ctx, v)
	for _, n := range notes {
		one := s.noteView(say, n)
		one.Reply = &ui.Form{
			Action: "/me/records/" + id.String() + "/notes/" + one.ID, Submit: p.T("Send the answer"),
			Controls: []ui.Control{
				{Kind: ui.ControlTextarea, Name: "answer", Label: p.T("Your answer"), Value: one.Answer, MaxLength: party.MaxNote, Optional: true},
				{Kind: ui.ControlCheckbox, Name: "contests", Value: "on", Label: p.T("This is wrong"), Checked: n.Answer != nil && n.Answer.Contests},
			},
		}
		part.Notes = append(part.Notes, one)
	}
	return part, nil
}

// noteDone ends what was done about a note.
func (s *Pages) noteDone(w http.ResponseWriter, r *http.Request, to, key string, err error) error {
	if err != nil {
		return err
	}
	s.done(w, key)
	http.Redirect(w, r, to+"#notes", http.StatusSeeOther)
	return nil
}

// typedNote reads a form with one text.
func typedNote(w http.ResponseWriter, r *http.Request, field string) (string, error) {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return "", err
	}
	text := f.Text(field, 4*party.MaxNote)
	return text, f.Err()
}

func (s *Pages) addNote(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	text, err := typedNote(w, r, "note")
	if err != nil {
		return err
	}
	n, err := s.Notes.Note(r.Context(), withPurpose(r, v).Actor, id, text)
	return s.noteDone(w, r, "/staff/people/"+id.String(), "noted."+n.ID.String(), err)
}

func (s *Pages) editNote(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, note habeas.NoteID) error {
	text, err := typedNote(w, r, "note")
	if err == nil {
		err = s.Notes.EditNote(r.Context(), withPurpose(r, v).Actor, note, text)
	}
	return s.noteDone(w, r, "/staff/people/"+id.String(), "note-changed", err)
}

func (s *Pages) strikeNote(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, note habeas.NoteID) error {
	why, err := typedNote(w, r, "why")
	if err == nil {
		err = s.Notes.StrikeNote(r.Context(), withPurpose(r, v).Actor, note, why)
	}
	return s.noteDone(w, r, "/staff/people/"+id.String(), "note-struck", err)
}

func (s *Pages) takeNoteBack(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, note habeas.NoteID) error {
	err := emptyForm(w, r)
	if err == nil {
		err = s.Notes.TakeNoteBack(r.Context(), withPurpose(r, v).Actor, note)
	}
	return s.noteDone(w, r, "/staff/people/"+id.String(), "note-back", err)
}

func (s *Pages) answerNote(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, note habeas.NoteID) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	text, contests := f.Text("answer", 4*party.MaxNote), f.Bool("contests")
	if err = f.Err(); err == nil {
		err = s.Notes.AnswerNote(r.Context(), v.Actor, id, note, text, contests)
	}
	return s.noteDone(w, r, "/me/records/"+id.String(), "note-answered", err)
}

// withNoteUndo offers to take back the note that was written just now.
func (s *Pages) withNoteUndo(r *http.Request, v ui.Visit, part NotesPart, key, detail string) *http.Request {
	id, err := habeas.ParseID[habeas.NoteKind](detail)
	if key != "noted" || err != nil || len(part.Notes) == 0 || part.Notes[0].ID != detail {
		return r
	}
	f := ui.FrameOf(r)
	f.Undo = &ui.Undo{
		Text: v.P.T("Your note is written. Its person sees it."), Action: part.Add.Action + "/" + detail + "/back", Until: id.Time().Add(party.NoteRegret).Truncate(time.Second),
	}
	f.Notices = nil // the undo bar says it already
	return ui.WithFrame(r, f)
}

// noteWords are those of events about notes. Empty for every other event.
func noteWords(p lang.Printer, e audit.Event) string {
	switch e {
	case audit.NoteWritten:
		return p.T("Wrote a note on the record.")
	case audit.NoteChanged:
		return p.T("Changed a note on the record.")
	case audit.NoteTakenBack:
		return p.T("Took back a note that was written a moment before.")
	case audit.NoteStruck:
		return p.T("Struck out a note on the record.")
	case audit.NoteAnswered:
		return p.T("Answered a note on the record.")
	default:
		return ""
	}
}
