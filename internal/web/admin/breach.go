package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Breaches is what the register of breaches asks of the server. Everybody who is no
// administrator is refused.
type Breaches interface {
	List(ctx context.Context, a habeas.Actor, limit int) ([]party.Breach, error)
	// At is one breach with how many letters are in which state of delivery.
	At(ctx context.Context, a habeas.Actor, id habeas.BreachID) (party.Breach, map[string]int, error)
	Open(ctx context.Context, a habeas.Actor, noticed time.Time, facts party.BreachFacts) (party.Breach, error)
	Change(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, facts party.BreachFacts) error
	Notify(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, at time.Time, words string) error
	Close(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, closed bool) error
	Count(ctx context.Context, a habeas.Actor, by party.Affected) (int, error)
	Write(ctx context.Context, a habeas.Actor, id habeas.BreachID, version int64, by party.Affected, words party.Texts) (party.Mailing, error)
}

const (
	breachesPath = "/admin/breaches"
	breachList   = 100
	breachForm   = 64 << 10 // bytes
	breachText   = 4000     // characters
	momentLayout = "2006-01-02T15:04"
)

func (s *Pages) mountBreaches(m *edge.Mux) {
	s.Handle(m, ui.Administrator, "GET "+breachesPath, s.breaches)
	s.Handle(m, ui.Administrator, "POST "+breachesPath, s.openBreach)
	s.Handle(m, ui.Administrator, "GET "+breachesPath+"/{id}", s.breach)
	s.Handle(m, ui.Administrator, "POST "+breachesPath+"/{id}/{step}", s.changeBreach)
	s.Handle(m, ui.Administrator, "GET "+breachesPath+"/{id}/breach.json", s.breachFile)
}

// wrongInput puts an error of input above the page.
func wrongInput(r *http.Request, v ui.Visit, err error) (*http.Request, bool) {
	var e *habeas.Error
	if !errors.As(err, &e) || e.Kind != habeas.KindInvalid {
		return r, false
	}
	return ui.WithNotice(r, ui.Notice{Kind: ui.NoticeDanger, Text: ui.ErrorText(v.P, e)}), true
}

// BreachesPage is the data of admin/breaches.
type BreachesPage struct {
	Heading ui.Heading
	Table   ui.Table
	Form    ui.Form
}

func (s *Pages) breachesPage(r *http.Request, v ui.Visit) (BreachesPage, error) {
	p := v.P
	page := BreachesPage{
		Heading: ui.Heading{Title: p.T("Breaches"), Lead: p.T("When data was lost, changed or seen by the wrong people: write it down here, also where nobody has to be told. The authority has to know within 72 hours.")},
		Table: ui.Table{
			ID: "breaches", Caption: p.T("Register of breaches"),
			Columns: []ui.Column{{Text: p.T("What happened")}, {Text: p.T("Noticed")}, {Text: p.T("State")}},
			Empty:   ui.Empty{Text: p.T("No breach was written down.")},
		},
		Form: ui.Form{Action: breachesPath, Submit: p.T("Begin"), Controls: []ui.Control{
			{Kind: ui.ControlMoment, Name: "noticed", Label: p.T("When it was noticed"), Hint: p.T("The 72 hours count from here."), Value: s.Clock.Now().In(s.Zone()).Format(momentLayout)},
			{Kind: ui.ControlTextarea, Name: "what", Label: p.T("What happened"), Hint: p.T("No names of people: the register says nothing about individuals."), MaxLength: breachText},
		}},
	}
	all, err := s.Breaches.List(r.Context(), v.Actor, breachList)
	for _, b := range all {
		words, kind := s.breachState(p, b)
		page.Table.Rows = append(page.Table.Rows, []ui.Cell{
			{Text: firstLine(b.What), URL: breachesPath + "/" + b.ID.String()}, {Text: p.DateTime(b.Noticed, s.Zone())}, {Text: "", Tag: &ui.Tag{Kind: kind, Text: words}},
		})
	}
	return page, err
}

// breachState is the clock in words.
func (s *Pages) breachState(p lang.Printer, b party.Breach) (string, ui.TagKind) {
	left := b.Due().Sub(s.Clock.Now())
	switch {
	case !b.ClosedAt.IsZero():
		return p.T("closed"), ui.TagQuiet
	case b.Notified():
		return p.T("notified"), ui.TagInfo
	case b.Excused():
		return p.T("not notified, for a reason"), ui.TagQuiet
	case left < 0:
		return p.T("72 hours are over"), ui.TagDanger
	}
	return p.Plural(int(left/time.Hour), "{n} hour left", "{n} hours left"), ui.TagProposal
}

