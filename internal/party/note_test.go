package party

import (
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

func TestANoteKeepsWhatItSaid(t *testing.T) {
	nora, otto, tim := habeas.AccountID{1}, habeas.AccountID{2}, habeas.AccountID{3}
	n := Note{ID: habeas.NewID[habeas.NoteKind](noon)}
	if _, err := n.Write(nora, "", "  ", noon); err == nil {
		t.Error("an empty note")
	}
	if _, err := n.Write(nora, "", "a\u202eb", noon); err == nil {
		t.Error("a note with characters that nobody sees")
	}
	n, err := n.Write(nora, "desk", "First.", noon)
	if err != nil || n.CanTakeBack(nora, noon.Add(NoteRegret)) != nil || n.CanTakeBack(otto, noon) == nil || n.CanTakeBack(nora, noon.Add(NoteRegret+time.Second)) == nil {
		t.Fatalf("%v", err)
	}
	next, err := n.Write(nora, "desk", "Second.", noon.Add(time.Second))
	if err != nil || n.Now().Text != "First." || next.Now().Text != "Second." || next.CanTakeBack(nora, noon) == nil {
		t.Errorf("%v %+v", err, next)
	}
	mine := Party{State: Claimed, Account: tim}
	if _, err := next.Reply(mine, otto, "No.", true, noon); err == nil {
		t.Error("somebody else answers")
	}
	answered, err := next.Reply(mine, tim, "", true, noon)
	if err != nil || !answered.Answer.Contests {
		t.Errorf("contested without a word: %v", err)
	}
	if _, err := next.Reply(mine, tim, "", false, noon); err == nil {
		t.Error("an answer that says nothing")
	}
	struck, err := answered.Strike(otto, "Wrong record.", noon)
	if err != nil || second(struck.Strike(nora, "Again.", noon)) == nil || second(struck.Write(nora, "", "x", noon)) == nil {
		t.Errorf("%v", err)
	}
}
