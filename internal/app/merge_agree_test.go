package app_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	webparty "github.com/habeas-data/habeas/internal/web/party"
)

// yes agrees to a merge as from its page.
func (w *world) yes(a habeas.Actor, id habeas.MergeID) party.Merge {
	w.Helper()
	pair := must(w.Records.ProposedMerge(w.ctx(), a, id))(w)
	w.later(time.Second)
	return must(w.Records.AgreeMerge(w.ctx(), a, id, [2]int64{pair.Into.Party.Version, pair.From.Party.Version}, true))(w)
}

// twoAccounts are two records of two accounts, merged.
func (w *world) twoAccounts() (tim, work habeas.Actor, m party.Merge) {
	w.Helper()
	_, one, two, _ := w.two()
	tim, work = w.join("tim@example.org"), w.join("tb@work.example")
	w.accept(tim, one, nil)
	w.accept(work, two, party.Values{"phone": {"number": "+34600000000"}})
	w.mails()
	m = w.merge(w.atWork(), one, two, "identity.given_name")
	return tim, work, m
}

// Proves PTY-15, PTY-A38.
func TestRecordsOfTwoAccountsAreMergedWhenBothHaveAgreed(t *testing.T) {
	w := newWorld(t)
	tim, work, m := w.twoAccounts()
	asked := map[string]bool{}
	for _, letter := range w.mails() {
		asked[letter.To] = letter.Kind == mail.KindQuestion && strings.Contains(letter.Text, "/me/merges/"+m.ID.String()) && !strings.Contains(letter.Subject, "Tim")
	}
	if !reflect.DeepEqual(asked, map[string]bool{"tim@example.org": true, "tb@work.example": true}) {
		t.Errorf("asked by mail: %v", asked)
	}
	for _, set := range must(w.Records.ProposedMerge(w.ctx(), tim, m.ID))(t).From.Sets {
		if len(set.Fields) > 0 {
			t.Errorf("%s of somebody else's record is shown before they agree", set.Schema.Name)
		}
	}
	if first := w.yes(tim, m.ID); first.State != party.MergeProposed || w.held(m.From).Party.State != party.Claimed {
		t.Fatal("one of two has agreed, and the records are merged")
	}
	_, err := w.Records.AgreeMerge(w.ctx(), tim, m.ID, [2]int64{}, true)
	w.refused(err, "merge.not-asked") // once is enough
	if got := len(must(w.Records.Asked(w.ctx(), tim))(t).Merges); got != 0 {
		t.Errorf("who has agreed is asked about %d merges", got)
	}
	if second := w.yes(work, m.ID); second.State != party.MergeDone {
		t.Fatalf("both have agreed: %s", second.State)
	}
	rec := w.held(m.Into)
	if name := field(rec, "identity", "given_name"); name.Current.Text != "Timothy" || name.Rival || rec.Party.Account != tim.Account {
		t.Errorf("the merged record reads %q", name.Current.Text)
	}
	if phone := field(w.my(tim, m.Into), "phone", "number"); !phone.Masked {
		t.Error("what the second account said opens to the first without evidence")
	}
	if _, err := w.Records.My(w.ctx(), work, m.From); err == nil {
		t.Error("two accounts control one record")
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), w.atWork(), m.ID))(t)
	if w.my(work, m.From).Text("phone", "number") != "+34600000000" || w.my(tim, m.Into).Text("phone", "number") != "" {
		t.Error("the undo does not give each account its record back")
	}
	w.verify()
}

func TestErasingTheSecondAccountLeavesTheMergedRecordToTheFirst(t *testing.T) {
	w := newWorld(t)
	tim, work, m := w.twoAccounts()
	w.yes(tim, m.ID)
	w.yes(work, m.ID)
	w.later(time.Second)
	must(w.Records.EraseMe(w.ctx(), work))(t)
	if w.my(tim, m.Into).Text("phone", "number") == "" {
		t.Error("the first account has lost what was merged into its record")
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), w.atWork(), m.ID))(t)
	if p := w.held(m.From).Party; p.State != party.Unclaimed || !p.Account.IsZero() {
		t.Errorf("the record of an account that is gone is %s", p.State)
	}
	w.verify()
}

