package entity

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
)

var errLarge = habeas.Conflict("This entity is too large for a form. Change it by the API.").WithCode("entity.form-size")

// TypePage is the data of entity/new: first, what kind of thing it is.
type TypePage struct {
	Heading ui.Heading
	Form    ui.Form
}

func newHeading(p lang.Printer) ui.Heading {
	return ui.Heading{
		Title: p.T("Give a thing its name"), Back: &ui.Link{Text: p.T("Names of things"), URL: searchPath},
		Lead: p.T("It gets one identifier, which leads to it for ever."),
	}
}

// known returns the template of a type, if there is such a type here.
func (s *Pages) known(t entity.Type) (entity.Template, bool) {
	all := s.Entities.Types()
	i := slices.IndexFunc(all, func(o entity.Template) bool { return o.Type == t })
	if i < 0 {
		return entity.Template{}, false
	}
	return all[i], true
}

func (s *Pages) newPage(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	t, ok := s.known(entity.Type(r.URL.Query().Get("type")))
	if !ok {
		kind := ui.Control{Kind: ui.ControlRadio, Name: "type", Label: v.P.T("What kind of thing is it?"), Value: string(entity.Organization)}
		for _, one := range s.Entities.Types() {
			kind.Options = append(kind.Options, ui.Option{Value: string(one.Type), Text: v.P.T(one.Label)})
		}
		page := TypePage{Heading: newHeading(v.P), Form: ui.Form{Action: newPath, Get: true, Controls: []ui.Control{kind}, Submit: v.P.T("Go on")}}
		return s.Render(w, r, http.StatusOK, "entity/new", page)
	}
	d := draftOf(entity.Description{Type: t.Type}, t)
	d.names[0].Lang = v.P.Lang
	page := s.newForm(v.P, by, &d, s.maker(v.P, by, t.Type))
	return s.Render(w, r, http.StatusOK, "entity/edit", page)
}

func (s *Pages) maker(p lang.Printer, by entity.Writer, t entity.Type) *maker {
	return &maker{p: p, t: s.template(t), steward: by.Steward()}
}

func (s *Pages) newForm(p lang.Printer, by entity.Writer, d *draft, m *maker) FormPage {
	page := FormPage{
		Heading: newHeading(p), Action: newPath, Parts: m.parts(d), Flags: m.flags(d, settable(by, true)),
		Hidden: []ui.Hidden{{Name: "type", Value: string(d.kind)}}, Submit: p.T("Go on"), Cancel: ui.Link{Text: p.T("Leave it"), URL: searchPath},
		Next: p.T("Next we look whether it has a name already. Nothing is public before that."),
	}
	page.Heading.Back = &ui.Link{Text: p.T("Another type"), URL: newPath}
	page.Heading.Lead = p.T(m.t.Label)
	if d.kind == entity.Person {
		page.Notice = &ui.Notice{Kind: ui.NoticeInfo, Text: p.T("People are not public here: registered people see what you write. An administrator makes a person public who wants that.")}
	}
	return page
}

// create checks what was typed, asks whether it is one of those that look like it, and creates it.
func (s *Pages) create(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	f, err := edge.DecodeForm(w, r, formBytes)
	if err != nil {
		return err
	}
	d := readDraft(f, 0, settable(by, true))
	do, add, ticket, why := f.Choice("do", "create", "change"), added(f), f.String("ticket", 200), f.Text("override", 500)
	desc, rows := d.description()
	m := s.maker(v.P, by, d.kind)
	again := func(status int, errs []ui.FieldError, n *ui.Notice) error {
		page := s.newForm(v.P, by, &d, m)
		page.Errors = errs
		if n != nil {
			page.Notice = n
		}
		return s.Render(w, r, status, "entity/edit", page)
	}
	if add != "" || do == "change" {
		d.add(add)
		return again(http.StatusOK, nil, nil)
	}
	if errs, err := m.typed(f); err != nil || errs != nil {
		if err != nil {
			return err
		}
		return again(http.StatusBadRequest, errs, nil)
	}
	if do == "create" {
		e, err := s.Entities.Create(r.Context(), by, entity.Draft{Description: desc, Ticket: ticket, Override: why})
		switch {
		case err == nil:
			return done(w, r, e.ID, "created")
		case codeOf(err) == entity.ErrExternal.Code:
			return again(http.StatusConflict, nil, warning(v.P, err))
		case !slices.Contains([]string{"entity.ticket", "entity.ticket-needed", "entity.candidates", "entity.why"}, codeOf(err)):
			return err
		}
		return s.compare(w, r, v, by, &d, desc, why, err)
	}
	report, err := s.Entities.Validate(r.Context(), by, desc)
	if err != nil {
		return err
	}
	if errs := m.findings(&d, rows, report.Findings); errs != nil {
		return again(http.StatusBadRequest, errs, nil)
	}
	if len(report.Candidates) == 0 && len(report.Findings) == 0 {
		e, err := s.Entities.Create(r.Context(), by, entity.Draft{Description: desc, Ticket: report.Ticket})
		if err != nil {
			return err
		}
		return done(w, r, e.ID, "created")
	}
	return s.compared(w, r, v, by, &d, report, why, nil)
}

