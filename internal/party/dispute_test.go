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

func claimedRecord() (Party, Claim) {
	p := Party{
		ID: habeas.PartyID{1}, State: Claimed, Account: habeas.AccountID{1}, ClaimedAt: noon, Opened: []string{"phone"},
		Review: ReviewEvidence, Cleared: true, Version: 4,
	}
	return p, Claim{ID: habeas.ClaimID{1}, Party: p.ID, Account: p.Account, State: ClaimAccepted, ClosedAt: noon, Opened: p.Opened}
}

// Proves PTY-14, PTY-A9.
func TestADisputeEndsWhereItBeganOrWithoutTheAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		began, claim := claimedRecord()
		by := Challenge{Way: DisputeByAddress, Reason: DisputeMine, Address: keyring.LookupHash{9}}
		who := Claimant{Account: began.Account, Active: true}
		moves := map[string]Move{
			"keep": {Kind: MoveKeep, At: noon, By: habeas.AccountID{7}}, "reopen": {Kind: MoveReopen, At: noon, Who: who},
			"undo":    {Kind: MoveUndo, At: noon, By: habeas.AccountID{7}, Shut: []Gate{{Party: began.ID, Address: keyring.LookupHash{3}}}},
			"dispute": {Kind: MoveDispute, At: noon, Challenge: by},
		}
		s, err := Situation{Record: began, Claim: claim}.Take(moves["dispute"])
		if err != nil || s.Record.State != Frozen || s.Record.Account != began.Account {
			t.Fatalf("%+v (%v)", s, err)
		}
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			was, step := s, rapid.SampledFrom([]string{"keep", "undo", "reopen", "dispute"}).Draw(t, "step")
			m := moves[step]
			m.Before = []Dispute{s.Dispute}
			s, err = s.Take(m)
			allowed := (was.Dispute.State == DisputeOpen) != (step == "reopen") && step != "dispute" // answered, frozen, or nobody has it
			switch {
			case allowed != (err == nil):
				t.Fatalf("%s from %s: %v", step, was.Dispute.State, err)
			case err != nil && !reflect.DeepEqual(was, s):
				t.Fatalf("refused, and %+v became %+v", was, s)
			case err == nil && s.Record.Version != was.Record.Version+1:
				t.Fatalf("version %d after %d", s.Record.Version, was.Record.Version)
			}
			p, lost := s.Record, s.Dispute.State == DisputeUndone
			if want := map[DisputeState]State{DisputeOpen: Frozen, DisputeKept: Claimed, DisputeUndone: Unclaimed}[s.Dispute.State]; p.State != want {
				t.Fatalf("%s leaves the record %s", s.Dispute.State, p.State)
			}
			if lost != p.Account.IsZero() || lost != p.ClaimedAt.IsZero() || lost && p.Opened != nil || (s.Claim.State == ClaimUndone) != lost {
				t.Fatalf("%s: %+v", s.Dispute.State, s)
			}
		}
		// However it went, the way back leads to what was, but for the version.
		if s.Dispute.State != DisputeOpen {
			if s, err = s.Take(moves["reopen"]); err != nil {
				t.Fatal(err)
			}
		}
		if s, err = s.Take(moves["keep"]); err != nil {
			t.Fatal(err)
		}
		s.Record.Version = began.Version
		if !reflect.DeepEqual(s.Record, began) || !reflect.DeepEqual(s.Claim, claim) {
			t.Fatalf("back at %+v, began at %+v %+v", s, began, claim)
		}
	})
}

// Proves PTY-14.
func TestWhatCannotBeDisputedOrTakenBack(t *testing.T) {
	p, c := claimedRecord()
	m := Move{Kind: MoveDispute, At: noon, Challenge: Challenge{Way: DisputeByStaff, Reason: DisputeOther}}
	for name, change := range map[string]func(s *Situation, m *Move){
		"nobody has it":      func(s *Situation, _ *Move) { s.Record.State, s.Record.Account = Unclaimed, habeas.AccountID{} },
		"it is frozen":       func(s *Situation, _ *Move) { s.Record.State = Frozen },
		"it began as theirs": func(s *Situation, _ *Move) { s.Claim = Claim{} },
		"another's claim":    func(s *Situation, _ *Move) { s.Claim.Account = habeas.AccountID{5} },
		"no reason":          func(_ *Situation, m *Move) { m.Challenge.Reason = "" },
	} {
		s, m := Situation{Record: p, Claim: c}, m
		change(&s, &m)
		if is, err := s.Take(m); err == nil || is.Record.State != s.Record.State {
			t.Errorf("%s: %+v (%v)", name, is, err)
		}
	}
	frozen, err := Situation{Record: p, Claim: c}.Take(m)
	if err != nil {
		t.Fatal(err)
	}
	lost, err := frozen.Take(Move{Kind: MoveUndo, At: noon, Stray: true, By: habeas.AccountID{7}})
	if err != nil || !lost.Record.Blocked {
		t.Fatalf("%+v (%v)", lost, err)
	}
	again := Move{Kind: MoveReopen, At: noon, Who: Claimant{Account: p.Account}}
	if _, err := lost.Take(again); codeOf(err) != "dispute.account" {
		t.Errorf("a closed account got the record back: %v", err)
	}
	again.Who.Active = true
	kept, err := frozen.Take(Move{Kind: MoveKeep, At: noon})
	if err != nil {
		t.Fatal(err)
	}
	kept.Claim.State = ClaimUndone // another dispute took it, and they got the record by another claim
	if _, err := kept.Take(again); codeOf(err) != "dispute.claimed" {
		t.Errorf("a dispute about an older claim: %v", err)
	}
	lost.Record.State, lost.Record.Account = Claimed, habeas.AccountID{8}
	if _, err := lost.Take(again); codeOf(err) != "dispute.claimed" {
		t.Errorf("taken back from who claimed it since: %v", err)
	}
}