// Proves PTY-15.
func TestAPersonSaysNoAndNothingChanges(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	tim := w.join("tim@example.org")
	w.accept(tim, one, nil)
	before := [2]party.Record{w.held(one), w.held(two)}
	m := w.merge(w.atWork(), one, two)
	if _, err := w.Records.Join(w.ctx(), w.atWork(), one, two, [2]int64{before[0].Party.Version, before[1].Party.Version}, nil); err == nil {
		t.Error("a person can be asked the same twice")
	}
	w.later(time.Second)
	if no := must(w.Records.AgreeMerge(w.ctx(), tim, m.ID, [2]int64{}, false))(t); no.State != party.MergeRefused {
		t.Errorf("after a no: %s", no.State)
	}
	if !reflect.DeepEqual([2]party.Record{w.held(one), w.held(two)}, before) {
		t.Error("a no has changed a record")
	}
	if l := w.look(tim, audit.MergeRefused); !l.Mine {
		t.Error("the no does not stand in the person's Activity")
	}
	w.verify()
}

// Proves PTY-15.
func TestTheCopyAndTheActivityOfAMergedRecordHoldItsParts(t *testing.T) {
	w := newWorld(t)
	s, one, two, _ := w.two()
	tim := w.join("tim@example.org")
	w.accept(tim, one, nil)
	m := w.merge(w.atWork(), one, two)
	w.yes(tim, m.ID)
	w.later(time.Second)
	s.say("tb@work.example", with(party.Values{}, "organisation", "city", "Ronda"), ticket("T-3", "Castle"))
	copied := string(must(w.Records.Copy(w.ctx(), tim))(t).JSON)
	for _, want := range []string{"Timothy", "Ronda", "Castle", "Harbour", string(audit.PartyMerged)} {
		if want == "Timothy" {
			want = party.Mask(field(w.held(one), "identity", "given_name").Schema, want) // asks for evidence
		}
		if !strings.Contains(copied, want) {
			t.Errorf("the copy lacks %q", want)
		}
	}
	if l := w.look(tim, audit.PartyAsserted); l.Detail["ticket"] != "T-3" {
		t.Errorf("what a system says of the part does not stand in the Activity: %v", l.Detail)
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), w.atWork(), m.ID))(t)
	if after := string(must(w.Records.Copy(w.ctx(), tim))(t).JSON); strings.Contains(after, "Ronda") || strings.Contains(after, "Castle") {
		t.Error("the copy holds what is about somebody else")
	}
}

// Proves PTY-15.
func TestASplitOfAClaimedRecordWaitsForItsPerson(t *testing.T) {
	w := newWorld(t)
	s := w.connect("Tours")
	id, _ := s.say("tim@example.org", person("Tim", "Berger", ""), ticket("T-1", "Old town"))
	w.later(time.Second)
	s.say("tim@example.org", with(party.Values{}, "organisation", "city", "Ronda"), ticket("T-2", "Harbour"))
	tim := w.join("tim@example.org")
	w.accept(tim, id, party.Values{"contact": {"language": "es"}})
	w.mails()
	nora := w.atWork()
	split := func() party.Split {
		part := must(w.Records.Part(w.ctx(), nora, id))(t)
		w.later(time.Second)
		return must(w.Records.SplitOff(w.ctx(), nora, id, part.Record.Party.Version, []party.Item{{Party: id, Statement: part.Words[0].ID}}, nil))(t)
	}
	first := split()
	if w.held(id).Text("organisation", "city") == "" || first.State != party.SplitProposed {
		t.Fatal("split without asking")
	}
	w.mailTo("tim@example.org", mail.KindQuestion)
	shown := must(w.Records.ProposedSplit(w.ctx(), tim, first.ID))(t)
	if len(shown.Words) != 1 {
		t.Fatalf("%d words are shown", len(shown.Words))
	}
	w.refused(w.Records.AgreeSplit(w.ctx(), w.join("oscar@example.org"), first.ID, shown.Record.Party.Version, true), "party.not-yours")
	w.ok(w.Records.AgreeSplit(w.ctx(), tim, first.ID, shown.Record.Party.Version, false))
	second := split()
	w.later(time.Second)
	w.ok(w.Records.AgreeSplit(w.ctx(), tim, second.ID, must(w.Records.ProposedSplit(w.ctx(), tim, second.ID))(t).Record.Party.Version, true))
	if w.my(tim, id).Text("organisation", "city") != "" || w.held(second.To).Text("organisation", "city") != "Ronda" {
		t.Error("after a yes it has not left")
	}
	w.verify()
}

