package party

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/keyring"
)

var (
	claimStates = []ClaimState{ClaimOpen, ClaimAccepted, ClaimRefused, ClaimInReview, ClaimUndone}
	reviews     = []Review{ReviewNone, ReviewConflict, ReviewShared, ReviewNotMe, ReviewRole}
)

// everyClaim visits the whole product of states that a claim can be in.
func everyClaim(visit func(s Situation, m Move)) {
	mine, other := habeas.AccountID{1}, habeas.AccountID{2}
	this, that := habeas.PartyID{1}, habeas.PartyID{2}
	for i := range 1 << 8 {
		on := func(bit int) bool { return i&(1<<bit) != 0 }
		for _, state := range []State{Unclaimed, Claimed, Frozen} {
			for _, claim := range claimStates {
				for _, review := range reviews {
					p := Party{ID: this, State: state, Review: review, Version: 3}
					c := Claim{Party: this, Account: mine, State: claim, Version: 3, Stale: on(0)}
					m := Move{Kind: MoveAccept, At: noon, Who: Claimant{Account: mine, Active: on(1), Privileged: on(2)}, Version: 3}
					if on(3) {
						c.Party = that
					}
					if on(4) {
						c.Account = other
					}
					if on(5) {
						m.Version = 2
					}
					if on(6) {
						c.Version = 2
					}
					if on(7) {
						m.Offer = Candidate{Party: p}
					}
					visit(Situation{Record: p, Claim: c}, m)
				}
			}
		}
	}
}

// Proves PTY-19, PTY-A32, PTY-A36, PTY-A37.
func TestAClaimIsAcceptedInExactlyOneState(t *testing.T) {
	accepted, all := 0, 0
	everyClaim(func(s Situation, m Move) {
		all++
		p, c, linked := s.Record, s.Claim, !m.Offer.Party.ID.IsZero()
		next, err := s.Take(m)
		good := p.State == Unclaimed && p.Review == ReviewNone && c.State == ClaimOpen && c.Party == p.ID &&
			c.Account == m.Who.Account && m.Who.Active && !m.Who.Privileged && linked &&
			c.Version == p.Version && m.Version == p.Version && !c.Stale
		if good != (err == nil) {
			t.Fatalf("%+v %+v: %v", s, m, err)
		}
		if err == nil {
			accepted++
			return
		}
		if !reflect.DeepEqual(next, s) {
			t.Fatalf("refused, and %+v became %+v", s, next)
		}
		// Who has no right to know is told that there is nothing.
		if hidden := !linked || !m.Who.Active || c.Account != m.Who.Account || c.Party != p.ID; hidden != (habeas.KindOf(err) == habeas.KindNotFound) {
			t.Fatalf("%+v %+v: told %v", s, m, err)
		}
	})
	if accepted != 1 || all != 256*3*5*5 {
		t.Errorf("accepted in %d of %d states, want exactly one", accepted, all)
	}
}

func TestAcceptAndRefuseMoveBothOn(t *testing.T) {
	p := Party{ID: habeas.PartyID{1}, State: Unclaimed, Stub: true, Version: 7}
	c := Claim{ID: habeas.ClaimID{1}, Party: p.ID, Account: habeas.AccountID{1}, State: ClaimOpen, Opened: []string{"identity"}, Version: 7}
	s := Situation{Record: p, Claim: c}
	m := Move{Kind: MoveAccept, At: noon, Who: Claimant{Account: c.Account, Active: true}, Offer: Candidate{Party: p}, Version: 7}
	next, err := s.Take(m)
	if is, done := next.Record, next.Claim; err != nil || is.State != Claimed || is.Account != c.Account || !is.ClaimedAt.Equal(noon) || is.Stub ||
		is.Version != 8 || !slices.Equal(is.Opened, c.Opened) || done.State != ClaimAccepted || !done.ClosedAt.Equal(noon) {
		t.Errorf("accepted: %+v (%v)", next, err)
	}
	m.Kind = MoveRefuse
	next, err = s.Take(m)
	if is := next.Record; err != nil || is.State != Unclaimed || !is.Account.IsZero() || !is.Blocked || is.Review != ReviewNotMe || is.Version != 8 || next.Claim.State != ClaimRefused {
		t.Errorf("refused: %+v (%v)", next, err)
	}
	m.Kind, m.Version = MoveRefuse, 6
	if _, err := s.Take(m); codeOf(err) != "claim.changed" {
		t.Errorf("refused what was not shown: %v", err)
	}
	if _, err := s.Take(Move{Kind: "dance"}); codeOf(err) != "move.unknown" {
		t.Errorf("an unknown move: %v", err)
	}
}

