package party

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// OtherPage is the data of staff/merge-find: which record is about the same party.
type OtherPage struct {
	ID     string
	Name   string
	Query  string
	People []OtherRecord
}

// OtherRecord is a record that may be about the same party.
type OtherRecord struct {
	LikePerson
	URL string // compares the two; empty: they are known to be two
	Not string // why they are not the same
}

func (s *Pages) findOther(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	rec, err := s.Records.Open(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	id = rec.Party.ID
	query := s.queried(r, v)
	var found []party.Listed
	if query == "" {
		found, err = s.Records.Like(r.Context(), v.Actor, valuesOf(rec))
	} else {
		found, _, err = s.Records.Find(r.Context(), v.Actor, query, mostFound)
	}
	if err != nil {
		return err
	}
	apart, err := s.Relations.Apart(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := OtherPage{ID: id.String(), Name: nameOr(v.P, rec), Query: query}
	for _, one := range found {
		if one.Party.ID == id {
			continue
		}
		other := OtherRecord{LikePerson: s.likePerson(v.P, one), URL: "/staff/people/" + id.String() + "/merge/" + one.Party.ID.String()}
		if query != "" {
			other.How, other.Why = ui.Tag{}, nil // it was asked for, whether it looks like it or not
		}
		if is, known := apart.Between(id, one.Party.ID); known {
			other.URL, other.How, other.Why, other.Not = "", ui.Tag{}, nil, apartWords(v.P, is)
		}
		page.People = append(page.People, other)
	}
	return s.Render(w, r, http.StatusOK, "staff/merge-find", page)
}

// valuesOf are the current values of a record.
func valuesOf(rec party.Record) party.Values {
	out := party.Values{}
	for _, set := range rec.Sets {
		for _, f := range set.Fields {
			if f.Current.Text != "" {
				out.Put(set.Schema.Name, f.Schema.Name, f.Current.Text)
			}
		}
	}
	return out
}

// MergePage is the data of staff/merge: two records side by side.
type MergePage struct {
	Action      string
	Back        ui.Link
	Versions    string
	Left, Right MergeSide // the left one stays
	Rows        []MergeRow
	Asks        bool // whom a record belongs to decides
	AsksBoth    bool
	Unseen      bool // they differ in what the reader may not see
}

// MergeSide is the head of one of the two.
type MergeSide struct {
	Name  string
	URL   string
	State ui.Tag
	From  string // where it comes from
}

// MergeRow is one field of the two.
type MergeRow struct {
	ui.Side
	Name  string // of the choice; empty: there is none to make
	Taken bool   // the value on the right counts, unless staff choose the other
	Own   bool   // the word of the record's person: it counts whatever staff choose
}

func pathOther(r *http.Request) (habeas.PartyID, error) {
	id, err := habeas.ParseID[habeas.PartyKind](r.PathValue("other"))
	if err != nil {
		return id, errNoRecord
	}
	return id, nil
}

func (s *Pages) askMerge(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	other, err := pathOther(r)
	if err != nil {
		return err
	}
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	pair, err := s.Joins.Compare(r.Context(), v.Actor, id, other)
	if err != nil {
		return err
	}
	page := s.mergePage(s.voices(r.Context(), v), pair)
	page.Action = r.URL.Path
	page.Back = ui.Link{Text: v.P.T("Choose another record"), URL: "/staff/people/" + id.String() + "/merge"}
	return s.Render(w, r, http.StatusOK, "staff/merge", page)
}

func (s *Pages) mergePage(say *voices, pair party.Pair) MergePage {
	p := say.v.P
	side := func(rec party.Record) MergeSide {
		return MergeSide{Name: nameOr(p, rec), URL: "/staff/people/" + rec.Party.ID.String(), State: stateTag(p, rec.Party), From: knownFrom(say, rec)}
	}
	page := MergePage{
		Left: side(pair.Into), Right: side(pair.From), Versions: writeVersions(pair),
		Asks: pair.Into.Party.State == party.Claimed, Unseen: pair.Unseen,
	}
	page.AsksBoth = page.Asks && pair.From.Party.State == party.Claimed && pair.From.Party.Account != pair.Into.Party.Account
	for _, schema := range s.Records.Schemas().Sets() {
		for _, f := range schema.Fields {
			left, _ := pair.Into.Field(schema.Name, f.Name)
			right, _ := pair.From.Field(schema.Name, f.Name)
			a, b := left.Current.Text, right.Current.Text
			if a == "" && b == "" {
				continue
			}
			row := MergeRow{Side: ui.Side{
				Label: p.T(f.Label), Left: ui.Shown(p, f.Type, a), Right: ui.Shown(p, f.Type, b),
				Differ: a != "" && b != "" && party.Normalise(a) != party.Normalise(b),
			}}
			row.Own = a != "" && left.Current.Source.Kind == party.FromSelf && left.Current.Source.Account == pair.Into.Party.Account && page.Asks
			if a != "" && b != "" && a != b && !row.Own {
				row.Name = chosen + schema.Name + "." + f.Name
				row.Taken = pair.Together.Text(schema.Name, f.Name) == b
			}
			page.Rows = append(page.Rows, row)
		}
	}
	return page
}

// knownFrom says where a record comes from, below its name.
func knownFrom(say *voices, rec party.Record) string {
	p := say.v.P
	return p.T("Sources: {sources}", "sources", join(p, say.all(rec))) + " · " + p.Plural(len(rec.Tickets), "{n} ticket", "{n} tickets")
}

// chosen is the prefix of radio buttons that say which of two values counts.
const chosen = "c."

// writeVersions keeps in a form which state of two records was shown.
func writeVersions(pair party.Pair) string {
	return strconv.FormatInt(pair.Into.Party.Version, 10) + "." + strconv.FormatInt(pair.From.Party.Version, 10)
}

// readVersions reads it; what is none fits no record.
func readVersions(f *edge.Form) (out [2]int64) {
	for i, text := range strings.SplitN(f.String("versions", 50), ".", 2) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return [2]int64{}
		}
		out[i] = n
	}
	return out
}

