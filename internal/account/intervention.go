package account

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// InterventionKind is what an administrator did to somebody else's account.
type InterventionKind string

// The kinds.
const (
	InterventionRevoked InterventionKind = "revoked" // its certificate, with what hung on it (REV-01)
	InterventionErased  InterventionKind = "erased"  // all of it, because its address is nobody's any more (REC-08)
)

// Intervention is that an administrator ended a certificate or an account, and why: the proof that
// they had seen. What was written about an erased account names nobody and stays.
type Intervention struct {
	Event   habeas.EventID // of the ledger's line beside it
	Kind    InterventionKind
	Account habeas.AccountID // zero: it was erased
	By      habeas.AccountID
	At      time.Time
	Why     string
}

const (
	// MaxInterventionWords bounds what an administrator writes down, in characters.
	MaxInterventionWords = 1000
	// KeepInterventions is how long it is kept, in months: as long as a registration lasts.
	KeepInterventions = 36
)

var (
	errInterventionWhy = habeas.Invalid("why", "Say why, and what you have seen that proves it, in at most 1,000 characters.").WithCode("intervention.why")
	errInterventionOwn = habeas.Forbidden("Nobody does this to their own account. Ask another administrator, or go by your own pages.").WithCode("intervention.own")
	// ErrHoldsOffice refuses to erase the account of somebody who works here in a role.
	ErrHoldsOffice = habeas.Conflict("This account works here. Take its role away first; who gave it can do that.").WithCode("intervention.role")
	// ErrInterventionAddress: the address that was typed to confirm is not the account's.
	ErrInterventionAddress = habeas.Invalid("address", "This is not the main address of the account.").WithCode("intervention.address")
)

// Intervene begins the record of what an administrator does to an account. The event's id is that of
// its entry in the ledger.
func Intervene(kind InterventionKind, by habeas.Actor, of habeas.AccountID, why string, event habeas.EventID, now time.Time) (Intervention, error) {
	i := Intervention{Event: event, Kind: kind, Account: of, By: by.Account, At: now, Why: strings.TrimSpace(why)}
	switch {
	case !by.Has(habeas.RoleAdministrator):
		return i, ErrNotAdministrator
	case of == by.Account:
		return i, errInterventionOwn
	case i.Why == "" || !utf8.ValidString(i.Why) || utf8.RuneCountInString(i.Why) > MaxInterventionWords:
		return i, errInterventionWhy
	}
	if kind == InterventionErased {
		i.Account = habeas.AccountID{}
	}
	return i, nil
}

// Interventions reads them.
type Interventions interface {
	// Interventions lists them, the newest first.
	Interventions(ctx context.Context, limit int) ([]Intervention, error)
}

// InterventionWriter writes them in one transaction.
type InterventionWriter interface {
	Interventions
	// Intervene notes one; the entry is of the event that it names.
	Intervene(i Intervention, e audit.Entry) error
}
