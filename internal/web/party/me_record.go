package party

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// RecordPage is the data of me/record.
type RecordPage struct {
	ID        string
	Name      string
	Kind      party.Kind
	Sets      []Held
	Evidence  *Evidence
	Todo      Todo      // the completion list
	Fresh     []ui.Link // data sets with nothing in them yet
	Occasions []OccasionRow
	Profile   string // where its person decides about the public profile; empty when there is none
	Since     time.Time
	Frozen    bool
	Rights    *RightsPart
	Waiting   int    // proposals
	Hold      string // why staff keep the record, also against its erasure
	Notes     NotesPart
	Tags      TagsPart
	Ties      []TieRow
}

// OccasionRow is one ticket on a record.
type OccasionRow struct {
	Title     string
	Ref       string
	Starts    string
	System    string
	BookedBy  string
	At        time.Time
	Cancelled bool
	Said      []ui.Change // Label and New: what the ticket says
}

func (s *Pages) myRecord(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page, err := s.recordPage(r, v, rec)
	if err != nil {
		return err
	}
	if err := s.withFacts(r.Context(), v, id, page.Evidence, "/me/records/"); err != nil {
		return err
	}
	r, key, set := s.withDone(w, r, v)
	switch key {
	case "corrected":
		r = s.offerUndo(r, v, rec, set)
	case "brought":
		r = s.offerBringUndo(r, v, rec)
	}
	return s.Render(w, r, http.StatusOK, "me/record", page)
}

func (s *Pages) recordPage(r *http.Request, v ui.Visit, rec party.Record) (RecordPage, error) {
	id := rec.Party.ID.String()
	occasions, err := s.Records.Occasions(r.Context(), v.Actor, rec.Party.ID)
	if err != nil {
		return RecordPage{}, err
	}
	page := RecordPage{
		ID: id, Name: nameOr(v.P, rec), Kind: rec.Party.Kind, Sets: s.voices(r.Context(), v).held(rec),
		Evidence: evidenceOf(v.P, rec, "/me/records/"+id+"/evidence"), Fresh: s.fresh(v.P, rec, "/me/records/"+id, party.Sight{}),
		Since: rec.Party.ClaimedAt, Frozen: rec.Party.State == party.Frozen,
		Waiting: len(rec.Proposals),
	}
	for i, set := range rec.Sets {
		page.Sets[i].Why = ui.WhyOf(v.P, set.Schema)
		if !page.Frozen && editable(rec, set.Schema) {
			page.Sets[i].Action = &ui.Link{Text: v.P.T("Correct"), URL: "/me/records/" + id + "/edit/" + set.Schema.Name}
		}
		if set.Schema.Visibility == party.Public {
			page.Sets[i].Note = v.P.T("Anybody can see this.")
			page.Profile = myProfile(rec.Party.ID)
		}
	}
	for _, o := range occasions {
		page.Occasions = append(page.Occasions, s.occasionRow(v, o))
	}
	missing, err := s.Records.Completion(r.Context(), v.Actor, rec)
	if err != nil {
		return page, err
	}
	page.Todo = todo(v.P, rec.Party.ID, missing)
	if page.Ties, err = s.ties(r.Context(), v, rec.Party.ID); err != nil {
		return page, err
	}
	bound, err := s.Rights.BoundOfMine(r.Context(), v.Actor, rec.Party.ID)
	if err != nil {
		return page, err
	}
	page.Hold = bound.Hold.Why
	if page.Rights, err = s.rights(r.Context(), v, rec); err != nil {
		return page, err
	}
	if page.Tags, err = s.myTags(r.Context(), v, rec.Party.ID); err != nil {
		return page, err
	}
	page.Notes, err = s.myNotes(r.Context(), v, rec.Party.ID)
	return page, err
}

// evidenceOf is evidenceForm, but for a frozen record: no evidence opens that.
func evidenceOf(p lang.Printer, rec party.Record, action string) *Evidence {
	if rec.Party.State == party.Frozen {
		return nil
	}
	return evidenceForm(p, rec, action)
}

