package account

import (
	"errors"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

var everyRole = []habeas.Role{habeas.RoleManager, habeas.RoleAdministrator, habeas.RoleCreator, habeas.RoleStaff, habeas.RolePerson}

// allowed are all pairs of who gives and what is given that are no refusal: the policy, written
// out once more.
var allowed = map[[2]habeas.Role]bool{
	{habeas.RoleManager, habeas.RoleAdministrator}: true,
	{habeas.RoleAdministrator, habeas.RoleCreator}: true,
	{habeas.RoleAdministrator, habeas.RoleStaff}:   true,
}

// Every grantor, every role, oneself and others, every proof of the sign-in.
// Proves ATTR-03, ATTR-04, ATTR-05 and ATTR-07.
func TestWhoGivesWhichRole(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	counts := map[habeas.Proof]bool{habeas.ProofPasskey: true, habeas.ProofProviderStrong: true}
	for _, by := range everyRole {
		for _, role := range append(everyRole, "", "owner") {
			for _, own := range []bool{false, true} {
				for _, proof := range []habeas.Proof{habeas.ProofNone, habeas.ProofCode, habeas.ProofProvider, habeas.ProofPasskey, habeas.ProofProviderStrong} {
					actor := habeas.Actor{Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RolePerson, by}, Proof: proof}
					want := allowed[[2]habeas.Role{by, role}] && !own && counts[proof]
					err := CanGrant(actor, Granting{Role: role, Proof: "seen"}, own, now.AddDate(3, 0, 0), now)
					if (err == nil) != want {
						t.Errorf("%s (%q) gives %q, to themselves %v: %v", by, proof, role, own, err)
					}
					if err := CanRevoke(actor, role, own, 2, "left"); (err == nil) != want {
						t.Errorf("%s (%q) takes %q, from themselves %v: %v", by, proof, role, own, err)
					}
					ask := Application{State: ApplicationOpen, Role: role, Account: habeas.AccountID{2}}
					if own {
						ask.Account = actor.Account
					}
					if err := CanRefuse(actor, ask, "no"); (err == nil) != want {
						t.Errorf("%s (%q) refuses %q, their own %v: %v", by, proof, role, own, err)
					}
				}
			}
		}
	}
}

// Proves ATTR-06 and ATTR-09.
func TestADecisionNeedsProofAndAnEndThatHolds(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	ends := now.AddDate(1, 0, 0)
	admin := habeas.Actor{Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	for name, c := range map[string]struct {
		in   Granting
		want string
	}{
		"with proof":              {Granting{Role: habeas.RoleStaff, Proof: "seen"}, ""},
		"as long as registered":   {Granting{Role: habeas.RoleStaff, Proof: "seen", Ends: ends}, ""},
		"without":                 {Granting{Role: habeas.RoleStaff}, "role.proof"},
		"only blanks":             {Granting{Role: habeas.RoleStaff, Proof: " \n"}, "role.proof"},
		"longer than registered":  {Granting{Role: habeas.RoleStaff, Proof: "seen", Ends: ends.Add(time.Second)}, "role.ends"},
		"a day that has passed":   {Granting{Role: habeas.RoleStaff, Proof: "seen", Ends: now}, "role.past"},
		"a book instead of proof": {Granting{Role: habeas.RoleStaff, Proof: string(make([]rune, MaxProof+1))}, "form.long"},
	} {
		var e *habeas.Error
		err := CanGrant(admin, c.in, false, ends, now)
		if errors.As(err, &e); c.want == "" && err != nil || c.want != "" && (e == nil || e.Code != c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := CanRevoke(admin, habeas.RoleStaff, false, 1, " "); !errors.Is(err, errReason) {
		t.Errorf("taken away without a reason: %v", err)
	}
	manager := admin
	manager.Roles = []habeas.Role{habeas.RoleManager}
	if err := CanRevoke(manager, habeas.RoleAdministrator, false, 1, "left"); !errors.Is(err, ErrLastAdministrator) {
		t.Errorf("the last administrator: %v", err)
	}
}
