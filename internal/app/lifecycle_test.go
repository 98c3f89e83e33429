package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
	. "github.com/habeas-data/habeas/internal/party/partytest"
)

// cast is the model's world on a real server.
type cast struct {
	*world
	nora    habeas.Actor
	people  [2]habeas.Actor
	records [2]habeas.PartyID
}

// once is the test as one history sees it: what that opens is closed when it ends, because
// each world holds locked memory.
type once struct {
	testing.TB
	after []func()
}

func (o *once) Cleanup(f func()) { o.after = append(o.after, f) }

func (o *once) end() {
	for _, f := range slices.Backward(o.after) {
		f()
	}
}

var addressOf = [2]string{Tim: "tim@example.org", Oscar: "oscar@example.org"}

func newCast(t testing.TB) *cast {
	c := &cast{world: newWorld(t)}
	c.nora = c.desk("nora@example.org", "en")
	c.records[0] = c.enter(c.nora, addressOf[Oscar], full())
	c.records[1] = c.enter(c.nora, addressOf[Tim], full())
	for i := range c.people {
		c.people[i] = c.join(addressOf[i])
	}
	return c
}

// claim is the claim of a person on a record that was not decided, or by which they have it.
func (c *cast) claim(i, r int) party.Claim {
	claims := must(c.DB.Records().Claims(c.ctx(), c.people[i].Account))(c)
	return party.ClaimOn(must(c.DB.Records().Party(c.ctx(), c.records[r]))(c), claims, c.people[i].Account, c.clock.Now(), party.DefaultRules)
}

// dispute is the newest one about a record, by when it was decided, that fits.
func (c *cast) dispute(r int, fits func(party.Dispute) bool) (id habeas.DisputeID) {
	var at time.Time
	for _, d := range must(c.Disputes.DisputesOn(c.ctx(), c.nora, c.records[r]))(c) {
		if fits(d) && (id.IsZero() || d.EndedAt.After(at)) {
			id, at = d.ID, d.EndedAt
		}
	}
	return id
}

// do takes a step of the model by its use case.
func (c *cast) do(s Step) error {
	ctx, who, id := c.ctx(), c.people[s.Who], c.records[s.Record]
	c.later(time.Second)
	switch s.Kind {
	case Look:
		_, err := c.Records.Offers(ctx, who)
		return err
	case Open:
		_, err := c.Records.Offer(ctx, who, id)
		return err
	case Prove:
		code, _, err := c.Records.PaperCode(ctx, c.nora, id)
		c.ok(err)
		_, _, err = c.Records.ShowEvidence(ctx, who, id, party.PaperCode, code)
		return err
	case Accept:
		return c.Records.Accept(ctx, who, id, c.claim(s.Who, s.Record).Version, nil)
	case Refuse:
		return c.Records.NotMe(ctx, who, id, c.claim(s.Who, s.Record).Version)
	case Edit:
		return c.Records.Amend(ctx, c.nora, id, party.Values{"address": {"city": fmt.Sprint("Bonn ", c.clock.Now().Unix())}})
	case Address:
		return c.Records.ChangeAddress(ctx, c.nora, id, c.address(addressOf[s.Who]))
	case Release:
		return c.Records.Decide(ctx, c.nora, id, party.Release)
	case KeepApart:
		return c.Records.Decide(ctx, c.nora, id, party.KeepApart)
	case Reconsider:
		return c.Records.Reconsider(ctx, c.nora, id, party.ReviewNotMe)
	case Link:
		return c.Disputes.LinkPerson(ctx, c.nora, id, c.address(addressOf[s.Who]), party.DocumentPassport)
	case Dispute:
		_, err := c.Disputes.DisputeByStaff(ctx, c.nora, id, party.DisputeOther, "")
		return err
	case Keep:
		return c.Disputes.KeepClaim(ctx, c.nora, c.dispute(s.Record, isOpen))
	case Undo:
		return c.Disputes.UndoClaim(ctx, c.nora, c.dispute(s.Record, isOpen))
	case Reopen:
		return c.reopen(s)
	case Merge:
		return c.mergeBoth()
	case Unmerge:
		return c.unmerge()
	case Guess, Year, Hear, Challenge, Close, Activate: // of the model alone
	}
	return fmt.Errorf("no use case for %s", s)
}

func isOpen(d party.Dispute) bool { return d.State == party.DisputeOpen }

// reopen takes back the newest decision about a person's claim: the one by which they have
// the record, else the newest by which they lost it.
func (c *cast) reopen(s Step) error {
	held := c.claim(s.Who, s.Record)
	id := c.dispute(s.Record, func(d party.Dispute) bool {
		return d.State == party.DisputeKept && d.Claim == held.ID && held.State == party.ClaimAccepted
	})
	if id.IsZero() {
		id = c.dispute(s.Record, func(d party.Dispute) bool {
			return d.State == party.DisputeUndone && d.Account == c.people[s.Who].Account
		})
	}
	return c.Disputes.ReopenDispute(c.ctx(), c.nora, id)
}

