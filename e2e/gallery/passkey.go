package main

import (
	"encoding/json"
	"net/http"
	"sync"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// ceremonies is a relying party with one invented person, so that passkey.js meets a
// real verifier.
type ceremonies struct {
	rp *webauthn.WebAuthn

	mu      sync.Mutex
	keys    []webauthn.Credential
	session *webauthn.SessionData
}

// The invented person.
func (*ceremonies) WebAuthnID() []byte          { return []byte("invented-person") }
func (*ceremonies) WebAuthnName() string        { return "tim@example.org" }
func (*ceremonies) WebAuthnDisplayName() string { return "Tim Okafor" }

// WebAuthnCredentials implements webauthn.User.
func (c *ceremonies) WebAuthnCredentials() []webauthn.Credential { return c.keys }

func mountPasskeys(mux *edge.Mux, rd *ui.Renderer, origin edge.Origin) error {
	rp, err := webauthn.New(&webauthn.Config{RPID: origin.RPID(), RPDisplayName: "Gallery", RPOrigins: []string{origin.String()}})
	if err != nil {
		return err
	}
	c := &ceremonies{rp: rp}
	form := func(register bool, button string) ui.Passkey {
		name := "sign-in"
		p := ui.Passkey{Register: register, Button: button, Hint: "Your device asks for your finger, face or PIN. None of these reaches us."}
		if register {
			name = "register"
		} else {
			p.Controls = []ui.Control{{Name: "name", Label: "E-mail address", Autocomplete: "username webauthn", Optional: true}}
		}
		p.OptionsURL, p.FinishURL = "/passkey/"+name+"/options", "/passkey/"+name+"/finish"
		return p
	}
	page := func(data any) edge.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			return rd.Render(w, r, http.StatusOK, "gallery/passkey", data)
		}
	}
	mux.Handle("GET /passkey/register", page(form(true, "Make a passkey")))
	mux.Handle("GET /passkey/sign-in", page(form(false, "Sign in with a passkey")))
	mux.Handle("POST /passkey/register/options", c.registerOptions)
	mux.Handle("POST /passkey/register/finish", c.registerFinish)
	mux.Handle("POST /passkey/sign-in/options", c.signInOptions)
	mux.Handle("POST /passkey/sign-in/finish", c.signInFinish)
	return nil
}

func (c *ceremonies) registerOptions(w http.ResponseWriter, _ *http.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	options, session, err := c.rp.BeginRegistration(c,
		webauthn.WithResidentKeyRequirement(protocol.ResidentKeyRequirementRequired),
		webauthn.WithExclusions(webauthn.Credentials(c.keys).CredentialDescriptors()),
		webauthn.WithExtensions(webauthn.WithExtensionInputs(protocol.AuthenticationExtensions{PRF: &protocol.PRFInputs{}})))
	if err != nil {
		return habeas.Internal(err)
	}
	c.session = session
	return reply(w, options)
}

func (c *ceremonies) registerFinish(w http.ResponseWriter, r *http.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, err := c.rp.FinishRegistration(c, *c.session, r)
	if err != nil {
		return habeas.Forbidden("This passkey was not accepted.").WithCause(err)
	}
	c.keys = append(c.keys, *key)
	return reply(w, map[string]string{"location": "/passkey/sign-in"})
}

func (c *ceremonies) signInOptions(w http.ResponseWriter, _ *http.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.keys) == 0 {
		return habeas.NotFound("There is no passkey here yet. Make one first.")
	}
	options, session, err := c.rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return habeas.Internal(err)
	}
	c.session = session
	return reply(w, options)
}

func (c *ceremonies) signInFinish(w http.ResponseWriter, r *http.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	whoever := func(_, _ []byte) (webauthn.User, error) { return c, nil }
	if _, err := c.rp.FinishDiscoverableLogin(whoever, *c.session, r); err != nil {
		return habeas.Forbidden("This passkey was not accepted.").WithCause(err)
	}
	return reply(w, map[string]string{"location": "/me/record"})
}

func reply(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(v)
}