// Proves PTY-15.
func TestASystemKeepsItsReferencesThroughMergeSplitAndUndo(t *testing.T) {
	w := newWorld(t)
	s, one, two, ref := w.two()
	nora := w.atWork()
	reads := func(when, want string) {
		t.Helper()
		w.later(time.Second)
		if _, again := s.say("tb@work.example", person("", "", "")); again != ref {
			t.Errorf("%s the reference is another one", when)
		}
		found := must(s.Systems.Records().Query(w.ctx(), s.actor, []party.Reference{ref}, []string{"identity"}))(t)
		if got := found[0].Get("identity", "given_name"); got != want {
			t.Errorf("%s the system reads %q, want its own word %q", when, got, want)
		}
	}
	reads("before", "Timothy")
	m := w.merge(nora, one, two)
	reads("merged", "Timothy")
	part := must(w.Records.Part(w.ctx(), nora, one))(t)
	var items []party.Item
	for _, word := range part.Words {
		if word.Party == two {
			items = append(items, party.Item{Party: two, Statement: word.ID})
		}
	}
	w.later(time.Second)
	split := must(w.Records.SplitOff(w.ctx(), nora, one, part.Record.Party.Version, items, nil))(t)
	if s.partyOf(ref) != split.To {
		t.Error("the reference did not leave with its words")
	}
	reads("split", "Timothy")
	w.later(time.Second)
	must(w.Records.Unsplit(w.ctx(), nora, split.ID))(t)
	if s.partyOf(ref) != two {
		t.Error("the reference did not come back")
	}
	reads("put back", "Timothy")
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), nora, m.ID))(t)
	reads("taken apart", "Timothy")
	w.verify()
}

// joining are the methods of Joining that only staff may call.
func joining(w *world, a habeas.Actor, id, other habeas.PartyID) map[string]error {
	r, ctx, out := w.Records, w.ctx(), map[string]error{}
	_, out["Compare"] = r.Compare(ctx, a, id, other)
	_, out["Join"] = r.Join(ctx, a, id, other, [2]int64{}, nil)
	_, out["Unmerge"] = r.Unmerge(ctx, a, habeas.MergeID{1})
	_, out["Meanwhile"] = r.Meanwhile(ctx, a, habeas.MergeID{1})
	_, out["Attribute"] = r.Attribute(ctx, a, habeas.MergeID{1}, nil)
	_, out["Unattribute"] = r.Unattribute(ctx, a, habeas.MergeID{1})
	_, out["Part"] = r.Part(ctx, a, id)
	_, out["SplitOff"] = r.SplitOff(ctx, a, id, 0, nil, nil)
	_, out["Unsplit"] = r.Unsplit(ctx, a, habeas.SplitID{1})
	_, out["Joins"] = r.Joins(ctx, a, id)
	_, out["RecentJoins"] = r.RecentJoins(ctx, a)
	return out
}

func TestOnlyStaffMergeAndSplit(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	tim := w.join("tim@example.org")
	for who, a := range map[string]habeas.Actor{"nobody": {}, "a person": tim} {
		for name, err := range joining(w, a, one, two) {
			if habeas.KindOf(err) != habeas.KindForbidden {
				t.Errorf("%s calls %s: %v", who, name, err)
			}
		}
	}
	for name, err := range joining(w, w.atWork(), one, two) {
		if habeas.KindOf(err) == habeas.KindForbidden && err != nil {
			t.Errorf("staff are refused at %s: %v", name, err)
		}
	}
	covered := len(joining(w, tim, one, two)) + len([]string{"Asked", "ProposedMerge", "AgreeMerge", "ProposedSplit", "AgreeSplit"})
	if all := reflect.TypeFor[webparty.Joining]().NumMethod(); covered != all {
		t.Errorf("%d of the %d methods of Joining are looked at: add the new ones", covered, all)
	}
}

