package party

import (
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// mountMe registers the pages of a person about their own records.
func (s *Pages) mountMe(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET /me", s.Continues(s.inbox, ui.FlowClaim))

	s.Handle(m, ui.SignedIn, "GET /me/offers/{id}", s.Begins(ui.FlowClaim, onParty(s.offer)))
	s.Handle(m, ui.SignedIn, "POST /me/offers/{id}/accept", s.Begins(ui.FlowClaim, onParty(s.acceptOffer)))
	s.Handle(m, ui.SignedIn, "GET /me/offers/{id}/not-me", s.Begins(ui.FlowClaim, onParty(s.askNotMe)))
	s.Handle(m, ui.SignedIn, "POST /me/offers/{id}/not-me", s.Begins(ui.FlowClaim, onParty(s.notMe)))
	s.Handle(m, ui.SignedIn, "POST /me/offers/{id}/evidence", s.Begins(ui.FlowClaim, onParty(s.offerEvidence)))

	s.Handle(m, ui.SignedIn, "GET /me/records/{id}", onParty(s.myRecord))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/evidence", onParty(s.recordEvidence))
	s.Handle(m, ui.SignedIn, "GET /me/records/{id}/edit/{set}", onParty(s.editMine))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/edit/{set}", onParty(s.correctMine))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/undo/{set}", onParty(s.undoCorrection))
	s.mountProposals(m)
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/rights/{kind}", onParty(s.askRight))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/rights/{request}/withdraw", onParty(s.withdrawRight))
	s.Handle(m, ui.SignedIn, "GET /me/erase", s.askEraseMe)
	s.Handle(m, ui.SignedIn, "POST /me/erase/code", s.Limited(s.mailEraseMe))
	s.Handle(m, ui.SignedIn, "POST /me/erase", s.Limited(s.eraseMe))
	s.Handle(m, ui.SignedIn, "GET /me/records/{id}/erase", onParty(s.askErase))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/erase", onParty(s.erase))

	s.Handle(m, ui.SignedIn, "GET /me/activity", s.activity)
	s.Handle(m, ui.SignedIn, "GET /me/activity/{event}", s.proof)
	s.Handle(m, ui.SignedIn, "POST /me/activity/{event}/prove", s.prove)
	s.Handle(m, ui.SignedIn, "GET /me/activity/{event}/receipt", s.receiptFile)
	s.Handle(m, ui.SignedIn, "GET /me/activity/{event}/certificate", s.certificateFile)

	s.Handle(m, ui.SignedIn, "GET /me/copy", s.copyPage)
	s.Handle(m, ui.SignedIn, "POST /me/copy/{format}", s.takeCopy)
	s.mountBring(m)
}

var errNoRecord = habeas.NotFound("There is no such record here.").WithCode("party.none")

// InboxPage is the data of me/inbox.
type InboxPage struct {
	Offers  []InboxOffer
	Propose []InboxRecord // those of Records for which something is proposed
	Asked   []Question
	Waits   []InboxOffer
	Records []InboxRecord
	Wards   []WardRow // for whom the reader acts
	Lately  []ActivityDay
}

// InboxOffer is a record that may be about the reader.
type InboxOffer struct {
	ID      string
	Holder  string // who holds it: "City Bookings"
	Holds   string // what it is: "6 details: identity, contact and phone"
	From    string // who put it there
	Since   time.Time
	Tickets int
	Locked  bool
	Why     string // why it waits for staff
}

// InboxRecord is one of the reader's own records.
type InboxRecord struct {
	ID      string
	Name    string
	Kind    party.Kind
	Holds   string
	Tickets int
	Waiting int // proposals
	Masked  int // data sets that ask for more than the address
	Missing int // fields that the record should hold and does not
	Frozen  bool
}

