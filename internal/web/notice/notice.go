// Package notice makes the pages for people who hold no account: what is held at their
// address after a typed code, what they can ask for, and the link that stops mails; and
// the register of requests for staff.
package notice

import (
	"context"
	"net/http"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Notices is what these pages ask of the server. A visit is the hash of the cookie of a
// browser in which an address was proved; every method checks it again.
type Notices interface {
	ui.Prover // of an address, whether something is held there or not
	Look(ctx context.Context, visit [32]byte) (l party.Looking, found bool, err error)
	Leave(ctx context.Context, visit [32]byte) error
	Request(ctx context.Context, visit [32]byte, id habeas.PartyID, kind party.RequestKind) (party.Request, error)
	Withdraw(ctx context.Context, visit [32]byte, id habeas.RequestID) error
	StopMails(ctx context.Context, visit [32]byte, stop bool) error

	// Stopped says what a stop link stands for, StopBy uses it.
	Stopped(ctx context.Context, token sealed.Value) (party.StopState, error)
	StopBy(ctx context.Context, token sealed.Value, stop bool) error

	// SystemName is how a connected system is called.
	SystemName(ctx context.Context, id habeas.SystemID) string

	// Requests and the rest are for staff.
	Requests(ctx context.Context, a habeas.Actor, limit int) (open, ended []party.Request, err error)
	RequestsOn(ctx context.Context, a habeas.Actor, id habeas.PartyID) ([]party.Request, party.Keeping, error)
	Answer(ctx context.Context, a habeas.Actor, id habeas.RequestID, answer party.Answer, reason string) error
	Kept(ctx context.Context, a habeas.Actor, limit int) ([]party.Keeping, error)
	HoldUntil(ctx context.Context, a habeas.Actor, id habeas.PartyID, reason string, until time.Time) error
	Free(ctx context.Context, a habeas.Actor, id habeas.PartyID) error

	// Enter writes down what reached staff, RequestAt reads one request, EachRequest visits
	// all without anything personal.
	Enter(ctx context.Context, a habeas.Actor, in party.Entered) (party.Request, error)
	RequestAt(ctx context.Context, a habeas.Actor, id habeas.RequestID) (party.Request, error)
	EachRequest(ctx context.Context, a habeas.Actor, visit func(party.Request) error) error
	Extend(ctx context.Context, a habeas.Actor, id habeas.RequestID, why string) error
	TakeOn(ctx context.Context, a habeas.Actor, id habeas.RequestID, on bool) error
	Identify(ctx context.Context, a habeas.Actor, id habeas.RequestID, how string) error
	ReopenRequest(ctx context.Context, a habeas.Actor, id habeas.RequestID) error
	// Bound is what stands against erasing a record.
	Bound(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Bound, error)

	// Remains and RemainsCertificate are for whoever knows the number of an erasure.
	Remains(ctx context.Context, erasure habeas.RemainderID) ([]party.Remainder, error)
	RemainsCertificate(ctx context.Context, erasure, id habeas.RemainderID) ([]byte, error)
}

// formSize bounds what these pages post, in bytes.
const formSize = 16 << 10

// Pages are the pages about notices and requests.
type Pages struct {
	*ui.Base
	Notices    Notices
	Disputes   Disputes
	Contacting Contacting
	// MailingLists are those of the organisation, in the order of its settings.
	MailingLists []account.MailingList
}

// Mount registers them.
func (s *Pages) Mount(m *edge.Mux) {
	s.Handle(m, ui.Anybody, "GET /notice", s.page)
	s.Handle(m, ui.Anybody, "POST /notice", s.Limited(s.ask))
	s.proving().Mount(m)
	s.mountContact(m)
	s.mountMailingLists(m)
	s.Handle(m, ui.Anybody, "POST /notice/records/{id}/{kind}", s.Limited(onParty(s.request)))
	s.Handle(m, ui.Anybody, "GET /notice/records/{id}/dispute", onParty(s.askDispute))
	s.Handle(m, ui.Anybody, "POST /notice/records/{id}/dispute", s.Limited(onParty(s.dispute)))
	s.Handle(m, ui.Anybody, "POST /notice/requests/{id}/withdraw", s.Limited(onRequest(s.withdraw)))
	s.Handle(m, ui.Anybody, "POST /notice/mails/{wish}", s.Limited(s.mails))
	s.Handle(m, ui.Anybody, "POST /notice/leave", s.leave)
	s.Handle(m, ui.Anybody, "GET /notice/stop/{token}", s.stopPage)
	s.Handle(m, ui.Anybody, "POST /notice/stop/{token}", s.Limited(s.stop))
	s.Handle(m, ui.Anybody, "POST /notice/stop/{token}/resume", s.Limited(s.resume))

	s.Handle(m, ui.Anybody, "GET /erased/{id}", s.erasedPage)
	s.Handle(m, ui.Anybody, "GET /erased/{id}/{part}/certificate", s.erasedCertificate)

	s.Handle(m, ui.Staff, "GET /staff/requests", s.register)
	s.Handle(m, ui.Staff, "GET /staff/requests/register.csv", s.registerFile)
	s.Handle(m, ui.Staff, "GET /staff/requests/new", s.newRequest)
	s.Handle(m, ui.Staff, "POST /staff/requests/new", s.enterNew)
	s.Handle(m, ui.Staff, "GET /staff/requests/{id}", onRequest(s.requestPage))
	s.Handle(m, ui.Staff, "POST /staff/requests/{id}", onRequest(s.answer))
	s.Handle(m, ui.Staff, "POST /staff/requests/{id}/{step}", onRequest(s.step))
	s.Handle(m, ui.Staff, "GET /staff/people/{id}/requests", onParty(s.onePage))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/requests", onParty(s.enter))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/hold", onParty(s.hold))
	s.Handle(m, ui.Staff, "POST /staff/people/{id}/free", onParty(s.free))
}

