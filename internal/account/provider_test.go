package account

import (
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

// Proves PTY-A5.
func TestAProviderVouchesForListedDomainsOnly(t *testing.T) {
	p := Provider{Issuer: "https://login.example.org", Vouches: []string{"example.org", "xn--mller-kva.de"}}
	for said, c := range map[string]struct {
		who  Identity
		want string
	}{
		"verified and listed":    {Identity{Issuer: p.Issuer, Email: "Tim@EXAMPLE.org", Verified: true}, "Tim@example.org"},
		"written in Unicode":     {Identity{Issuer: p.Issuer, Email: "tim@müller.de", Verified: true}, "tim@xn--mller-kva.de"},
		"not verified":           {Identity{Issuer: p.Issuer, Email: "tim@example.org"}, ""},
		"not listed":             {Identity{Issuer: p.Issuer, Email: "tim@example.net", Verified: true}, ""},
		"below one that is":      {Identity{Issuer: p.Issuer, Email: "tim@mail.example.org", Verified: true}, ""},
		"ends like one that is":  {Identity{Issuer: p.Issuer, Email: "tim@notexample.org", Verified: true}, ""},
		"by another issuer":      {Identity{Issuer: "https://login.example.net", Email: "tim@example.org", Verified: true}, ""},
		"no address":             {Identity{Issuer: p.Issuer, Verified: true}, ""},
		"a list of addresses":    {Identity{Issuer: p.Issuer, Email: "a@example.net,tim@example.org", Verified: true}, ""},
		"a name with an address": {Identity{Issuer: p.Issuer, Email: "Tim <tim@example.org>", Verified: true}, ""},
		"a letter that is no k":  {Identity{Issuer: p.Issuer, Email: "\u212aim@example.org", Verified: true}, ""},
		"a line more":            {Identity{Issuer: p.Issuer, Email: "tim@example.org\r\nBcc: x@example.org", Verified: true}, ""},
	} {
		address, ok := p.Vouched(c.who)
		if ok != (c.want != "") || ok && address.Mailbox() != c.want {
			t.Errorf("%s: %q, %v", said, address.Mailbox(), ok)
		}
	}
	if _, ok := (Provider{Issuer: p.Issuer}).Vouched(Identity{Issuer: p.Issuer, Email: "tim@example.org", Verified: true}); ok {
		t.Error("a provider is believed by default")
	}
}

// Proves PTY-A1, PTY-A5 and PTY-A37.
func TestOnlyALinkOpensAnAccountThatIsThere(t *testing.T) {
	for _, linked := range []bool{false, true} {
		for _, state := range []State{Active, Deactivated} {
			for _, vouched := range []bool{false, true} {
				for _, taken := range []bool{false, true} {
					want := ArriveUnknown
					switch {
					case linked && state == Active:
						want = ArriveIn
					case linked:
						want = ArriveClosed
					case vouched && !taken:
						want = ArriveNew
					}
					if got := Arrive(linked, state, vouched, taken); got != want {
						t.Errorf("linked %v, %s, vouched %v, taken %v: %d, want %d", linked, state, vouched, taken, got, want)
					}
				}
			}
		}
	}
}

func TestAProvidersWordCountsAsFarAsItIsListed(t *testing.T) {
	p := Provider{Staff: true, StaffACR: []string{"mfa"}}
	for acr, want := range map[string]habeas.Proof{"mfa": habeas.ProofProviderStrong, "": habeas.ProofProvider, "password": habeas.ProofProvider} {
		if got := p.Proof(Identity{ACR: acr}); got != want {
			t.Errorf("%q: %s", acr, got)
		}
	}
	if got := (Provider{StaffACR: []string{"mfa"}}).Proof(Identity{ACR: "mfa"}); got != habeas.ProofProvider {
		t.Errorf("not for staff: %s", got)
	}
	for proof, want := range map[habeas.Proof]bool{habeas.ProofProvider: false, habeas.ProofCode: false, habeas.ProofProviderStrong: true, habeas.ProofPasskey: true} {
		a := habeas.Actor{Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RoleStaff}, Proof: proof}
		if a.Has(habeas.RoleStaff) != want || !a.Has(habeas.RolePerson) {
			t.Errorf("a role by %s", proof)
		}
	}
}

// Whose main address stands on a provider's word recovers it by a code, and may change it
// by that provider.
func TestAVouchedAccountIsGuarded(t *testing.T) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	main := keyring.LookupHash{1}
	s := Standing{State: Active, Vouched: true, SignIn: SignIn{Proof: habeas.ProofCode, Address: main, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(time.Hour)}}
	if s.Reach(now) != ReachRecovery || s.Recent(main, now) {
		t.Error("a code opens it")
	}
	s.Proof, s.Address = habeas.ProofProvider, keyring.LookupHash{}
	if s.Reach(now) != ReachEverything || !s.Recent(main, now) || s.Recent(main, now.Add(RecentFor)) {
		t.Error("its provider does not open it, or for ever")
	}
	if s.HasPasskey = true; s.Recent(main, now) {
		t.Error("a provider stands for a passkey")
	}
	if s.HasPasskey, s.Vouched = false, false; s.Recent(main, now) {
		t.Error("a provider stands for the mailbox of a proved address")
	}
	if Life(habeas.ProofProvider) != ProviderLife || Life(habeas.ProofProviderStrong) != ProviderLife {
		t.Error("a sign-in by a provider lasts too long")
	}
}
