package party

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Joining is what the pages about merges and splits of records ask of the server
// (PTY-15). Every method checks what the actor may do; errors are *habeas.Error.
type Joining interface {
	// For staff.

	// Compare reads two records as they would be merged; the first of the pair stays.
	Compare(ctx context.Context, a habeas.Actor, id, other habeas.PartyID) (party.Pair, error)
	// Join merges them, or asks whom they belong to. versions are those of the pair as it
	// was shown; choices are fields, as "set.field", for which the value of the second counts.
	Join(ctx context.Context, a habeas.Actor, id, other habeas.PartyID, versions [2]int64, choices []string) (party.Merge, error)
	// Unmerge takes a merge back, or the question whether to merge.
	Unmerge(ctx context.Context, a habeas.Actor, id habeas.MergeID) (party.Merge, error)
	// Meanwhile is a merge with what people have said on the merged record.
	Meanwhile(ctx context.Context, a habeas.Actor, id habeas.MergeID) (party.Meanwhile, error)
	// Attribute says for each of those words to which record it belongs.
	Attribute(ctx context.Context, a habeas.Actor, id habeas.MergeID, keep map[habeas.StatementID]party.Keep) (party.Merge, error)
	// Unattribute takes that back: what had gone over counts where it was said, until they say again.
	Unattribute(ctx context.Context, a habeas.Actor, id habeas.MergeID) (party.Merge, error)
	// Part is a record with the words that can be split off.
	Part(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Parting, error)
	// SplitOff makes a record of its own of some of them, with the notes that speak of its
	// person, or asks whom the record belongs to.
	SplitOff(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, items []party.Item, notes []party.Paper) (party.Split, error)
	// Unsplit takes a split back, or the question whether to split.
	Unsplit(ctx context.Context, a habeas.Actor, id habeas.SplitID) (party.Split, error)
	// Joins are the merges and splits behind one record, newest first.
	Joins(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Joins, error)
	// RecentJoins are the newest of all records.
	RecentJoins(ctx context.Context, a habeas.Actor) (party.Joins, error)

	// For a person.

	// Asked is what staff want to do with the actor's records and may not do without them.
	Asked(ctx context.Context, a habeas.Actor) (party.Joins, error)
	ProposedMerge(ctx context.Context, a habeas.Actor, id habeas.MergeID) (party.Pair, error)
	// AgreeMerge answers. versions are those of the pair as it was shown.
	AgreeMerge(ctx context.Context, a habeas.Actor, id habeas.MergeID, versions [2]int64, yes bool) (party.Merge, error)
	ProposedSplit(ctx context.Context, a habeas.Actor, id habeas.SplitID) (party.Parting, error)
	AgreeSplit(ctx context.Context, a habeas.Actor, id habeas.SplitID, version int64, yes bool) error
}

// mountJoin registers the pages about merges and splits.
func (s *Pages) mountJoin(m *edge.Mux) {
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/merge", onParty(s.findOther))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/merge/{other}", onParty(s.askMerge))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/merge/{other}", onParty(s.merge))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/split", onParty(s.askSplit))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/split", onParty(s.split))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/merges", onParty(s.joinsOf))
	s.Handle(m, ui.Staff, "GET /staff/merges", s.recentJoins)
	s.Handle(m, ui.Staff, "GET /staff/merges/{merge}", onMerge(s.meanwhile))
	s.Handle(m, ui.Staff, "POST /staff/merges/{merge}", onMerge(s.attribute))
	s.Handle(m, ui.Staff, "POST /staff/merges/{merge}/undo", onMerge(s.unmerge))
	s.Handle(m, ui.Staff, "POST /staff/merges/{merge}/again", onMerge(s.unattribute))
	s.Handle(m, ui.Staff, "POST /staff/splits/{split}/undo", onSplit(s.unsplit))

	s.Handle(m, ui.SignedIn, "GET /me/merges/{merge}", onMerge(s.askedMerge))
	s.Handle(m, ui.SignedIn, "POST /me/merges/{merge}", onMerge(s.agreeMerge))
	s.Handle(m, ui.SignedIn, "GET /me/splits/{split}", onSplit(s.askedSplit))
	s.Handle(m, ui.SignedIn, "POST /me/splits/{split}", onSplit(s.agreeSplit))
}

var errNoJoin = habeas.NotFound("There is no such merge or split.").WithCode("merge.none")

// onMerge hands a page the merge that its path names.
func onMerge(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.MergeID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("merge", errNoJoin, h)
}

// onSplit hands a page the split that its path names.
func onSplit(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.SplitID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("split", errNoJoin, h)
}

// withJoinUndo offers on a record's page to take back the merge or split that was done
// just now.
func (s *Pages) withJoinUndo(r *http.Request, v ui.Visit, key, detail string) *http.Request {
	id, to, _ := strings.Cut(detail, ".")
	var u ui.Undo
	switch key {
	case "merged":
		u.Text = v.P.T("Both records are one now.")
	case "merge-asked", "split-asked":
		u.Text = v.P.T("The person of the record is asked. Nothing changes until they say yes.")
	case "split":
		u.Text = v.P.T("What you ticked is a record of its own now.")
	default:
		return r
	}
	if m, err := habeas.ParseID[habeas.MergeKind](id); err == nil {
		u.Action = "/staff/merges/" + m.String() + "/undo"
	} else if c, err := habeas.ParseID[habeas.SplitKind](id); err == nil {
		u.Action = "/staff/splits/" + c.String() + "/undo"
	} else {
		return r
	}
	f := ui.FrameOf(r)
	f.Undo = &u
	if other, err := habeas.ParseID[habeas.PartyKind](to); err == nil {
		f.Notices = append(f.Notices, ui.Notice{
			Kind: ui.NoticeDone, Text: u.Text, Link: &ui.Link{Text: v.P.T("Open the new record"), URL: "/staff/people/" + other.String()},
		})
	}
	return ui.WithFrame(r, f)
}

