package account

import (
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/pki"
)

// KeepChallenges is how long a spent or expired code's row is kept.
const KeepChallenges = 24 * time.Hour

// Kept says how long what belongs to accounts is kept.
func Kept() []habeas.Kept {
	return []habeas.Kept{
		{
			What: "Accounts: name, language, addresses, passkeys, connected identity providers", Why: "So that a person can sign in and look after their records.",
			Basis: habeas.BasisContract, Until: "Until the person erases the account, or {n} months after its registration has ended. An account without a registration has no end of its own.", N: ReactivateMonths,
		},
		{
			What: "Sign-ins: which browser is signed in", Why: "So that a person stays signed in, sees where, and can end it.",
			Basis: habeas.BasisContract, Until: "Until they are ended or expire, at the latest after {n} days.", N: int(PasskeyLife / (24 * time.Hour)),
		},
		{
			What: "The log of accounts: sign-ins, also refused ones, credentials and recoveries, with a sealed network address", Why: "So that people and the organisation can find out about abuse.",
			Basis: habeas.BasisLegitimate, Until: "{n} months at most; then it goes to an archive without addresses and names, or is destroyed.", N: LogMonths,
		},
		{
			What: "Who contributed to public things, under a pseudonym", Why: "So that everybody can rely on public things, and nobody is named.",
			Basis: habeas.BasisLegitimate, Until: "For ever; when the account is erased nothing leads from the pseudonym to anybody.",
		},
		{
			What: "Who read a log, and for what", Why: "So that reading logs has a reason.",
			Basis: habeas.BasisLegitimate, Until: "Until the account that it is about is erased.",
		},
		{
			What: "Registrations: name, country, organisation, e-mail and username in certificates", Why: "So that a person can prove who they are elsewhere too.",
			Basis: habeas.BasisContract, Until: "Three years, and as long again with each renewal. {n} months after their end they are erased with the account and the records of its person.", N: ReactivateMonths,
		},
		{
			What: "Decisions about roles, with who decided and on what proof, and applications for roles", Why: "So that every role can be shown to be given rightly.",
			Basis: habeas.BasisLegitimate, Until: "Until the person erases the account.",
		},
		{
			What: "Trusted entity creators: their sites and what they declare, and who lets which of them act for them, in which words", Why: "So that everybody can see who acts for others, and those can end it.",
			Basis: habeas.BasisConsent, Until: "Until the person erases the account; what a creator declares, until the creator does.",
		},
		{
			What: "Private keys of registration files, sealed, of who agreed to that", Why: "So that a forgotten password does not mean a lost key.",
			Basis: habeas.BasisConsent, Until: "Until the person withdraws it, or the certificate ends.",
		},
		{
			What: "Key keepers: whom people asked to keep shares of their private keys, and sealed shares that only the keepers open", Why: "So that a forgotten password does not mean a lost key, and nobody alone can open it.",
			Basis: habeas.BasisConsent, Until: "Until the person withdraws it, the keeper resigns, or a certificate ends. What was asked and not made ends after {n} days.", N: int(KeepAsked / (24 * time.Hour)),
		},
		{
			What: "Numbers of certificates that were revoked, about nobody", Why: "So that a revoked certificate counts nowhere.",
			Basis: habeas.BasisLegitimate, Until: "{n} days after the certificate would have expired.", N: int(pki.KeptAfterExpiry / (24 * time.Hour)),
		},
		{
			What: "Mailed codes under way, never the code itself", Why: "To prove an address.",
			Basis: habeas.BasisContract, Until: "{n} hours after they expire.", N: int(KeepChallenges / time.Hour),
		},
		{
			What: "Counters of guesses, by keyed mark", Why: "So that nobody can guess codes or flood a mailbox.",
			Basis: habeas.BasisLegitimate, Until: "{n} hours.", N: int(GuessWindow / time.Hour),
		},
		{
			What: "Browsers that somebody has signed in with, by keyed mark", Why: "So that an attacker's guesses do not lock out the owner.",
			Basis: habeas.BasisLegitimate, Until: "{n} days after they were last used.", N: int(KnownBrowserFor / (24 * time.Hour)),
		},
		{
			What: "What a person has agreed to, and what they took back", Why: "Consent has to be shown, and ended as easily as it was given.",
			Basis: habeas.BasisLaw, Until: "Until the person erases the account.",
		},
		{
			What: "Cases of release of data: who asked for what about an account, on what ground, what was decided, and what was handed over", Why: "So that everybody can see what was released about them, and on what ground.",
			Basis: habeas.BasisLaw, Until: "Until the person erases the account. Ground, outcome and moments stay, and name nobody.",
		},
		{
			What: "Certificates that administrators revoked and accounts that they deleted, with the proof that they noted", Why: "So that nobody loses a certificate or an account without a reason that can be shown.",
			Basis: habeas.BasisLegitimate, Until: "{n} months; of an account that its person erases, until then.", N: KeepInterventions,
		},
		{
			What: "Blocked accounts and networks, with the reason", Why: "To keep abuse out.",
			Basis: habeas.BasisLegitimate, Until: "{n} days after the block is over.", N: int(KeepBlocks / (24 * time.Hour)),
		},
		{
			What: "How a person wants to be told who looked, sealed, and how far they were told", Why: "So that nothing is told twice or forgotten.",
			Basis: habeas.BasisConsent, Until: "Until the person erases the account.",
		},
		{
			What: "Who the directory says works here: keyed marks of addresses and groups", Why: "So that whoever leaves loses access at once, and it can be told when.",
			Basis: habeas.BasisLegitimate, Until: "As long as the directory says so, and {n} days.", N: int(KeepMemberships / (24 * time.Hour)),
		},
		{
			What: "Staff as a connected system names them (SCIM): names and addresses, sealed", Why: "So that the organisation decides in one place who works here.",
			Basis: habeas.BasisLegitimate, Until: "Until that system deletes them.",
		},
	}
}
