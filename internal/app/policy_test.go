package app_test

import (
	"testing"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

// Proves PTY-24.
func TestThePolicyIsVersionedAndWitnessed(t *testing.T) {
	w := newWorld(t)
	root := w.boss("root@example.org")
	first := must(w.Policies.Current(w.ctx()))(t)
	if first.Version != 0 || first.Acquisition != party.AcquireByConfirm || first.Notices.Off {
		t.Fatalf("the default: %+v", first)
	}
	_, err := w.Policies.Change(w.ctx(), w.staff("nora@example.org"), first)
	w.refused(err, "role.missing")
	second := w.decide(root, func(p *party.Policy) { p.Retention.Months, p.Notices.Why = 36, party.Texts{"en": "To run the club."} })
	if second.Version != 1 || second.ChangedBy != root.Account {
		t.Fatalf("after a change: %+v", second)
	}
	if same := w.decide(root, func(*party.Policy) {}); same.Version != 1 {
		t.Error("what changes nothing is a version")
	}
	stale := first
	stale.Retention.Months = 12
	_, err = w.Policies.Change(w.ctx(), root, stale)
	w.refused(err, "policy.changed")
	for code, change := range map[string]func(*party.Policy){
		"form.choice":    func(p *party.Policy) { p.Acquisition = "always" },
		"policy.delay":   func(p *party.Policy) { p.Notices.DelayDays = 31 },
		"policy.months":  func(p *party.Policy) { p.Retention.Months = 0 },
		"policy.warn":    func(p *party.Policy) { p.Retention.WarnDays = 1 },
		"policy.why-not": func(p *party.Policy) { p.Notices.Off = true },
		"set.unknown":    func(p *party.Policy) { p.Unclaimed = []string{"shoe size"} },
		"field.invalid":  func(p *party.Policy) { p.Notices.Why = party.Texts{"en": string(make([]byte, 2000))} },
		"role.missing":   nil,
	} {
		p := second
		a := root
		if change == nil {
			a.Proof = habeas.ProofCode
		} else {
			change(&p)
		}
		_, err := w.Policies.Change(w.ctx(), a, p)
		w.refused(err, code)
	}
	w.decide(root, func(p *party.Policy) { p.Unclaimed = nil })
	history := must(w.Policies.History(w.ctx(), root, 10))(t)
	if len(history) != 2 || history[1].Changed["retention.months"] != "24 → 36" || history[1].Changed["notices.why"] != "changed" ||
		history[0].Changed["unclaimed"] != "contact → " {
		t.Fatalf("history: %+v", history)
	}
	changes := 0
	for _, l := range must(w.DB.Events(w.ctx(), habeas.SubjectID{}, habeas.EventID{}, 100))(t) {
		if l.Event == audit.SettingsChanged {
			changes++
		}
	}
	if changes != 2 {
		t.Errorf("%d lines in the ledger, want 2", changes)
	}
	w.verify()
}

// Proves PTY-24.
func TestTheModeOfAcquisitionIsHonoured(t *testing.T) {
	w := newWorld(t)
	bookings, nora, root := w.connect("City Bookings"), w.staff("nora@example.org"), w.boss("root@example.org")
	id, _ := bookings.say("tim@example.org", person("Tim", "Berger", ""))
	tim := w.join("tim@example.org")
	w.decide(root, func(p *party.Policy) { p.Acquisition = party.AcquireOff })
	w.refused(w.Records.Accept(w.ctx(), tim, id, w.held(id).Party.Version, nil), "claim.none")
	if got := w.offers(tim); len(got) != 0 {
		t.Fatalf("switched off, and offered: %+v", got)
	}
	w.decide(root, func(p *party.Policy) { p.Acquisition = party.AcquireByStaff })
	other, _ := bookings.say("mia@example.org", person("Mia", "Berger", ""))
	mia := w.join("mia@example.org")
	got := w.offers(mia)
	if len(got) != 1 || got[0].Review != party.ReviewApproval || len(got[0].Record.Sets) != 0 {
		t.Fatalf("waiting for approval: %+v", got)
	}
	if p := w.held(other).Party; p.Review != party.ReviewApproval {
		t.Fatalf("it does not stand before staff: %+v", p)
	}
	w.refused(w.Records.Accept(w.ctx(), mia, other, w.held(other).Party.Version, nil), "claim.none")
	w.ok(w.Records.Decide(w.ctx(), nora, other, party.Release))
	w.accept(mia, other, nil)

	// What the organisation offers does not change what the law lets people see.
	w.decide(root, func(p *party.Policy) { p.Acquisition = party.AcquireOff })
	bookings.say("lars@example.org", person("Lars", "Berger", ""))
	if l := w.looking(w.visit("lars@example.org")); len(l.Held) != 1 || l.Held[0].Shut {
		t.Errorf("held at the address: %+v", l.Held)
	}
}

// Proves PTY-A30.
func TestGuessingAMembershipNumberIsLimitedAndUselessWithoutTheAddress(t *testing.T) {
	w := newWorld(t)
	bookings, nora := w.connect("City Bookings"), w.staff("nora@example.org")
	id, _ := bookings.say("tim@example.org", with(person("Tim", "Berger", ""), "membership", "number", "4711"))
	eve, tim := w.join("eve@example.org"), w.join("tim@example.org")
	w.offer(tim, id)
	for _, number := range []string{"1", "2", "3", "4711", "4711", "4711"} { // also the right one
		_, _, err := w.Records.ShowEvidence(w.ctx(), eve, id, party.MembershipNumber, sealedtest.Seal(number))
		w.refused(err, "claim.none")
	}
	_, err := w.Records.Offer(w.ctx(), eve, id)
	w.refused(err, "claim.none")
	if n := w.happened(id, audit.EvidenceFailed) + w.happened(id, audit.EvidenceGiven); n != 0 {
		t.Fatalf("Eve's guesses were compared %d times", n)
	}

	// With the address, five wrong tries end it, and the right number comes too late.
	for left := party.DefaultRules.MaxTries - 1; left >= 0; left-- {
		right, n, err := w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("0815"))
		if err != nil || right || n != left {
			t.Fatalf("a wrong number: %v, %d tries left, want %d; %v", right, n, left, err)
		}
	}
	_, _, err = w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("4711"))
	w.refused(err, "evidence.locked")
	if p := w.held(id).Party; p.Review != party.ReviewEvidence {
		t.Errorf("staff are not told: %+v", p)
	}
	// Another account at the same record gets no fresh tries either.
	other := w.join("tim2@example.org")
	w.move(nora, id, "tim2@example.org")
	_, _, err = w.Records.ShowEvidence(w.ctx(), tim, id, party.MembershipNumber, sealedtest.Seal("4711"))
	w.refused(err, "claim.none") // the address no longer leads there
	w.offer(other, id)
	right, _, err := w.Records.ShowEvidence(w.ctx(), other, id, party.MembershipNumber, sealedtest.Seal("4711"))
	if err != nil || !right {
		t.Errorf("the owner of the corrected address has tries of their own: %v %v", right, err)
	}
}
