package party

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/habeas-data/habeas"
)

// standings are the states of a record as the comment of the package tells them apart.
var standings = []string{"none", "unclaimed", "waits", "claimed", "frozen", "part"}

// standingOf is the one of a record.
func standingOf(p Party) string {
	switch {
	case p.State == "":
		return "none"
	case p.State == Merged:
		return "part"
	case p.State == Unclaimed && p.Review != ReviewNone:
		return "waits"
	}
	return string(p.State)
}

// lines are the moves in the order of the table. Of a move with two records, the second
// line is about the one that goes in or comes out.
var lines = []struct {
	name  string
	kind  MoveKind
	other bool
}{
	{"begin", MoveBegin, false},
	{"begin-own", MoveBeginOwn, false},
	{"hear", MoveHear, false},
	{"edit", MoveEdit, false},
	{"open", MoveOpen, false},
	{"show", MoveShow, false},
	{"accept", MoveAccept, false},
	{"refuse", MoveRefuse, false},
	{"not-me", MoveNotMe, false},
	{"wait", MoveWait, false},
	{"release", MoveRelease, false},
	{"keep-apart", MoveKeepApart, false},
	{"reconsider", MoveReconsider, false},
	{"address", MoveAddress, false},
	{"link", MoveLink, false},
	{"dispute", MoveDispute, false},
	{"keep", MoveKeep, false},
	{"undo", MoveUndo, false},
	{"reopen", MoveReopen, false},
	{"merge: stays", MoveMerge, false},
	{"goes in", MoveMerge, true},
	{"home: goes in", MoveHome, true},
	{"unmerge: stays", MoveUnmerge, false},
	{"comes out", MoveUnmerge, true},
	{"split", MoveSplit, false},
	{"restrain", MoveRestrain, false},
	{"leave", MoveLeave, false},
	{"erase", MoveErase, false},
}

// recordIn is a record in a column.
func recordIn(column string, id byte) Party {
	p := Party{ID: habeas.PartyID{id}, Kind: Person, Version: 7}
	switch column {
	case "none":
		p.Version = 0
	case "unclaimed":
		p.State = Unclaimed
	case "waits":
		p.State, p.Review = Unclaimed, ReviewConflict
	case "part":
		p.State, p.Account, p.ClaimedAt = Merged, habeas.AccountID{1}, noon
	default:
		p.State, p.Account, p.ClaimedAt = State(column), habeas.AccountID{1}, noon
	}
	return p
}

// everySituation visits a move in all situations of a column in which it may make a difference.
func everySituation(t *testing.T, column string, kind MoveKind, other bool, visit func(Situation, Move)) {
	t.Helper()
	me, schemas := habeas.AccountID{1}, defaults(t)
	p := recordIn(column, 1)
	for _, claim := range []ClaimState{"", ClaimOpen, ClaimInReview, ClaimAccepted, ClaimUndone, ClaimRefused} {
		for _, dispute := range []DisputeState{"", DisputeOpen, DisputeKept, DisputeUndone} {
			for i := range 1 << 3 {
				on := func(bit int) bool { return i&(1<<bit) != 0 }
				s := Situation{Record: p, Dispute: Dispute{ID: habeas.DisputeID{1}, Party: p.ID, Account: me, State: dispute, ClaimedAt: noon}}
				if claim != "" {
					s.Claim = Claim{ID: habeas.ClaimID{1}, Party: p.ID, Account: me, State: claim, Version: p.Version, Tries: DefaultRules.MaxTries - 1}
					s.Dispute.Claim = s.Claim.ID
				}
				m := Move{
					Kind: kind, At: noon, By: me, Who: Claimant{Account: me, Active: true}, Version: p.Version, Evidence: PaperCode, Right: on(0),
					Check:   Check{ID: habeas.ClaimID{2}, Party: p.ID, Account: me, Document: DocumentPassport, By: habeas.AccountID{9}, At: noon},
					Schemas: schemas, Rules: DefaultRules, Challenge: Challenge{Way: DisputeByStaff, Reason: DisputeOther}, Restraint: Restricted, Top: s.Record,
				}
				if p.State == Claimed && on(2) {
					s.Record.Review = ReviewEvidence // locked
				}
				if p.State == Unclaimed {
					m.Offer = Candidate{Party: p, Review: p.Review}
				}
				if on(1) {
					m.Review = ReviewConflict
				}
				switch second := recordIn([]string{"unclaimed", "claimed"}[i>>2], 2); {
				case other:
					s.Record, s.Other, m.Top = second, p, second
				case kind == MoveMerge || kind == MoveUnmerge:
					s.Other = second
				}
				s.Merge = Merge{ID: habeas.MergeID{1}, Into: s.Record.ID, From: s.Other.ID, Was: Unclaimed, At: noon}
				if kind == MoveUnmerge {
					if s.Merge.State = MergeDone; !other {
						s.Other.State = Merged
					} else if p.State != Merged {
						return
					}
				}
				if kind == MoveErase && on(2) {
					m.Who = Claimant{} // the organisation does
				}
				visit(s, m)
			}
		}
	}
}

// lifeTable is what the dispatcher answers.
func lifeTable(t *testing.T) string {
	var out strings.Builder
	row := func(name string, cells []string) {
		line := fmt.Sprintf("//\t%-15s", name)
		for _, c := range cells {
			line += fmt.Sprintf(" %-17s", c)
		}
		out.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	claims, disputes := map[string]bool{}, map[string]bool{}
	row("", standings)
	for _, l := range lines {
		var cells []string
		for _, column := range standings {
			to := map[string]bool{}
			everySituation(t, column, l.kind, l.other, func(s Situation, m Move) {
				next, err := s.Take(m)
				if err != nil {
					return
				}
				is := next.Record
				if l.other {
					is = next.Other
				}
				to[standingOf(is)] = true
				if s.Claim.State != next.Claim.State && s.Claim.ID == next.Claim.ID && s.Claim.State != "" {
					claims[fmt.Sprintf("%s ─ %s → %s", s.Claim.State, l.kind, next.Claim.State)] = true
				}
				if s.Dispute.State != next.Dispute.State && s.Dispute.State != "" && l.kind != MoveDispute && l.kind != MoveErase {
					disputes[fmt.Sprintf("%s ─ %s → %s", s.Dispute.State, l.kind, next.Dispute.State)] = true
				}
			})
			var cell []string
			for _, c := range standings {
				if to[c] {
					cell = append(cell, c)
				}
			}
			switch {
			case len(cell) == 0:
				cell = []string{"·"}
			case l.kind == MoveErase:
				cell = []string{"gone"}
			}
			cells = append(cells, strings.Join(cell, "/"))
		}
		row(l.name, cells)
	}
	list := func(title string, all map[string]bool) {
		out.WriteString("//\n// " + title + "\n//\n")
		var sorted []string
		for one := range all {
			if !strings.HasSuffix(one, "→ ") { // erased with the record
				sorted = append(sorted, one)
			}
		}
		slices.Sort(sorted)
		for _, one := range sorted {
			out.WriteString("//\t" + one + "\n")
		}
	}
	list("A claim:", claims)
	list("A dispute:", disputes)
	return out.String()
}

func TestTheCommentOfThePackageShowsTheLifeCycleAsItIs(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := lifeTable(t); !strings.Contains(string(text), want) {
		t.Errorf("doc.go does not hold this table:\n%s", want)
	}
}
