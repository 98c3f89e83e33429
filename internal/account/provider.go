package account

import (
	"slices"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/sealed"
)

// Provider is an identity provider as the organisation has settled it (ADR 0034).
type Provider struct {
	Name     string   // in addresses of pages: "campus"
	Label    string   // on the button: "Campus login"
	Issuer   string   // exactly as in its tokens
	Vouches  []string // domains about whose addresses it is believed, as A-labels
	Staff    bool     // roles count in its sign-ins that have one of StaffACR
	StaffACR []string
}

// Identity is what a provider has said about somebody, in a token that was checked.
type Identity struct {
	Issuer, Subject string // who it is: an account is found by these two and by nothing else
	Email           string // as asserted; may be empty, or anything
	Verified        bool   // the provider says that it has verified Email
	ACR             string // how they proved themselves there
}

// Vouched returns the address that the provider proves: one that it has verified, in a
// domain that the organisation believes it about. Everybody else proves theirs by a code.
func (p Provider) Vouched(i Identity) (address email.Address, ok bool) {
	if !i.Verified || i.Issuer != p.Issuer {
		return email.Address{}, false
	}
	address, err := email.Parse(i.Email)
	if err != nil || !slices.Contains(p.Vouches, address.Domain()) {
		return email.Address{}, false
	}
	return address, true
}

// Proof is what a sign-in by the provider counts as. A strong one lets roles count.
func (p Provider) Proof(i Identity) habeas.Proof {
	if p.Staff && slices.Contains(p.StaffACR, i.ACR) {
		return habeas.ProofProviderStrong
	}
	return habeas.ProofProvider
}

// ProviderLink lets somebody of a provider open an account. What the provider calls them
// is in no row: the hash is keyed.
type ProviderLink struct {
	Hash    keyring.LookupHash // of issuer and subject
	Account habeas.AccountID
	AddedAt time.Time
	UsedAt  time.Time // zero: never
	EndedAt time.Time // zero: in use; else removed, and for UndoFor restorable
	Issuer  string
	Called  string // the address that the provider gave: for people to recognise it, and no proof
}

// MaxProviderLinks is how many providers one account is connected with at most.
const MaxProviderLinks = 10

// LookupProvider is the kind of lookup hash of a link.
const LookupProvider = "provider"

// LinkKey is what a link is looked up by. No issuer holds a zero byte.
func (i Identity) LinkKey() string { return i.Issuer + "\x00" + i.Subject }

// Arrival is what becomes of somebody whom a provider has signed in.
type Arrival uint8

// The arrivals.
const (
	ArriveUnknown Arrival = iota // nothing is linked or claimed: they prove their address, or sign in as usual and connect
	ArriveIn                     // their link opens its account
	ArriveClosed                 // their account was closed
	ArriveNew                    // nobody is at the address that the provider vouches for: an account of its own
)

// Arrive decides. An account is found by its link only. An address opens none, whoever
// vouches for it: two accounts are never made one on a provider's word (PTY-A1, PTY-A5).
func Arrive(linked bool, state State, vouched, taken bool) Arrival {
	switch {
	case linked && state == Active:
		return ArriveIn
	case linked:
		return ArriveClosed
	case vouched && !taken:
		return ArriveNew
	}
	return ArriveUnknown
}

// ProviderAnswer is what a browser brings back from a provider.
type ProviderAnswer struct {
	State  string       // of the request that it answers
	Code   sealed.Value // to be redeemed for a token
	Issuer string       // who says that it answers (RFC 9207); may be empty
	Failed string       // the provider's error, an OAuth code; empty: none
}

// Why signing in by a provider ends. Their codes begin with "provider.".
var (
	ErrProviderNone  = habeas.NotFound("There is no such way to sign in here.").WithCode("provider.none")
	ErrProviderState = habeas.Invalid("", "This took too long, was answered already, or began in another browser. Begin again.").WithCode("provider.state")
	ErrProviderNo    = habeas.Forbidden("Nobody was signed in at {provider}. Nothing has changed here.").WithCode("provider.no")
	ErrProviderDown  = habeas.Unavailable("{provider} does not answer now. Try again later, or sign in another way.").WithCode("provider.down")
	ErrProviderWrong = habeas.Forbidden("The answer of {provider} does not hold, so nobody was signed in. Begin again. If it stays so, sign in another way and tell us: {contact}").WithCode("provider.wrong")
	ErrProviderNeeds = habeas.Forbidden("Your account at {provider} may not be used here, or not in the way you signed in there. Use another one, or sign in another way.").WithCode("provider.needs")
	ErrProviderTaken = habeas.Forbidden("This account at {provider} opens another account here already. Nothing was changed.").WithCode("provider.taken")
	ErrProviderAgain = habeas.Forbidden("Sign in as you usually do, then connect {provider} once more.").WithCode("provider.again")
)
