package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Proves PTY-29.
func TestAPersonSeesEveryNoteAndAnswersIt(t *testing.T) {
	w := newWorld(t)
	s, nora := w.connect("City Bookings"), w.atWork()
	id, _ := s.say("tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	w.accept(tim, id, nil)
	n := must(w.Records.Note(w.ctx(), nora, id, "Asked for an invoice in May."))(t)
	seen := must(w.Records.MyNotes(w.ctx(), tim, id))(t)
	if len(seen) != 1 || seen[0].Now().Text != "Asked for an invoice in May." || seen[0].By != nora.Account {
		t.Fatalf("%+v", seen)
	}
	w.later(time.Second)
	w.ok(w.Records.AnswerNote(w.ctx(), tim, id, n.ID, "It was in June.", true))
	w.later(2 * time.Minute)
	w.refused(w.Records.TakeNoteBack(w.ctx(), nora, n.ID), "note.late")
	w.ok(w.Records.EditNote(w.ctx(), nora, n.ID, "Asked for an invoice in June."))
	otto := w.staff("otto@example.org")
	w.refused(w.Records.EditNote(w.ctx(), otto, n.ID, "Never mind."), "note.author")
	w.later(time.Second)
	w.ok(w.Records.StrikeNote(w.ctx(), otto, n.ID, "It was sent."))
	w.refused(w.Records.EditNote(w.ctx(), nora, n.ID, "No."), "note.struck")
	got := must(w.Records.NotesOn(w.ctx(), nora, id))(t)[0]
	if len(got.Texts) != 2 || !got.Answer.Contests || got.Struck == nil || got.Struck.Why != "It was sent." || got.Struck.By != otto.Account {
		t.Errorf("%+v", got)
	}
	copied := must(w.Records.Copy(w.ctx(), tim))(t)
	for _, words := range []string{"in May", "in June", "It was in June.", "It was sent."} {
		if !strings.Contains(string(copied.JSON), words) || !strings.Contains(string(copied.CSV), words) || !strings.Contains(string(copied.HTML), words) {
			t.Errorf("the copy lacks %q", words)
		}
	}
	for _, e := range []audit.Event{audit.NoteWritten, audit.NoteAnswered, audit.NoteChanged, audit.NoteStruck} {
		w.look(tim, e)
	}
	other := w.join("eva@example.org")
	if _, err := w.Records.MyNotes(w.ctx(), other, id); err == nil {
		t.Error("somebody else reads them")
	}
	if w.Records.AnswerNote(w.ctx(), other, id, n.ID, "Hello.", false) == nil {
		t.Error("somebody else answers")
	}
	must(w.Records.Erase(w.ctx(), tim, id))(t)
	if _, err := w.DB.Notes().Note(w.ctx(), n.ID); habeas.KindOf(err) != habeas.KindNotFound {
		t.Errorf("the note outlives its record: %v", err)
	}
	w.verify()
}

func TestANoteIsTakenBackWithinAMinute(t *testing.T) {
	w := newWorld(t)
	s := w.connect("City Bookings")
	id, _ := s.say("tim@example.org", person("Tim", "Berger", ""))
	b := w.staffBrowser("nora@example.org")
	at := "/staff/people/" + id.String()
	b.post("/staff/purpose", "purpose", "question", "to", at)
	if p := b.get(at); !strings.Contains(p.text, "Its person sees every note, with your name") {
		t.Error("the form does not say who sees it")
	}
	b.post(at+"/notes", "note", "Rude on the phone.")
	p := b.get(at)
	note := must(w.DB.Notes().NotesOn(w.ctx(), id))(t)[0]
	back := at + "/notes/" + note.ID.String() + "/back"
	if !strings.Contains(p.text, "Rude on the phone.") || !strings.Contains(p.text, back) {
		t.Fatal("it cannot be taken back")
	}
	b.post(back)
	if p = b.get(at); strings.Contains(p.text, "Rude") || len(must(w.DB.Notes().NotesOn(w.ctx(), id))(t)) != 0 {
		t.Error("it is still there")
	}
	b.post(at+"/notes", "note", "Prefers mail.")
	me := w.browser().join("tim@example.org")
	me.get("/me/offers/" + id.String())
	me.post("/me/offers/"+id.String()+"/accept", "version", "1")
	mine := "/me/records/" + id.String()
	if p = me.get(mine); !strings.Contains(p.text, "Prefers mail.") || !strings.Contains(p.text, "Notes of staff") {
		t.Error("its person does not see it")
	}
	note = must(w.DB.Notes().NotesOn(w.ctx(), id))(t)[0]
	me.post(mine+"/notes/"+note.ID.String(), "answer", "By phone, please.", "contests", "on")
	if p = b.get(at); !strings.Contains(p.text, "By phone, please.") || !strings.Contains(p.text, "Contested by its person") {
		t.Error("staff do not see the answer")
	}
}

func TestNotesFollowAMergeAndItsUndo(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	nora := w.atWork()
	must(w.Records.Note(w.ctx(), nora, two, "Of the second."))(t)
	m := w.merge(nora, one, two)
	w.later(time.Second)
	must(w.Records.Note(w.ctx(), nora, two, "Of both."))(t)
	on := func(id habeas.PartyID) (out []string) {
		for _, n := range must(w.DB.Notes().NotesOn(w.ctx(), id))(t) {
			out = append(out, n.Now().Text)
		}
		return out
	}
	if got := strings.Join(on(one), " "); got != "Of both. Of the second." {
		t.Errorf("the merged record has %q", got)
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	if strings.Join(on(one), " ") != "Of both." || strings.Join(on(two), " ") != "Of the second." {
		t.Errorf("after the undo: %q and %q", on(one), on(two))
	}
}