// onParty hands a page the record that its path names.
func onParty(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("id", nil, h)
}

// Nav are the navigation lines of these pages.
func Nav() []ui.NavItem {
	return []ui.NavItem{{Area: ui.AreaStaff, Path: "/staff/requests", Label: lang.Mark("Requests")}}
}

// AskPage is the data of notice/ask.
type AskPage struct {
	Heading ui.Heading
	Form    ui.Form
}

func askPage(p lang.Printer) AskPage {
	return AskPage{
		Heading: ui.Heading{
			Title: p.T("What is held about you"),
			Lead:  p.T("Type your e-mail address and then the code that we mail to it. You see what is held there, masked, and decide about it. You need no account."),
		},
		Form: ui.Form{
			Action: "/notice",
			Controls: []ui.Control{
				{Kind: ui.ControlEmail, Name: "address", Label: p.T("E-mail address"), Autocomplete: "email", MaxLength: ui.MaxAddress, CheckURL: "/join/check"},
			},
			Submit: p.T("Send me a code"),
			Next:   p.T("The code holds for 10 minutes. Until it is typed nothing happens, and nobody learns whether there is a record."),
		},
	}
}

// page shows what is held to a browser in which an address was proved, and asks every
// other one for an address.
func (s *Pages) page(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	visit, ok := s.Cookies.Visit(r)
	if !ok {
		return s.Render(w, r, http.StatusOK, "notice/ask", askPage(v.P))
	}
	l, found, err := s.Notices.Look(r.Context(), visit)
	if err != nil {
		return err
	}
	if !found {
		s.Cookies.EndVisit(w)
		return s.Render(w, r, http.StatusOK, "notice/ask", askPage(v.P))
	}
	if r.URL.Query().Get("done") == string(party.AskNotMe) {
		r = ui.WithNotice(r, ui.Notice{
			Kind: ui.NoticeDone, Title: v.P.T("Thank you for telling us"),
			Text: v.P.T("The record does not lead to your address any more. Staff look for the right person."),
		})
	}
	if r.URL.Query().Get("done") == "disputed" {
		r = ui.WithNotice(r, ui.Notice{
			Kind: ui.NoticeDone, Title: v.P.T("The record is frozen"),
			Text: v.P.T("Nobody can change it until staff have looked. You get a mail when they have decided."),
		})
	}
	return s.Render(w, r, http.StatusOK, "notice/held", s.heldPage(r.Context(), v.P, l))
}

