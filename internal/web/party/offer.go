package party

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// OfferPage is the data of me/offer: the confirm screen.
type OfferPage struct {
	ID       string
	Version  int64
	Holder   string
	From     string
	Tickets  int
	Sets     []Held
	Evidence *Evidence
	Waits    string // why staff must decide first; then nothing else is shown
	Stale    bool
	Wants    bool // because the organisation asks for more than the address
	Errors   []ui.FieldError
}

// Evidence is "evidence": the form that offers more than the address.
type Evidence struct {
	Form    ui.Form
	Sets    string // what it would open
	Address string
	Facts   *ui.Form // to recognise facts, after other evidence; nil: that would not help
}

func (s *Pages) offer(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	o, err := s.Records.Offer(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := s.offerPage(r, v, o)
	if err := s.withFacts(r.Context(), v, id, page.Evidence, "/me/offers/"); err != nil {
		return err
	}
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "me/offer", page)
}

// withFacts adds the form that asks to recognise facts, where that would open something.
func (s *Pages) withFacts(ctx context.Context, v ui.Visit, id habeas.PartyID, e *Evidence, under string) (err error) {
	if e != nil {
		e.Facts, err = s.factsForm(ctx, v, id, under+id.String()+"/facts")
	}
	return err
}

// offerPage shows a record masked as it is offered; what is not masked can be
// corrected in place.
func (s *Pages) offerPage(r *http.Request, v ui.Visit, o party.Offer) OfferPage {
	say := s.voices(r.Context(), v)
	page := OfferPage{
		ID: o.Record.Party.ID.String(), Version: o.Record.Party.Version, Holder: s.holder(say, o.Record),
		From: join(v.P, say.all(o.Record)), Tickets: len(o.Record.Tickets), Stale: o.Claim.Stale || o.Claim.Wants, Wants: o.Claim.Wants,
	}
	if o.Review != party.ReviewNone || o.Locked {
		page.Waits = s.inboxOffer(say, o).Why
		return page
	}
	page.Sets = say.held(o.Record)
	for i, set := range o.Record.Sets {
		for j, f := range set.Fields {
			if !f.Masked {
				c := fieldControl(v.P, set.Schema.Name, f.Schema, f.Current.Text, true)
				page.Sets[i].Fields[j].Control, page.Sets[i].Fields[j].Was = &c, c.Value
			}
		}
	}
	page.Evidence = evidenceForm(v.P, o.Record, "/me/offers/"+page.ID+"/evidence")
	return page
}

// evidenceForm asks for more than the address, or is nil when nothing is masked.
func evidenceForm(p lang.Printer, rec party.Record, action string) *Evidence {
	var closed []string
	for _, set := range rec.Sets {
		if set.Masked {
			closed = append(closed, p.T(set.Schema.Label))
		}
	}
	for _, one := range rec.Proposals {
		if label := p.T(one.Set.Label); one.Masked && !slices.Contains(closed, label) {
			closed = append(closed, label)
		}
	}
	if len(closed) == 0 {
		return nil
	}
	return &Evidence{
		Sets: join(p, closed),
		Form: ui.Form{
			Action: action, Submit: p.T("Show what is hidden"),
			Controls: []ui.Control{
				{
					Kind: ui.ControlRadio, Name: "kind", Label: p.T("What do you have at hand?"), Value: string(party.MembershipNumber),
					Options: []ui.Option{
						{Value: string(party.MembershipNumber), Text: p.T("My membership number"), Hint: p.T("It stands on your card or in a letter.")},
						{Value: string(party.PaperCode), Text: p.T("A code on paper"), Hint: p.T("Staff handed it to you or sent it by post: three groups of four.")},
					},
				},
				{Name: "proof", Label: p.T("Number or code"), Hint: p.T("Spaces and dashes do not matter."), Autocomplete: "off", MaxLength: 100},
			},
			Next: p.T("If it matches, everything in the record opens. Wrong tries are counted; after a few, staff have to help."),
		},
	}
}

