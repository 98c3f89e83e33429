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

// Tags are short words of the organisation that staff give records, for their people to see.
type Tags interface {
	// For staff. TagsOn is asked for after the record was opened.

	AllTags(ctx context.Context, a habeas.Actor) ([]party.Tag, error)
	// TagCounts says how many records have each; false while the list is being built.
	TagCounts(ctx context.Context, a habeas.Actor) (map[habeas.TagID]int, bool, error)
	TagsOn(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.TagOn, error)
	// Tag gives a tag, a new one where there is none of these words; Untag takes it.
	Tag(ctx context.Context, a habeas.Actor, words string, p party.Picked) (party.TagChange, error)
	Untag(ctx context.Context, a habeas.Actor, tag habeas.TagID, p party.Picked) (party.TagChange, error)
	// TagChange is what the actor did with a tag a moment ago; UndoTags takes it back.
	TagChange(ctx context.Context, a habeas.Actor, id habeas.TagChangeID) (party.TagChange, error)
	UndoTags(ctx context.Context, a habeas.Actor, id habeas.TagChangeID) error
	// RemoveTag takes one that nobody has out of the catalogue.
	RemoveTag(ctx context.Context, a habeas.Actor, id habeas.TagID) error

	// For the record's person.

	MyTags(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.TagOn, error)
}

const tagsPath = "/staff/tags"

func (s *Pages) mountLists(m *edge.Mux) {
	s.Handle(m, ui.Staff, "POST "+peoplePath+"/tags", s.tagMany)
	s.Handle(m, ui.Staff, "POST "+peoplePath+"/{id}/tags", onParty(s.tagOne))
	s.Handle(m, ui.Staff, "GET "+tagsPath, s.tags)
	s.Handle(m, ui.Staff, "POST "+tagsPath+"/undo", s.undoTags)
	s.Handle(m, ui.Staff, "POST "+tagsPath+"/remove", s.removeTag)
	s.Handle(m, ui.Staff, "GET "+savedPath, s.savedLists)
	s.Handle(m, ui.Staff, "POST "+savedPath, s.saveList)
	s.Handle(m, ui.Staff, "POST "+savedPath+"/{list}/name", onSaved(s.renameList))
	s.Handle(m, ui.Staff, "POST "+savedPath+"/{list}/remove", onSaved(s.endList))
	s.Handle(m, ui.Staff, "POST "+savedPath+"/{list}/restore", onSaved(s.restoreList))
	s.Handle(m, ui.Staff, "POST "+filePath+"/new", s.askFile)
	s.Handle(m, ui.Staff, "POST "+filePath, s.makeFile)
	s.Handle(m, ui.Staff, "GET "+filePath+"/{file}", onFile(s.file))
	s.Handle(m, ui.Staff, "POST "+filePath+"/{file}", onFile(s.takeFile))
}

// TagsPart is "record-tags": the tags on a record, as staff or as its person sees them.
type TagsPart struct {
	Title  string
	Lead   string
	Tags   []TagView
	Action string // where they are given and taken; empty: the reader does neither
	All    []string
}

// TagView is one of them.
type TagView struct{ ID, Words, Who string }

func (s *Pages) tagViews(say *voices, tags []party.TagOn) (out []TagView) {
	for _, t := range tags {
		who := say.name(party.Source{Kind: party.FromStaff, Account: t.By})
		out = append(out, TagView{t.ID.String(), t.Words, say.v.P.T("{who}, {when}", "who", who, "when", say.v.P.Date(t.At.In(s.Zone())))})
	}
	return out
}

// staffTags are those on a record with the form of staff.
func (s *Pages) staffTags(ctx context.Context, v ui.Visit, id habeas.PartyID) (part TagsPart, err error) {
	tags, err := s.Tags.TagsOn(ctx, v.Actor, id)
	if err != nil {
		return part, err
	}
	all, err := s.Tags.AllTags(ctx, v.Actor)
	part = TagsPart{Title: v.P.T("Tags"), Action: peoplePath + "/" + id.String() + "/tags", Tags: s.tagViews(s.voices(ctx, v), tags)}
	for _, t := range all {
		part.All = append(part.All, t.Words)
	}
	return part, err
}

// myTags are those on one's own record.
func (s *Pages) myTags(ctx context.Context, v ui.Visit, id habeas.PartyID) (TagsPart, error) {
	tags, err := s.Tags.MyTags(ctx, v.Actor, id)
	return TagsPart{
		Title: v.P.T("Tags of staff"), Lead: v.P.T("Short words by which staff find your record again. You see all of them. If one is wrong, ask for it to be taken away."),
		Tags: s.tagViews(s.voices(ctx, v), tags),
	}, err
}

// giveOrTake does what the button of a form with a tag says.
func (s *Pages) giveOrTake(ctx context.Context, v ui.Visit, act, words string, p party.Picked) (party.TagChange, error) {
	if act == "give" {
		return s.Tags.Tag(ctx, v.Actor, words, p)
	}
	all, err := s.Tags.AllTags(ctx, v.Actor)
	if err != nil {
		return party.TagChange{}, err
	}
	tag, ok := party.TagNamed(all, words)
	if !ok {
		return party.TagChange{}, habeas.Invalid("tag", "There is no such tag.").WithCode("tag.none")
	}
	return s.Tags.Untag(ctx, v.Actor, tag.ID, p)
}

