package party

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// Proposals is what people decide about what others propose for their own records. Every
// method checks that the record is the actor's; errors are *habeas.Error.
type Proposals interface {
	// Settle carries out what the actor replies to a proposal, or to all of a source.
	// version is that of the record as it was shown. It returns the line that witnesses it.
	Settle(ctx context.Context, a habeas.Actor, id habeas.PartyID, version int64, reply party.Reply) (habeas.EventID, error)
	// TakeBack ends a rule, from now on.
	TakeBack(ctx context.Context, a habeas.Actor, id habeas.PartyID, rule habeas.EventID) (habeas.EventID, error)
	// UndoSettle undoes the newest of these decisions.
	UndoSettle(ctx context.Context, a habeas.Actor, id habeas.PartyID, decided habeas.EventID) error
}

// ProposalsPage is the data of me/proposals.
type ProposalsPage struct {
	ID      string
	Name    string
	Action  string // where every reply is posted to
	Version int64
	Frozen  bool
	Voices  []ProposalVoice
	Rules   []ProposalRule
}

// ProposalVoice is what one source proposes.
type ProposalVoice struct {
	Name      string
	Proposals []ProposalItem
	Every     string // the statement by which the form for all of it names the voice
	Opens     bool   // at least one can be accepted
}

// ProposalItem is one proposal.
type ProposalItem struct {
	Statement string
	Set       string
	Field     string
	Label     string
	Voice     string // as in "Always from City Bookings"
	From      string // who said it
	At        time.Time
	Occasion  string // the ticket it came with
	Now       string
	Yours     bool // what counts now is the reader's own word
	Says      string
	Masked    bool
	ByHand    bool // no rule may change it
}

// ProposalRule is a rule in force.
type ProposalRule struct {
	Action string
	Words  string
	Since  time.Time
}

func (s *Pages) mountProposals(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET /me/records/{id}/proposals", onParty(s.proposals))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/proposals", onParty(s.settleProposal))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/proposals/undo", onParty(s.undoProposal))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/proposals/rules/{rule}", onParty(s.takeRuleBack))
}

// proposalDone is the key of the cookie that says what was decided; the page offers to
// undo it.
const proposalDone = "proposal"

func (s *Pages) proposals(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	page := s.proposalsPage(r.Context(), v, rec)
	r, key, what := s.withDone(w, r, v)
	if last := rec.Settled.Last; key == proposalDone && last != nil {
		f := ui.FrameOf(r)
		f.Undo = &ui.Undo{Text: settledWords(v.P, what), Action: page.Action + "/undo", Hidden: []ui.Hidden{{Name: "decided", Value: last.ID.String()}}}
		r = ui.WithFrame(r, f)
	}
	return s.Render(w, r, http.StatusOK, "me/proposals", page)
}

// settledWords says what was decided.
func settledWords(p lang.Printer, what string) string {
	switch party.Verdict(what) {
	case party.Accepted:
		return p.T("Accepted: it is your own word now.")
	case party.Rejected:
		return p.T("Yours stays. The same will not be proposed again.")
	case party.Always:
		return p.T("Accepted, and the next ones count by themselves.")
	case party.Never:
		return p.T("Nothing of it will be proposed any more.")
	}
	return p.T("The rule is taken back.")
}

func (s *Pages) proposalsPage(ctx context.Context, v ui.Visit, rec party.Record) ProposalsPage {
	at := "/me/records/" + rec.Party.ID.String() + "/proposals"
	page := ProposalsPage{
		ID: rec.Party.ID.String(), Name: nameOr(v.P, rec), Action: at, Version: rec.Party.Version, Frozen: rec.Party.State == party.Frozen,
	}
	say := s.voices(ctx, v)
	places := map[party.Source]int{}
	for _, p := range rec.Proposals {
		voice := p.Says.Source.Voice()
		i, known := places[voice]
		if !known {
			i = len(page.Voices)
			places[voice] = i
			page.Voices = append(page.Voices, ProposalVoice{Name: say.voice(voice), Every: p.Says.Statement.String()})
		}
		item := say.proposal(p)
		page.Voices[i].Opens = page.Voices[i].Opens || !item.Masked
		page.Voices[i].Proposals = append(page.Voices[i].Proposals, item)
	}
	for _, rule := range rec.Settled.Rules() {
		page.Rules = append(page.Rules, ProposalRule{Action: at + "/rules/" + rule.ID.String(), Words: s.ruleWords(say, rule), Since: rule.At()})
	}
	return page
}

// voice is how a source is called in a rule, as in "Always from City Bookings".
func (o *voices) voice(voice party.Source) string {
	switch voice.Kind {
	case party.FromStaff:
		return o.v.P.T("the staff")
	case party.FromImport:
		return o.v.P.T("imports")
	case party.FromSystem, party.FromSelf, party.FromGuardian:
	}
	return o.name(voice)
}