// JoinsPage is the data of staff/joins.
type JoinsPage struct {
	Title string
	Lead  string
	Back  *ui.Link
	Items []JoinItem
	More  bool // older ones are left out
	Empty ui.Empty
}

// JoinItem is one merge or split.
type JoinItem struct {
	Words string
	State ui.Tag
	By    string
	When  string
	Links []ui.Link
	Undo  string // address to take it back at; empty: that is over
	Verb  string
	at    time.Time
}

func (s *Pages) joinsOf(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	v = withPurpose(r, v)
	joins, err := s.Joins.Joins(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := s.joinsPage(r.Context(), v, joins)
	page.Back = &ui.Link{Text: v.P.T("Back to the record"), URL: "/staff/people/" + id.String()}
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "staff/joins", page)
}

func (s *Pages) recentJoins(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	v = withPurpose(r, v)
	joins, err := s.Joins.RecentJoins(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page := s.joinsPage(r.Context(), v, joins)
	if err := s.withBulks(r.Context(), v, &page); err != nil {
		return err
	}
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "staff/joins", page)
}

func (s *Pages) joinsPage(ctx context.Context, v ui.Visit, joins party.Joins) JoinsPage {
	p := v.P
	page := JoinsPage{
		Title: p.T("Merges and splits"), Lead: p.T("Each can be taken back at any time: both records are then what they were, with what their own sources have said since."),
		More:  joins.More,
		Empty: ui.Empty{Text: p.T("Nothing was merged or split yet."), Action: &ui.Link{Text: p.T("Find people"), URL: "/staff/people"}},
	}
	say := s.voices(ctx, v)
	by := func(a habeas.AccountID) string { return say.name(party.Source{Kind: party.FromStaff, Account: a}) }
	name := func(id habeas.PartyID) string {
		if n := joins.Names[id]; n != "" {
			return n
		}
		return p.T("Record without a name")
	}
	for _, m := range joins.Merges {
		page.Items = append(page.Items, s.mergeItem(p, m, name, by(m.By)))
	}
	for _, split := range joins.Splits {
		page.Items = append(page.Items, s.splitItem(p, split, name, by(split.By)))
	}
	slices.SortStableFunc(page.Items, func(a, b JoinItem) int { return b.at.Compare(a.at) })
	return page
}

func (s *Pages) mergeItem(p lang.Printer, m party.Merge, name func(habeas.PartyID) string, by string) JoinItem {
	at := "/staff/merges/" + m.ID.String()
	item := JoinItem{at: m.At, By: by, When: p.Date(m.At.In(s.Zone())), Links: []ui.Link{{Text: name(m.Into), URL: "/staff/people/" + m.Into.String()}}}
	names := []any{"one", name(m.From), "other", name(m.Into)}
	switch m.State {
	case party.MergeDone:
		item.State = ui.Tag{Kind: ui.TagYours, Text: p.T("merged")}
		item.Words = p.T("{one} became part of {other}", names...)
		item.Undo, item.Verb = at+"/undo", p.T("Take it apart")
	case party.MergeProposed:
		item.State = ui.Tag{Kind: ui.TagProposal, Text: p.T("waits for consent")}
		item.Words = p.T("{one} is to become part of {other}", names...)
		item.Undo, item.Verb = at+"/undo", p.T("Take the question back")
	case party.MergeRefused:
		item.State = ui.Tag{Kind: ui.TagQuiet, Text: p.T("not done")}
		item.Words = p.T("{one} did not become part of {other}", names...)
	case party.MergeUndone, party.MergeSettled:
		item.State = ui.Tag{Kind: ui.TagQuiet, Text: p.T("taken apart")}
		item.Words = p.T("{one} was part of {other}", names...)
	}
	if m.State != party.MergeDone {
		item.Links = append(item.Links, ui.Link{Text: name(m.From), URL: "/staff/people/" + m.From.String()})
	}
	if m.State == party.MergeUndone {
		item.Links = append(item.Links, ui.Link{Text: p.T("Words said meanwhile"), URL: at})
	}
	return item
}

func (s *Pages) splitItem(p lang.Printer, c party.Split, name func(habeas.PartyID) string, by string) JoinItem {
	item := JoinItem{at: c.At, By: by, When: p.Date(c.At.In(s.Zone())), Links: []ui.Link{{Text: name(c.From), URL: "/staff/people/" + c.From.String()}}}
	undo := "/staff/splits/" + c.ID.String() + "/undo"
	switch c.State {
	case party.SplitDone:
		item.State = ui.Tag{Kind: ui.TagYours, Text: p.T("split")}
		item.Words = p.T("{one} was split off {other}", "one", name(c.To), "other", name(c.From))
		item.Links = append(item.Links, ui.Link{Text: name(c.To), URL: "/staff/people/" + c.To.String()})
		item.Undo, item.Verb = undo, p.T("Put it back")
	case party.SplitProposed:
		item.State = ui.Tag{Kind: ui.TagProposal, Text: p.T("waits for consent")}
		item.Words = p.T("Part of {one} is to become a record of its own", "one", name(c.From))
		item.Undo, item.Verb = undo, p.T("Take the question back")
	case party.SplitRefused:
		item.State = ui.Tag{Kind: ui.TagQuiet, Text: p.T("not done")}
		item.Words = p.T("{one} stayed one record", "one", name(c.From))
	case party.SplitUndone:
		item.State = ui.Tag{Kind: ui.TagQuiet, Text: p.T("put back")}
		item.Words = p.T("Part of {one} was a record of its own", "one", name(c.From))
	}
	return item
}