func (s *Pages) tagOne(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	words, act := f.String("tag", 4*party.MaxTagWords), f.Choice("act", "give", "take")
	if err := f.Err(); err != nil {
		return err
	}
	c, err := s.giveOrTake(r.Context(), withPurpose(r, v), act, words, party.Picked{IDs: []habeas.PartyID{id}})
	return s.tagDone(w, r, peoplePath+"/"+id.String(), c, err)
}

func (s *Pages) tagMany(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	v = withPurpose(r, v)
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	q, err := s.formAsked(r, v, f)
	if err != nil {
		return err
	}
	words, act, all := f.String("words", 4*party.MaxTagWords), f.Choice("act", "give", "take"), f.Choice("who", "picked", "all") == "all"
	p := party.Picked{All: all, Filter: q.Filter}
	for _, text := range f.Strings("pick", 60, mostFound) {
		id, err := habeas.ParseID[habeas.PartyKind](text)
		if err != nil {
			return err
		}
		p.IDs = append(p.IDs, id)
	}
	if err := f.Err(); err != nil {
		return err
	}
	c, err := s.giveOrTake(r.Context(), v, act, words, p)
	return s.tagDone(w, r, q.url(q.Filter), c, err)
}

// tagDone ends what was done with a tag.
func (s *Pages) tagDone(w http.ResponseWriter, r *http.Request, to string, c party.TagChange, err error) error {
	if err != nil {
		return err
	}
	key := "tagged-nobody"
	if len(c.Done) > 0 {
		key = "tagged." + c.ID.String()
	}
	s.done(w, key)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// withTagUndo offers to take back what was done with a tag just now.
func (s *Pages) withTagUndo(r *http.Request, v ui.Visit, key, detail string) *http.Request {
	id, err := habeas.ParseID[habeas.TagChangeKind](detail)
	if key != "tagged" || err != nil {
		return r
	}
	c, err := s.Tags.TagChange(r.Context(), v.Actor, id)
	if err != nil {
		return r
	}
	f := ui.FrameOf(r)
	text := v.P.Plural(len(c.Done), "{n} record lost the tag.", "{n} records lost the tag.")
	if c.Given {
		text = v.P.Plural(len(c.Done), "{n} record got the tag. Its person sees it.", "{n} records got the tag. Their people see it.")
	}
	f.Undo = &ui.Undo{
		Text: text, Action: tagsPath + "/undo", Until: c.Ends.Truncate(time.Second),
		Hidden: []ui.Hidden{{Name: "change", Value: detail}, {Name: "to", Value: r.URL.Path}},
	}
	f.Notices = nil // the undo bar says it already
	return ui.WithFrame(r, f)
}

func (s *Pages) undoTags(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	id, wrong := habeas.ParseID[habeas.TagChangeKind](f.String("change", 60))
	to := f.String("to", 2*maxSealed)
	if err := f.Err(); err != nil {
		return err
	}
	if wrong != nil {
		return party.ErrTagLate
	}
	if err := s.Tags.UndoTags(r.Context(), withPurpose(r, v).Actor, id); err != nil {
		return err
	}
	s.done(w, "undone")
	http.Redirect(w, r, ui.LocalPath(to, peoplePath), http.StatusSeeOther)
	return nil
}

// TagsPage is the data of staff/tags: the catalogue.
type TagsPage struct {
	Heading ui.Heading
	Tags    []TagLine
	Empty   ui.Empty
}

// TagLine is a tag with who has it.
type TagLine struct {
	ID, Words, URL, N string
	Free              bool // nobody has it
}

func (s *Pages) tags(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	all, err := s.Tags.AllTags(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	counts, ready, err := s.Tags.TagCounts(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	p := v.P
	page := TagsPage{
		Heading: ui.Heading{
			Title: p.T("Tags"), Back: &ui.Link{Text: p.T("People"), URL: peoplePath},
			Lead: p.T("Who has a tag sees it, and who gave it. Its words never change: for other words give another tag and take this one."),
		},
		Empty: ui.Empty{Text: p.T("There is no tag yet. Give one to a record, or to several in the list of people."), Action: &ui.Link{Text: p.T("People"), URL: peoplePath}},
	}
	for _, t := range all {
		n := counts[t.ID]
		line := TagLine{ID: t.ID.String(), Words: t.Words, URL: peoplePath + "?tag=" + t.ID.String(), Free: ready && n == 0}
		if ready {
			line.N = p.Plural(n, "{n} record", "{n} records")
		}
		page.Tags = append(page.Tags, line)
	}
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "staff/tags", page)
}

func (s *Pages) removeTag(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	id, wrong := habeas.ParseID[habeas.TagKind](f.String("tag", 60))
	if err := f.Err(); err != nil {
		return err
	}
	if wrong != nil {
		return party.ErrNoTag
	}
	if err := s.Tags.RemoveTag(r.Context(), v.Actor, id); err != nil {
		return err
	}
	s.done(w, "tag-removed")
	http.Redirect(w, r, tagsPath, http.StatusSeeOther)
	return nil
}

// listWords are those of events about tags and lists. Empty for every other event.
func (s *Pages) listWords(p lang.Printer, l party.Look) string {
	switch l.Event {
	case audit.TagGiven:
		return p.T("Gave the record the tag “{tag}”.", "tag", l.Detail["tag"])
	case audit.TagTaken:
		return p.T("Took the tag “{tag}” from the record.", "tag", l.Detail["tag"])
	case audit.ListTaken:
		sets := s.setNames(p, l.Detail["sets"])
		if sets == "" {
			sets = p.T("no data set, only that it is there")
		}
		return p.T("Took the record away in a list, as a file: {sets}. The reason given: “{why}”", "sets", sets, "why", l.Detail["why"])
	default:
		return ""
	}
}