func firstLine(text string) string {
	if r := []rune(text); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return text
}

func (s *Pages) breaches(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	page, err := s.breachesPage(r, v)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/breaches", page)
}

func (s *Pages) openBreach(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, breachForm)
	if err != nil {
		return err
	}
	noticed, facts := s.moment(f, "noticed"), party.BreachFacts{What: f.Text("what", breachText)}
	if err = f.Err(); err == nil {
		var b party.Breach
		if b, err = s.Breaches.Open(r.Context(), v.Actor, noticed, facts); err == nil {
			http.Redirect(w, r, breachesPath+"/"+b.ID.String(), http.StatusSeeOther)
			return nil
		}
	}
	page, wrong := s.breachesPage(r, v)
	if wrong != nil {
		return wrong
	}
	return s.Again(w, r, v, err, "admin/breaches", &page, &page.Form, f)
}

// moment reads date and time in the zone of the server; what is none is the zero time.
func (s *Pages) moment(f *edge.Form, name string) time.Time {
	t, err := time.ParseInLocation(momentLayout, f.String(name, 20), s.Zone())
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// BreachPage is the data of admin/breach.
type BreachPage struct {
	Heading  ui.Heading
	State    ui.Tag
	Noticed  time.Time
	Due      time.Time
	Missing  []string
	Facts    ui.Form
	Phases   []party.Phase
	Notify   ui.Form
	Mailings []MailingLine
	Delivery []string
	Letters  ui.Form
	Count    string // how many a choice concerns; empty: none was made
	Close    string // where closing or opening again posts to
	Closed   bool
	Ready    bool
	Version  int64
}

// MailingLine is one time letters went out.
type MailingLine struct {
	At    time.Time
	Words string
}

func (s *Pages) breachPage(r *http.Request, v ui.Visit, id habeas.BreachID) (BreachPage, error) {
	b, letters, err := s.Breaches.At(r.Context(), v.Actor, id)
	if err != nil {
		return BreachPage{}, err
	}
	p, at := v.P, breachesPath+"/"+id.String()
	words, kind := s.breachState(p, b)
	version := []ui.Hidden{{Name: "version", Value: strconv.FormatInt(b.Version, 10)}}
	page := BreachPage{
		Heading: ui.Heading{
			Title: p.T("Breach"), Lead: firstLine(b.What), Back: &ui.Link{Text: p.T("Breaches"), URL: breachesPath},
			Actions: []ui.Link{{Text: p.T("Take it as JSON"), URL: at + "/breach.json"}},
		},
		State: ui.Tag{Kind: kind, Text: words}, Noticed: b.Noticed, Due: b.Due(), Phases: b.Phases, Version: b.Version,
		Close: at + closing(b), Closed: !b.ClosedAt.IsZero(), Ready: len(b.Missing()) == 0,
		Facts:  ui.Form{Action: at + "/facts", Hidden: version, Controls: s.factControls(p, b), Submit: p.T("Save")},
		Notify: ui.Form{Action: at + "/notify", Hidden: version, Submit: p.T("Note the notification"), Controls: s.notifyControls(p)},
		Letters: ui.Form{
			Action: at + "/letters", Hidden: version, Submit: p.T("Go on"), Controls: s.letterControls(p),
			Next: p.T("First you see how many it concerns. Nobody is written to twice because of one breach."),
		},
	}
	for _, m := range b.Missing() {
		page.Missing = append(page.Missing, p.T(m))
	}
	for _, m := range b.Mailings {
		words := p.Plural(m.Letters, "{n} letter", "{n} letters")
		if m.Without > 0 {
			words += "; " + p.Plural(m.Without, "{n} person has no address here: tell them otherwise", "{n} people have no address here: tell them otherwise")
		}
		page.Mailings = append(page.Mailings, MailingLine{m.At, words})
	}
	page.Delivery = deliveryWords(p, letters)
	systems, err := s.Systems.List(r.Context(), v.Actor)
	if err != nil {
		return page, err
	}
	from := ui.Control{Kind: ui.ControlSelect, Name: "system", Label: p.T("Said by"), Options: []ui.Option{{Text: p.T("Anybody")}}}
	for _, system := range systems {
		from.Options = append(from.Options, ui.Option{Value: system.ID.String(), Text: system.Name})
	}
	page.Letters.Controls = append([]ui.Control{from}, page.Letters.Controls...)
	return page, nil
}

// deliveryWords say what became of the letters.
func deliveryWords(p lang.Printer, letters map[string]int) []string {
	var out []string
	for _, l := range []struct{ state, words string }{
		{string(jobs.Ended), p.T("delivered")}, {string(jobs.Waiting), p.T("waiting")}, {string(jobs.Failed), p.T("given up")}, {"", p.T("older than the delivery record, or erased with their person")},
	} {
		if n := letters[l.state]; n > 0 {
			out = append(out, p.Number(int64(n))+" "+l.words)
		}
	}
	return out
}

func (s *Pages) setOptions(p lang.Printer, prefix string, on []string) []ui.Control {
	var out []ui.Control
	for _, set := range s.Registers.DataSets() {
		c := ui.Control{Kind: ui.ControlCheckbox, Name: prefix + set.Name, Value: "on", Label: p.T(set.Label)}
		for _, name := range on {
			c.Checked = c.Checked || name == set.Name
		}
		out = append(out, c)
	}
	return out
}

func chosenSets(f *edge.Form, prefix string, sets []party.SetSchema) []string {
	var out []string
	for _, set := range sets {
		if f.Bool(prefix + set.Name) {
			out = append(out, set.Name)
		}
	}
	return out
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (s *Pages) factControls(p lang.Printer, b party.Breach) []ui.Control {
	text := func(name, label, hint, value string) ui.Control {
		return ui.Control{Kind: ui.ControlTextarea, Name: name, Label: label, Hint: hint, Value: value, Optional: name != "what", MaxLength: breachText}
	}
	out := []ui.Control{text("what", p.T("What happened"), p.T("No names of people: the register says nothing about individuals."), b.What), {Kind: ui.ControlHeading, Label: p.T("Categories of data")}}
	out = append(out, s.setOptions(p, "set_", b.Sets)...)
	return append(out,
		ui.Control{Kind: ui.ControlNumber, Name: "people", Label: p.T("About how many people"), Value: number(b.People), InputMode: "numeric", Optional: true},
		ui.Control{Kind: ui.ControlNumber, Name: "records", Label: p.T("About how many records"), Value: number(b.Records), InputMode: "numeric", Optional: true},
		text("consequences", p.T("Likely consequences"), "", b.Consequences),
		text("measures", p.T("What was done and is planned"), "", b.Measures),
		ui.Control{Kind: ui.ControlRadio, Name: "risk", Label: p.T("What it means for people"), Value: string(b.Danger), Options: []ui.Option{
			{Value: string(party.DangerNone), Text: p.T("Hardly a risk"), Hint: p.T("It is written down here, and the authority is not notified.")},
			{Value: string(party.DangerSome), Text: p.T("A risk"), Hint: p.T("The authority is notified within 72 hours.")},
			{Value: string(party.DangerHigh), Text: p.T("A high risk"), Hint: p.T("And people are told without delay.")},
		}},
		text("why_not", p.T("Why the authority is not notified"), "", b.WhyNot),
		text("why_late", p.T("Why it took more than 72 hours"), "", b.WhyLate),
		text("why_untold", p.T("Why people are not told"), "", b.WhyUntold),
	)
}

func (s *Pages) notifyControls(p lang.Printer) []ui.Control {
	return []ui.Control{
		{Kind: ui.ControlMoment, Name: "at", Label: p.T("When it was sent"), Value: s.Clock.Now().In(s.Zone()).Format(momentLayout)},
		{Kind: ui.ControlTextarea, Name: "words", Label: p.T("What it said, and what follows later"), Optional: true, MaxLength: breachText},
	}
}

func (s *Pages) letterControls(p lang.Printer) []ui.Control {
	out := append([]ui.Control{{Kind: ui.ControlHeading, Label: p.T("Whose records hold any of this"), Hint: p.T("Without a choice: everybody's.")}}, s.setOptions(p, "of_", nil)...)
	return append(out,
		ui.Control{Kind: ui.ControlDate, Name: "from", Label: p.T("Said on or after"), Optional: true},
		ui.Control{Kind: ui.ControlDate, Name: "until", Label: p.T("Said before"), Optional: true},
		ui.Control{Kind: ui.ControlTextarea, Name: "words_en", Label: p.T("The letter, in English"), Hint: p.T("What happened, what it may mean, what was done, what people can do. No names: everybody gets the same."), MaxLength: 1000},
		ui.Control{Kind: ui.ControlTextarea, Name: "words_es", Label: p.T("The letter, in Spanish"), MaxLength: 1000},
		ui.Control{Kind: ui.ControlCheckbox, Name: "sure", Value: "on", Label: p.T("Send it now")},
	)
}

func (s *Pages) breach(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := habeas.ParseID[habeas.BreachKind](r.PathValue("id"))
	if err != nil {
		return err
	}
	page, err := s.breachPage(r, v, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "admin/breach", page)
}

// changeBreach does one step and comes back to the page.
func (s *Pages) changeBreach(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := habeas.ParseID[habeas.BreachKind](r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := edge.DecodeForm(w, r, breachForm)
	if err != nil {
		return err
	}
	ctx, version := r.Context(), int64(f.Int("version", 0, 1<<30))
	var form func(*BreachPage) *ui.Form
	switch r.PathValue("step") {
	case "facts":
		form = func(page *BreachPage) *ui.Form { return &page.Facts }
		if facts := s.facts(f); f.Err() == nil {
			err = s.Breaches.Change(ctx, v.Actor, id, version, facts)
		}
	case "notify":
		form = func(page *BreachPage) *ui.Form { return &page.Notify }
		if at, words := s.moment(f, "at"), f.Text("words", breachText); f.Err() == nil {
			err = s.Breaches.Notify(ctx, v.Actor, id, version, at, words)
		}
	case "letters":
		return s.letters(w, r, v, id, version, f)
	case "close", "reopen":
		err = s.Breaches.Close(ctx, v.Actor, id, version, r.PathValue("step") == "close")
	default:
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	if err == nil {
		err = f.Err()
	}
	if err == nil {
		http.Redirect(w, r, breachesPath+"/"+id.String(), http.StatusSeeOther)
		return nil
	}
	page, wrong := s.breachPage(r, v, id)
	if wrong != nil || form == nil {
		return errors.Join(err, wrong)
	}
	return s.Again(w, r, v, err, "admin/breach", &page, form(&page), f)
}

func (s *Pages) facts(f *edge.Form) party.BreachFacts {
	return party.BreachFacts{
		What: f.Text("what", breachText), Sets: chosenSets(f, "set_", s.Registers.DataSets()), People: s.count(f, "people"), Records: s.count(f, "records"),
		Consequences: f.Text("consequences", breachText), Measures: f.Text("measures", breachText), Danger: party.Danger(f.String("risk", 10)),
		WhyNot: f.Text("why_not", breachText), WhyLate: f.Text("why_late", breachText), WhyUntold: f.Text("why_untold", breachText),
	}
}

// count reads an approximate number; none is 0.
func (s *Pages) count(f *edge.Form, name string) int {
	if f.Typed(name) == "" {
		return 0
	}
	return f.Int(name, 0, 1<<30)
}

// letters shows how many a choice concerns, and sends once that was seen.
func (s *Pages) letters(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.BreachID, version int64, f *edge.Form) error {
	by := party.Affected{Sets: chosenSets(f, "of_", s.Registers.DataSets()), From: f.Date("from"), Until: f.Date("until")}
	if name := f.String("system", 40); name != "" {
		by.System, _ = habeas.ParseID[habeas.SystemKind](name) // another one chooses nobody's words
	}
	words := party.Texts{"en": f.Text("words_en", 1000), "es": f.Text("words_es", 1000)}
	sure := f.Bool("sure")
	err := f.Err()
	if err == nil && sure {
		if _, err = s.Breaches.Write(r.Context(), v.Actor, id, version, by, words); err == nil {
			http.Redirect(w, r, breachesPath+"/"+id.String()+"#letters", http.StatusSeeOther)
			return nil
		}
	}
	page, wrong := s.breachPage(r, v, id)
	if wrong != nil {
		return wrong
	}
	if err != nil {
		return s.Again(w, r, v, err, "admin/breach", &page, &page.Letters, f)
	}
	n, err := s.Breaches.Count(r.Context(), v.Actor, by)
	if err != nil {
		return err
	}
	page.Letters.Keep(f)
	page.Count = v.P.Plural(n, "It concerns {n} person. Tick “Send it now” to write to them.", "It concerns {n} people. Tick “Send it now” to write to them.")
	return s.Render(w, r, http.StatusOK, "admin/breach", page)
}

// breachFile is one breach to hand to the authority.
func (s *Pages) breachFile(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	id, err := habeas.ParseID[habeas.BreachKind](r.PathValue("id"))
	if err != nil {
		return err
	}
	b, letters, err := s.Breaches.At(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="breach-`+b.Noticed.Format(time.DateOnly)+`.json"`)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(map[string]any{"breach": b, "due": b.Due(), "missing": b.Missing(), "delivery": letters}) // the reader has gone
	return nil
}

// closing is the step that ends the work on a breach or begins it again.
func closing(b party.Breach) string {
	if b.ClosedAt.IsZero() {
		return "/close"
	}
	return "/reopen"
}
