package port

import (
	"context"
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/sealed"
)

// Creators is what trusted entity creators ask of the server, by the certificate of who holds
// the role. It is all that there is for them here: nothing about anybody's activity (TP-04).
type Creators interface {
	// Standing is what a creator has to know before it begins.
	Standing(ctx context.Context, a habeas.Actor) (CreatorStanding, error)
	// Ask mails somebody the code that lets the creator register them. The answer is the same
	// whoever has the address.
	Ask(ctx context.Context, a habeas.Actor, in account.Behalf) (habeas.ChallengeID, error)
	// Confirm takes the code that its person has typed at the creator's.
	Confirm(ctx context.Context, a habeas.Actor, id habeas.ChallengeID, typed sealed.Value) (chain [][]byte, err error)
	// State is how far a registration has come.
	State(ctx context.Context, a habeas.Actor, id habeas.ChallengeID) (account.BehalfPhase, [][]byte, error)
	// ServerCertificate certifies the server of a confirmed site.
	ServerCertificate(ctx context.Context, a habeas.Actor, origin string, request []byte) (chain [][]byte, err error)
}

// CreatorStanding is what a creator has to know before it begins.
type CreatorStanding struct {
	Policy int64  `json:"policy"`    // version that people have to accept
	Read   string `json:"policyUrl"` // where they read it
	Check  string `json:"check"`     // where everybody can check the creator
	Sites  []Site `json:"sites"`
	Root   []byte `json:"root"` // certificate of the Project's root, DER
}

// Site is a confirmed site of the creator.
type Site struct {
	Origin string `json:"origin"`
	Badge  string `json:"badge"`
}

// maxCreator bounds what a creator posts, in bytes.
const maxCreator = 16 << 10

func (p *Pages) mountCreators(m *edge.Mux) {
	m.Handle("GET /api/v1/creator", p.known(p.standing))
	m.Handle("POST /api/v1/creator/registrations", p.known(p.askBehalf))
	m.Handle("GET /api/v1/creator/registrations/{id}", p.known(p.behalfState))
	m.Handle("POST /api/v1/creator/registrations/{id}/code", p.known(p.confirmBehalf))
	m.Handle("POST /api/v1/creator/server-certificate", p.known(p.serverCertificate))
}

// actor is who has shown the certificate.
func (b bearing) actor() habeas.Actor {
	return habeas.Actor{Kind: habeas.ActorPerson, Account: b.Account, Roles: b.Roles, Proof: habeas.ProofCertificate}
}

func (p *Pages) standing(w http.ResponseWriter, r *http.Request, b bearing) error {
	out, err := p.Creators.Standing(r.Context(), b.actor())
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusOK, out)
}

// behalfJSON is a registration that a creator asks for.
type behalfJSON struct {
	Request []byte `json:"request"` // PKCS#10, DER; in base64
	Policy  int64  `json:"policy"`
	Consent struct {
		Text   string                `json:"text"`
		Manner account.ConsentManner `json:"manner"`
	} `json:"consent"`
	Language string `json:"language"`
	Site     string `json:"site"`
}

// begun is the answer to it, whoever it is about.
type begun struct {
	Registration string `json:"registration"`
	Minutes      int    `json:"minutes"` // how long the code holds
}

func (p *Pages) askBehalf(w http.ResponseWriter, r *http.Request, b bearing) error {
	in, err := edge.DecodeJSON[behalfJSON](w, r, maxCreator)
	if err != nil {
		return err
	}
	id, err := p.Creators.Ask(r.Context(), b.actor(), account.Behalf{
		Request: in.Request, Policy: in.Policy, Text: in.Consent.Text, Manner: in.Consent.Manner, Language: in.Language, Site: in.Site,
	})
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusAccepted, begun{id.String(), int(account.ForBehalf.Life().Minutes())})
}

// behalfAnswer is how far a registration has come.
type behalfAnswer struct {
	State account.BehalfPhase `json:"state"`
	Chain [][]byte            `json:"chain,omitempty"` // DER, the certificate first, the root last
}

func (p *Pages) behalfState(w http.ResponseWriter, r *http.Request, b bearing) error {
	id, _ := habeas.ParseID[habeas.ChallengeKind](r.PathValue("id")) // an unreadable one is that of nothing
	state, chain, err := p.Creators.State(r.Context(), b.actor(), id)
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusOK, behalfAnswer{state, chain})
}

func (p *Pages) confirmBehalf(w http.ResponseWriter, r *http.Request, b bearing) error {
	in, err := edge.DecodeJSON[struct {
		Code string `json:"code"`
	}](w, r, maxCreator)
	if err != nil {
		return err
	}
	id, _ := habeas.ParseID[habeas.ChallengeKind](r.PathValue("id"))
	chain, err := p.Creators.Confirm(r.Context(), b.actor(), id, edge.Secret(r.Context(), in.Code))
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusOK, behalfAnswer{account.BehalfDone, chain})
}

func (p *Pages) serverCertificate(w http.ResponseWriter, r *http.Request, b bearing) error {
	in, err := edge.DecodeJSON[struct {
		Request []byte `json:"request"` // PKCS#10, DER; only its key is looked at
		Site    string `json:"site"`
	}](w, r, maxCreator)
	if err != nil {
		return err
	}
	chain, err := p.Creators.ServerCertificate(r.Context(), b.actor(), in.Site, in.Request)
	if err != nil {
		return err
	}
	return edge.WriteJSON(w, http.StatusOK, struct {
		Chain [][]byte `json:"chain"`
	}{chain})
}
