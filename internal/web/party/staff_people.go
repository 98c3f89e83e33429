package party

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Lists are lists of people: narrowed down, saved, and taken away as files. Every method
// refuses everybody who is no staff, and shows no more than the actor sees.
type Lists interface {
	// People is a page of the list, behind the given record (zero: from the newest). A search
	// has one page.
	People(ctx context.Context, a habeas.Actor, f party.Filter, after habeas.PartyID, limit int) (party.Listing, error)

	// Saved are the actor's lists and those of all, each with how many it finds.
	Saved(ctx context.Context, a habeas.Actor) ([]party.Counted, error)
	SavedList(ctx context.Context, a habeas.Actor, id habeas.SavedListID) (party.SavedList, error)
	SaveList(ctx context.Context, a habeas.Actor, name string, f party.Filter, shared bool) (habeas.SavedListID, error)
	RenameList(ctx context.Context, a habeas.Actor, id habeas.SavedListID, name string) error
	EndList(ctx context.Context, a habeas.Actor, id habeas.SavedListID) error
	RestoreList(ctx context.Context, a habeas.Actor, id habeas.SavedListID) error

	// TakesFiles says whether the actor may take lists away as files.
	TakesFiles(ctx context.Context, a habeas.Actor) (bool, error)
	MakeFile(ctx context.Context, a habeas.Actor, f party.Filter, columns []string, why string) (habeas.ListFileID, error)
	File(ctx context.Context, a habeas.Actor, id habeas.ListFileID) (party.ListFile, error)
	// TakeFile writes it, once. Everybody in it will see that the actor took it, and why.
	TakeFile(ctx context.Context, a habeas.Actor, id habeas.ListFileID, write func([]byte) error) error
}

const peoplePath = "/staff/people"

// PeoplePage is the data of staff/people.
type PeoplePage struct {
	Query    string
	Hidden   []ui.Hidden // the rest of the filter, for the search form
	Table    ui.Table
	Building *ui.Progress // the list or the index is not complete yet
	Name     string       // of the saved list that is open
	Narrow   NarrowPart
	Acts     *PeopleActs // nil: there is nobody to do something with
}

// NarrowPart is how the list can be narrowed down.
type NarrowPart struct {
	Open   bool
	Facets []FacetPart
	Chosen []ui.Link // what is asked for, each leading to the list without it
	Clear  string
}

// FacetPart is one way with its values.
type FacetPart struct {
	Title  string
	Values []FacetLink
}

// FacetLink leads to the list with a value, or without the one that is chosen.
type FacetLink struct {
	Text, N, URL string
	Chosen       bool
}

// PeopleActs is what can be done with those of the list.
type PeopleActs struct {
	Hidden []ui.Hidden // the whole filter
	All    string      // "All 1,204 of the list"
	Tags   []string    // the words that there are
	Files  bool
	Shown  int
}

// mostFound is how many people a page shows.
const mostFound = 50

// asked is a list as an address or a form asks for it.
type asked struct {
	party.Filter
	sealed string          // the query, as an address says it
	saved  party.SavedList // from which it came; zero: from none
}

// readAsked reads it. A saved list is asked for by its id, because what it searches for
// belongs in no address; what was changed of it stands beside that.
func (s *Pages) readAsked(ctx context.Context, a habeas.Actor, get func(string) string, all func(string) []string) (out asked, err error) {
	if query := s.Records.OpenQuery(a, get("q")); query != "" {
		out.sealed = get("q")
		out.Filter = party.ReadFilter(query, get, all(party.ByTag))
	} else {
		out.Filter = party.ReadFilter("", get, all(party.ByTag))
	}
	if get("saved") == "" {
		return out, nil
	}
	id, err := habeas.ParseID[habeas.SavedListKind](get("saved"))
	if err != nil {
		return out, party.ErrNoSavedList
	}
	if out.saved, err = s.Lists.SavedList(ctx, a, id); err != nil {
		return out, err
	}
	if get("changed_list") == "" {
		out.Filter = out.saved.Filter
	}
	out.Query = out.saved.Filter.Query
	return out, nil
}

// values are the filter as an address says it.
func (q asked) values(f party.Filter) url.Values {
	v := url.Values{}
	for way, value := range f.Values {
		v.Set(way, value)
	}
	for _, id := range f.Tags {
		v.Add(party.ByTag, id.String())
	}
	if !q.saved.ID.IsZero() {
		v.Set("saved", q.saved.ID.String())
		v.Set("changed_list", "yes")
	} else if f.Query != "" {
		v.Set("q", q.sealed)
	}
	return v
}

func (q asked) url(f party.Filter) string {
	if v := q.values(f); len(v) > 0 {
		return peoplePath + "?" + v.Encode()
	}
	return peoplePath
}

