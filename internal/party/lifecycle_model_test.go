package party_test

import (
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas/internal/party"
	. "github.com/habeas-data/habeas/internal/party/partytest"
)

// only are the steps of some kinds on some records.
func only(records int, kinds ...Kind) []Step {
	return slices.DeleteFunc(Steps(records), func(s Step) bool { return !slices.Contains(kinds, s.Kind) })
}

// but leaves some steps out.
func but(steps []Step, out ...Step) []Step {
	return slices.DeleteFunc(steps, func(s Step) bool { return slices.Contains(out, s) })
}

// stories are the searches. Together they hold every step; each goes on until there is
// nothing new, so that every order of its steps was tried.
func stories() map[string]struct {
	steps []Step
	begin World
} {
	type story = struct {
		steps []Step
		begin World
	}
	admin := Begin()
	admin.People[Oscar].Privileged = true
	owner := Begin()
	owner.People[Oscar].Own = true
	closing := []Kind{Look, Open, Accept, Link, Dispute, Undo, Reopen, Close, Activate}
	return map[string]story{
		"claims and evidence":        {only(1, Look, Open, Prove, Guess, Accept, Refuse, Year, Hear, Edit, Address, Release, KeepApart, Reconsider), Begin()},
		"disputes":                   {only(1, Open, Accept, Edit, Address, Release, Link, Dispute, Keep, Undo, Reopen), Begin()},
		"who has disputed once":      {only(1, Open, Accept, Challenge, Dispute, Keep, Undo, Reopen), Begin()},
		"accounts that are closed":   {only(1, closing...), Begin()},
		"an administrator's":         {only(1, append(closing, Release, Refuse)...), admin},
		"who has a record already":   {only(1, append(closing, Release)...), owner},
		"merges and claims":          {only(2, Look, Open, Accept, Refuse, Release, KeepApart, Reconsider, Merge, Unmerge, Hear), Begin()},
		"merges and disputes":        {only(2, Open, Accept, Dispute, Keep, Undo, Reopen, Merge, Unmerge), Begin()},
		"merges and links":           {but(only(2, Link, Dispute, Keep, Undo, Reopen, Merge, Unmerge), Step{Kind: Link, Who: Oscar, Record: 0}, Step{Kind: Link, Who: Oscar, Record: 1}), Begin()},
		"merges and other addresses": {only(2, Open, Accept, Address, Edit, Merge, Unmerge), Begin()},
		"merges and two addresses":   {but(only(2, Open, Accept, Address, Dispute, Undo, Merge, Unmerge), Step{Kind: Open, Who: Tim, Record: 0}, Step{Kind: Dispute, Who: Tim, Record: 1}, Step{Kind: Address, Who: Tim, Record: 1}, Step{Kind: Address, Who: Oscar, Record: 1}), Begin()},
	}
}

// Proves PTY-3, PTY-14, PTY-15, PTY-A32, PTY-A38.
func TestNoOrderOfStepsBreaksARule(t *testing.T) {
	start, done := time.Now(), map[Kind]int{}
	states, steps := 0, 0
	for name, story := range stories() {
		e := Explore(&Model{Take: party.Situation.Take, Most: 60_000}, story.steps, story.begin)
		t.Logf("%s: %d states, %d steps, %d refused, %d deep", name, e.States, e.Steps, e.Denied, e.Depth)
		if e.Wrong != nil || e.Left > 0 {
			t.Fatalf("%s: after %d states, and %d not looked at:\n%v", name, e.States, e.Left, e.Wrong)
		}
		states, steps = states+e.States, steps+e.Steps
		for kind, n := range e.Done {
			done[kind] += n
		}
	}
	t.Logf("together %d states and %d steps in %v", states, steps, time.Since(start).Round(time.Millisecond))
	for _, s := range Steps(1) {
		if done[s.Kind] == 0 {
			t.Errorf("nobody ever did: %s", s)
		}
	}
}
