package account

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestReachFollowsProofAndHoldings(t *testing.T) {
	for name, c := range map[string]struct {
		state   State
		proof   habeas.Proof
		passkey bool
		want    Reach
	}{
		"a code opens an account without passkey":   {Active, habeas.ProofCode, false, ReachEverything},
		"and only recovery of one with a passkey":   {Active, habeas.ProofCode, true, ReachRecovery},
		"a passkey opens everything":                {Active, habeas.ProofPasskey, true, ReachEverything},
		"also once it is the last one and removed":  {Active, habeas.ProofPasskey, false, ReachEverything},
		"a closed account opens to no code":         {Deactivated, habeas.ProofCode, false, ReachNothing},
		"nor to a passkey":                          {Deactivated, habeas.ProofPasskey, true, ReachNothing},
		"without proof nothing opens":               {Active, habeas.ProofNone, false, ReachNothing},
		"an unknown state opens nothing":            {"", habeas.ProofPasskey, true, ReachNothing},
		"nor does an unknown proof, passkey or not": {Active, "password", false, ReachNothing},
		"a code never reaches further by closing":   {Deactivated, habeas.ProofCode, true, ReachNothing},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ReachOf(c.state, c.proof, c.passkey); got != c.want {
				t.Errorf("reach %d, want %d", got, c.want)
			}
		})
	}
}

func TestASignInLivesAsLongAsItsProofAllows(t *testing.T) {
	for name, c := range map[string]struct {
		proof     habeas.Proof
		seen, now time.Duration // since it began
		want      bool
	}{
		"a code for half an hour":         {habeas.ProofCode, 0, CodeLife - 1, true},
		"and no longer, however busy":     {habeas.ProofCode, CodeLife - 1, CodeLife, false},
		"a passkey while it is used":      {habeas.ProofPasskey, 20 * time.Hour, 31 * time.Hour, true},
		"not after half a day of silence": {habeas.ProofPasskey, 20 * time.Hour, 32 * time.Hour, false},
		"and a week at most":              {habeas.ProofPasskey, PasskeyLife - time.Hour, PasskeyLife, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := SignIn{Proof: c.proof, CreatedAt: noon, SeenAt: noon.Add(c.seen), ExpiresAt: noon.Add(Life(c.proof))}
			if got := s.Alive(noon.Add(c.now)); got != c.want {
				t.Errorf("alive %v, want %v", got, c.want)
			}
		})
	}
}

func TestAChallengeOpensOnceInTimeInItsBrowser(t *testing.T) {
	here, there := Token{1}, Token{2}
	open := Challenge{Flow: here, MaxTries: 5, ExpiresAt: noon.Add(time.Minute)}
	for name, c := range map[string]struct {
		change func(*Challenge)
		flow   Token
		want   bool
	}{
		"as asked":                    {func(*Challenge) {}, here, true},
		"in another browser":          {func(*Challenge) {}, there, false},
		"in a browser without cookie": {func(*Challenge) {}, Token{}, false},
		"an invitation anywhere":      {func(c *Challenge) { c.Flow = Token{} }, there, true},
		"when used":                   {func(c *Challenge) { c.UsedAt = noon }, here, false},
		"when its tries are spent":    {func(c *Challenge) { c.Tries = 5 }, here, false},
		"with the last try":           {func(c *Challenge) { c.Tries = 4 }, here, true},
		"at the moment it expires":    {func(c *Challenge) { c.ExpiresAt = noon }, here, false},
	} {
		t.Run(name, func(t *testing.T) {
			one := open
			c.change(&one)
			if got := one.Open(c.flow, noon); got != c.want {
				t.Errorf("open %v, want %v", got, c.want)
			}
		})
	}
}

func TestCodesLiveShortAndInvitationsADay(t *testing.T) {
	for purpose, want := range map[Purpose]time.Duration{
		ForSignIn: 10 * time.Minute, ForAddress: 10 * time.Minute, ForFirstCode: 10 * time.Minute,
		ForPasskeySignIn: 10 * time.Minute, ForPasskeyNewOne: 10 * time.Minute,
		ForInvitation: 24 * time.Hour, ForFirst: 24 * time.Hour,
	} {
		if got := purpose.Life(); got != want {
			t.Errorf("%s holds %v, want %v", purpose, got, want)
		}
	}
	for purpose, want := range map[Purpose]bool{ForSignIn: true, ForInvitation: true, ForFirst: false, ForPasskeySignIn: false, ForPasskeyNewOne: false} {
		if purpose.Coded() != want {
			t.Errorf("%s is answered by a code: %v", purpose, !want)
		}
	}
}

func TestGuessingCostsTriesAndNeverAllOfThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		wrong := rapid.IntRange(0, 1_000_000).Draw(t, "wrong")
		more := wrong + rapid.IntRange(0, 1000).Draw(t, "more")
		if n := TriesAfter(wrong); n < 1 || n > FullTries || TriesAfter(more) > n {
			t.Fatalf("after %d wrong codes %d tries, after %d %d", wrong, n, more, TriesAfter(more))
		}
	})
}

func TestRightComparesWholeCodes(t *testing.T) {
	for typed, want := range map[string]bool{"12345678": true, "12345679": false, "1234567": false, "": false, "123456789": false} {
		if Right(sealedtest.Seal(typed), []byte("12345678")) != want {
			t.Errorf("%q is right: %v", typed, !want)
		}
	}
}
