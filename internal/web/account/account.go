// Package account makes the pages about accounts: joining and signing in, the codes
// and passkeys that prove who somebody is, and recovery.
package account

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/lang"
	"github.com/habeas-data/habeas/internal/web/ui"
	"github.com/habeas-data/habeas/sealed"
)

// Accounts is what the pages about accounts ask of the server. Every method checks
// what the actor or the browser may do; errors are *habeas.Error.
type Accounts interface {
	// Ask makes a challenge and mails its code, alike for known and unknown addresses.
	Ask(ctx context.Context, in account.Asking) (habeas.ChallengeID, error)
	// AskForAddress does so for one more address of the actor's account.
	AskForAddress(ctx context.Context, a habeas.Actor, in account.Asking) (habeas.ChallengeID, error)
	// Waiting is what the browser in which a flow began may see of it.
	Waiting(ctx context.Context, id habeas.ChallengeID, flow account.Token) (account.Pending, error)
	// Prove answers a challenge; every refusal of a code is account.ErrCode.
	Prove(ctx context.Context, a habeas.Actor, id habeas.ChallengeID, typed sealed.Value, b account.Browser) (account.Proved, error)

	// PasskeyOptions and PasskeySignIn are the two steps of signing in by passkey;
	// options and answer are JSON as WebAuthn defines it.
	PasskeyOptions(ctx context.Context, flow account.Token) (options []byte, err error)
	PasskeySignIn(ctx context.Context, answer []byte, b account.Browser) error
	// NewPasskeyOptions and AddPasskey are those of making one.
	NewPasskeyOptions(ctx context.Context, a habeas.Actor, flow account.Token, name string) (options []byte, err error)
	AddPasskey(ctx context.Context, a habeas.Actor, answer []byte, b account.Browser) error
	SignOut(ctx context.Context, sign account.Token) error

	Holdings(ctx context.Context, a habeas.Actor) (account.Holdings, error)
	SetName(ctx context.Context, a habeas.Actor, name string) error
	RemovePasskey(ctx context.Context, a habeas.Actor, sign account.Token, hash keyring.LookupHash) error
	RestorePasskey(ctx context.Context, a habeas.Actor, hash keyring.LookupHash) error

	// RemoveAddress can be taken back for a while by RestoreAddress.
	RemoveAddress(ctx context.Context, a habeas.Actor, hash keyring.LookupHash) error
	RestoreAddress(ctx context.Context, a habeas.Actor, hash keyring.LookupHash) error
	// Changing is the change of the main address under way, and ProvedLately whether
	// this sign-in may begin one. AskToProve mails a code by which it may.
	Changing(ctx context.Context, a habeas.Actor) (c account.Change, found bool, err error)
	ProvedLately(ctx context.Context, a habeas.Actor, sign account.Token) (bool, error)
	AskToProve(ctx context.Context, a habeas.Actor, in account.Asking) (habeas.ChallengeID, error)
	// AskForMain mails a code to what is to become the main address: one of the account's
	// own, or in.Address when own is zero. With record, its records say it too.
	AskForMain(ctx context.Context, a habeas.Actor, sign account.Token, in account.Asking, own keyring.LookupHash, record bool) (habeas.ChallengeID, error)
	StopChange(ctx context.Context, a habeas.Actor) error
	// Stoppable says when the change happens that a link stops; StopByLink stops it.
	Stoppable(ctx context.Context, link sealed.Value) (account.Change, error)
	StopByLink(ctx context.Context, link sealed.Value) error

	EndOtherSignIns(ctx context.Context, a habeas.Actor, sign account.Token) error

	// Recovering is what a recovery would end; Recover does it.
	Recovering(ctx context.Context, sign account.Token) (account.Holdings, error)
	Recover(ctx context.Context, sign account.Token, b account.Browser) error

	// CheckFirstLink says whether the first administrator's link would still work.
	CheckFirstLink(ctx context.Context, link sealed.Value) error
}

