package app_test

import (
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

func (w *world) relations() *app.Relations { return app.NewRelations(w.Records, w.Duplicates.Note) }

func (w *world) relate(nora habeas.Actor, id, other habeas.PartyID, is party.Relationship, show bool) habeas.RelationID {
	w.Helper()
	w.later(0)
	return must(w.relations().Relate(w.ctx(), nora, id, other, is, show))(w)
}

// novaks are father and son of one name and address.
func (w *world) novaks(nora habeas.Actor) (father, son habeas.PartyID) {
	w.Helper()
	lives := func() party.Values {
		return with(with(person("Jan", "Novák", ""), "address", "street", "Lipová 12"), "address", "city", "Brno")
	}
	father = w.enter(nora, "", lives())
	son = w.enter(nora, "", lives(), func(a *party.Assertion) { a.Separate = true })
	return father, son
}

// Proves PTY-27.
func TestAFatherAndASonOfOneNameAndAddressAreNeverOne(t *testing.T) {
	w := newWorld(t)
	desk := w.staffBrowser("nora@example.org")
	nora := w.staff("nora@example.org")
	father, son := w.novaks(nora)
	search := func() int {
		w.Helper()
		w.later(0)
		_, err := w.Duplicates.Search(w.ctx())
		w.ok(err)
		return len(w.queue())
	}
	if search() != 1 {
		t.Fatal("the two do not look alike at all: there is nothing to prove")
	}
	tie := w.relate(nora, father, son, party.ParentOf, false)
	if len(w.queue()) != 0 {
		t.Error("the pair still waits")
	}
	if search() != 0 {
		t.Error("a search proposes them again")
	}
	w.ok(w.Records.Amend(w.ctx(), nora, son, party.Values{"identity": {"occupation": "Pupil"}}))
	w.ok(w.Duplicates.CatchUp(w.ctx()))
	if len(w.queue()) != 0 {
		t.Error("what was said of one proposes them again")
	}
	_, err := w.Records.Compare(w.ctx(), nora, father, son)
	w.refused(err, "relation.apart")
	_, err = w.Records.Join(w.ctx(), nora, father, son, [2]int64{w.held(father).Party.Version, w.held(son).Party.Version}, nil)
	w.refused(err, "relation.apart")

	desk.post("/staff/purpose", "purpose", party.Purposes()[0].Key, "to", "/staff")
	page := html.UnescapeString(desk.get("/staff/people/" + father.String() + "/merge").text)
	if !strings.Contains(page, "Known as parent and child: not the same") || strings.Contains(page, "/merge/"+son.String()) {
		t.Error("the page of records that look like it does not say that these are father and son")
	}

	// At one address, what fits both is about neither by itself.
	family := w.connect("City Bookings")
	one, _ := family.say("novak@example.org", person("Jan", "Novák", "1950-02-01"))
	two, _ := family.say("novak@example.org", person("Jan", "Novák", "1984-05-03"))
	w.relate(nora, one, two, party.ParentOf, false)
	club := w.connect("Chess club")
	if third, _ := club.say("novak@example.org", person("Jan", "Novák", "")); third == one || third == two {
		t.Error("a name that both have is taken for one of them")
	}

	w.ok(w.relations().EndRelation(w.ctx(), nora, tie, father))
	w.ok(w.Duplicates.CatchUp(w.ctx()))
	waits := func() bool {
		want, _ := party.PairOf(father, son)
		for _, pair := range w.queue() {
			if pair.PairID == want {
				return true
			}
		}
		return false
	}
	if !waits() {
		t.Error("after the end they are not compared again")
	}
	w.ok(w.relations().RestoreRelation(w.ctx(), nora, tie, father))
	_, _, pair, _, err := w.Duplicates.Next(w.ctx(), nora)
	w.ok(err)
	if want, _ := party.PairOf(father, son); pair.PairID == want {
		t.Error("the queue shows a pair that is related by now")
	}
}

// Proves PTY-27.
func TestWhomARelationIsAboutSeesAndContestsIt(t *testing.T) {
	w := newWorld(t)
	desk := w.staffBrowser("nora@example.org")
	nora := w.staff("nora@example.org")
	o := w.owner("tim@example.org")
	child := w.enter(nora, "", person("Pia", "Berger", "2014-06-01"))
	hidden := w.relate(nora, o.id, child, party.ParentOf, false)
	shown := w.relate(nora, o.id, child, party.CarerOf, true)

	tim := w.browser().join("tim@example.org")
	at := "/me/records/" + o.id.String()
	page := html.UnescapeString(tim.get(at).text)
	for _, want := range []string{"parent of somebody who is known here", "carer of Pia Berger"} {
		if !strings.Contains(page, want) {
			t.Errorf("the record lacks %q", want)
		}
	}
	if strings.Contains(page, "2014") {
		t.Error("more than the name is shown of the other")
	}
	for _, event := range []audit.Event{audit.RelationNoted} {
		if l := w.look(o.Actor, event); l.ActorName != "Nora Quill" {
			t.Errorf("%s by %s", event, l.ActorName)
		}
	}
	tim.post(at + "/kin/" + hidden.String() + "/object")
	if p := html.UnescapeString(tim.get(at).text); !strings.Contains(p, "You say that this is not so") {
		t.Error("the objection does not show to its person")
	}
	desk.post("/staff/purpose", "purpose", party.Purposes()[0].Key, "to", "/staff")
	if p := desk.get("/staff/people/" + child.String() + "/kin").text; !strings.Contains(p, "contested") {
		t.Error("staff do not see it")
	}
	// Somebody else's record, and somebody else's relationship.
	eve := w.browser().join("eve@example.net")
	for _, path := range []string{at + "/kin/" + shown.String() + "/object", "/me/records/" + child.String() + "/kin/" + shown.String() + "/object"} {
		if p := eve.send(http.MethodPost, path, formOf()); p.status != http.StatusNotFound {
			t.Errorf("Eve posts to %s: %d", path, p.status)
		}
	}
	c := must(w.Records.Copy(w.ctx(), o.Actor))(w)
	if text := string(c.JSON); !strings.Contains(text, `"relations"`) || !strings.Contains(text, "Pia Berger") || !strings.Contains(text, "objected") {
		t.Error("the copy lacks the relationships")
	}
	tim.post(at + "/kin/" + hidden.String() + "/agree")

	// It dies with either side.
	_, err := w.Records.Erase(w.ctx(), o.Actor, o.id)
	w.ok(err)
	if left := must(w.DB.Relations().RelationsOf(w.ctx(), child))(w); len(left) != 0 {
		t.Errorf("%d relationships are left to nobody", len(left))
	}
	w.verify()
}

// Proves PTY-27.
func TestAHouseholdIsMadeNamedAndLeft(t *testing.T) {
	w := newWorld(t)
	nora := w.staff("nora@example.org")
	x := w.relations()
	ana, tim, pia := w.enter(nora, "", person("Ana", "Berger", "")), w.enter(nora, "", person("Tim", "Berger", "")), w.enter(nora, "", person("Pia", "Berger", ""))
	w.relate(nora, ana, tim, party.SameHousehold, false)
	w.relate(nora, pia, tim, party.SameHousehold, false)
	_, err := x.Relate(w.ctx(), nora, pia, ana, party.SameHousehold, false)
	w.refused(err, "relation.twice")
	w.ok(x.NameHousehold(w.ctx(), nora, pia, "Bergers of Lime Street"))
	f := must(x.Family(w.ctx(), nora, ana))(w)
	if f.Home.Name != "Bergers of Lime Street" || len(f.Home.Members) != 3 || len(f.Kin) != 0 {
		t.Fatalf("the household is %+v", f.Home)
	}
	if is, known := must(x.Apart(w.ctx(), nora, ana))(w).Between(ana, pia); !known || is != party.SameHousehold {
		t.Error("two of one household may be the same")
	}
	var pias party.Relation
	for _, m := range f.Home.Members {
		if m.Party == pia {
			pias = m.Relation
		}
	}
	w.ok(x.EndRelation(w.ctx(), nora, pias.ID, pia))
	if f := must(x.Family(w.ctx(), nora, ana))(w); len(f.Home.Members) != 2 {
		t.Errorf("%d are in it after one has left", len(f.Home.Members))
	}
	w.ok(x.RestoreRelation(w.ctx(), nora, pias.ID, pia))

	// The record that shows a merged one shows its relations, and taken apart each has its own.
	again := w.enter(nora, "", person("Pia", "Bergér", ""))
	w.relate(nora, again, ana, party.ChildOf, true)
	m := w.merge(nora, again, pia)
	f = must(x.Family(w.ctx(), nora, m.Into))(w)
	if len(f.Kin) != 1 || f.Home.ID.IsZero() {
		t.Errorf("the record of both shows %+v", f)
	}
	_, err = w.Records.Unmerge(w.ctx(), nora, m.ID)
	w.ok(err)
	if f := must(x.Family(w.ctx(), nora, pia))(w); len(f.Kin) != 0 || f.Home.ID.IsZero() {
		t.Error("what was said of one stays with the other")
	}
	w.verify()
}

// Families, guardians and letters survive a restore, and an erasure leaves nothing of them.
func TestFamiliesSurviveARestoreAndNotAnErasure(t *testing.T) {
	for _, kind := range []engine{onSQLite, onPostgres} {
		t.Run(string(kind), func(t *testing.T) {
			w, v := newWorldAt(t, kind.place(t)), newVault(t)
			nora := w.staff("nora@example.org")
			ana, child, g := w.appointed(nora)
			jan, eva := w.offline(nora, "Jan"), w.offline(nora, "Eva")
			w.relate(nora, jan, child, party.CarerOf, true)
			w.relate(nora, jan, eva, party.SameHousehold, false)
			codes := w.written(nora, jan, eva)
			_, err := w.redeem(w.join("jan@example.net"), codes[0]) // offered, and never accepted
			w.ok(err)
			made := w.backup(v)

			there := kind.place(t)
			must(app.Restore(w.ctx(), w.restoring(v, made, there)))(w)
			w.doctor(there)
			again := w.at(there)
			if f := must(again.relations().Family(w.ctx(), nora, jan))(again); len(f.Kin) != 1 || f.Kin[0].Is != party.CarerOf || len(f.Home.Members) != 2 {
				t.Errorf("after the restore the family is %+v", f)
			}
			if wards := must(again.guardians().Wards(w.ctx(), ana))(again); len(wards) != 1 || wards[0].ID != g.ID || !wards[0].Until.Equal(g.Until) {
				t.Errorf("after the restore she acts for %d", len(wards))
			}
			if _, err := again.redeem(again.join("eva@example.net"), codes[1]); err != nil {
				t.Errorf("a letter that is under way: %v", err)
			}

			// The record that was offered by letter goes: so does what leads to it.
			again.later(time.Hour)
			again.accept(again.join("jan@example.net"), jan, nil)
			_, err = again.Records.Erase(w.ctx(), again.join("jan@example.net"), jan)
			again.ok(err)
			if tables := again.tablesNaming(jan[:]); len(tables) != 0 {
				t.Errorf("the erased record is named in %v", tables)
			}
			// And one that nobody has claimed, whose letter was used with an address that no word names.
			p := must(again.DB.Records().Party(again.ctx(), eva))(again)
			now := again.clock.Now()
			again.ok(again.DB.InTx(again.ctx(), func(tx *sqlstore.Tx) error {
				return tx.Records().EraseParty(p, nil, audit.Entry{ID: habeas.NewID[habeas.EventKind](now), Event: audit.PartyErased, Actor: habeas.Server, At: now})
			}))
			again.ok(again.Keys.Destroy(again.ctx(), habeas.SubjectOf(eva)))
			if tables := again.tablesNaming(eva[:]); len(tables) != 0 {
				t.Errorf("the unclaimed record is named in %v", tables)
			}
			again.examined()
		})
	}
}
