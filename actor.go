package habeas

// Role is what an account may do beyond its own affairs.
type Role string

// The roles. Every account is a person; the others are held by attribute certificates
// (ADR 0044). The authorization manager is designated on the machine and makes
// administrators; administrators make staff and trusted entity creators; nobody else
// makes anybody anything.
const (
	RolePerson        Role = "person"
	RoleStaff         Role = "staff"
	RoleCreator       Role = "creator" // trusted entity creator: enters entities on behalf of others
	RoleAdministrator Role = "administrator"
	RoleManager       Role = "manager" // authorization manager
)

// ActorKind says in which capacity somebody acts.
type ActorKind string

// The capacities.
const (
	ActorPerson ActorKind = "person" // somebody on their own affairs
	ActorStaff  ActorKind = "staff"  // staff or administrator at work
	ActorSystem ActorKind = "system" // a connected system
	ActorServer ActorKind = "server" // the server itself: schedules, clocks
)

// Proof is how the present sign-in was proved.
type Proof string

// The proofs, weakest first. A mailed code proves an address and opens only
// claim, notice and recovery flows (design.md, decision 1).
const (
	ProofNone    Proof = ""
	ProofCode    Proof = "code"
	ProofPasskey Proof = "passkey"
	// The key of an identity certificate of ours, shown on the port for certificates.
	ProofCertificate Proof = "certificate"

	// An identity provider's word opens the person's side. Where the organisation lists
	// the provider for staff, and it says that it looked closely enough, the word is a
	// strong one, in which roles count.
	ProofProvider       Proof = "provider"
	ProofProviderStrong Proof = "provider-strong"
)

// OfKey reports whether somebody proved that they hold a key which only they have.
func (p Proof) OfKey() bool { return p == ProofPasskey || p == ProofCertificate }

// Actor is who does something. It travels from the edge through every domain
// call into the audit entry.
type Actor struct {
	Kind    ActorKind
	Account AccountID // set for persons and staff
	System  SystemID  // set for connected systems
	Roles   []Role    // what the account may do
	Proof   Proof     // how this sign-in was proved
	Purpose string    // why staff look: one of the closed list, or empty
}

// Server is the server acting by itself.
var Server = Actor{Kind: ActorServer}

// Has reports whether the actor holds the role and proved it by more than a
// mailed code or a provider's word. Administrators hold staff rights too.
func (a Actor) Has(role Role) bool {
	if role == RolePerson {
		return !a.Account.IsZero()
	}
	if !a.Proof.OfKey() && a.Proof != ProofProviderStrong {
		return false
	}
	for _, r := range a.Roles {
		if r == role || role == RoleStaff && r == RoleAdministrator {
			return true
		}
	}
	return false
}