func (s *Pages) occasionRow(v ui.Visit, o party.Attended) OccasionRow {
	row := OccasionRow{
		Title: o.Title, Ref: o.Ref, Starts: s.moment(v.P, o.Starts), System: o.System, BookedBy: o.BookedBy, At: o.At,
		Cancelled: o.Ticket.State == party.TicketCancelled,
	}
	if row.Title == "" {
		row.Title = v.P.T("Ticket {ref}", "ref", o.Ref)
	}
	for _, schema := range s.Records.Schemas().Sets() {
		for _, f := range schema.Fields {
			if text := o.Said.Get(schema.Name, f.Name); text != "" {
				row.Said = append(row.Said, ui.Change{Label: v.P.T(f.Label), New: ui.Shown(v.P, f.Type, text)})
			}
		}
	}
	return row
}

func (s *Pages) recordEvidence(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	return s.evidence(w, r, v, id, s.onRecord(r, v, id))
}

// onRecord is the page of one's own record with its evidence form.
func (s *Pages) onRecord(r *http.Request, v ui.Visit, id habeas.PartyID) evidenceOn {
	return evidenceOn{"/me/records/" + id.String(), "me/record", func() (any, *Evidence, error) {
		rec, err := s.Records.My(r.Context(), v.Actor, id)
		if err != nil {
			return nil, nil, err
		}
		page, err := s.recordPage(r, v, rec)
		if err == nil {
			err = s.withFacts(r.Context(), v, id, page.Evidence, "/me/records/")
		}
		return page, page.Evidence, err
	}}
}

// EditPage is the data of me/edit and staff/edit: one data set as a form.
type EditPage struct {
	Title string
	Name  string // of the record
	Note  string
	Back  ui.Link
	Form  ui.Form
}

func (s *Pages) pathSet(r *http.Request) (party.SetSchema, error) {
	schema, ok := s.Records.Schemas().Set(r.PathValue("set"))
	if !ok {
		return schema, habeas.NotFound("There is no data set of this name.").WithCode("set.unknown")
	}
	return schema, nil
}

func (s *Pages) editMine(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	schema, err := s.pathSet(r)
	if err != nil {
		return err
	}
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if !editable(rec, schema) { // all of it is hidden: more evidence comes first
		http.Redirect(w, r, "/me/records/"+id.String()+"#evidence", http.StatusSeeOther)
		return nil
	}
	page := s.editPage(v, rec, schema)
	if r.URL.Query().Get("from") == fromMissing {
		page.from(missingPath(id))
	}
	return s.Render(w, r, http.StatusOK, "me/edit", page)
}

// fromMissing says that a form was opened from the completion list, and leads back there.
const fromMissing = "missing"

// from leads back to the completion list.
func (p *EditPage) from(back string) {
	p.Back.URL, p.Form.Cancel.URL = back, back
	p.Form.Hidden = append(p.Form.Hidden, ui.Hidden{Name: "from", Value: fromMissing})
}

// editPage offers every field of the set that is not masked (PTY-9).
func (s *Pages) editPage(v ui.Visit, rec party.Record, schema party.SetSchema) EditPage {
	id := rec.Party.ID.String()
	page := EditPage{
		Title: v.P.T(schema.Label), Name: nameOr(v.P, rec), Back: ui.Link{Text: v.P.T("Back to the record"), URL: "/me/records/" + id},
	}
	page.Form = ui.Form{
		Action: "/me/records/" + id + "/edit/" + schema.Name, Submit: v.P.T("Save my word"),
		Cancel: &ui.Link{Text: v.P.T("Leave it as it is"), URL: page.Back.URL},
		Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(rec.Party.Version, 10)}},
		Next:   v.P.T("Your word counts from now on, before what anybody else says. You can undo it on the next page, and the history keeps what was there before."),
	}
	if schema.Visibility == party.Public {
		page.Note = v.P.T("Anybody can see this.")
	}
	for _, f := range schema.Fields {
		if held, ok := rec.Field(schema.Name, f.Name); ok && held.Masked {
			continue
		}
		c := fieldControl(v.P, schema.Name, f, rec.Text(schema.Name, f.Name), true)
		if c.Name == "contact.email" {
			c.Hint = v.P.T("Where mail about this record goes. How you sign in does not change.")
		}
		page.Form.Controls = append(page.Form.Controls, c)
	}
	return page
}

// editable reports whether any field of a data set is open to correction.
func editable(rec party.Record, schema party.SetSchema) bool {
	return slices.ContainsFunc(schema.Fields, func(f party.FieldSchema) bool {
		held, ok := rec.Field(schema.Name, f.Name)
		return !ok || !held.Masked
	})
}