func (s *Pages) merge(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	other, err := pathOther(r)
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, 16<<10)
	if err != nil {
		return err
	}
	versions := readVersions(f)
	var choices []string
	for _, schema := range s.Records.Schemas().Sets() {
		for _, one := range schema.Fields {
			name := schema.Name + "." + one.Name
			if f.Choice(chosen+name, "left", "right") == "right" {
				choices = append(choices, name)
			}
		}
	}
	if err := f.Err(); err != nil {
		return err
	}
	m, err := s.Joins.Join(r.Context(), withPurpose(r, v).Actor, id, other, versions, choices)
	if err != nil {
		return err
	}
	key := "merged"
	if m.State == party.MergeProposed {
		key = "merge-asked"
	}
	s.done(w, key+"."+m.ID.String())
	http.Redirect(w, r, "/staff/people/"+m.Into.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) unmerge(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.MergeID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	m, err := s.Joins.Unmerge(r.Context(), withPurpose(r, v).Actor, id)
	if err != nil {
		return err
	}
	s.done(w, "undone")
	to := "/staff/merges/" + m.ID.String()
	if m.State == party.MergeRefused {
		to = "/staff/people/" + m.Into.String()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// MeanwhilePage is the data of staff/meanwhile: what people said on a merged record, and
// where it belongs now that the two are apart.
type MeanwhilePage struct {
	ID         string
	Into, From ui.Link
	Words      []MeanwhileWord
	Open       bool    // staff are to decide
	Moved      bool    // they did, and something went over: it can be taken back
	Again      ui.Link // merges them once more
}

// MeanwhileWord is one of them.
type MeanwhileWord struct {
	Word
	Name string // of its choice
	Keep string
}

// Word is what a source said at one time.
type Word struct {
	Key    string
	Source string
	At     string
	Ticket string
	Says   []ui.Change // Label and New
}

func (s *Pages) meanwhile(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.MergeID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	m, err := s.Joins.Meanwhile(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if m.Merge.State == party.MergeDone || m.Merge.State == party.MergeProposed { // there is nothing to decide yet
		http.Redirect(w, r, "/staff/people/"+m.Merge.Into.String()+"/merges", http.StatusSeeOther)
		return nil
	}
	link := func(rec party.Record) ui.Link {
		return ui.Link{Text: nameOr(v.P, rec), URL: "/staff/people/" + rec.Party.ID.String()}
	}
	page := MeanwhilePage{ID: id.String(), Into: link(m.Into), From: link(m.From), Open: m.Merge.State == party.MergeUndone, Moved: m.Moved}
	page.Again = ui.Link{Text: v.P.T("Merge them again"), URL: page.Into.URL + "/merge/" + m.From.Party.ID.String()}
	say := s.voices(r.Context(), v)
	for _, one := range m.Words {
		page.Words = append(page.Words, MeanwhileWord{Word: say.word(one), Name: where + one.ID.String(), Keep: string(m.Keep[one.ID])})
	}
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "staff/meanwhile", page)
}

// where is the prefix of radio buttons that say to which record a word belongs.
const where = "w."

// word shows a statement.
func (o *voices) word(one party.Statement) Word {
	p := o.v.P
	out := Word{
		Key:    one.Party.String() + "." + one.ID.String(),
		Source: o.line(party.Value{Source: one.Source, At: one.At()}), At: p.DateTime(one.At(), o.s.Zone()), Ticket: one.Occ.Title,
	}
	if out.Ticket == "" {
		out.Ticket = one.Occ.Ref
	}
	for _, schema := range o.s.Records.Schemas().Sets() {
		for _, f := range schema.Fields {
			if text, said := one.Values[schema.Name][f.Name]; said {
				if text == "" {
					text = p.T("withdrawn")
				} else {
					text = ui.Shown(p, f.Type, text)
				}
				out.Says = append(out.Says, ui.Change{Label: p.T(f.Label), New: text})
			}
		}
	}
	return out
}

func (s *Pages) attribute(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.MergeID) error {
	v = withPurpose(r, v)
	f, err := edge.DecodeForm(w, r, 64<<10)
	if err != nil {
		return err
	}
	m, err := s.Joins.Meanwhile(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	keep := make(map[habeas.StatementID]party.Keep, len(m.Words))
	for _, one := range m.Words {
		keep[one.ID] = party.Keep(f.Choice(where+one.ID.String(), string(party.KeepInto), string(party.KeepFrom), string(party.KeepBoth)))
	}
	if err := f.Err(); err != nil {
		return err
	}
	if _, err := s.Joins.Attribute(r.Context(), v.Actor, id, keep); err != nil {
		return err
	}
	s.done(w, "settled")
	http.Redirect(w, r, "/staff/merges/"+id.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) unattribute(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.MergeID) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	if _, err := s.Joins.Unattribute(r.Context(), withPurpose(r, v).Actor, id); err != nil {
		return err
	}
	s.done(w, "taken-back")
	http.Redirect(w, r, "/staff/merges/"+id.String(), http.StatusSeeOther)
	return nil
}