func (s *Pages) inbox(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	offers, err := s.Records.Offers(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	mine, err := s.Records.Mine(r.Context(), v.Actor) // after Offers, which may make a first one
	if err != nil {
		return err
	}
	looks, err := s.Records.Activity(r.Context(), v.Actor, habeas.EventID{}, 3)
	if err != nil {
		return err
	}
	var page InboxPage
	say := s.voices(r.Context(), v)
	for _, o := range offers {
		shown := s.inboxOffer(say, o)
		if o.Review != party.ReviewNone || o.Locked {
			page.Waits = append(page.Waits, shown)
			continue
		}
		page.Offers = append(page.Offers, shown)
	}
	switch {
	case len(page.Offers) > 0:
		ui.Reached(r, "records offered")
	case len(page.Waits) > 0:
		ui.Reached(r, "records wait for staff")
		ui.FlowEnds(r, ui.FlowClaim, session.Completed)
	default:
		ui.Reached(r, "nothing to claim")
		ui.FlowEnds(r, ui.FlowClaim, session.Completed)
	}
	if page.Asked, err = s.questions(r.Context(), v); err != nil {
		return err
	}
	for _, rec := range mine {
		shown := s.inboxRecord(v.P, rec)
		missing, err := s.Records.Completion(r.Context(), v.Actor, rec)
		if err != nil {
			return err
		}
		shown.Missing = len(missing.Open())
		page.Records = append(page.Records, shown)
		if shown.Waiting > 0 {
			page.Propose = append(page.Propose, shown)
		}
	}
	if page.Wards, err = s.wards(r.Context(), v); err != nil {
		return err
	}
	page.Lately = s.activityDays(v.P, looks)
	r, _, _ = s.withDone(w, r, v)
	return s.Render(w, r, http.StatusOK, "me/inbox", page)
}

func (s *Pages) inboxOffer(say *voices, o party.Offer) InboxOffer {
	p := say.v.P
	out := InboxOffer{
		ID: o.Record.Party.ID.String(), Holder: s.holder(say, o.Record), Holds: holds(p, o.Record),
		From: join(p, say.all(o.Record)), Since: oldest(o.Record), Tickets: len(o.Record.Tickets), Locked: o.Locked,
	}
	switch {
	case o.Locked:
		out.Why = p.T("Too many numbers or codes did not match. A member of staff can help you: bring something that shows who you are.")
	case o.Review == party.ReviewShared:
		out.Why = p.T("Several people read this mailbox, so a member of staff first finds out whom the record is about.")
	case o.Review == party.ReviewRole:
		out.Why = p.T("You work here with special rights. For such accounts a member of staff links the record.")
	case o.Review == party.ReviewApproval:
		out.Why = p.T("The organisation looks at every claim before a record opens. There is nothing for you to do.")
	default:
		out.Why = p.T("More than one record is known at your address, so a member of staff looks first. This keeps other people's data away from you, and yours from them.")
	}
	return out
}

// holder names the one system that put a record here, or the organisation.
func (s *Pages) holder(say *voices, rec party.Record) string {
	var system string
	for _, set := range rec.Sets {
		for _, f := range set.Fields {
			if f.Current.Source.Kind != party.FromSystem {
				return s.Org()
			}
			name := say.name(f.Current.Source)
			if system != "" && name != system {
				return s.Org()
			}
			system = name
		}
	}
	if system == "" {
		return s.Org()
	}
	return system
}

// holds tells what is in a record without telling it: "6 details: identity and phone".
func holds(p lang.Printer, rec party.Record) string {
	var names []string
	n := 0
	for _, set := range rec.Sets {
		names = append(names, strings.ToLower(p.T(set.Schema.Label)))
		n += len(set.Fields)
	}
	if n == 0 {
		return p.T("Nothing yet")
	}
	return p.Plural(n, "{n} detail", "{n} details") + ": " + join(p, names)
}

// oldest is when the first of what a record says was said.
func oldest(rec party.Record) (t time.Time) {
	for _, set := range rec.Sets {
		for _, f := range set.Fields {
			for _, v := range append([]party.Value{f.Current}, f.Older...) {
				if !v.At.IsZero() && (t.IsZero() || v.At.Before(t)) {
					t = v.At
				}
			}
		}
	}
	return t
}

func (s *Pages) inboxRecord(p lang.Printer, rec party.Record) InboxRecord {
	out := InboxRecord{
		ID: rec.Party.ID.String(), Name: nameOr(p, rec), Kind: rec.Party.Kind, Holds: holds(p, rec),
		Tickets: len(rec.Tickets), Frozen: rec.Party.State == party.Frozen,
		Waiting: len(rec.Proposals),
	}
	for _, set := range rec.Sets {
		if set.Masked {
			out.Masked++
		}
	}
	return out
}

// fresh are the data sets of which a record holds nothing yet and that its person may begin.
func (s *Pages) fresh(p lang.Printer, rec party.Record, under string, sight party.Sight) []ui.Link {
	var out []ui.Link
	for _, schema := range s.Records.Schemas().Sets() {
		held := false
		for _, set := range rec.Sets {
			held = held || set.Schema.Name == schema.Name
		}
		if !held && rec.Expects(schema) && sight.Changes(schema.Name) {
			out = append(out, ui.Link{Text: p.T(schema.Label), URL: under + "/edit/" + schema.Name})
		}
	}
	return out
}
