package party

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Question is what staff want to do with a record of the reader's and may not do alone.
type Question struct {
	URL   string
	Title string
	Text  string
	At    time.Time
}

// questions are those that wait for the reader.
func (s *Pages) questions(ctx context.Context, v ui.Visit) ([]Question, error) {
	asked, err := s.Joins.Asked(ctx, v.Actor)
	if err != nil {
		return nil, err
	}
	var out []Question
	for _, m := range asked.Merges {
		out = append(out, Question{
			URL: "/me/merges/" + m.ID.String(), At: m.At, Title: v.P.T("Is another record about you as well?"),
			Text: v.P.T("Staff think so, and want both to be one. They may not do that without you."),
		})
	}
	for _, c := range asked.Splits {
		out = append(out, Question{
			URL: "/me/splits/" + c.ID.String(), At: c.At, Title: v.P.T("Is part of your record about somebody else?"),
			Text: v.P.T("Staff think so, and want to take it out. They may not do that without you."),
		})
	}
	return out, nil
}

// AskedMergePage is the data of me/merge: the question whether another record is about
// the reader as well.
type AskedMergePage struct {
	Action   string
	Versions string
	Mine     string // how the reader's own record is called
	Holds    string // what the other one is: "6 details: identity and phone"
	From     string // who put it there
	Tickets  int
	Sets     []Held // as much of it as they may see
	Others   bool   // it belongs to another account
	Leaves   bool   // and that account's record is the one that stays
}

func (s *Pages) askedMerge(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.MergeID) error {
	pair, err := s.Joins.ProposedMerge(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	mine, other := pair.Into, pair.From
	if mine.Party.Account != v.Account {
		mine, other = other, mine
	}
	say := s.voices(r.Context(), v)
	page := AskedMergePage{
		Action: r.URL.Path, Versions: writeVersions(pair), Mine: nameOr(v.P, mine), Tickets: len(other.Tickets),
		Others: other.Party.State == party.Claimed && other.Party.Account != v.Account,
	}
	page.Leaves = page.Others && pair.Into.Party.Account != v.Account
	if page.Others {
		var names []string
		for _, set := range other.Sets {
			names = append(names, strings.ToLower(v.P.T(set.Schema.Label)))
		}
		page.Holds = join(v.P, names)
	} else {
		page.Holds, page.From, page.Sets = holds(v.P, other), join(v.P, say.all(other)), say.held(other)
	}
	return s.Render(w, r, http.StatusOK, "me/merge", page)
}

// readAnswer reads yes or no.
func readAnswer(f *edge.Form) (yes bool) {
	answer := f.Choice("answer", "yes", "no")
	if answer == "" {
		f.Fail("answer", habeas.Invalid("answer", "Choose one of the answers."))
	}
	return answer == "yes"
}

func (s *Pages) agreeMerge(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.MergeID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	versions, yes := readVersions(f), readAnswer(f)
	if err := f.Err(); err != nil {
		return err
	}
	m, err := s.Joins.AgreeMerge(r.Context(), v.Actor, id, versions, yes)
	if err != nil {
		return err
	}
	switch m.State {
	case party.MergeDone:
		s.done(w, "merge-agreed")
	case party.MergeProposed:
		s.done(w, "merge-waits")
	default:
		s.done(w, "join-refused")
	}
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}

// AskedSplitPage is the data of me/split: the question whether words are about somebody else.
type AskedSplitPage struct {
	Action  string
	Version string
	Name    string
	Words   []Word
	Notes   []NoteView // of staff, that would go with them
}

func (s *Pages) askedSplit(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SplitID) error {
	part, err := s.Joins.ProposedSplit(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := AskedSplitPage{Action: r.URL.Path, Version: strconv.FormatInt(part.Record.Party.Version, 10), Name: nameOr(v.P, part.Record)}
	say := s.voices(r.Context(), v)
	for _, one := range part.Words {
		page.Words = append(page.Words, say.word(one))
	}
	for _, n := range part.Notes {
		page.Notes = append(page.Notes, s.noteView(say, n))
	}
	return s.Render(w, r, http.StatusOK, "me/split", page)
}

func (s *Pages) agreeSplit(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SplitID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(f.String("version", 20), 10, 64) // what is none fits no record
	yes := readAnswer(f)
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.Joins.AgreeSplit(r.Context(), v.Actor, id, version, yes); err != nil {
		return err
	}
	if yes {
		s.done(w, "split-agreed")
	} else {
		s.done(w, "join-refused")
	}
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}
