package account

import (
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

// Token is the SHA-256 of a cookie's token. The token itself is in no row (PTY-A24).
type Token [32]byte

// IsZero reports whether there is no token.
func (t Token) IsZero() bool { return t == Token{} }

// SignIn is one browser in which somebody proved who they are.
type SignIn struct {
	Hash      Token
	Account   habeas.AccountID
	Proof     habeas.Proof
	Passkey   keyring.LookupHash // passkey or link to a provider by which it was proved; zero for a code
	Address   keyring.LookupHash // at which a code was proved; else zero
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
	Device    string // "Firefox on Linux": coarse, for its person to recognise

	Certificate pki.Serial // by which it was proved; zero for the others
}

// How long a sign-in lasts.
const (
	CodeLife    = 30 * time.Minute   // after a mailed code
	PasskeyLife = 7 * 24 * time.Hour // after a passkey, at most
	PasskeyIdle = 12 * time.Hour     // after a passkey, without a request
	// CertificateLife is a passkey's, and so is the time without a request; the end of the
	// certificate ends it too.
	CertificateLife = PasskeyLife
	// ProviderLife is shorter than a passkey's: what ends at the provider need not end here.
	ProviderLife = 8 * time.Hour
	// TouchEvery is how exactly the last request is noted: a row is not written
	// for every page.
	TouchEvery = 10 * time.Minute
)

// Life returns how long a sign-in with the given proof may last.
func Life(p habeas.Proof) time.Duration {
	switch p {
	case habeas.ProofPasskey:
		return PasskeyLife
	case habeas.ProofCertificate:
		return CertificateLife
	case habeas.ProofProvider, habeas.ProofProviderStrong:
		return ProviderLife
	case habeas.ProofNone, habeas.ProofCode:
	}
	return CodeLife
}

// Alive reports whether the sign-in counts at that moment.
func (s SignIn) Alive(now time.Time) bool {
	if s.Proof.OfKey() && now.Sub(s.SeenAt) >= PasskeyIdle {
		return false
	}
	return now.Before(s.ExpiresAt)
}

// Reach is how far a sign-in opens an account.
type Reach uint8

// The reaches.
const (
	ReachNothing      Reach = iota
	ReachReactivation       // may reactivate the account, and see nothing of it but its name
	ReachRecovery           // may recover the account, and see what recovery would end
	ReachEverything         // its own affairs; roles still ask for a passkey or a certificate
)

// ReachOf decides what a sign-in opens (ADR 0005): a code opens an account that is not
// guarded, and only recovery of one that is. Guarded is an account with a passkey, and
// one whose main address stands on a provider's word alone: whoever proves that they read
// its mail may be another person than the provider has let in (ADR 0034). A deactivated
// account opens to nobody; one whose registration has ended can be reactivated after a code.
func ReachOf(state State, proof habeas.Proof, guarded bool) Reach {
	switch {
	case state == Lapsed && proof == habeas.ProofCode:
		return ReachReactivation
	case state != Active:
		return ReachNothing
	case proof.OfKey(), proof == habeas.ProofProvider, proof == habeas.ProofProviderStrong:
		return ReachEverything
	case proof == habeas.ProofCode && guarded:
		return ReachRecovery
	case proof == habeas.ProofCode:
		return ReachEverything
	}
	return ReachNothing
}

// Standing is what is known of a sign-in when a request comes.
type Standing struct {
	SignIn
	State      State     // as it was noted; Reach asks Ends too
	Ends       time.Time // of the account's registration; zero: it has none
	HasPasskey bool
	Vouched    bool // the main address stands on a provider's word alone
	Name       string

	BlockedUntil time.Time // zero: no block of the account was made that was not taken back
}

// Reach applies ReachOf at a moment.
func (s Standing) Reach(now time.Time) Reach {
	if !s.Alive(now) || now.Before(s.BlockedUntil) {
		return ReachNothing
	}
	return ReachOf(StateAt(s.State, s.Ends, now), s.Proof, s.HasPasskey || s.Vouched)
}