const (
	// accountForm and passkeyAnswer bound what a page posts, in bytes.
	accountForm   = 16 << 10
	passkeyAnswer = 64 << 10
)

// Pages are the pages about accounts.
type Pages struct {
	*ui.Base
	Accounts   Accounts
	Providers  Providers // nil: there are none
	Bearers    Bearers   // nil: nobody signs in by certificate
	Agreements Agreements
	Tellings   Tellings
	Inspecting Inspecting
	Roles      Roles

	Registrations Registrations
	Renewals      Renewals
	Escrows       Escrows  // nil: no keys are kept here
	Creators      Creators // nil: nobody acts for others
	// Correspondence lets people write to each other. Nil: they cannot.
	Correspondence Correspondence
}

// Mount registers them.
func (s *Pages) Mount(m *edge.Mux) {
	s.mountAgreed(m)
	s.mountProviders(m)
	s.mountHandover(m)
	s.mountTelling(m)
	s.mountInspect(m)
	s.mountRoles(m)
	s.mountRegistration(m)
	s.mountRenew(m)
	s.mountEscrow(m)
	if s.Correspondence != nil {
		s.mountCorrespondence(m)
	}
	if s.Creators != nil {
		s.mountCreatorSites(m)
		s.mountMandates(m)
	}
	s.Handle(m, ui.Anybody, "GET /join", s.joinPage)
	s.Handle(m, ui.Anybody, "POST /join", s.Limited(s.Begins(ui.FlowClaim, s.join)))
	s.Handle(m, ui.Anybody, "POST /join/check", s.checkDomain)
	s.Handle(m, ui.Anybody, "GET /code", s.Continues(s.codePage, ui.FlowSignIn, ui.FlowClaim))
	s.Handle(m, ui.Anybody, "POST /code", s.Limited(s.Continues(s.code, ui.FlowSignIn, ui.FlowClaim)))

	s.Handle(m, ui.Anybody, "GET /sign-in", s.signInPage)
	s.Handle(m, ui.Anybody, "POST /sign-in/code", s.Limited(s.Begins(ui.FlowSignIn, s.signInByCode)))
	s.Handle(m, ui.Anybody, "POST /sign-in/passkey/options", s.Limited(s.Begins(ui.FlowSignIn, s.passkeyOptions)))
	s.Handle(m, ui.Anybody, "POST /sign-in/passkey", s.Limited(s.Continues(s.passkeySignIn, ui.FlowSignIn)))
	s.Handle(m, ui.Anybody, "POST /sign-out", s.signOut)
	s.Handle(m, ui.Anybody, "GET /recover", s.Continues(s.recoverPage, ui.FlowSignIn, ui.FlowClaim))
	s.Handle(m, ui.Anybody, "POST /recover", s.Limited(s.Continues(s.recover, ui.FlowSignIn, ui.FlowClaim)))
	s.Handle(m, ui.Anybody, "GET /first-administrator", s.firstPage)
	s.Handle(m, ui.Anybody, "POST /first-administrator", s.Limited(s.first))

	s.Handle(m, ui.SignedIn, "GET /me/credentials", s.credentialsPage)
	s.Handle(m, ui.SignedIn, "POST /me/credentials/passkeys/options", s.Limited(s.newPasskeyOptions))
	s.Handle(m, ui.SignedIn, "POST /me/credentials/passkeys", s.Limited(s.addPasskey))
	s.Handle(m, ui.SignedIn, "POST /me/credentials/passkeys/remove", s.removePasskey)
	s.Handle(m, ui.SignedIn, "POST /me/credentials/passkeys/restore", s.restorePasskey)
	s.Handle(m, ui.SignedIn, "POST /me/credentials/sign-ins/end", s.endSignIns)
	s.Handle(m, ui.SignedIn, "POST /me/credentials/name", s.setName)

	s.Handle(m, ui.SignedIn, "GET "+addressesAt, s.addressesPage)
	s.Handle(m, ui.SignedIn, "POST "+addressesAt, s.Limited(s.addAddress))
	s.Handle(m, ui.SignedIn, "POST "+addressesAt+"/remove", s.removeAddress)
	s.Handle(m, ui.SignedIn, "POST "+addressesAt+"/restore", s.restoreAddress)
	s.Handle(m, ui.SignedIn, "GET "+mainAt, s.askMain)
	s.Handle(m, ui.SignedIn, "POST "+mainAt, s.Limited(s.changeMain))
	s.Handle(m, ui.SignedIn, "POST "+mainAt+"/prove", s.Limited(s.proveAgain))
	s.Handle(m, ui.SignedIn, "POST "+mainAt+"/stop", s.stopChange)
	s.Handle(m, ui.Anybody, "GET "+stopAt, s.stopPage)
	s.Handle(m, ui.Anybody, "POST "+stopAt, s.Limited(s.stop))
}