var errNoProof = habeas.Invalid("proof", "Please fill this in.").WithCode("form.required")

// readEvidence reads what evidenceForm asked for.
func readEvidence(w http.ResponseWriter, r *http.Request) (*edge.Form, party.EvidenceKind, sealed.Value, error) {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return nil, "", sealed.Value{}, err
	}
	kind := party.EvidenceKind(f.Choice("kind", string(party.MembershipNumber), string(party.PaperCode)))
	ui.Typed(r, f, "proof")
	proof := f.Secret("proof")
	if proof.IsZero() {
		f.Fail("proof", errNoProof)
	}
	if f.Typed("kind") == "" {
		f.Fail("kind", habeas.Invalid("kind", "Choose one of the options."))
	}
	return f, kind, proof, f.Err()
}

// showAgain puts into the evidence form what was typed and what came of it. The
// number itself is not shown again: it did not match.
func (e *Evidence) showAgain(p lang.Printer, f *edge.Form, err error) bool {
	if f != nil && f.Typed("kind") != "" {
		e.Form.Controls[0].Value = f.Typed("kind")
	}
	return e.Form.Fail(p, err)
}

// tryEvidence shows evidence and returns what is wrong with it, or nil when it fitted.
func (s *Pages) tryEvidence(r *http.Request, v ui.Visit, id habeas.PartyID, kind party.EvidenceKind, proof sealed.Value) error {
	right, left, err := s.Records.ShowEvidence(r.Context(), v.Actor, id, kind, proof)
	if err != nil || right {
		return err
	}
	return noMatch(left)
}

// noMatch says how many tries are left.
func noMatch(left int) error {
	if left == 0 {
		return habeas.Invalid("proof", "That did not match, and it was the last try. A member of staff can help you.").WithCode("evidence.wrong")
	}
	if left == 1 {
		return habeas.Invalid("proof", "That did not match. You have one try left.").WithCode("evidence.wrong")
	}
	return habeas.Invalid("proof", "That did not match. You have {left} tries left.").WithCode("evidence.wrong").With("left", strconv.Itoa(left))
}

// evidenceOn is a page with the evidence form on it: the confirm screen, or a record
// of one's own.
type evidenceOn struct {
	path, name string // where it is, and its template
	// load makes the page; form is nil when nothing on it is masked any more, or staff
	// must help first.
	load func() (page any, form *Evidence, err error)
}

// evidence tries what was typed and shows the page again when it did not fit.
func (s *Pages) evidence(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, on evidenceOn) error {
	f, kind, proof, wrong := readEvidence(w, r)
	if f == nil {
		return wrong
	}
	if wrong == nil {
		wrong = s.tryEvidence(r, v, id, kind, proof)
	}
	if wrong == nil {
		s.done(w, "evidence")
		http.Redirect(w, r, on.path, http.StatusSeeOther)
		return nil
	}
	if habeas.KindOf(wrong) == habeas.KindInternal {
		return wrong
	}
	ui.Refused(r, wrong)
	page, form, err := on.load()
	if err != nil {
		return err
	}
	if form == nil { // the page itself says what has become of it
		return s.Render(w, r, http.StatusOK, on.name, page)
	}
	if !form.showAgain(v.P, f, wrong) {
		return wrong
	}
	return s.Render(w, r, http.StatusBadRequest, on.name, page)
}

func (s *Pages) offerEvidence(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	if _, err := s.Records.Offer(r.Context(), v.Actor, id); err != nil { // so that there is a claim to support
		return err
	}
	return s.evidence(w, r, v, id, s.onOffer(r, v, id))
}

// onOffer is the confirm screen with its evidence form.
func (s *Pages) onOffer(r *http.Request, v ui.Visit, id habeas.PartyID) evidenceOn {
	return evidenceOn{"/me/offers/" + id.String(), "me/offer", func() (any, *Evidence, error) {
		o, err := s.Records.Offer(r.Context(), v.Actor, id)
		if err != nil {
			return nil, nil, err
		}
		page := s.offerPage(r, v, o)
		return page, page.Evidence, s.withFacts(r.Context(), v, id, page.Evidence, "/me/offers/")
	}}
}