// between returns what stands in a page between two texts.
func (p page) between(t *testing.T, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(p.text, from)
	text, _, ends := strings.Cut(rest, to)
	if !found || !ends {
		t.Fatalf("the page lacks %q", from)
	}
	return text
}

// Proves PTY-15.
func TestStaffMergeAndTakeBackOnTheirPages(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	b := w.staffBrowser("nora@example.org")
	at := "/staff/people/" + one.String()
	b.post("/staff/purpose", "purpose", party.Purposes()[0].Key, "to", at)
	if find := b.found(at+"/merge", "Timothy"); !strings.Contains(find.text, at+"/merge/"+two.String()) || strings.Contains(find.text, at+"/merge/"+one.String()) {
		t.Error("the search does not offer the other record, or offers the same one")
	}
	sides := b.get(at + "/merge/" + two.String())
	versions := sides.between(t, `name="versions" value="`, `"`)
	w.later(time.Second)
	if to := b.post(at+"/merge/"+two.String(), "versions", versions, "c.identity.given_name", "right"); to != at {
		t.Fatalf("after the merge: %s", to)
	}
	undo := b.get(at).between(t, `action="/staff/merges/`, `"`)
	if w.held(one).Text("identity", "given_name") != "Timothy" || !strings.HasSuffix(undo, "/undo") {
		t.Fatal("not merged, or not to be undone")
	}
	w.later(time.Second)
	b.post(at+"/edit/organisation", "organisation.city", "Ronda", "was.city", "")
	w.later(time.Second)
	list := b.get("/staff/merges")
	if !strings.Contains(list.text, "Timothy Berger became part of Tim Berger") || !strings.Contains(b.get(at+"/merges").text, "became part of") {
		t.Error("the merge is not listed")
	}
	apart := b.post("/staff/merges/" + undo)
	word := b.get(apart).between(t, `name="w.`, `"`)
	b.post(apart, "w."+word, "goes")
	if w.held(two).Text("organisation", "city") != "Ronda" || w.held(one).Text("organisation", "city") != "" {
		t.Error("the word is not where staff said")
	}
	if done := b.get(apart); !strings.Contains(done.text, "Everything is decided.") || !strings.Contains(done.text, "Decide again") {
		t.Error("the page asks again, or does not offer to")
	}
	if to := b.post(apart + "/again"); to != apart || !strings.Contains(b.get(apart).text, `value="goes"`) || w.held(one).Text("organisation", "city") != "Ronda" {
		t.Error("the decision was not taken back")
	}
	if p := b.send(http.MethodGet, "/staff/merges/mrg_x", nil); p.status != http.StatusNotFound {
		t.Errorf("a merge that does not exist: %d", p.status)
	}
}

// Proves PTY-15.
func TestStaffSplitAndPutBackOnTheirPages(t *testing.T) {
	w := newWorld(t)
	s := w.connect("Tours")
	id, _ := s.say("tim@example.org", person("Tim", "Berger", ""), ticket("T-1", "Old town"))
	w.later(time.Second)
	s.say("tim@example.org", with(party.Values{}, "organisation", "city", "Ronda"), ticket("T-2", "Harbour"))
	b := w.staffBrowser("nora@example.org")
	at := "/staff/people/" + id.String()
	b.post("/staff/purpose", "purpose", party.Purposes()[0].Key, "to", at)
	words := b.get(at + "/split")
	version, newest := words.between(t, `name="version" value="`, `"`), words.between(t, `name="word" value="`, `"`)
	if p := b.send(http.MethodPost, at+"/split", formOf("version", version)); p.status != http.StatusBadRequest || !strings.Contains(p.text, "Choose what belongs to the other person.") {
		t.Errorf("nothing was ticked: %d", p.status)
	}
	w.later(time.Second)
	if to := b.post(at+"/split", "version", version, "word", newest); to != at || w.held(id).Text("organisation", "city") != "" {
		t.Fatalf("not split, and sent to %s", to)
	}
	undo := b.get(at).between(t, `action="/staff/splits/`, `"`)
	w.later(time.Second)
	b.post("/staff/splits/" + undo)
	if w.held(id).Text("organisation", "city") != "Ronda" {
		t.Error("not put back")
	}
}