// Proves PTY-19, PTY-A33, PTY-A35, PTY-A36, PTY-A37.
func TestCandidatesAreNeverPickedFromSeveral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Claimant{
			Account: habeas.AccountID{1}, Active: rapid.Bool().Draw(t, "active"), Privileged: rapid.Bool().Draw(t, "privileged"),
			Addresses: []keyring.LookupHash{{1}},
		}
		held := rapid.Bool().Draw(t, "held")
		heard := map[habeas.PartyID]time.Time{}
		var at []Party
		free := 0
		for i := range rapid.IntRange(0, 4).Draw(t, "parties") {
			p := Party{
				ID: habeas.PartyID{byte(i + 1)}, State: rapid.SampledFrom([]State{Unclaimed, Unclaimed, Claimed, Frozen}).Draw(t, "state"),
				Blocked: rapid.Bool().Draw(t, "blocked"), Review: rapid.SampledFrom(reviews).Draw(t, "review"),
			}
			heard[p.ID] = noon.Add(-time.Duration(rapid.IntRange(0, 800).Draw(t, "days")) * 24 * time.Hour)
			at = append(at, p)
			if p.State == Unclaimed && !p.Blocked {
				free++
			}
		}
		got := Candidates(c, at, held, heard, noon, DefaultRules)
		if !c.Active {
			free = 0
		}
		if len(got) != free {
			t.Fatalf("%d candidates, want %d", len(got), free)
		}
		for _, k := range got {
			switch {
			case k.Party.State != Unclaimed || k.Party.Blocked:
				t.Fatalf("offers %+v", k.Party)
			case (len(got) > 1 || held || c.Privileged || k.Party.Review != ReviewNone) && k.Review == ReviewNone:
				t.Fatalf("nobody looks at %+v", k)
			case len(got) == 1 && !held && !c.Privileged && k.Review != k.Party.Review:
				t.Fatalf("a single clean record waits: %+v", k)
			case k.Stale != (noon.Sub(heard[k.Party.ID]) > DefaultRules.StaleAfter):
				t.Fatalf("stale %v after %v", k.Stale, noon.Sub(heard[k.Party.ID]))
			}
		}
	})
}

// Proves PTY-13, PTY-A30.
func TestJudgeCapsTheTriesAndOpensOnlyWithTheRightEvidence(t *testing.T) {
	schemas := defaults(t)
	rapid.Check(t, func(t *rapid.T) {
		c := Claim{State: ClaimOpen, Stale: true}
		wrong := 0
		for range rapid.IntRange(0, 8).Draw(t, "tries") {
			right := rapid.IntRange(0, 4).Draw(t, "right") == 0
			if c.State == ClaimInReview {
				break // the use case lets nobody try any more
			}
			before := c
			c = judge(c, PaperCode, right, schemas, DefaultRules)
			if right {
				if !slices.Equal(c.Opened, schemas.StepUp()) || c.Stale || c.Tries != before.Tries {
					t.Fatalf("right evidence left %+v", c)
				}
				continue
			}
			if wrong++; c.Tries != wrong || !slices.Equal(c.Opened, before.Opened) || c.Stale != before.Stale {
				t.Fatalf("wrong evidence left %+v", c)
			}
			if (c.State == ClaimInReview) != (wrong >= DefaultRules.MaxTries) {
				t.Fatalf("%d wrong tries left %s", wrong, c.State)
			}
		}
	})
	if got := schemas.StepUp(); !slices.Equal(got, []string{"address", "identity", "membership", "phone"}) {
		t.Errorf("sensitive by default: %v", got)
	}
}

// proves reports whether a number is evidence for the owner.
func proves(t *testing.T, said []Statement, number string) bool {
	t.Helper()
	return Fold(Party{}, said, Settled{}, defaults(t)).MatchesMembership([]byte(number), Exclusion{Account: owner})
}

func TestAMembershipNumberCountsOnlyWhenSomebodyElseSaidIt(t *testing.T) {
	said := []Statement{
		spoken(FromSystem, 1, "membership", "number", "M-204 17"), spoken(FromSelf, 2, "membership", "number", "X-99"),
		spoken(FromStaff, 3, "membership", "number", "M-30000"), spoken(FromSystem, 4, "identity", "given_name", "Tim"),
	}
	for number, want := range map[string]bool{
		"M-204 17": true, "m20417": true, " M 2 0 4 1 7 ": true, "M-30000": true,
		"X-99": false, "20417": false, "M-2041": false, "M-204177": false, "": false, " - ": false, "М20417": false, // Cyrillic М
	} {
		if got := proves(t, said, number); got != want {
			t.Errorf("%q: %v, want %v", number, got, want)
		}
	}
	if proves(t, nil, "") || proves(t, []Statement{spoken(FromStaff, 1, "membership", "number", "--")}, "--") {
		t.Error("nothing matches nothing")
	}
}