func (s *Pages) acceptOffer(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	version := int64(f.Int("version", 0, 1<<40))
	said := party.Values{}
	for _, set := range s.Records.Schemas().Sets() {
		readSet(f, set, said)
		for _, fs := range set.Fields {
			//sealcheck:allow label-constant names of fields stand in the schemas of the program
			ui.Typed(r, f, set.Name+"."+fs.Name)
			name := was + set.Name + "." + fs.Name
			if old := f.Text(name, 5000); f.TypedAll(name) != nil && said.Get(set.Name, fs.Name) == old {
				delete(said[set.Name], fs.Name)
			}
		}
		if len(said[set.Name]) == 0 {
			delete(said, set.Name)
		}
	}
	wrong := f.Err()
	if wrong == nil {
		wrong = s.Records.Accept(r.Context(), v.Actor, id, version, said)
	}
	if wrong == nil {
		s.done(w, "accepted")
		ui.FlowEnds(r, ui.FlowClaim, session.Completed)
		http.Redirect(w, r, "/me/records/"+id.String(), http.StatusSeeOther)
		return nil
	}
	return s.offerAgain(w, r, v, id, f, wrong)
}

// offerAgain shows the confirm screen once more with everything that was typed, and
// what is wrong with it, or that the record changed meanwhile.
func (s *Pages) offerAgain(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, f *edge.Form, wrong error) error {
	ui.Refused(r, wrong)
	moved := habeas.KindOf(wrong) == habeas.KindConflict
	probe := ui.Form{}
	if !moved && !probe.Fail(v.P, wrong) {
		return wrong
	}
	o, err := s.Records.Offer(r.Context(), v.Actor, id)
	if err != nil {
		return wrong
	}
	page := s.offerPage(r, v, o)
	page.Errors = probe.Errors
	for i := range page.Sets {
		for j := range page.Sets[i].Fields {
			c := page.Sets[i].Fields[j].Control
			if c == nil || f.TypedAll(c.Name) == nil {
				continue
			}
			c.Value = f.Typed(c.Name)
			for _, e := range probe.Errors {
				if e.Field == c.Name {
					c.Error = e.Text
				}
			}
		}
	}
	status := http.StatusBadRequest
	if moved {
		status = http.StatusConflict
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeWarning, Text: ui.ErrorText(v.P, wrong)})
	}
	return s.Render(w, r, status, "me/offer", page)
}

// NotMePage is the data of me/not-me.
type NotMePage struct {
	ID      string
	Version int64
	Holder  string
}

func (s *Pages) askNotMe(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	o, err := s.Records.Offer(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "me/not-me", NotMePage{
		ID: id.String(), Version: o.Record.Party.Version, Holder: s.holder(s.voices(r.Context(), v), o.Record),
	})
}

func (s *Pages) notMe(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, maxRecordForm)
	if err != nil {
		return err
	}
	version := int64(f.Int("version", 0, 1<<40))
	if err := f.Err(); err != nil {
		return err
	}
	o, err := s.Records.Offer(r.Context(), v.Actor, id) // so that there is a claim to refuse
	if err != nil {
		return err
	}
	err = s.Records.NotMe(r.Context(), v.Actor, id, version)
	if errors.As(err, new(*habeas.Error)) && habeas.KindOf(err) == habeas.KindConflict {
		ui.Refused(r, err)
		r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeWarning, Text: ui.ErrorText(v.P, err)})
		return s.Render(w, r, http.StatusConflict, "me/offer", s.offerPage(r, v, o))
	}
	if err != nil {
		return err
	}
	s.done(w, "not-me")
	ui.Reached(r, "not me")
	ui.FlowEnds(r, ui.FlowClaim, session.Completed)
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}
