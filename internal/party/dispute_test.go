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
		p, c := began, claim
		by := Challenge{Way: DisputeByAddress, Reason: DisputeMine, Address: keyring.LookupHash{9}}
		p, d, err := OpenDispute(p, c, by, nil, noon)
		if err != nil || p.State != Frozen || p.Account != began.Account {
			t.Fatalf("%+v (%v)", p, err)
		}
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			was, wasD := p, d
			var err error
			switch step := rapid.SampledFrom([]string{"keep", "undo", "reopen", "dispute"}).Draw(t, "step"); step {
			case "keep":
				if p, d, err = d.Keep(p, habeas.AccountID{7}, noon); (err == nil) != (wasD.State == DisputeOpen) {
					t.Fatalf("keep from %s: %v", wasD.State, err)
				}
			case "undo":
				if p, c, d, err = d.Undo(p, c, []keyring.LookupHash{{3}}, false, habeas.AccountID{7}, noon); (err == nil) != (wasD.State == DisputeOpen) {
					t.Fatalf("undo from %s: %v", wasD.State, err)
				}
			case "reopen":
				if p, c, d, err = d.Reopen(p, c, true); (err == nil) != (wasD.State != DisputeOpen) {
					t.Fatalf("reopen from %s: %v", wasD.State, err)
				}
			case "dispute":
				_, _, err = OpenDispute(p, c, by, []Dispute{d}, noon)
				if err == nil { // answered already, frozen, or nobody has it
					t.Fatalf("disputed again from %s", wasD.State)
				}
				continue
			}
			if err != nil && !reflect.DeepEqual(was, p) {
				t.Fatalf("refused, and %+v became %+v", was, p)
			}
			if err == nil && p.Version != was.Version+1 {
				t.Fatalf("version %d after %d", p.Version, was.Version)
			}
			lost := d.State == DisputeUndone
			if want := map[DisputeState]State{DisputeOpen: Frozen, DisputeKept: Claimed, DisputeUndone: Unclaimed}[d.State]; p.State != want {
				t.Fatalf("%s leaves the record %s", d.State, p.State)
			}
			if lost != p.Account.IsZero() || lost != p.ClaimedAt.IsZero() || lost && p.Opened != nil || (c.State == ClaimUndone) != lost {
				t.Fatalf("%s: %+v %+v", d.State, p, c)
			}
		}
		// However it went, the way back leads to what was, but for the version.
		if d.State != DisputeOpen {
			if p, c, d, err = d.Reopen(p, c, true); err != nil {
				t.Fatal(err)
			}
		}
		if p, _, err = d.Keep(p, habeas.AccountID{7}, noon); err != nil {
			t.Fatal(err)
		}
		p.Version = began.Version
		if !reflect.DeepEqual(p, began) || !reflect.DeepEqual(c, claim) {
			t.Fatalf("back at %+v %+v, began at %+v %+v", p, c, began, claim)
		}
	})
}

// Proves PTY-14.
func TestWhatCannotBeDisputedOrTakenBack(t *testing.T) {
	p, c := claimedRecord()
	by := Challenge{Way: DisputeByStaff, Reason: DisputeOther}
	for name, change := range map[string]func(p *Party, c *Claim, by *Challenge){
		"nobody has it":      func(p *Party, _ *Claim, _ *Challenge) { p.State, p.Account = Unclaimed, habeas.AccountID{} },
		"it is frozen":       func(p *Party, _ *Claim, _ *Challenge) { p.State = Frozen },
		"it began as theirs": func(_ *Party, c *Claim, _ *Challenge) { *c = Claim{} },
		"another's claim":    func(_ *Party, c *Claim, _ *Challenge) { c.Account = habeas.AccountID{5} },
		"no reason":          func(_ *Party, _ *Claim, by *Challenge) { by.Reason = "" },
	} {
		p, c, by := p, c, by
		change(&p, &c, &by)
		if is, _, err := OpenDispute(p, c, by, nil, noon); err == nil || is.State != p.State {
			t.Errorf("%s: %+v (%v)", name, is, err)
		}
	}
	frozen, d, err := OpenDispute(p, c, by, nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	lost, undone, d, err := d.Undo(frozen, c, nil, true, habeas.AccountID{7}, noon)
	if err != nil || !lost.Blocked {
		t.Fatalf("%+v (%v)", lost, err)
	}
	if _, _, _, err := d.Reopen(lost, undone, false); err == nil {
		t.Error("a closed account got the record back")
	}
	lost.State, lost.Account = Claimed, habeas.AccountID{8}
	if _, _, _, err := d.Reopen(lost, undone, true); err == nil {
		t.Error("taken back from who claimed it since")
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
	for _, review := range []Review{ReviewNone, ReviewConflict, ReviewShared, ReviewNotMe, ReviewRole, ReviewEvidence, ReviewApproval} {
		p, c, err := Checked(Party{ID: look.Party, State: Unclaimed, Review: review, Blocked: true, Version: 2}, Claim{}, look, true, schemas)
		if err != nil || p.State != Claimed || p.Account != tim || p.Review != ReviewNone || p.Blocked || !slices.Equal(p.Opened, schemas.StepUp()) ||
			c.State != ClaimAccepted || c.ID != look.ID || !slices.Contains(c.Shown, InPerson) {
			t.Errorf("%q: %+v %+v (%v)", review, p, c, err)
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
		if is, _, err := Checked(p, Claim{}, look, active, schemas); err == nil || is.State != p.State {
			t.Errorf("%s: %+v (%v)", name, is, err)
		}
	}
}
