// Package pass makes the pages about consents that people hand over as a code or a link:
// those of a person who gives one, and those of the booker who uses it.
package pass

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Booker is who opens what was shared with them: somebody signed in, or a browser in which
// an address was proved for it.
type Booker struct {
	Actor  habeas.Actor
	Visit  [32]byte // of the cookie; looked at when nobody is signed in
	Client string   // the network: for limits only, never stored as it is
}

// Given is a consent with who used it.
type Given struct {
	party.Pass
	Uses []party.PassUse // with the name of the system or the address of the person
}

// Passes is what these pages ask of the server.
type Passes interface {
	Schemas() *party.Schemas
	// Given lists the consents of one of the actor's records, newest first, with the
	// record as its person sees it.
	Given(ctx context.Context, a habeas.Actor, id habeas.PartyID) (party.Record, []Given, error)
	// Give makes one. Code and link are kept nowhere.
	Give(ctx context.Context, a habeas.Actor, id habeas.PartyID, t party.PassTerms) (x party.Pass, code, link sealed.Value, err error)
	// End takes one back, with effect at once; twice is the same as once.
	End(ctx context.Context, a habeas.Actor, id habeas.PassID) (habeas.PartyID, error)

	ui.Prover // of the address of a booker who has no account
	// Who is the address as which a booker acts; refused when there is none.
	Who(ctx context.Context, by Booker) (address string, err error)
	// Use shows a consent code; every refusal of it is party.ErrPass, but for too many.
	Use(ctx context.Context, by Booker, code sealed.Value) (habeas.PassID, error)
	// Look shows what is shared with a booker who has used its code, and notes it.
	Look(ctx context.Context, by Booker, id habeas.PassID) (shared party.Shared, as string, err error)
	Leave(ctx context.Context, visit [32]byte) error
}

// formSize bounds what these pages post, in bytes.
const formSize = 16 << 10

// Pages are the pages about consents.
type Pages struct {
	*ui.Base
	Passes Passes
}

// Mount registers them.
func (s *Pages) Mount(m *edge.Mux) {
	s.Handle(m, ui.SignedIn, "GET /me/records/{id}/consents", onRecord(s.list))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/consents", onRecord(s.give))
	s.Handle(m, ui.SignedIn, "POST /me/records/{id}/consents/{pass}/end", onRecord(s.end))

	s.Handle(m, ui.Anybody, "GET "+usePath, s.page)
	s.Handle(m, ui.Anybody, "POST "+usePath, s.Limited(s.use))
	s.Handle(m, ui.Anybody, "POST /consent/address", s.Limited(s.ask))
	s.proving().Mount(m)
	s.Handle(m, ui.Anybody, "GET /consent/{pass}", s.look)
	s.Handle(m, ui.Anybody, "POST /consent/leave", s.leave)
}

// usePath is where a booker types a code. A link carries the code behind the # sign, which
// browsers do not send.
const usePath = "/consent"

// onRecord hands a page the record that its path names.
func onRecord(h func(w http.ResponseWriter, r *http.Request, v ui.Visit, id habeas.PartyID) error) func(http.ResponseWriter, *http.Request, ui.Visit) error {
	return ui.OnID("id", habeas.NotFound("There is no such record here.").WithCode("party.none"), h)
}
