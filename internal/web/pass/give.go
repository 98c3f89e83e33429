package pass

import (
	"errors"
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

// ListPage is the data of pass/list.
type ListPage struct {
	Heading ui.Heading
	Shut    string // why nothing can be shared now; else empty
	Hidden  string // data sets that cannot be ticked
	Form    ui.Form
	Given   []GivenRow
}

// GivenRow is one consent in the list.
type GivenRow struct {
	Sets  string
	State ui.Tag
	Note  string
	When  string
	Room  string // how many bookers have used it
	Uses  []UseRow
	End   string // where the button posts to; empty when it is over
}

// UseRow is one booker.
type UseRow struct {
	Who string
	At  time.Time
}

// CodePage is the data of pass/code: the only time that code and link are shown.
type CodePage struct {
	Heading ui.Heading
	Code    ui.Copy
	Link    ui.Copy
	Sets    string
	Until   time.Time
	Room    string
	Back    string
}

// life is one choice of how long a consent lasts.
type life struct {
	name string
	last time.Duration
	text string
}

func lives(p lang.Printer) []life {
	const day = 24 * time.Hour
	return []life{
		{"1h", time.Hour, p.T("an hour")},
		{"24h", party.DefaultPassLife, p.T("24 hours")},
		{"3d", 3 * day, p.Plural(3, "{n} day", "{n} days")},
		{"7d", 7 * day, p.Plural(7, "{n} day", "{n} days")},
		{"30d", party.MaxPassLife, p.Plural(30, "{n} day", "{n} days")},
	}
}

// lifeOf reads how long a consent is to last; zero for none of the choices.
func lifeOf(f *edge.Form) time.Duration {
	all := lives(lang.Printer{})
	var names []string
	for _, l := range all {
		names = append(names, l.name)
	}
	chosen := f.Choice("life", names...)
	for _, l := range all {
		if l.name == chosen {
			return l.last
		}
	}
	return 0
}

// setField is what the box of a data set is called.
func setField(set party.SetSchema) string { return "set." + set.Name }

func recordPath(id habeas.PartyID) string { return "/me/records/" + id.String() }

func (s *Pages) listPage(r *http.Request, v ui.Visit, id habeas.PartyID) (ListPage, error) {
	rec, given, err := s.Passes.Given(r.Context(), v.Actor, id)
	if err != nil {
		return ListPage{}, err
	}
	p := v.P
	page := ListPage{
		Heading: ui.Heading{
			Title: p.T("Share with somebody who books for you"),
			Lead:  p.T("Make a code or a link and hand it over yourself. With it they attach your record to their booking and see what you tick here, and nothing else. Each use stands in your activity."),
			Back:  &ui.Link{Text: p.T("Back to the record"), URL: recordPath(id)},
		},
	}
	open, hidden := rec.Sharable()
	page.Hidden = labels(p, hidden)
	switch {
	case !rec.Party.CanShare(v.Account):
		page.Shut = p.T("The record is disputed or restricted. Until that is over, nothing of it can be shared, and every consent has ended.")
	case len(open) == 0:
		page.Shut = p.T("There is nothing in the record that you could share. Correct or complete it first.")
	default:
		page.Form = giveForm(p, id, open)
	}
	for _, g := range given {
		page.Given = append(page.Given, s.givenRow(v, g))
	}
	return page, nil
}

func giveForm(p lang.Printer, id habeas.PartyID, open []party.SetSchema) ui.Form {
	f := ui.Form{
		Action: recordPath(id) + "/consents", Submit: p.T("Make the code"),
		Next: p.T("You then see code and link, once. You can take the consent back at any time, with effect at once."),
		Controls: []ui.Control{{
			Kind: ui.ControlHeading, Label: p.T("What they may see"),
			Hint: p.T("The values as they stand when they look, not their history or where they came from."),
		}},
	}
	for _, set := range open {
		f.Controls = append(f.Controls, ui.Control{Kind: ui.ControlCheckbox, Name: setField(set), Value: "on", Label: p.T(set.Label), Hint: fields(p, set)})
	}
	var options []ui.Option
	for _, l := range lives(p) {
		options = append(options, ui.Option{Value: l.name, Text: l.text})
	}
	f.Controls = append(f.Controls,
		ui.Control{Kind: ui.ControlSelect, Name: "life", Label: p.T("How long"), Value: "24h", Options: options},
		ui.Control{
			Kind: ui.ControlNumber, Name: "uses", Label: p.T("How many may use it"), Value: "1", InputMode: "numeric",
			Hint: p.T("Each person or booking system counts once, however often they look; so does each booking. At most {max}.", "max", party.MaxPassUses),
		},
		ui.Control{
			Name: "note", Label: p.T("Note to yourself"), MaxLength: party.MaxPassNote, Optional: true, Autocomplete: "off",
			Hint: p.T("For example, for whom it is. Nobody else sees it."),
		})
	return f
}

// labels joins the names of data sets.
func labels(p lang.Printer, sets []party.SetSchema) string {
	var names []string
	for _, set := range sets {
		names = append(names, p.T(set.Label))
	}
	return strings.Join(names, ", ")
}

// fields names what a data set can hold.
func fields(p lang.Printer, set party.SetSchema) string {
	var names []string
	for _, f := range set.Fields {
		names = append(names, p.T(f.Label))
	}
	return strings.Join(names, ", ")
}

// named are the labels of data sets by their names.
func (s *Pages) named(p lang.Printer, names []string) string {
	var sets []party.SetSchema
	for _, name := range names {
		if set, ok := s.Passes.Schemas().Set(name); ok {
			sets = append(sets, set)
		}
	}
	return labels(p, sets)
}

func (s *Pages) givenRow(v ui.Visit, g Given) GivenRow {
	p, now := v.P, s.Clock.Now()
	row := GivenRow{Sets: s.named(p, g.Sets), Note: g.Note}
	var who []string // each booker once, however many bookings
	for _, u := range g.Uses {
		key := ui.HashText(u.Booker)
		if slices.Contains(who, key) {
			continue
		}
		who = append(who, key)
		name := u.Who
		if name == "" {
			name = p.T("Somebody who has left")
		}
		row.Uses = append(row.Uses, UseRow{name, u.At})
	}
	row.Room = p.T("{n} of {of} used it", "n", len(who), "of", g.Pass.Uses)
	until := p.DateTime(g.Expires, s.Zone())
	switch {
	case g.InForce(now):
		row.State, row.When = ui.Tag{Kind: ui.TagYours, Text: p.T("in force")}, p.T("Until {time}.", "time", until)
		row.End = recordPath(g.Party) + "/consents/" + g.ID.String() + "/end"
	case g.EndedAt.IsZero():
		row.State, row.When = ui.Tag{Kind: ui.TagQuiet, Text: p.T("over")}, p.T("It ended {time}.", "time", until)
	default:
		row.State, row.When = ui.Tag{Kind: ui.TagQuiet, Text: p.T("ended")}, endWords(p, g.Ended, p.DateTime(g.EndedAt, s.Zone()))
	}
	return row
}

func endWords(p lang.Printer, why party.PassEnd, at string) string {
	switch why {
	case party.PassRevoked:
		return p.T("You took it back {time}.", "time", at)
	case party.PassRecovered:
		return p.T("It ended {time}, when the account was recovered.", "time", at)
	case party.PassClosed:
		return p.T("It ended {time}, when the account was closed.", "time", at)
	case party.PassRecord:
	}
	return p.T("It ended {time}, when the record was disputed, restricted or changed hands.", "time", at)
}

func (s *Pages) list(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	page, err := s.listPage(r, v, id)
	if err != nil {
		return err
	}
	if r.URL.Query().Get("done") == "ended" {
		r = ui.WithNotice(r, ui.Notice{
			Kind: ui.NoticeDone, Title: v.P.T("The consent has ended"),
			Text: v.P.T("Code and link open nothing any more. What was seen before cannot be unseen. If it was a slip, make another code."),
		})
	}
	return s.Render(w, r, http.StatusOK, "pass/list", page)
}

// give answers the post itself: after a redirect the code would have to be kept somewhere,
// and it is kept nowhere.
func (s *Pages) give(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	terms, first := party.PassTerms{}, ""
	for _, set := range s.Passes.Schemas().Sets() {
		if f.Bool(setField(set)) {
			terms.Sets = append(terms.Sets, set.Name)
		}
	}
	terms.Life = lifeOf(f)
	terms.Uses, terms.Note = f.Int("uses", 1, party.MaxPassUses), f.String("note", party.MaxPassNote)
	if err = f.Err(); err == nil {
		x, code, link, gave := s.Passes.Give(r.Context(), v.Actor, id, terms)
		if gave == nil {
			return s.Render(w, r, http.StatusOK, "pass/code", s.codeShown(v, x, edge.Show(r.Context(), code), edge.Show(r.Context(), link)))
		}
		err = gave
	}
	page, pageErr := s.listPage(r, v, id)
	if pageErr != nil {
		return pageErr
	}
	for _, c := range page.Form.Controls {
		if first == "" && c.Kind == ui.ControlCheckbox {
			first = c.Name
		}
	}
	var wrong *habeas.Error
	if errors.As(err, &wrong) && wrong.Field == "sets" { // shown beside the first box
		c := *wrong
		c.Field = first
		err = &c
	}
	return s.Again(w, r, v, err, "pass/list", &page, &page.Form, f)
}

func (s *Pages) codeShown(v ui.Visit, x party.Pass, code, link string) CodePage {
	p := v.P
	return CodePage{
		Heading: ui.Heading{
			Title: p.T("Your consent code"),
			Back:  &ui.Link{Text: p.T("All consents of this record"), URL: recordPath(x.Party) + "/consents"},
		},
		Code: ui.Copy{ID: "consent-code", Label: p.T("Code"), Text: code},
		Link: ui.Copy{ID: "consent-link", Label: p.T("Link"), Text: s.Origin.URL(usePath) + "#" + link},
		Sets: s.named(p, x.Sets), Until: x.Expires, Back: recordPath(x.Party) + "/consents",
		Room: p.Plural(x.Uses, "{n} booker", "{n} bookers"),
	}
}

func (s *Pages) end(w http.ResponseWriter, r *http.Request, v ui.Visit, _ habeas.PartyID) error {
	pass, err := habeas.ParseID[habeas.PassKind](r.PathValue("pass"))
	if err != nil {
		return party.ErrNoPass
	}
	about, err := s.Passes.End(r.Context(), v.Actor, pass)
	if err != nil {
		return err
	}
	http.Redirect(w, r, recordPath(about)+"/consents?done=ended", http.StatusSeeOther)
	return nil
}