// Proves PTY-A39.
func TestAnOpenNoticePageReachesNothingOfARecordThatItsAddressHasLeft(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	nora := w.atWork()
	w.merge(nora, one, two)
	visit := w.visit("tb@work.example")
	if held := w.looking(visit).Held; len(held) != 1 || held[0].Record.Party.ID != one {
		t.Fatalf("the address leads to %d records", len(held))
	}
	part := must(w.Records.Part(w.ctx(), nora, one))(t)
	var items []party.Item
	for _, word := range part.Words {
		if word.Party == two {
			items = append(items, party.Item{Party: two, Statement: word.ID})
		}
	}
	w.later(time.Second)
	split := must(w.Records.SplitOff(w.ctx(), nora, one, part.Record.Party.Version, items, nil))(t)
	held := w.looking(visit).Held
	if len(held) != 1 || held[0].Record.Party.ID != split.To || field(held[0].Record, "identity", "given_name").Current.Text == "Tim" {
		t.Errorf("after the split the page still shows %d records", len(held))
	}
}

func TestAnErasureAskedForBeforeAMergeIsLeftToStaff(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	nora := w.atWork()
	q := w.request(w.visit("tb@work.example"), two, party.AskErase)
	w.merge(nora, one, two)
	w.later(25 * time.Hour)
	w.swept()
	open, _, err := w.Notices.Requests(w.ctx(), nora, 10)
	w.ok(err)
	if len(open) != 1 || open[0].ID != q.ID || len(w.held(one).Tickets) != 2 {
		t.Fatalf("more was erased than the one who asked has seen: %d requests are open", len(open))
	}
	w.ok(w.Notices.Answer(w.ctx(), nora, q.ID, party.AnswerGrant, ""))
	w.gone(one)
	w.gone(two)
}

func TestWhatStaffKeepIsKeptAlsoAsPartOfAnother(t *testing.T) {
	w := newWorld(t)
	_, one, two, _ := w.two()
	nora := w.atWork()
	w.ok(w.Notices.Hold(w.ctx(), nora, two, "A claim is open."))
	w.merge(nora, one, two)
	for range 3 {
		w.later(40 * 31 * 24 * time.Hour)
		w.swept()
	}
	if len(w.held(one).Tickets) != 2 {
		t.Error("it went with the record that it is part of")
	}
}

// Proves PTY-15.
func TestWhatASystemSaysOfAPartIsProposedForTheWhole(t *testing.T) {
	w := newWorld(t)
	s, one, two, _ := w.two()
	tim := w.join("tim@example.org")
	w.accept(tim, one, nil)
	m := w.merge(w.atWork(), one, two)
	w.yes(tim, m.ID)
	w.ok(w.Records.TellProposals(w.ctx()))
	w.mails()
	shown := w.my(tim, one).Party.Version
	w.later(time.Second)
	s.say("tb@work.example", with(party.Values{}, "contact", "language", "es"), ticket("T-3", "Castle"))
	w.later(time.Second)
	s.say("tb@work.example", with(party.Values{}, "contact", "language", "de"), ticket("T-4", "Gardens"))
	rec := w.my(tim, one)
	if rec.Party.Version == shown || len(rec.Proposals) == 0 {
		t.Fatalf("the record that shows it has not changed, or nothing is proposed: %d proposals", len(rec.Proposals))
	}
	w.ok(w.Records.TellProposals(w.ctx()))
	w.mailTo("tim@example.org", mail.KindProposal)
	reply := party.Reply{Verdict: party.Accepted, Statement: rec.Proposals[0].Says.Statement, Set: rec.Proposals[0].Set.Name, Field: rec.Proposals[0].Field.Name}
	w.later(time.Second)
	must(w.Records.Settle(w.ctx(), tim, two, rec.Party.Version, reply))(t) // through an old link
	if got := w.my(tim, one).Text(reply.Set, reply.Field); got != rec.Proposals[0].Says.Text {
		t.Errorf("accepted, and it reads %q", got)
	}
	w.later(time.Second)
	must(w.Records.Unmerge(w.ctx(), w.atWork(), m.ID))(t)
	if len(w.my(tim, one).Proposals) != 0 || w.held(two).Text("contact", "language") != "de" {
		t.Error("apart again, what a system says of the one is proposed for the other")
	}
	w.verify()
}
