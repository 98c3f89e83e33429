package party

import (
	"context"
	"net/http"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Bulks are batches of merges: pairs that nothing speaks against, merged together and
// undone as one. Every method refuses everybody who is no staff.
type Bulks interface {
	// Newest lists the batches, the newest first.
	Newest(ctx context.Context, a habeas.Actor) ([]party.Bulk, error)
	// Look is one of them; while it waits for a decision, with some of its pairs. Their
	// people will see that the actor looked.
	Look(ctx context.Context, a habeas.Actor, id habeas.BulkID) (party.Bulk, []party.BulkSample, error)
	// Begin looks for the pairs.
	Begin(ctx context.Context, a habeas.Actor) (habeas.BulkID, error)
	Merge(ctx context.Context, a habeas.Actor, id habeas.BulkID) error
	Undo(ctx context.Context, a habeas.Actor, id habeas.BulkID) error
	Drop(ctx context.Context, a habeas.Actor, id habeas.BulkID) error
}

const bulkPath = duplicatesPath + "/together"

func (s *Pages) mountBulk(m *edge.Mux) {
	s.Handle(m, ui.Staff, "POST "+bulkPath, s.beginBulk)
	s.Handle(m, ui.Staff, "GET "+bulkPath+"/{bulk}", onBulk(s.bulk))
	s.Handle(m, ui.Staff, "POST "+bulkPath+"/{bulk}/merge", onBulk(s.bulkStep(Bulks.Merge, "")))
	s.Handle(m, ui.Staff, "POST "+bulkPath+"/{bulk}/undo", onBulk(s.bulkStep(Bulks.Undo, "")))
	s.Handle(m, ui.Staff, "POST "+bulkPath+"/{bulk}/drop", onBulk(s.bulkStep(Bulks.Drop, duplicatesPath)))
}

// onBulk hands a page the batch of merges that its path names.
func onBulk(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.BulkID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("bulk", habeas.NotFound("There is no such batch of merges.").WithCode("bulk.none"), h)
}

// BulkPart is what the queue says about pairs that can be merged together.
type BulkPart struct {
	Free    int     // of the newest look; 0 when there was none
	Ready   ui.Link // to it
	Working *ui.Link
}

// bulkPart looks at the newest batch.
func (s *Pages) bulkPart(ctx context.Context, v ui.Visit) (part BulkPart, err error) {
	all, err := s.Bulks.Newest(ctx, v.Actor)
	if err != nil || len(all) == 0 {
		return part, err
	}
	to := bulkPath + "/" + all[0].ID.String()
	switch {
	case all[0].State == party.BulkReady:
		part.Free, part.Ready = all[0].Free, ui.Link{Text: v.P.Plural(all[0].Free, "Look at the {n} pair", "Look at the {n} pairs"), URL: to}
	case all[0].State.Works():
		part.Working = &ui.Link{Text: v.P.T("See how far it is"), URL: to}
	}
	return part, nil
}

// withBulks adds each batch as one line of the history.
func (s *Pages) withBulks(ctx context.Context, v ui.Visit, page *JoinsPage) error {
	all, err := s.Bulks.Newest(ctx, v.Actor)
	if err != nil {
		return err
	}
	say := s.voices(ctx, v)
	for _, b := range all {
		if b.State == party.BulkLooking || b.State == party.BulkReady {
			continue
		}
		at := bulkPath + "/" + b.ID.String()
		item := JoinItem{
			at: b.At, When: v.P.Date(b.At.In(s.Zone())), By: say.name(party.Source{Kind: party.FromStaff, Account: b.By}), State: bulkTag(v.P, b.State),
			Words: v.P.Plural(b.Merged, "{n} pair merged together", "{n} pairs merged together"), Links: []ui.Link{{Text: v.P.T("The batch"), URL: at}},
		}
		if b.State == party.BulkMerged {
			item.Undo, item.Verb = at+"/undo", v.P.T("Take the whole batch apart")
		}
		page.Items = append(page.Items, item)
	}
	slices.SortStableFunc(page.Items, func(a, b JoinItem) int { return b.at.Compare(a.at) })
	return nil
}

func bulkTag(p lang.Printer, state party.BulkState) ui.Tag {
	switch state {
	case party.BulkLooking:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("being looked for")}
	case party.BulkReady:
		return ui.Tag{Kind: ui.TagProposal, Text: p.T("waits for a decision")}
	case party.BulkMerging:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("being merged")}
	case party.BulkMerged:
		return ui.Tag{Kind: ui.TagYours, Text: p.T("merged")}
	case party.BulkUndoing:
		return ui.Tag{Kind: ui.TagInfo, Text: p.T("being taken apart")}
	case party.BulkUndone:
		return ui.Tag{Kind: ui.TagQuiet, Text: p.T("taken apart")}
	case party.BulkDropped:
	}
	return ui.Tag{Kind: ui.TagQuiet, Text: p.T("not done")}
}