func (s *Pages) correctMine(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	schema, err := s.pathSet(r)
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	version := int64(f.Int("version", 0, 1<<40))
	back := "/me/records/" + id.String()
	fromList := f.String("from", 20) == fromMissing
	if fromList {
		back = missingPath(id)
	}
	said := party.Values{}
	readSet(f, schema, said)
	wrong := f.Err()
	if wrong == nil {
		wrong = s.Records.Correct(r.Context(), v.Actor, id, version, said)
	}
	if wrong == nil {
		s.done(w, "corrected."+schema.Name)
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := s.editPage(v, rec, schema)
	if fromList {
		page.from(back)
	}
	page.Form.Keep(f)
	status := http.StatusBadRequest
	if habeas.KindOf(wrong) == habeas.KindConflict {
		status = http.StatusConflict
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeWarning, Text: v.P.T("The record changed while you were typing. What you typed is still here: look at it once more, then save it.")})
	} else if !page.Form.Fail(v.P, wrong) {
		return wrong
	}
	return s.Render(w, r, status, "me/edit", page)
}

// offerUndo puts the undo bar above the record after a correction.
func (s *Pages) offerUndo(r *http.Request, v ui.Visit, rec party.Record, set string) *http.Request {
	schema, ok := s.Records.Schemas().Set(set)
	if !ok || len(before(rec, schema)) == 0 {
		return r
	}
	f := ui.FrameOf(r)
	f.Undo = &ui.Undo{
		Text:   v.P.T("Your word counts now: {set}.", "set", v.P.T(schema.Label)),
		Action: "/me/records/" + rec.Party.ID.String() + "/undo/" + set,
		Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(rec.Party.Version, 10)}},
	}
	return ui.WithFrame(r, f)
}

// newestOwn is when the person of a record last said something that counts, in the data
// sets named, or in any.
func newestOwn(rec party.Record, sets ...string) (newest time.Time) {
	for _, set := range rec.Sets {
		if len(sets) > 0 && !slices.Contains(sets, set.Schema.Name) {
			continue
		}
		for _, held := range set.Fields {
			if held.Current.Source.Kind == party.FromSelf && held.Current.At.After(newest) {
				newest = held.Current.At
			}
		}
	}
	return newest
}

// before is what a data set said before its person's newest word: their own earlier
// word, else the newest of what others said until the claim, else nothing. It comes
// from the history, so nothing personal waits in a cookie or a hidden field.
func before(rec party.Record, schema party.SetSchema) party.Values {
	newest := newestOwn(rec, schema.Name)
	out := party.Values{}
	for _, f := range schema.Fields {
		held, ok := rec.Field(schema.Name, f.Name)
		if !ok || held.Current.Source.Kind != party.FromSelf || !held.Current.At.Equal(newest) {
			continue
		}
		if text, ok := earlier(rec.Party, schema, held); ok {
			out.Put(schema.Name, f.Name, text)
		}
	}
	return out
}

// earlier is the value before the current one. What others said and is still masked
// cannot be restored, because it is not known here.
func earlier(p party.Party, schema party.SetSchema, f party.Field) (string, bool) {
	for _, v := range f.Older {
		if v.Source.Kind == party.FromSelf {
			return v.Text, true
		}
	}
	if len(f.Older) == 0 {
		return "", true
	}
	if schema.StepUp && !slices.Contains(p.Opened, schema.Name) {
		return "", false
	}
	for _, v := range f.Older {
		if p.ClaimedAt.IsZero() || !v.At.After(p.ClaimedAt) {
			return v.Text, true
		}
	}
	return f.Older[len(f.Older)-1].Text, true
}

func (s *Pages) undoCorrection(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	schema, err := s.pathSet(r)
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	version := int64(f.Int("version", 0, 1<<40))
	if err := f.Err(); err != nil {
		return err
	}
	if err := s.restore(r.Context(), v, id, version, schema); err != nil {
		return err
	}
	s.done(w, "undone")
	http.Redirect(w, r, "/me/records/"+id.String(), http.StatusSeeOther)
	return nil
}

func (s *Pages) restore(ctx context.Context, v ui.Visit, id habeas.PartyID, version int64, schema party.SetSchema) error {
	rec, err := s.Records.My(ctx, v.Actor, id)
	if err != nil {
		return err
	}
	if rec.Party.Version != version {
		return habeas.Conflict("This record changed while you were looking at it. Look at it again.").WithCode("party.changed")
	}
	return s.Records.Correct(ctx, v.Actor, id, version, before(rec, schema))
}