// typed puts what the form itself refuses beside its controls. An error that is not about
// what was typed is returned.
func (m *maker) typed(f *edge.Form) ([]ui.FieldError, error) {
	err := f.Err()
	if err == nil {
		return nil, nil
	}
	form := ui.Form{}
	if !form.Fail(m.p, err) {
		return nil, err
	}
	m.wrong = map[string]string{}
	for _, e := range form.Errors {
		m.wrong[e.Field] = e.Text
	}
	return form.Errors, nil
}

func warning(p lang.Printer, err error) *ui.Notice {
	return &ui.Notice{Kind: ui.NoticeWarning, Text: ui.ErrorText(p, err)}
}

// ComparePage is the data of entity/compare: it could be one of these.
type ComparePage struct {
	Heading    ui.Heading
	Errors     []ui.FieldError
	Hidden     []ui.Hidden // what was typed
	Candidates []Candidate
	Hints      []string
	Why        *ui.Control
}

// Candidate is one that it could be.
type Candidate struct {
	ui.Link
	ID, Detail, Sure string
	Said             []Fact
}

// compare validates once more: the ticket is too old, or somebody was quicker.
func (s *Pages) compare(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer, d *draft, desc entity.Description, why string, because error) error {
	report, err := s.Entities.Validate(r.Context(), by, desc)
	if err != nil {
		return err
	}
	return s.compared(w, r, v, by, d, report, why, because)
}

func (s *Pages) compared(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer, d *draft, report entity.Report, why string, because error) error {
	p, status := v.P, http.StatusOK
	desc, _ := d.description()
	page := ComparePage{
		Heading: ui.Heading{Title: p.T("Could it be one of these?"), Lead: desc.Label()},
		Hidden:  append(d.hidden(settable(by, true)), ui.Hidden{Name: "ticket", Value: report.Ticket}),
	}
	if len(report.Candidates) == 0 {
		page.Heading.Title = p.T("It has no name here yet")
	} else {
		page.Why = &ui.Control{Kind: ui.ControlTextarea, Name: "override", Label: p.T("Why it is none of these"), Value: why, MaxLength: 500, Hint: p.T("A sentence. It is kept with the entity, for administrators.")}
	}
	if because != nil {
		status = http.StatusConflict
		e := ui.FieldError{Text: ui.ErrorText(p, because)}
		if codeOf(because) == "entity.ticket" || codeOf(because) == "entity.ticket-needed" {
			e.Text = p.T("It took a while, so it was checked once more. Create it now.")
		} else if page.Why != nil {
			e.Field, page.Why.Error, status = "override", p.T("Say why it is none of these, in 3 to 500 characters."), http.StatusBadRequest
		}
		page.Errors = []ui.FieldError{e}
	}
	to := s.audience(r.Context(), v)
	for _, c := range report.Candidates {
		one := Candidate{Link: ui.Link{Text: c.Name, URL: entityPath + c.Entity.String()}, ID: c.Entity.String(), Detail: s.typeName(p, c.Type), Sure: sureness(p, c.P)}
		e, err := s.Entities.Resolve(r.Context(), c.Entity, time.Time{}, to)
		if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
			return err
		}
		one.Said = s.said(p, e.Description)
		page.Candidates = append(page.Candidates, one)
	}
	for _, one := range report.Findings {
		page.Hints = append(page.Hints, p.T(one.Message))
	}
	return s.Render(w, r, status, "entity/compare", page)
}

