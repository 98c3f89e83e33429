package account

import (
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/lang"
)

// Ground is why data about an account may be released. The list is closed: what is on no
// ground of it is refused (REL-01).
type Ground string

// The six grounds.
const (
	GroundLaw        Ground = "law"
	GroundPermission Ground = "permission"
	GroundAbuse      Ground = "abuse"
	GroundBot        Ground = "bot"
	GroundVandalism  Ground = "vandalism"
	GroundProtection Ground = "protection"
)

// DataSet is a part of what is held about an account. The list is closed, and a release
// holds the chosen ones and nothing else.
type DataSet string

// The data sets. Key material is a case of its own.
const (
	DataAccount     DataSet = "account"
	DataAddresses   DataSet = "addresses"
	DataSignIns     DataSet = "sign-ins"
	DataCredentials DataSet = "credentials"
	DataRoles       DataSet = "roles"
	DataActs        DataSet = "contributions"
	DataKey         DataSet = "key"
)

// DataTerm is a data set as people read of it.
type DataTerm struct {
	Set         DataSet
	Label, Says string
}

// DataTerms are all data sets, in the order of pages and files.
func DataTerms() []DataTerm {
	return []DataTerm{
		{DataAccount, lang.Mark("Account data"), lang.Mark("Name, language, what it is registered as, since when.")},
		{DataAddresses, lang.Mark("Addresses"), lang.Mark("The e-mail addresses that the account has proved.")},
		{DataSignIns, lang.Mark("Sign-in log"), lang.Mark("When somebody signed in, tried to, or signed out.")},
		{DataCredentials, lang.Mark("Credentials"), lang.Mark("When passkeys, connections and certificates came, were used and ended; never a key.")},
		{DataRoles, lang.Mark("Roles"), lang.Mark("Which roles the account has, since when.")},
		{DataActs, lang.Mark("Contributions"), lang.Mark("What the account did and when, by kind; not what it wrote.")},
		{DataKey, lang.Mark("Key material"), lang.Mark("A kept private key. A case of its own, and two administrators.")},
	}
}

// GroundTerm is a ground as people read of it, with the data that it can ever open. Purpose
// is the sentence that stands in the ledger beside each read.
type GroundTerm struct {
	Ground        Ground
	Purpose, Says string
	Sets          []DataSet
}

// GroundTerms are all grounds. What a ground opens is no more than what it is about: a bot
// is found by its log, not by somebody's addresses.
func GroundTerms() []GroundTerm {
	all := []DataSet{DataAccount, DataAddresses, DataSignIns, DataCredentials, DataRoles, DataActs}
	log := []DataSet{DataSignIns, DataActs}
	return []GroundTerm{
		{GroundLaw, lang.Mark("Legal compulsion"), lang.Mark("A subpoena, court order or other demand that the law makes binding. The person is notified."), append(slices.Clone(all), DataKey)},
		{GroundPermission, lang.Mark("The person's permission"), lang.Mark("The person has allowed exactly this."), all},
		{GroundAbuse, lang.Mark("Abuse investigation"), lang.Mark("To find out about abuse of this service."), all},
		{GroundBot, lang.Mark("Page views of a bot or spider"), lang.Mark("What a program did here, to mend what it causes."), log},
		{GroundVandalism, lang.Mark("Vandalism or persistent disruption"), lang.Mark("To an internet provider, carrier or other third party, for a complaint or a block."), append([]DataSet{DataAddresses}, log...)},
		{GroundProtection, lang.Mark("Protection of rights, property or safety"), lang.Mark("Reasonably necessary to protect this organisation, its users or the public."), all},
	}
}

// Term finds a ground; ok is false where it is none.
func (g Ground) Term() (t GroundTerm, ok bool) {
	for _, t := range GroundTerms() {
		if t.Ground == g {
			return t, true
		}
	}
	return t, false
}

// Label is a data set as people call it, in English.
func (s DataSet) Label() string {
	for _, t := range DataTerms() {
		if t.Set == s {
			return t.Label
		}
	}
	return string(s)
}

var (
	errGround      = habeas.Invalid("ground", "Choose one of the grounds. On no other ground is anything released.").WithCode("release.ground")
	errGroundSet   = habeas.Invalid("sets", "This ground does not open these data.").WithCode("release.sets")
	errNoSet       = habeas.Invalid("sets", "Choose which data are asked for.").WithCode("release.no-set")
	errKeyAlone    = habeas.Invalid("sets", "Key material is a case of its own: choose nothing beside it.").WithCode("release.key-alone")
	errReleaser    = habeas.Forbidden("Only administrators and staff release data, signed in with a passkey.").WithCode("release.role")
	errKeyReleaser = habeas.Forbidden("Only administrators decide about key material.").WithCode("release.role")
	errReleaseSelf = habeas.Forbidden("Nobody works on a case about their own account. Ask somebody else.").WithCode("release.self")
)

// CanRelease says whether an actor may release a data set of an account on a ground
// (REL-01, REL-02, REL-08). Everything that is not allowed here is refused.
func CanRelease(a habeas.Actor, of habeas.AccountID, g Ground, set DataSet) error {
	if err := CanWork(a, of); err != nil {
		return err
	}
	term, ok := g.Term()
	switch {
	case !ok:
		return errGround
	case set == DataKey && !a.Has(habeas.RoleAdministrator):
		return errKeyReleaser
	case !slices.Contains(term.Sets, set):
		return errGroundSet
	}
	return nil
}

// CanWork says whether an actor may see and keep a case about an account. The person whom it
// is about never may, whatever their role: a hold would be told by it.
func CanWork(a habeas.Actor, of habeas.AccountID) error {
	switch {
	case !a.Has(habeas.RoleStaff):
		return errReleaser
	case a.Account == of:
		return errReleaseSelf
	}
	return nil
}

// checkSets refuses a choice of data that no release can have.
func checkSets(g Ground, sets []DataSet) error {
	term, ok := g.Term()
	switch {
	case !ok:
		return errGround
	case len(sets) == 0:
		return errNoSet
	case len(sets) > 1 && slices.Contains(sets, DataKey):
		return errKeyAlone
	}
	for _, s := range sets {
		if !slices.Contains(term.Sets, s) {
			return errGroundSet
		}
	}
	return nil
}