// Proves PTY-14.
func TestWordsOfAWrongClaimantCountWhileTheyHaveTheRecordAndAfterTheyGetItBack(t *testing.T) {
	schemas := defaults(t)
	p, _ := claimedRecord()
	mine := spoken(FromSelf, 5, "phone", "number", "+49 30 111")
	mine.Source.Account, mine.Party = p.Account, p.ID
	said := []Statement{spoken(FromSystem, -5, "phone", "number", "+49 30 999"), mine, spoken(FromSystem, 9, "phone", "number", "+49 30 555")}
	now := func(p Party) string { return Fold(p, said, Settled{}, schemas).Text("phone", "number") }
	if got := now(p); got != "+49 30 111" {
		t.Errorf("claimed: %q", got)
	}
	lost := p
	lost.State, lost.Account, lost.ClaimedAt = Unclaimed, habeas.AccountID{}, time.Time{}
	if got := now(lost); got != "+49 30 555" {
		t.Errorf("undone: %q, want the newest word of others", got)
	}
	for _, f := range Fold(lost, said, Settled{}, schemas).Sets[0].Fields {
		if slices.ContainsFunc(f.Older, func(v Value) bool { return v.Text == "+49 30 111" }) {
			t.Error("the history still shows what the wrong claimant said")
		}
	}
	alice := p
	alice.Account = habeas.AccountID{2}
	if got := now(alice); got != "+49 30 999" {
		t.Errorf("claimed by somebody else: %q", got)
	}
	if got := (Dispute{Account: p.Account}).Words(said); len(got) != 1 || got[0].ID != mine.ID {
		t.Errorf("words to decide about: %v", got)
	}
	p.State = Frozen
	if f := Fold(p, said, Settled{}, schemas).MaskFor(false).Sets[0].Fields[0]; f.Masked || f.Current.Text != "+49 30 111" || f.Older[0].Text == "+49 30 555" {
		t.Errorf("frozen: %+v", f)
	}
}

// Proves PTY-23.
func TestACheckInPersonLinksWhateverWaits(t *testing.T) {
	schemas := twoKinds(t)
	tim, nora := habeas.AccountID{1}, habeas.AccountID{2}
	look := Check{ID: habeas.ClaimID{3}, Party: habeas.PartyID{1}, Account: tim, Document: DocumentPassport, By: nora, At: noon}
	checked := func(p Party, look Check, active bool) (Situation, error) {
		return Situation{Record: p}.Take(Move{Kind: MoveLink, At: noon, Check: look, Who: Claimant{Account: look.Account, Active: active}, Schemas: schemas})
	}
	for _, review := range []Review{ReviewNone, ReviewConflict, ReviewShared, ReviewNotMe, ReviewRole, ReviewEvidence, ReviewApproval} {
		s, err := checked(Party{ID: look.Party, State: Unclaimed, Review: review, Blocked: true, Version: 2}, look, true)
		if p, c := s.Record, s.Claim; err != nil || p.State != Claimed || p.Account != tim || p.Review != ReviewNone || p.Blocked ||
			!slices.Equal(p.Opened, schemas.StepUp()) || c.State != ClaimAccepted || c.ID != look.ID || !slices.Contains(c.Shown, InPerson) {
			t.Errorf("%q: %+v (%v)", review, s, err)
		}
	}
	for name, change := range map[string]func(p *Party, look *Check, active *bool){
		"another has it":   func(p *Party, _ *Check, _ *bool) { p.State, p.Account = Claimed, habeas.AccountID{5} },
		"frozen":           func(p *Party, _ *Check, _ *bool) { p.State, p.Account = Frozen, tim },
		"closed account":   func(_ *Party, _ *Check, active *bool) { *active = false },
		"oneself":          func(_ *Party, look *Check, _ *bool) { look.By = tim },
		"unknown document": func(_ *Party, look *Check, _ *bool) { look.Document = "X1234567" },
	} {
		p, look, active := Party{ID: look.Party, State: Unclaimed}, look, true
		change(&p, &look, &active)
		if is, err := checked(p, look, active); err == nil || is.Record.State != p.State {
			t.Errorf("%s: %+v (%v)", name, is, err)
		}
	}
}