func (o *voices) proposal(p party.Proposal) ProposalItem {
	said := o.value(party.Party{}, p.Field, p.Says, p.Masked)
	now := o.value(party.Party{}, p.Field, p.Now, p.Masked && p.Now.Source.Kind != party.FromSelf)
	item := ProposalItem{
		Statement: p.Says.Statement.String(), Set: p.Set.Name, Field: p.Field.Name,
		Label: o.v.P.T(p.Field.Label), Voice: o.voice(p.Says.Source.Voice()), From: said.Source, At: p.Says.At,
		Now: now.Text, Yours: now.Yours && now.Text != "", Says: said.Text, Masked: p.Masked,
		ByHand: p.ByHand(),
	}
	if p.Says.Source.Kind == party.FromSystem { // the ticket is named below
		item.From = o.name(p.Says.Source)
	}
	switch occ := p.Says.Occ; {
	case occ.Title != "" && occ.Ref != "":
		item.Occasion = o.v.P.T("On the ticket “{title}” ({ref})", "title", occ.Title, "ref", occ.Ref)
	case occ.Title+occ.Ref != "":
		item.Occasion = o.v.P.T("On the ticket “{title}”", "title", occ.Title+occ.Ref)
	}
	return item
}

// ruleWords is a rule as a sentence.
func (s *Pages) ruleWords(say *voices, rule party.Settlement) string {
	p, from := say.v.P, say.voice(rule.From)
	schema, _ := s.Records.Schemas().Set(rule.Set)
	f, _ := schema.Field(rule.Field)
	field := p.T(f.Label)
	switch {
	case rule.Whole() && rule.Verdict == party.Always:
		return p.T("Always from {source}, in every field but the e-mail address", "source", from)
	case rule.Whole():
		return p.T("Never from {source}, in any field", "source", from)
	case rule.Verdict == party.Always:
		return p.T("{field}: always from {source}", "field", field, "source", from)
	}
	return p.T("{field}: never from {source}", "field", field, "source", from)
}

func (s *Pages) settleProposal(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 4<<10)
	if err != nil {
		return err
	}
	version := int64(f.Int("version", 0, 1<<40))
	reply := party.Reply{Set: f.String("set", 100), Field: f.String("field", 100)}
	reply.Verdict = party.Verdict(f.Choice("choice", string(party.Accepted), string(party.Rejected), string(party.Always), string(party.Never)))
	statement := f.Required("statement", 100)
	if err := f.Err(); err != nil {
		return err
	}
	if reply.Statement, err = habeas.ParseID[habeas.StatementKind](statement); err != nil {
		return habeas.NotFound("There is no such proposal.").WithCode("proposal.none")
	}
	if _, err := s.Records.Settle(r.Context(), v.Actor, id, version, reply); err != nil {
		return s.proposalsAgain(w, r, v, id, err)
	}
	return s.proposalsNext(w, r, id, proposalDone+"."+string(reply.Verdict))
}

// proposalsNext shows the page again, with what was done.
func (s *Pages) proposalsNext(w http.ResponseWriter, r *http.Request, id habeas.PartyID, done string) error {
	s.done(w, done)
	http.Redirect(w, r, "/me/records/"+id.String()+"/proposals", http.StatusSeeOther)
	return nil
}

// proposalsAgain shows the page as it is now, and why nothing was done.
func (s *Pages) proposalsAgain(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID, wrong error) error {
	var e *habeas.Error
	if !errors.As(wrong, &e) {
		return wrong
	}
	status := map[habeas.ErrorKind]int{
		habeas.KindConflict: http.StatusConflict, habeas.KindInvalid: http.StatusBadRequest, habeas.KindForbidden: http.StatusForbidden,
	}[e.Kind]
	if status == 0 {
		return wrong
	}
	rec, err := s.Records.My(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	r = ui.WithNotice(r, ui.Notice{Kind: ui.NoticeWarning, Text: ui.ErrorText(v.P, e)})
	return s.Render(w, r, status, "me/proposals", s.proposalsPage(r.Context(), v, rec))
}

func (s *Pages) undoProposal(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	f, err := edge.DecodeForm(w, r, 1<<10)
	if err != nil {
		return err
	}
	text := f.Required("decided", 100)
	if err := f.Err(); err != nil {
		return err
	}
	decided, err := habeas.ParseID[habeas.EventKind](text)
	if err != nil {
		return habeas.NotFound("There is no such proposal.").WithCode("proposal.none")
	}
	if err := s.Records.UndoSettle(r.Context(), v.Actor, id, decided); err != nil {
		return s.proposalsAgain(w, r, v, id, err)
	}
	return s.proposalsNext(w, r, id, "taken-back")
}

func (s *Pages) takeRuleBack(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error {
	rule, err := habeas.ParseID[habeas.EventKind](r.PathValue("rule"))
	if err != nil {
		return habeas.NotFound("There is no such rule of yours, or it was taken back already.").WithCode("proposal.no-rule")
	}
	if _, err := s.Records.TakeBack(r.Context(), v.Actor, id, rule); err != nil {
		return s.proposalsAgain(w, r, v, id, err)
	}
	return s.proposalsNext(w, r, id, proposalDone+".rule")
}