// flow is the mark of the browser in which a flow begins.
func (s *Pages) flow(w http.ResponseWriter, r *http.Request) account.Token {
	return account.Token(s.Flow(w, r))
}

// held is a ResponseWriter that only gathers headers, to hold a cookie back until
// what it stands for has happened.
type held struct {
	http.ResponseWriter
	header http.Header
}

func (h held) Header() http.Header { return h.header }

// NewBrowser describes where an answer comes from and prepares a sign-in for it. The
// cookie reaches the browser only by keep.
func NewBrowser(s *ui.Base, w http.ResponseWriter, r *http.Request, life time.Duration) (b account.Browser, keep func()) {
	if t, ok := s.Cookies.Flow(r); ok {
		b.Flow = account.Token(t)
	}
	if t, ok := s.Cookies.SignIn(r); ok {
		b.Old = account.Token(t)
	}
	later := held{w, http.Header{}}
	b.New = account.Token(s.Cookies.BeginSignIn(r.Context(), later, life))
	b.Device = deviceOf(r.UserAgent())
	return b, func() {
		for _, c := range later.header.Values("Set-Cookie") {
			w.Header().Add("Set-Cookie", c)
		}
	}
}

// deviceOf names browser and system of a User-Agent roughly, for its owner to
// recognise; the header itself is not kept.
func deviceOf(agent string) string {
	first := func(pairs ...string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := first("Edg", "Edge", "OPR/", "Opera", "Firefox", "Firefox", "Chrome", "Chrome", "CriOS", "Chrome", "Safari", "Safari")
	system := first("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	return strings.Trim(browser+" · "+system, " ·")
}

// writeJSON answers a script of ours.
func writeJSON(w http.ResponseWriter, body []byte) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the reader may have gone
	return nil
}

// Nav are the navigation lines of the pages about accounts.
func Nav() []ui.NavItem {
	own := lang.Mark("Your account")
	return []ui.NavItem{
		{Area: ui.AreaMe, Group: own, Path: "/me/credentials", Label: lang.Mark("How you sign in")},
		{Area: ui.AreaMe, Group: own, Path: rolesAt, Label: lang.Mark("Roles")},
		{Area: ui.AreaMe, Group: own, Path: mandatesAt, Label: lang.Mark("Who acts for you")},
		{Area: ui.AreaMe, Group: own, Path: addressesAt, Label: lang.Mark("Addresses")},
		{Area: ui.AreaMe, Group: own, Path: registrationAt, Label: lang.Mark("Registration file")},
		{Area: ui.AreaMe, Group: own, Path: escrowAt, Label: lang.Mark("Forgotten password of the file")},
		{Area: ui.AreaMe, Group: own, Path: keepingAt, Label: lang.Mark("Keys you help to keep")},
		{Area: ui.AreaMe, Group: own, Path: tellingPath, Label: lang.Mark("How you are told")},
		{Area: ui.AreaMe, Group: own, Path: agreedPath, Label: lang.Mark("Agreed to")},
		{Area: ui.AreaMe, Group: own, Path: writtenAt, Label: lang.Mark("Who may write to you")},
		{Area: ui.AreaMe, Group: own, Path: inspectPath, Label: lang.Mark("Everything about me")},
	}
}