// hidden are the filter as a form carries it.
func (q asked) hidden(query bool) (out []ui.Hidden) {
	v := q.values(q.Filter)
	if !query {
		for _, name := range []string{"q", "saved", "changed_list"} {
			v.Del(name)
		}
	}
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range v {
			if !yield(name) {
				return
			}
		}
	}) {
		for _, value := range v[name] {
			out = append(out, ui.Hidden{Name: name, Value: value})
		}
	}
	return out
}

// formAsked reads a list from a form that carries it.
func (s *Pages) formAsked(r *http.Request, v ui.Visit, f *edge.Form) (asked, error) {
	tags := f.Strings(party.ByTag, 60, 10)
	got := map[string]string{}
	for _, name := range append([]string{"q", "saved", "changed_list"}, party.Ways()...) {
		if name != party.ByTag {
			got[name] = f.String(name, maxSealed)
		}
	}
	return s.readAsked(r.Context(), v.Actor, func(name string) string { return got[name] }, func(string) []string { return tags })
}

func (s *Pages) people(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	v = withPurpose(r, v)
	in := r.URL.Query()
	q, err := s.readAsked(r.Context(), v.Actor, in.Get, func(name string) []string { return in[name] })
	if err != nil {
		return err
	}
	after, _ := habeas.ParseID[habeas.PartyKind](in.Get("after")) // anything else: from the newest
	list, err := s.Lists.People(r.Context(), v.Actor, q.Filter, after, mostFound)
	if err != nil {
		return err
	}
	tags, err := s.Tags.AllTags(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page, err := s.peoplePage(r, v, q, list, tags)
	if err != nil {
		return err
	}
	r, key, detail := s.withDone(w, r, v)
	r = s.withTagUndo(r, v, key, detail)
	return s.Render(w, r, http.StatusOK, "staff/people", page)
}

func (s *Pages) peoplePage(r *http.Request, v ui.Visit, q asked, list party.Listing, tags []party.Tag) (PeoplePage, error) {
	page := PeoplePage{Query: q.Query, Hidden: q.hidden(false), Name: q.saved.Name}
	page.Table = s.peopleTable(s.voices(r.Context(), v), list.People, peopleCaption(v.P, q.Filter, list))
	page.Table.Empty = ui.Empty{Text: v.P.T("Nobody is in this list."), Action: &ui.Link{Text: v.P.T("Everybody"), URL: peoplePath}}
	if q.Query != "" {
		page.Table.Empty = ui.Empty{
			Text:   v.P.T("Nobody was found by “{query}”. Names, organisations, towns and occupations were searched, also with a wrong letter; dates, numbers and e-mail addresses only as typed. Try fewer words, or the year of birth.", "query", q.Query),
			Action: &ui.Link{Text: v.P.T("Add this person"), URL: "/staff/add"},
		}
	}
	if !list.Ready {
		page.Building = &ui.Progress{
			Title:  v.P.T("The index of people is being built"),
			Leave:  v.P.T("Until it is complete, a search may miss people. You may leave this page."),
			Reload: q.url(q.Filter),
		}
		return page, nil
	}
	page.Narrow = s.narrowPart(r.Context(), v, q, list, tags)
	first := r.URL.Query().Get("after") == ""
	if q.Query == "" && (list.Next || !first) {
		page.Table.Pager = &ui.Pager{Shown: v.P.Plural(len(list.People), "{n} record on this page", "{n} records on this page")}
		if !first {
			page.Table.Pager.Prev = q.url(q.Filter)
		}
		if list.Next {
			older := q.values(q.Filter)
			older.Set("after", list.People[len(list.People)-1].Party.ID.String())
			page.Table.Pager.Next = peoplePath + "?" + older.Encode()
		}
	}
	if len(list.People) == 0 {
		return page, nil
	}
	files, err := s.Lists.TakesFiles(r.Context(), v.Actor)
	page.Acts = &PeopleActs{
		Hidden: q.hidden(true), Files: files, Shown: len(list.People), All: v.P.Plural(list.Total, "The {n} record of this list", "All {n} records of this list"),
	}
	for _, t := range tags {
		page.Acts.Tags = append(page.Acts.Tags, t.Words)
	}
	for i, rec := range list.People {
		page.Table.Rows[i][0].Pick = rec.Party.ID.String()
	}
	return page, err
}

// peopleCaption says what the table shows.
func peopleCaption(p lang.Printer, f party.Filter, list party.Listing) string {
	switch {
	case list.Ready && list.More && list.Total > mostFound:
		return p.T("The first {count} of more than {total} people found. Add a word to narrow it down.", "count", len(list.People), "total", p.Number(int64(list.Total)))
	case list.Ready && f.Query != "" && list.Next:
		return p.T("The first {count} of {total} people found. Add a word to narrow it down.", "count", len(list.People), "total", p.Number(int64(list.Total)))
	case f.Query != "":
		return p.Plural(len(list.People), "{n} person found", "{n} people found")
	case list.Ready && f.Narrows():
		return p.Plural(list.Total, "{n} record, newest first", "{n} records, newest first")
	}
	return p.T("Newest records")
}

// narrowPart shows how the list can be narrowed down and what each choice leaves.
func (s *Pages) narrowPart(ctx context.Context, v ui.Visit, q asked, list party.Listing, tags []party.Tag) NarrowPart {
	say := &facetWords{p: v.P, tags: tags, source: func(id habeas.SystemID) string {
		return nameOf(v.P, s.Records.SourceName(ctx, v.Actor, party.Source{Kind: party.FromSystem, System: id}))
	}}
	part := NarrowPart{Open: q.Narrows(), Clear: q.url(party.Filter{Query: q.Query})}
	for _, f := range list.Facets {
		one := FacetPart{Title: say.way(f.Way)}
		for _, value := range f.Values {
			words := say.value(f.Way, value.Value)
			if words == "" {
				continue
			}
			n := v.P.Number(int64(value.N))
			if list.More {
				n = v.P.T("{n}+", "n", n)
			}
			one.Values = append(one.Values, FacetLink{Text: words, N: n, Chosen: value.Chosen, URL: q.url(turned(q.Filter, f.Way, value))})
		}
		if len(one.Values) > 0 {
			part.Facets = append(part.Facets, one)
		}
	}
	for _, way := range party.Ways() {
		if value := q.Values[way]; value != "" {
			part.Chosen = append(part.Chosen, ui.Link{Text: v.P.T("{way}: {value}", "way", say.way(way), "value", say.value(way, value)), URL: q.url(q.With(way, ""))})
		}
	}
	for _, id := range q.Tags {
		words := say.value(party.ByTag, id.String())
		if words == "" {
			words = v.P.T("a tag that is no more")
		}
		part.Chosen = append(part.Chosen, ui.Link{Text: v.P.T("{way}: {value}", "way", say.way(party.ByTag), "value", words), URL: q.url(q.WithTag(id))})
	}
	return part
}

// turned is the filter with a value, or without it where it is chosen.
func turned(f party.Filter, way string, value party.FacetValue) party.Filter {
	if way == party.ByTag {
		id, _ := habeas.ParseID[habeas.TagKind](value.Value) // the roll names its own tags
		return f.WithTag(id)
	}
	if value.Chosen {
		return f.With(way, "")
	}
	return f.With(way, value.Value)
}

// facetWords words ways and their values.
type facetWords struct {
	p      lang.Printer
	tags   []party.Tag
	source func(habeas.SystemID) string
}

func (say *facetWords) way(way string) string {
	p := say.p
	switch way {
	case party.ByState:
		return p.T("State")
	case party.ByWaiting:
		return p.T("Decision")
	case party.ByKind:
		return p.T("Kind")
	case party.HasMail:
		return p.T("E-mail address")
	case party.ByJoined:
		return p.T("Merged")
	case party.ByUse:
		return p.T("Use")
	case party.ByStub:
		return p.T("Entry")
	case party.BySource:
		return p.T("Known from")
	case party.ByEntered:
		return p.T("Entered")
	case party.ByChanged:
		return p.T("Last word")
	}
	return p.T("Tags")
}

// value words one; empty for what there is no more.
func (say *facetWords) value(way, value string) string {
	p := say.p
	switch way {
	case party.BySource:
		if id, err := habeas.ParseID[habeas.SystemKind](value); err == nil {
			return say.source(id)
		}
	case party.ByTag:
		i := slices.IndexFunc(say.tags, func(t party.Tag) bool { return t.ID.String() == value })
		if i < 0 {
			return ""
		}
		return say.tags[i].Words
	}
	switch way + "." + value {
	case "state.unclaimed":
		return p.T("unclaimed")
	case "state.claimed":
		return p.T("claimed")
	case "state.frozen":
		return p.T("in dispute")
	case "waiting.yes":
		return p.T("waits for one")
	case "kind.person":
		return p.T("Person")
	case "kind.organisation":
		return p.T("Organisation")
	case "mail.with":
		return p.T("known")
	case "mail.without":
		return p.T("none")
	case "joined.yes":
		return p.T("of several records")
	case "use.restrained":
		return p.T("not to be used")
	case "stub.yes":
		return p.T("an address only")
	case "source.staff":
		return p.T("staff")
	case "source.import":
		return p.T("imported files")
	case "source.self":
		return p.T("its person")
	case "source.guardian":
		return p.T("a guardian")
	case "entered.1", "changed.1":
		return p.T("in the last day")
	case "entered.7", "changed.7":
		return p.T("in the last week")
	case "entered.30", "changed.30":
		return p.T("in the last 30 days")
	case "entered.365", "changed.365":
		return p.T("in the last year")
	}
	return ""
}