func (s *Pages) editPage(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	e, err := s.changing(r, v, by)
	if err != nil {
		return err
	}
	d := draftOf(e.Description, s.template(e.Description.Type))
	if d.fields() > mostFields {
		return errLarge
	}
	return s.Render(w, r, http.StatusOK, "entity/edit", s.editForm(v.P, by, e, &d, s.maker(v.P, by, d.kind)))
}

func (s *Pages) editForm(p lang.Printer, by entity.Writer, e entity.Entity, d *draft, m *maker) FormPage {
	at := entityPath + e.ID.String()
	return FormPage{
		Heading: ui.Heading{Title: p.T("Edit"), Lead: e.Description.Label(), Back: &ui.Link{Text: p.T("Its page"), URL: at}},
		Action:  at + "/edit", Hidden: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(e.Version, 10)}},
		Type: s.typeChoice(p, d.kind, m.wrong["type"]), Parts: m.parts(d), Flags: m.flags(d, settable(by, false)),
		Submit: p.T("Save"), Cancel: ui.Link{Text: p.T("Leave it as it was"), URL: at},
		Next: p.T("It is public at once. Empty a line to take it away; what it said is kept for administrators."),
	}
}

// edit writes what was typed over the version that the writer has seen. If somebody was
// quicker, both are shown, and what was typed stays in the form.
func (s *Pages) edit(w http.ResponseWriter, r *http.Request, v ui.Visit, by entity.Writer) error {
	f, err := edge.DecodeForm(w, r, formBytes)
	if err != nil {
		return err
	}
	e, _, err := s.at(r, v)
	if err != nil {
		return err
	}
	d := readDraft(f, e.Description.Access, settable(by, false))
	add, seen := added(f), version(f, "version")
	desc, rows := d.description()
	m := s.maker(v.P, by, d.kind)
	again := func(status int, held entity.Entity, errs []ui.FieldError, change func(*FormPage)) error {
		page := s.editForm(v.P, by, held, &d, m)
		page.Errors = errs
		if change != nil {
			change(&page)
		}
		return s.Render(w, r, status, "entity/edit", page)
	}
	asSeen := e
	asSeen.Version = seen
	if add != "" {
		d.add(add)
		return again(http.StatusOK, asSeen, nil, nil)
	}
	errs, err := m.typed(f)
	if err != nil {
		return err
	}
	if errs == nil {
		errs = m.findings(&d, rows, s.Entities.Check(desc))
	}
	if errs != nil {
		return again(http.StatusBadRequest, asSeen, errs, nil)
	}
	_, err = s.Entities.Edit(r.Context(), by, entity.Change{ID: e.ID, Version: seen, Description: desc})
	switch {
	case err == nil:
		return done(w, r, e.ID, "edited")
	case codeOf(err) == entity.ErrVersion.Code:
		ui.Refused(r, err)
		return again(http.StatusConflict, e, nil, func(page *FormPage) { s.conflict(v.P, page, e.Description, desc) })
	case slices.Contains([]habeas.ErrorKind{habeas.KindConflict, habeas.KindGone}, habeas.KindOf(err)) || codeOf(err) == entity.ErrFlags.Code:
		ui.Refused(r, err)
		return again(http.StatusConflict, asSeen, nil, func(page *FormPage) { page.Notice = warning(v.P, err) })
	}
	return err
}

// conflict shows what somebody else has written beside what was typed.
func (s *Pages) conflict(p lang.Printer, page *FormPage, now, typed entity.Description) {
	page.Notice = &ui.Notice{
		Kind: ui.NoticeWarning, Title: p.T("Somebody was quicker"),
		Text: p.T("What you typed is still in the form. Take over what you want of the other version; saving replaces it."),
	}
	sides := s.sides(p, p.T("As it is now"), p.T("As you typed it"), now, typed)
	page.Sides = &sides
	page.Submit = p.T("Save mine over it")
}

// version reads the version of an entity that a form was made of; what is none is of none.
func version(f *edge.Form, name string) int64 {
	n, err := strconv.ParseInt(f.String(name, 20), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func sureness(p lang.Printer, prob float64) string {
	switch {
	case prob >= sure:
		return p.T("Very likely")
	case prob >= likely:
		return p.T("Likely")
	}
	return p.T("Possible")
}
