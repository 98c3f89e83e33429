package app_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
)

// lie are the notes on a record, and how many letters to it.
func (w *world) lie(id habeas.PartyID) (notes string, letters int) {
	w.Helper()
	for _, n := range must(w.DB.Notes().NotesOn(w.ctx(), id))(w) {
		notes += n.Now().Text
	}
	return notes, len(must(w.DB.Letters().LettersOf(w.ctx(), id))(w))
}

// Proves PTY-15.
func TestNotesAndLettersGoWithWhomTheySpeakOf(t *testing.T) {
	w := newWorld(t)
	nora := w.atWork()
	id := w.offline(nora, "Jan")
	w.written(nora, id)
	w.later(time.Second)
	w.ok(w.Records.Amend(w.ctx(), nora, id, party.Values{"address": {"street": "Ringova 1", "city": "Praha"}}))
	code := w.written(nora, id)[0]
	must(w.Records.Note(w.ctx(), nora, id, "Stays."))(t)
	w.later(time.Second)
	leaves := must(w.Records.Note(w.ctx(), nora, id, "Leaves."))(t)
	w.later(time.Second)
	part := must(w.Records.Part(w.ctx(), nora, id))(t)
	if len(part.Notes) != 2 {
		t.Fatalf("%d notes to choose from", len(part.Notes))
	}
	split := must(w.Records.SplitOff(w.ctx(), nora, id, part.Record.Party.Version, []party.Item{{Party: id, Statement: part.Words[0].ID}}, []party.Paper{leaves.PaperOf()}))(t)
	if notes, letters := w.lie(id); notes != "Stays." || letters != 1 {
		t.Errorf("with the first lie %q and %d letters", notes, letters)
	}
	if notes, letters := w.lie(split.To); notes != "Leaves." || letters != 1 {
		t.Errorf("with the second lie %q and %d letters", notes, letters)
	}
	eva := w.join("eva@example.org")
	if got := must(w.redeem(eva, code))(t); got != split.To {
		t.Error("the letter to the street that left opens the first record")
	}
	w.later(time.Second)
	must(w.Records.Unsplit(w.ctx(), nora, split.ID))(t)
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, w.merged(id)))(t) // what came to it of its own, apart again
	if notes, letters := w.lie(id); notes != "Leaves.Stays." || letters != 2 {
		t.Errorf("put back, with the first lie %q and %d letters", notes, letters)
	}
	w.verify()
}

// Proves PTY-15, PTY-18.
func TestANoteThatLeftGoesWithTheRecordThatItSpeaksOf(t *testing.T) {
	w := newWorld(t)
	s, one, two, _ := w.two()
	nora := w.atWork()
	w.merge(nora, one, two)
	w.later(time.Second)
	note := must(w.Records.Note(w.ctx(), nora, one, "Wants a call."))(t)
	tim := w.join("tim@example.org")
	w.accept(tim, one, nil)
	s.say("tim@example.org", with(party.Values{}, "organisation", "city", "Ronda"), ticket("T-3", "Castle"))
	b := w.staffBrowser("nora@example.org")
	at := "/staff/people/" + one.String() + "/split"
	b.post("/staff/purpose", "purpose", party.Purposes()[0].Key, "to", at)
	part := must(w.Records.Part(w.ctx(), nora, one))(t)
	if p := b.get(at); !strings.Contains(p.text, "Wants a call.") || !strings.Contains(p.text, "Tick the notes") {
		t.Error("staff are not asked where the note belongs")
	}
	b.post(at, "version", strconv.FormatInt(part.Record.Party.Version, 10), "word", one.String()+"."+part.Words[0].ID.String(), "note", one.String()+"."+note.ID.String())
	asked := must(w.DB.Records().SplitsOf(w.ctx(), one))(t)[0]
	if asked.State != party.SplitProposed || len(asked.Papers) != 1 {
		t.Fatalf("%+v", asked)
	}
	shown := must(w.Records.ProposedSplit(w.ctx(), tim, asked.ID))(t)
	if len(shown.Notes) != 1 || shown.Notes[0].ID != note.ID {
		t.Error("its person does not see which note would leave")
	}
	w.later(time.Second)
	w.ok(w.Records.AgreeSplit(w.ctx(), tim, asked.ID, shown.Record.Party.Version, true))
	if notes, _ := w.lie(asked.To); notes != "Wants a call." || len(must(w.Records.MyNotes(w.ctx(), tim, one))(t)) != 0 {
		t.Errorf("with the second lies %q", notes)
	}
	w.look(tim, audit.PartySplit)
	must(w.Records.Erase(w.ctx(), tim, one))(t)
	if notes, _ := w.lie(asked.To); notes != "Wants a call." {
		t.Errorf("after the first is erased, with the second lies %q", notes)
	}
	if b.send(http.MethodPost, at, formOf("note", "x")).status >= http.StatusInternalServerError {
		t.Error("a note that is none is the server's fault")
	}
	w.verify()
}