// ask answers every address alike: with the page to type the code on (PTY-A26).
func (s *Pages) ask(w http.ResponseWriter, r *http.Request, v ui.Visit) error {
	f, err := edge.DecodeForm(w, r, formSize)
	if err != nil {
		return err
	}
	address := ui.FormAddress(f, "address")
	if err := f.Err(); err != nil {
		page := askPage(v.P)
		return s.Again(w, r, v, err, "notice/ask", &page, &page.Form, f)
	}
	return s.proving().Mail(w, r, v, account.Asking{Address: address})
}

func (s *Pages) proving() ui.Proving {
	return ui.Proving{
		Base: s.Base, Prover: s.Notices, Code: "/notice/code", Asks: "/notice", Opens: "/notice",
		Words: func(p lang.Printer) ui.ProvingWords { return ui.ProvingWords{Submit: p.T("Show what is held")} },
	}
}

// visited hands on to what a visit may do; without one it begins anew.
func (s *Pages) visited(w http.ResponseWriter, r *http.Request, do func(visit [32]byte) (to string, err error)) error {
	visit, ok := s.Cookies.Visit(r)
	if !ok {
		http.Redirect(w, r, "/notice", http.StatusSeeOther)
		return nil
	}
	to, err := do(visit)
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (s *Pages) request(w http.ResponseWriter, r *http.Request, _ ui.Visit, id habeas.PartyID) error {
	kind := party.RequestKind(r.PathValue("kind"))
	return s.visited(w, r, func(visit [32]byte) (string, error) {
		_, err := s.Notices.Request(r.Context(), visit, id, kind)
		if kind == party.AskNotMe {
			return "/notice?done=" + string(kind), err
		}
		return "/notice#" + id.String(), err
	})
}

func (s *Pages) withdraw(w http.ResponseWriter, r *http.Request, _ ui.Visit, id habeas.RequestID) error {
	return s.visited(w, r, func(visit [32]byte) (string, error) {
		return "/notice", s.Notices.Withdraw(r.Context(), visit, id)
	})
}

func (s *Pages) mails(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	wish := r.PathValue("wish")
	if wish != "stop" && wish != "resume" {
		return habeas.NotFound("There is no such page.").WithCode("page.none")
	}
	return s.visited(w, r, func(visit [32]byte) (string, error) {
		return "/notice#mails", s.Notices.StopMails(r.Context(), visit, wish == "stop")
	})
}

func (s *Pages) leave(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	defer http.Redirect(w, r, "/", http.StatusSeeOther)
	visit, ok := s.Cookies.Visit(r)
	if !ok {
		return nil
	}
	s.Cookies.EndVisit(w)
	return s.Notices.Leave(r.Context(), visit)
}

// StopPage is the data of notice/stop.
type StopPage struct {
	Token string
	party.StopState
}

// stopPage changes nothing: a mail scanner opens links too (PTY-A19).
func (s *Pages) stopPage(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	return s.showStop(w, r)
}

// stopToken is the token of the link that was followed.
func stopToken(r *http.Request) sealed.Value { return edge.Secret(r.Context(), r.PathValue("token")) }

func (s *Pages) showStop(w http.ResponseWriter, r *http.Request) error {
	token := stopToken(r)
	state, err := s.Notices.Stopped(r.Context(), token)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "notice/stop", StopPage{edge.Show(r.Context(), token), state})
}

// stop answers with a page and no redirect: mail programs post here by themselves when
// their reader presses "unsubscribe" (RFC 8058, 3.2). It reads no body.
func (s *Pages) stop(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	if err := s.Notices.StopBy(r.Context(), stopToken(r), true); err != nil {
		return err
	}
	return s.showStop(w, r)
}

func (s *Pages) resume(w http.ResponseWriter, r *http.Request, _ ui.Visit) error {
	token := stopToken(r)
	if err := s.Notices.StopBy(r.Context(), token, false); err != nil {
		return err
	}
	http.Redirect(w, r, "/notice/stop/"+edge.Show(r.Context(), token), http.StatusSeeOther)
	return nil
}
