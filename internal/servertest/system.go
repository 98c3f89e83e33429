package servertest

import (
	"net/http"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// FindOrCreate is the one operation by which systems hand people over.
const FindOrCreate = "/api/v1/parties:findOrCreate"

// System is a connected system with its token.
type System struct {
	*Browser
	ID            habeas.SystemID
	Secret, Token string
}

// Connect connects a system and fetches its token over HTTP.
func (w *World) Connect(name string) *System {
	w.Helper()
	return w.ConnectOn(authz.Terms{Name: name})
}

// ConnectOn is Connect for a system that may read, or that is only tried out.
func (w *World) ConnectOn(terms authz.Terms) *System {
	w.Helper()
	made, secret, err := w.Systems.ConnectOn(w.Context(), Forged, terms)
	w.Must(err)
	s := &System{Browser: w.Browser(), ID: made.ID, Secret: sealedtest.Text(secret)}
	s.Token = s.FetchToken()
	return s
}

// FetchToken exchanges the secret for a token.
func (s *System) FetchToken() string {
	s.W.Helper()
	r := s.Submit("/oauth/token", "grant_type", "client_credentials", "client_id", s.ID.String(), "client_secret", s.Secret)
	if r.Status != http.StatusOK {
		s.W.Fatalf("token: %d %s", r.Status, r.Body)
	}
	return r.JSON(s.W)["access_token"].(string)
}

// Call sends JSON with the token.
func (s *System) Call(path string, body any, headers ...string) Reply {
	s.W.Helper()
	return s.Send(http.MethodPost, path, "application/json", Encoded(s.W, body), append(headers, "Authorization", "Bearer "+s.Token)...)
}

// Say sends one assertion and returns the answer.
func (s *System) Say(body any, headers ...string) Reply {
	s.W.Helper()
	return s.Call(FindOrCreate, body, headers...)
}

// Party is Say for an assertion that must be taken in; it returns the reference.
func (s *System) Party(body any, headers ...string) string {
	s.W.Helper()
	r := s.Say(body, headers...)
	if r.Status != http.StatusOK {
		s.W.Fatalf("find or create: %d %s", r.Status, r.Body)
	}
	return r.JSON(s.W)["party"].(string)
}

// Behind returns the party that a reference of the system stands for.
func (s *System) Behind(ref string) habeas.PartyID {
	s.W.Helper()
	r, err := party.ParseReference("party", ref)
	s.W.Must(err)
	prefix, n := r.Handle(s.W.Keys.Cipher("reference/" + s.ID.String()))
	id, err := s.W.DB.Records().ByReference(s.W.Context(), s.ID, prefix, n)
	s.W.Must(err)
	return id
}