// BulkPage is the data of staff/bulk: one batch.
type BulkPage struct {
	Heading  ui.Heading
	State    ui.Tag
	Progress *ui.Progress
	Merge    string // address of the button; empty: there is nothing to merge
	Verb     string
	Undo     string
	Drop     string
	Facts    []string // what became of it
	Clashes  []string // why other pairs are not in it
	Samples  ui.Table
	Action   string
}

func (s *Pages) bulk(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.BulkID) error {
	v, asked, err := s.purposeFirst(w, r, v)
	if asked || err != nil {
		return err
	}
	b, samples, err := s.Bulks.Look(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	p, at := v.P, bulkPath+"/"+id.String()
	page := BulkPage{State: bulkTag(p, b.State), Heading: ui.Heading{
		Title: p.T("Merge pairs together"), Back: &ui.Link{Text: p.T("Possible duplicates"), URL: duplicatesPath},
		Lead: p.T("Pairs of which no field differs, from {percent} % on. Nobody has claimed, disputed or questioned either record.", "percent", b.Certain),
	}}
	progress := func(title string, done, total int) {
		page.Progress = &ui.Progress{Title: title, Done: done, Total: total, Leave: p.T("You may leave this page: the work goes on."), Reload: at}
	}
	switch b.State {
	case party.BulkLooking:
		progress(p.T("Pairs are being examined"), b.Seen, b.All)
		page.Drop = at + "/drop"
	case party.BulkReady:
		page.Drop, page.Samples = at+"/drop", s.bulkTable(p, samples, b.Free)
		page.Clashes = clashWords(p, b.Clashes)
		if b.Free > 0 {
			page.Merge, page.Verb = at+"/merge", p.Plural(b.Free, "Merge the {n} pair", "Merge all {n} pairs")
		}
	case party.BulkMerging:
		progress(p.T("The pairs are being merged"), b.Merged+b.Skipped, b.Free)
	case party.BulkMerged:
		page.Facts, page.Undo = bulkFacts(p, b), at+"/undo"
	case party.BulkUndoing:
		progress(p.T("The pairs are being taken apart"), b.Apart+b.Before+b.Left, b.Merged)
	case party.BulkUndone:
		page.Facts = bulkFacts(p, b)
		if b.Left > 0 {
			page.Undo = at + "/undo"
		}
	case party.BulkDropped:
	}
	return s.Render(w, r, http.StatusOK, "staff/bulk", page)
}

// bulkTable shows some of the pairs before anything happens.
func (s *Pages) bulkTable(p lang.Printer, samples []party.BulkSample, all int) ui.Table {
	t := ui.Table{
		ID: "samples", Caption: p.Plural(all, "The pair", "The likeliest of {n} pairs"), Prose: true,
		Columns: []ui.Column{{Text: p.T("This record")}, {Text: p.T("and this one")}, {Text: p.T("become one, with")}},
		Empty:   ui.Empty{Text: p.T("There is no pair that can be merged without a look."), Action: &ui.Link{Text: p.T("Possible duplicates"), URL: duplicatesPath}},
	}
	cell := func(rec party.Record) ui.Cell {
		return ui.Cell{Text: nameOr(p, rec), URL: "/staff/people/" + rec.Party.ID.String(), Note: dayHidden(rec.Text("identity", "birth_date"))}
	}
	for _, one := range samples {
		var fills []string
		for _, name := range one.One.Fills(one.Other) {
			if label := s.fieldLabel(p, reasonAt(name)); label != "" {
				fills = append(fills, label)
			}
		}
		with := p.T("both say the same")
		if len(fills) > 0 {
			with = p.T("{fields} of one of them", "fields", join(p, fills))
		}
		t.Rows = append(t.Rows, []ui.Cell{cell(one.One), cell(one.Other), {Text: with}})
	}
	return t
}

// clashWords says why other likely pairs are left out.
func clashWords(p lang.Printer, clashes map[party.Clash]int) (out []string) {
	words := map[party.Clash]func(int) string{
		party.ClashField: func(n int) string { return p.Plural(n, "{n} pair: a field differs", "{n} pairs: a field differs") },
		party.ClashClaimed: func(n int) string {
			return p.Plural(n, "{n} pair: claimed by its person, who decides", "{n} pairs: claimed by their person, who decides")
		},
		party.ClashWaits: func(n int) string {
			return p.Plural(n, "{n} pair waits for another decision", "{n} pairs wait for another decision")
		},
		party.ClashApart: func(n int) string {
			return p.Plural(n, "{n} pair: staff said that they are two", "{n} pairs: staff said that they are two")
		},
		party.ClashDispute: func(n int) string {
			return p.Plural(n, "{n} pair: a claim was disputed", "{n} pairs: a claim was disputed")
		},
		party.ClashHeld: func(n int) string {
			return p.Plural(n, "{n} pair: kept beyond its time", "{n} pairs: kept beyond their time")
		},
		party.ClashAsked: func(n int) string { return p.Plural(n, "{n} pair: a request is open", "{n} pairs: a request is open") },
		party.ClashUse: func(n int) string {
			return p.Plural(n, "{n} pair: not to be used now", "{n} pairs: not to be used now")
		},
	}
	for _, c := range party.Clashes() {
		if say := words[c]; say != nil && clashes[c] > 0 {
			out = append(out, say(clashes[c]))
		}
	}
	return out
}

// bulkFacts says what became of a batch.
func bulkFacts(p lang.Printer, b party.Bulk) []string {
	out := []string{p.Plural(b.Merged, "{n} pair was merged", "{n} pairs were merged")}
	add := func(n int, words string) {
		if n > 0 {
			out = append(out, words)
		}
	}
	add(b.Skipped, p.Plural(b.Skipped, "{n} pair was left out: it was one already, or something had changed", "{n} pairs were left out: they were one already, or something had changed"))
	add(b.Apart, p.Plural(b.Apart, "{n} pair was taken apart again", "{n} pairs were taken apart again"))
	add(b.Before, p.Plural(b.Before, "{n} pair had been taken apart by itself before, or was erased", "{n} pairs had been taken apart by themselves before, or were erased"))
	add(b.Left, p.Plural(b.Left, "{n} pair is still one: a dispute is open or its use is restricted", "{n} pairs are still one: a dispute is open or their use is restricted"))
	return out
}

func (s *Pages) beginBulk(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	if err := emptyForm(w, r); err != nil {
		return err
	}
	id, err := s.Bulks.Begin(r.Context(), withPurpose(r, v).Actor)
	if err != nil {
		return err
	}
	http.Redirect(w, r, bulkPath+"/"+id.String(), http.StatusSeeOther)
	return nil
}

// bulkStep takes a decision about a batch. to is where it leads; empty: to the batch.
func (s *Pages) bulkStep(step func(Bulks, context.Context, habeas.Actor, habeas.BulkID) error, to string) func(http.ResponseWriter, *http.Request, ui.Visit, habeas.BulkID) error {
	return func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.BulkID) error {
		if err := emptyForm(w, r); err != nil {
			return err
		}
		if err := step(s.Bulks, r.Context(), withPurpose(r, v).Actor, id); err != nil {
			return err
		}
		next := to
		if next == "" {
			next = bulkPath + "/" + id.String()
		}
		http.Redirect(w, r, next, http.StatusSeeOther)
		return nil
	}
}
