package party

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// SplitPage is the data of staff/split: what was said of a record, word by word.
type SplitPage struct {
	Action  string
	Name    string
	Back    ui.Link
	Version string
	Words   []SplitWord
	Notes   []SplitNote
	Errors  []ui.FieldError
	Asks    bool // whom the record belongs to decides
}

// SplitWord is one of them.
type SplitWord struct {
	Word
	Ticked bool
}

// SplitNote is a note of staff that may go with them.
type SplitNote struct {
	NoteView
	Key    string
	Ticked bool
}

func (s *Pages) askSplit(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	page, err := s.splitPage(r, v, id, nil)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "staff/split", page)
}

func (s *Pages) splitPage(r *http.Request, v ui.Visit, id habeas.PartyID, ticked []string) (SplitPage, error) {
	part, err := s.Joins.Part(r.Context(), v.Actor, id)
	if err != nil {
		return SplitPage{}, err
	}
	at := "/staff/people/" + part.Record.Party.ID.String()
	page := SplitPage{
		Action: at + "/split", Name: nameOr(v.P, part.Record), Back: ui.Link{Text: v.P.T("Back to the record"), URL: at},
		Version: strconv.FormatInt(part.Record.Party.Version, 10), Asks: part.Record.Party.State == party.Claimed,
	}
	say := s.voices(r.Context(), v)
	for _, one := range part.Words {
		word := say.word(one)
		page.Words = append(page.Words, SplitWord{Word: word, Ticked: slices.Contains(ticked, word.Key)})
	}
	for _, n := range part.Notes {
		key := n.Party.String() + "." + n.ID.String()
		page.Notes = append(page.Notes, SplitNote{NoteView: s.noteView(say, n), Key: key, Ticked: slices.Contains(ticked, key)})
	}
	return page, nil
}

// mostWords is how many words one split may take out.
const mostWords = 400

func (s *Pages) split(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v = withPurpose(r, v)
	f, err := edge.DecodeForm(w, r, 64<<10)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(f.String("version", 20), 10, 64) // what is none fits no record
	words, ticked := f.Strings("word", 120, mostWords), f.Strings("note", 120, mostWords)
	items, err := readAll(words, readItem)
	if err != nil {
		return err
	}
	notes, err := readAll(ticked, readNote)
	if err != nil {
		return err
	}
	wrong := f.Err()
	var c party.Split
	if wrong == nil {
		c, wrong = s.Joins.SplitOff(r.Context(), v.Actor, id, version, items, notes)
	}
	if wrong != nil {
		page, err := s.splitPage(r, v, id, append(words, ticked...))
		if err != nil {
			return err
		}
		form := ui.Form{}
		if !form.Fail(v.P, wrong) {
			return wrong
		}
		page.Errors = form.Errors
		return s.Render(w, r, http.StatusBadRequest, "staff/split", page)
	}
	key := "split-asked." + c.ID.String()
	if c.State == party.SplitDone {
		key = "split." + c.ID.String() + "." + c.To.String()
	}
	s.done(w, key)
	http.Redirect(w, r, "/staff/people/"+c.From.String(), http.StatusSeeOther)
	return nil
}

// readItem reads which word a box is of.
func readItem(text string) (item party.Item, err error) {
	lies, said, _ := strings.Cut(text, ".")
	if item.Party, err = habeas.ParseID[habeas.PartyKind](lies); err != nil {
		return item, err
	}
	item.Statement, err = habeas.ParseID[habeas.StatementKind](said)
	return item, err
}

// readNote reads which note a box is of.
func readNote(text string) (p party.Paper, err error) {
	lies, note, _ := strings.Cut(text, ".")
	id, err := habeas.ParseID[habeas.PartyKind](lies)
	if err != nil {
		return p, err
	}
	n, err := habeas.ParseID[habeas.NoteKind](note)
	return party.Note{ID: n, Party: id}.PaperOf(), err
}

// readAll reads every box that was ticked.
func readAll[T any](ticked []string, read func(string) (T, error)) (out []T, err error) {
	for _, text := range ticked {
		one, err := read(text)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *Pages) unsplit(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SplitID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	c, err := s.Joins.Unsplit(r.Context(), withPurpose(r, v).Actor, id)
	if err != nil {
		return err
	}
	s.done(w, "undone")
	http.Redirect(w, r, "/staff/people/"+c.From.String(), http.StatusSeeOther)
	return nil
}
