package app_test

import (
	"slices"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// atWork is a member of staff with a purpose.
func (w *world) atWork() habeas.Actor {
	a := w.staff("nora@example.org")
	a.Purpose = party.Purposes()[0].Sentence
	return a
}

// merge merges two records as staff would from their page.
func (w *world) merge(a habeas.Actor, id, other habeas.PartyID, choices ...string) party.Merge {
	w.Helper()
	pair := must(w.Records.Compare(w.ctx(), a, id, other))(w)
	w.later(time.Second)
	return must(w.Records.Join(w.ctx(), a, id, other, [2]int64{pair.Into.Party.Version, pair.From.Party.Version}, choices))(w)
}

// merged is the newest merge into a record.
func (w *world) merged(id habeas.PartyID) habeas.MergeID {
	w.Helper()
	return must(w.DB.Records().MergesOf(w.ctx(), id))(w)[0].ID
}

// two are two records about one person, known to one system under two addresses.
func (w *world) two() (s system, one, two habeas.PartyID, ref party.Reference) {
	w.Helper()
	s = w.connect("Tours")
	one, _ = s.say("tim@example.org", person("Tim", "Berger", ""), ticket("T-1", "Old town"))
	w.later(time.Hour)
	two, ref = s.say("tb@work.example", with(person("Timothy", "Berger", "1984-05-03"), "membership", "number", "M-20417"), ticket("T-2", "Harbour"))
	return s, one, two, ref
}

// Proves PTY-15.
func TestMergedRecordsAreOneUntilTheMergeIsUndone(t *testing.T) {
	w := newWorld(t)
	s, one, two, ref := w.two()
	nora := w.atWork()
	before := [2]party.Record{w.held(one), w.held(two)}
	m := w.merge(nora, one, two, "identity.given_name")
	rec := w.held(one)
	if rec.Text("identity", "given_name") != "Timothy" || rec.Text("identity", "birth_date") != "1984-05-03" || len(rec.Tickets) != 2 {
		t.Errorf("the merged record lacks what its parts say: %+v", rec)
	}
	if old := must(w.Records.Open(w.ctx(), nora, two))(t); old.Party.ID != one {
		t.Error("an old link does not lead to the record that stays")
	}
	found, _, err := w.Records.Find(w.ctx(), nora, "Timothy", 10)
	w.ok(err)
	if len(found) != 1 || found[0].Party.ID != one {
		t.Errorf("the other name finds %d records, want the merged one", len(found))
	}
	w.later(time.Second)
	again, same := s.say("tb@work.example", with(person("", "", ""), "phone", "number", "+34600000000"))
	if again != two || same != ref {
		t.Error("the booker learns of the merge")
	}
	if w.held(one).Text("phone", "number") == "" {
		t.Error("what the booker says does not show")
	}
	w.later(time.Second)
	w.ok(w.Records.Amend(w.ctx(), nora, two, party.Values{"address": {"city": "Málaga"}})) // through an old link
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	a, b := w.held(one), w.held(two)
	if a.Text("identity", "given_name") != before[0].Text("identity", "given_name") || a.Text("identity", "birth_date") != "" || len(a.Tickets) != 1 || a.Text("address", "city") != "Málaga" {
		t.Errorf("the record that stayed is not what it was: %+v", a)
	}
	if b.Party.State != party.Unclaimed || b.Text("identity", "given_name") != "Timothy" || b.Text("phone", "number") == "" || b.Text("address", "city") != "" {
		t.Errorf("the other is not what it was with its own later words: %+v", b)
	}
	list := must(w.Records.Meanwhile(w.ctx(), nora, m.ID))(t)
	if len(list.Words) != 1 || list.Keep[list.Words[0].ID] != party.KeepInto {
		t.Fatalf("listed for decision: %+v", list.Words)
	}
	w.later(time.Second)
	must(w.Records.Attribute(w.ctx(), nora, m.ID, map[habeas.StatementID]party.Keep{list.Words[0].ID: party.KeepFrom}))(t)
	if w.held(one).Text("address", "city") != "" || w.held(two).Text("address", "city") != "Málaga" {
		t.Error("the word did not go where staff said")
	}
	w.verify()
}

// Proves PTY-15, PTY-A38.
func TestAClaimantReadsTheOtherRecordOnlyAfterAgreeing(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	tim, other := w.join("tim@example.org"), w.join("oscar@example.org")
	w.accept(tim, one, nil)
	nora := w.atWork()
	m := w.merge(nora, two, one) // the claimed one stays, whichever is named first
	if m.State != party.MergeProposed || m.Into != one {
		t.Fatalf("merged without asking: %+v", m)
	}
	if w.my(tim, one).Text("identity", "birth_date") != "" || w.held(two).Party.State != party.Unclaimed {
		t.Error("something came in before the person agreed")
	}
	if _, err := w.Records.ProposedMerge(w.ctx(), other, m.ID); err == nil {
		t.Error("somebody else reads the question")
	}
	_, err := w.Records.AgreeMerge(w.ctx(), other, m.ID, [2]int64{}, true)
	w.refused(err, "merge.not-asked")
	pair := must(w.Records.ProposedMerge(w.ctx(), tim, m.ID))(t)
	if n := field(pair.From, "membership", "number"); n.Current.Text == "M-20417" {
		t.Error("what asks for evidence is shown before consent")
	}
	_, err = w.Records.AgreeMerge(w.ctx(), tim, m.ID, [2]int64{0, 0}, true)
	w.refused(err, "party.changed")
	w.later(time.Second)
	must(w.Records.AgreeMerge(w.ctx(), tim, m.ID, [2]int64{pair.Into.Party.Version, pair.From.Party.Version}, true))(t)
	if w.my(tim, one).Text("identity", "birth_date") == "" {
		t.Error("after consent nothing came in")
	}
	if name := field(w.held(one), "identity", "given_name"); name.Current.Text != "Tim" || name.Rival {
		t.Errorf("staff left the name of the record as it was, and it reads %q", name.Current.Text)
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	if w.my(tim, one).Text("identity", "birth_date") != "" || w.held(two).Text("identity", "birth_date") == "" {
		t.Error("the undo left something on the wrong side")
	}
	w.verify()
}

// Proves PTY-15.
func TestAClaimOfAMergedRecordGoesWithTheAddressThatProvedIt(t *testing.T) {
	w := newWorld(t)
	s, one, two, _ := w.two()
	nora := w.atWork()
	m := w.merge(nora, one, two)
	w.later(time.Second)
	tim := w.join("tb@work.example") // an address of the one that went in
	w.accept(tim, one, nil)
	w.later(time.Second)
	s.say("tb@work.example", with(party.Values{}, "contact", "language", "es"), ticket("T-3", "Castle"))
	w.later(time.Second)
	s.say("tb@work.example", with(party.Values{}, "contact", "language", "de"), ticket("T-4", "Gardens"))
	rec := w.my(tim, one)
	never := party.Reply{Verdict: party.Never, Statement: rec.Proposals[0].Says.Statement}
	must(w.Records.Settle(w.ctx(), tim, one, rec.Party.Version, never))(t)
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	if rules := w.my(tim, two).Settled.Rules(); len(rules) != 1 {
		t.Errorf("what they decided about proposals did not come along: %d rules", len(rules))
	}
	if a, b := w.held(one).Party, w.held(two).Party; a.State != party.Unclaimed || b.Account != tim.Account {
		t.Errorf("the claim stands at %v and %v", a.State, b.State)
	}
	if _, err := w.Records.My(w.ctx(), tim, one); err == nil {
		t.Error("who proved the other address still reads this record")
	}
}

// Proves PTY-15, PTY-A39.
func TestWhatIsSplitOffIsOutOfReachAtOnce(t *testing.T) {
	w := newWorld(t)
	s := w.connect("Tours")
	id, _ := s.say("berger@example.org", person("T", "Berger", ""), ticket("T-1", "Old town"))
	w.later(time.Second)
	same, _ := s.say("junior@example.org", person("T", "Berger", ""), external("77"))
	if same == id {
		t.Fatal("two addresses are one record already")
	}
	nora := w.atWork()
	w.later(time.Second)
	m := w.merge(nora, id, same)
	w.later(time.Second)
	parent := w.join("berger@example.org")
	junior := w.join("junior@example.org")
	if got := len(w.offers(junior)); got != 1 {
		t.Fatalf("the address of the merged record leads to %d records", got)
	}
	w.offer(junior, id)
	part := must(w.Records.Part(w.ctx(), nora, id))(t)
	i := slices.IndexFunc(part.Words, func(s party.Statement) bool { return s.External == "77" })
	if i < 0 {
		t.Fatalf("the words cannot be told apart: %+v", part.Words)
	}
	w.later(time.Second)
	split := must(w.Records.SplitOff(w.ctx(), nora, id, part.Record.Party.Version, []party.Item{{Party: part.Words[i].Party, Statement: part.Words[i].ID}}, nil))(t)
	if err := w.Records.Accept(w.ctx(), junior, id, part.Record.Party.Version, nil); err == nil {
		t.Error("a claim that was open before the split still takes the record")
	}
	for _, o := range w.offers(junior) {
		if o.Record.Party.ID != split.To {
			t.Error("the address that left still leads to the record")
		}
	}
	w.accept(parent, id, nil)
	if _, err := w.Records.My(w.ctx(), parent, split.To); err == nil {
		t.Error("the record's person reads what left")
	}
	if after, _ := s.say("junior@example.org", person("T", "Berger", "2001-01-01")); after != split.To {
		t.Error("the handle did not leave with its words")
	}
	_, err := w.Records.Unsplit(w.ctx(), nora, split.ID)
	w.refused(err, "split.claimed") // over nobody's head
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	w.verify()
}

// Proves PTY-15.
func TestASplitIsUndoneWithWhatWasSaidSince(t *testing.T) {
	w := newWorld(t)
	s := w.connect("Tours")
	id, _ := s.say("berger@example.org", person("T", "Berger", ""), ticket("T-1", "Old town"))
	w.later(time.Second)
	s.say("berger@example.org", with(person("T", "Berger", ""), "phone", "number", "+34600000000"), ticket("T-2", "Harbour"), external("77"))
	nora := w.atWork()
	before := w.held(id)
	part := must(w.Records.Part(w.ctx(), nora, id))(t)
	w.later(time.Second)
	split := must(w.Records.SplitOff(w.ctx(), nora, id, part.Record.Party.Version, []party.Item{{Party: id, Statement: part.Words[0].ID}}, nil))(t)
	if w.held(id).Text("phone", "number") != "" || w.held(split.To).Text("phone", "number") == "" {
		t.Fatal("the word did not leave")
	}
	w.later(time.Second)
	s.say("", with(party.Values{}, "address", "city", "Ronda"), external("77"))
	if w.held(split.To).Text("address", "city") != "Ronda" || w.held(id).Text("address", "city") != "" {
		t.Fatal("the id did not leave with its words")
	}
	w.later(time.Second)
	must(w.Records.Unsplit(w.ctx(), nora, split.ID))(t)
	after := w.held(id)
	if after.Text("phone", "number") == "" || after.Text("address", "city") != "Ronda" || len(after.Tickets) != len(before.Tickets) {
		t.Errorf("not all came back: %+v", after)
	}
	must(w.Records.Unmerge(w.ctx(), nora, w.merged(id)))(t) // what it was told of its own, apart again
	s.say("", with(party.Values{}, "address", "postcode", "29400"), external("77"))
	if w.held(id).Text("address", "postcode") == "" || w.held(split.To).Text("address", "city") != "Ronda" {
		t.Error("the id did not come back")
	}
	w.verify()
}

// Proves PTY-15.
func TestErasingAMergedRecordLeavesNothingOfItsParts(t *testing.T) {
	w := newWorld(t)
	s, one, two, _ := w.two()
	tim := w.join("tim@example.org")
	w.accept(tim, one, nil)
	nora := w.atWork()
	m := w.merge(nora, one, two)
	pair := must(w.Records.ProposedMerge(w.ctx(), tim, m.ID))(t)
	w.later(time.Second)
	must(w.Records.AgreeMerge(w.ctx(), tim, m.ID, [2]int64{pair.Into.Party.Version, pair.From.Party.Version}, true))(t)
	w.later(time.Second)
	must(w.Records.Erase(w.ctx(), tim, one))(t)
	for _, id := range []habeas.PartyID{one, two} {
		if _, err := w.DB.Records().Party(w.ctx(), id); err == nil {
			t.Error("a part is still there")
		}
		if _, err := w.Keys.Key(w.ctx(), habeas.SubjectOf(id)); err == nil {
			t.Error("the key of a part is still there")
		}
	}
	w.later(time.Second)
	if fresh, _ := s.say("tb@work.example", person("Tim", "Berger", "")); fresh == two {
		t.Error("the handle of a part leads to what was erased")
	}
	w.verify()
}