// mergeBoth merges the two; who has one of them agrees.
func (c *cast) mergeBoth() error {
	a, b := must(c.DB.Records().Party(c.ctx(), c.records[0]))(c), must(c.DB.Records().Party(c.ctx(), c.records[1]))(c)
	into, from := party.Order(party.Joinable{Party: a}, party.Joinable{Party: b})
	versions := [2]int64{into.Party.Version, from.Party.Version}
	m, err := c.Records.Join(c.ctx(), c.nora, c.records[0], c.records[1], versions, nil)
	for _, who := range c.people {
		if err == nil && m.State == party.MergeProposed && (into.Party.Account == who.Account || from.Party.Account == who.Account) {
			m, err = c.Records.AgreeMerge(c.ctx(), who, m.ID, versions, true)
		}
	}
	return err
}

func (c *cast) unmerge() error {
	for _, m := range must(c.DB.Records().MergesOf(c.ctx(), c.records[0]))(c) {
		if m.State == party.MergeDone {
			_, err := c.Records.Unmerge(c.ctx(), c.nora, m.ID)
			return err
		}
	}
	return fmt.Errorf("they are not merged")
}

// outline is what the store holds, in the words of the model.
func (c *cast) outline() (out [2]string) {
	for r, id := range c.records {
		p := must(c.DB.Records().Party(c.ctx(), id))(c)
		holder := -1
		var shut [2]bool
		var asked [2]party.ClaimState
		for i, who := range c.people {
			if p.Account == who.Account {
				holder = i
			}
			shut[i] = must(c.DB.Records().Blocked(c.ctx(), c.Keys.Lookup(party.LookupEmail, c.address(addressOf[i]).Key()), id))(c)
			for _, one := range must(c.DB.Records().Claims(c.ctx(), who.Account))(c) {
				if one.Party == id && (one.State == party.ClaimOpen || one.State == party.ClaimInReview) {
					asked[i] = one.State
				}
			}
		}
		disputed := !c.dispute(r, isOpen).IsZero()
		out[r] = fmt.Sprintf("%s held by %d, opened %v, review %q, blocked %v, cleared %v, shut %v, disputed %v, asked %q",
			p.State, holder, len(p.Opened) > 0, p.Review, p.Blocked, p.Cleared, shut, disputed, asked)
	}
	return out
}

func outlineOf(w World) (out [2]string) {
	for r, m := range w.Records {
		out[r] = fmt.Sprintf("%s held by %d, opened %v, review %q, blocked %v, cleared %v, shut %v, disputed %v, asked %q",
			m.State, m.Holder, m.Opened, m.Review, m.Blocked, m.Cleared, m.Shut, m.Disputed, [2]party.ClaimState{
				party.ClaimState(m.Asked[0].State.String()), party.ClaimState(m.Asked[1].State.String()),
			})
	}
	return out
}

// says tells the model whose address each record says. Which of several words counts is
// decided by the fold and by what staff choose at a merge, which have tests of their own.
func (c *cast) says(w *World) {
	for r, id := range c.records {
		rec := c.held(id)
		if i := slices.Index(addressOf[:], rec.Text("contact", "email")); i >= 0 && rec.Party.ID == id {
			w.Records[r].Email = int8(i)
		}
	}
}

// Proves PTY-14, PTY-15, PTY-A32, PTY-A33, PTY-A38.
func TestTheServerDoesWhatTheModelDoes(t *testing.T) {
	checks(t, "12")
	setRapid(t, "nofailfile", "true") // the seed in the message is enough to run it again
	steps := Steps(2, Year, Challenge, Hear, Guess, Close, Activate)
	rapid.Check(t, func(rt *rapid.T) {
		of := &once{TB: t}
		defer of.end()
		c, m, w := newCast(of), &Model{Take: party.Situation.Take, Owners: true}, Begin()
		var history []string
		for range rapid.IntRange(10, 40).Draw(rt, "steps") {
			c.says(&w)
			from := steps
			if rapid.IntRange(0, 4).Draw(rt, "wild") > 0 { // most of the time something that is not refused
				from = nil
				for _, s := range steps {
					if next, err := m.Next(w, s); err == nil && next != w {
						from = append(from, s)
					}
				}
			}
			s := rapid.SampledFrom(from).Draw(rt, "step")
			next, refused := m.Next(w, s)
			err := c.do(s)
			history = append(history, fmt.Sprintf("%s (%v)", s, err))
			if s.Kind != Open && (err == nil) != (refused == nil) { // the page of an offer opens also where staff have to look
				rt.Fatalf("%s\nthe server says %v, the model %v\n%s", strings.Join(history, "\n"), err, refused, Diff(w, next))
			}
			if s.Kind == Open && refused != nil { // what it put before staff stays
				next, _ = m.Next(w, Step{Kind: Look, Who: s.Who})
			}
			w = next
			if got, want := c.outline(), outlineOf(w); got != want {
				rt.Fatalf("%s\nserver %q\nmodel  %q", strings.Join(history, "\n"), got, want)
			}
		}
		c.verify()
	})
}
