package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// contributor is somebody registered who has accepted the contribution licence, at their passkey.
func (w *world) contributor(address string, roles ...habeas.Role) entity.Writer {
	w.Helper()
	by := w.unlicensed(address, roles...)
	w.ok(w.Entities.Accept(w.ctx(), by, entity.LicenceWords))
	return by
}

func (w *world) unlicensed(address string, roles ...habeas.Role) entity.Writer {
	w.Helper()
	a := w.join(address)
	w.registered(a, address)
	a.Proof, a.Roles = habeas.ProofPasskey, roles
	return entity.Writer{Actor: a, Author: a.Account}
}

func organisation(name string, more ...entity.Attribute) entity.Description {
	return entity.Description{Type: entity.Organization, Attributes: append([]entity.Attribute{{Name: entity.AttrName, Value: name, Lang: "en"}}, more...)}
}

// created validates a description and creates it.
func (w *world) created(by entity.Writer, d entity.Description) entity.Entity {
	w.Helper()
	r := must(w.Entities.Validate(w.ctx(), by, d))(w)
	return must(w.Entities.Create(w.ctx(), by, entity.Draft{Description: d, Ticket: r.Ticket}))(w)
}

// acts are the lines of the contribution log of an author, newest first.
func (w *world) acts(by entity.Writer) []account.Contribution {
	w.Helper()
	who := must(w.DB.Logs().Contributor(w.ctx(), by.Author))(w)
	return must(w.DB.Logs().ContributionsBy(w.ctx(), who, 100))(w)
}

func versioned(e entity.Entity) entity.Versioned {
	return entity.Versioned{ID: e.ID, Version: e.Version}
}

func (w *world) entity(id entity.ID) entity.Entity {
	w.Helper()
	return must(w.DB.Entities().One(w.ctx(), id))(w)
}

// Nobody creates or edits an entity but registered people who prove their key. What was done is
// in the contribution log under the author's pseudonym, with the operation, the time and the
// entity; an attempt that is refused is there without the entity.
// Proves REG-02, LOG-09, LOG-10 and ENT-15.
func TestOnlyRegisteredPeopleWriteEntities(t *testing.T) {
	w := newWorld(t)
	ada := w.contributor("ada@example.org")
	e := w.created(ada, organisation("Riverside Arts"))
	edit := func(by entity.Writer) error {
		_, err := w.Entities.Edit(w.ctx(), by, entity.Change{ID: e.ID, Version: w.entity(e.ID).Version, Description: organisation("Riverside Arts Trust")})
		return err
	}
	create := func(by entity.Writer) error {
		_, err := w.Entities.Create(w.ctx(), by, entity.Draft{Description: organisation("Another One"), Override: "It is new."})
		return err
	}
	w.later(time.Second)
	w.ok(edit(ada))
	acts := w.acts(ada)
	if len(acts) != 2 || acts[0].Operation != "entity.edit" || acts[1].Operation != "entity.create" || acts[0].Object != e.ID.String() || acts[0].Refused || !acts[0].At.Equal(w.clock.Now()) {
		t.Errorf("the log of what was done: %+v", acts)
	}

	nobody := entity.Writer{}
	bob := w.member("bob@example.org")
	bob.Proof = habeas.ProofPasskey
	unregistered := entity.Writer{Actor: bob, Author: bob.Account}
	byCode := ada
	byCode.Actor.Proof = habeas.ProofCode
	for name, c := range map[string]struct {
		by   entity.Writer
		code string
	}{
		"nobody": {nobody, "entity.unregistered"}, "not registered": {unregistered, "entity.unregistered"}, "by a mailed code": {byCode, "entity.proof"},
	} {
		for _, do := range []func(entity.Writer) error{edit, create} {
			if err := do(c.by); habeas.KindOf(err) != habeas.KindForbidden || err.(*habeas.Error).Code != c.code {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, act := range w.acts(unregistered) {
		if !act.Refused || act.Object != "" {
			t.Errorf("a refused attempt is noted as %+v", act)
		}
	}
	if n := len(w.acts(unregistered)); n != 2 {
		t.Errorf("%d of two refused attempts were noted", n)
	}

	held, _ := account.ActiveIdentity(must(w.DB.Accounts().Certificates(w.ctx(), ada.Author))(w), w.clock.Now())
	w.ok(w.Certificates.Revoke(w.ctx(), ada.Actor, pki.Identity, held.Serial, pki.KeyCompromise))
	w.refused(edit(ada), "entity.unregistered")
	w.refused(create(ada), "entity.unregistered")

	// On the site nobody is known, and no cookie counts.
	for path, body := range map[string]string{"/api/v1/entities": `{"description":{"type":"other","attributes":[]}}`, "/api/v1/entities:merge": `{}`} {
		got := w.browser().send(http.MethodPost, path, nil, func(r *http.Request) {
			r.Body, r.ContentLength = http.NoBody, 0
			r2, _ := http.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Body, r.ContentLength = r2.Body, r2.ContentLength
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", "application/json")
		})
		if got.status != http.StatusForbidden || !strings.Contains(got.text, "entity.unregistered") {
			t.Errorf("%s on the site: %d %s", path, got.status, got.text)
		}
	}
}

// Who creates has the description checked first: they get a report, entities that may be the
// same, and a ticket for this very description, good for half an hour. Without it, or beside
// candidates, it takes words why, which are kept with the entity. Proves ENT-10.
func TestCreatingChecksForDuplicatesFirst(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.contributor("ada@example.org"), w.contributor("bob@example.org")
	d := organisation("University of Trento")
	d.Externals = []entity.External{{Scheme: "ror", Value: "05trd4x28"}}
	create := func(by entity.Writer, draft entity.Draft) error {
		_, err := w.Entities.Create(w.ctx(), by, draft)
		return err
	}
	r := must(w.Entities.Validate(w.ctx(), ada, d))(w)
	if r.Ticket == "" || len(r.Candidates) != 0 || len(r.Findings) == 0 || !r.Ends.Equal(w.clock.Now().Add(entity.TicketFor)) {
		t.Fatalf("the report: %+v", r)
	}
	other := organisation("University of Trent")
	w.refused(create(ada, entity.Draft{Description: d}), "entity.ticket-needed")
	w.refused(create(ada, entity.Draft{Description: other, Ticket: r.Ticket}), "entity.ticket")
	w.refused(create(bob, entity.Draft{Description: d, Ticket: r.Ticket}), "entity.ticket")
	w.refused(create(ada, entity.Draft{Description: d, Ticket: "x" + r.Ticket[1:]}), "entity.ticket")
	first := must(w.Entities.Create(w.ctx(), ada, entity.Draft{Description: d, Ticket: r.Ticket}))(w)

	same := organisation("UNIVERSITY of  Trento")
	r = must(w.Entities.Validate(w.ctx(), bob, same))(w)
	if len(r.Candidates) != 1 || r.Candidates[0].Entity != first.ID || r.Candidates[0].Name != "University of Trento" || r.Ticket == "" {
		t.Fatalf("candidates by name: %+v", r)
	}
	w.refused(create(bob, entity.Draft{Description: same, Ticket: r.Ticket}), "entity.candidates")
	again := must(w.Entities.Create(w.ctx(), bob, entity.Draft{Description: same, Ticket: r.Ticket, Override: "Another one, in Ohio."}))(w)
	if p := must(w.DB.Entities().Version(w.ctx(), again.ID, 1))(w); p.Why != "Another one, in Ohio." {
		t.Errorf("why it was created: %q", p.Why)
	}
	if r = must(w.Entities.Validate(w.ctx(), bob, d))(w); len(r.Candidates) == 0 || r.Candidates[0].P != 1 {
		t.Errorf("candidates by an external identifier: %+v", r)
	}
	w.refused(create(bob, entity.Draft{Description: d, Override: "It is another one."}), "entity.external-taken")

	third := organisation("Late Arrivals")
	r = must(w.Entities.Validate(w.ctx(), ada, third))(w)
	w.clock.Advance(entity.TicketFor)
	w.refused(create(ada, entity.Draft{Description: third, Ticket: r.Ticket}), "entity.ticket")
	if r = must(w.Entities.Validate(w.ctx(), ada, entity.Description{Type: entity.Organization}))(w); r.Ticket != "" {
		t.Error("a ticket for what cannot be created")
	}
}

// An edit names the version that its writer has seen, and of two only one is taken; who has
// locked an entity changes it alone, for minutes. A merge with one old version does nothing at
// all. Proves ENT-11.
func TestEditsNameTheVersionAndLocksExpire(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.contributor("ada@example.org"), w.contributor("bob@example.org")
	a, b, c := w.created(ada, organisation("One")), w.created(ada, organisation("Two")), w.created(ada, organisation("Three"))
	edit := func(by entity.Writer, version int64, name string) error {
		_, err := w.Entities.Edit(w.ctx(), by, entity.Change{ID: a.ID, Version: version, Description: organisation(name)})
		return err
	}
	w.ok(edit(ada, 1, "One Ltd"))
	w.refused(edit(bob, 1, "One GmbH"), "entity.version")

	if _, err := w.Entities.Merge(w.ctx(), bob, versioned(b), []entity.Versioned{versioned(c), versioned(a)}); err == nil {
		t.Error("a merge with an old version")
	}
	for _, e := range []entity.Entity{b, c} {
		if now := w.entity(e.ID); now.Version != 1 || now.State != entity.Active {
			t.Errorf("a refused merge has left %+v", now)
		}
	}

	ticket, _, err := w.Entities.Lock(w.ctx(), ada, a.ID)
	w.ok(err)
	w.refused(edit(bob, 2, "One GmbH"), "entity.locked")
	if _, _, err := w.Entities.Lock(w.ctx(), bob, a.ID); err == nil {
		t.Error("locked twice")
	}
	locked := ada
	locked.Lock = ticket
	w.ok(edit(locked, 2, "One Inc"))
	w.ok(edit(bob, 3, "One GmbH")) // the change has ended the lock
	_, ends, err := w.Entities.Lock(w.ctx(), ada, a.ID)
	w.ok(err)
	w.clock.Advance(ends.Sub(w.clock.Now()))
	w.ok(edit(bob, 4, "One AG"))
}

// What is hidden stays when somebody who does not see it edits; a protected entity is changed by
// administrators alone; and flags are theirs. Proves ENT-41.
func TestProtectedAndHiddenThingsAreKept(t *testing.T) {
	w := newWorld(t)
	ada, bob, admin := w.contributor("ada@example.org"), w.contributor("bob@example.org"), w.contributor("admin@example.org", habeas.RoleAdministrator)
	phone := entity.Attribute{Name: "phone", Value: "+34 600 111 222", Access: entity.Hidden}
	e := w.created(ada, organisation("Riverside Arts", phone))
	edit := func(by entity.Writer, d entity.Description) error {
		_, err := w.Entities.Edit(w.ctx(), by, entity.Change{ID: e.ID, Version: w.entity(e.ID).Version, Description: d})
		return err
	}
	w.ok(edit(bob, organisation("Riverside Arts Trust")))
	seen := func(by entity.Writer) string {
		v := must(w.Entities.Resolve(w.ctx(), e.ID, time.Time{}, entity.Audience{Registered: true, Steward: by.Steward(), Account: by.Author}))(w)
		return string(must(json.Marshal(v.Description))(w))
	}
	if strings.Contains(seen(bob), "600") || !strings.Contains(seen(ada), "600") || !strings.Contains(seen(admin), "600") {
		t.Errorf("bob sees %s\nada %s", seen(bob), seen(ada))
	}
	guarded := organisation("Riverside Arts")
	guarded.Access = entity.Protected
	w.refused(edit(bob, guarded), "entity.flags")
	w.ok(edit(admin, guarded))
	w.refused(edit(ada, organisation("Vandals")), "entity.protected")
	if _, err := w.Entities.Delete(w.ctx(), ada, versioned(w.entity(e.ID))); err == nil {
		t.Error("a protected entity was deleted")
	}
	guarded.Attributes[0].Value = "Riverside Arts, Ltd"
	w.ok(edit(admin, guarded))
	if _, err := w.Entities.Create(w.ctx(), ada, entity.Draft{Description: guarded, Override: "None is meant."}); err == nil {
		t.Error("somebody has protected what they create")
	}
}

// Contributors accept the licence once. Proves ENT-42.
func TestContributorsAcceptTheLicence(t *testing.T) {
	w := newWorld(t)
	ada := w.unlicensed("ada@example.org")
	_, err := w.Entities.Validate(w.ctx(), ada, organisation("Riverside Arts"))
	w.refused(err, "entity.licence")
	w.refused(w.Entities.Accept(w.ctx(), ada, entity.LicenceWords+1), "entity.licence-words")
	w.ok(w.Entities.Accept(w.ctx(), ada, entity.LicenceWords))
	e := w.created(ada, organisation("Riverside Arts"))
	w.clock.Advance(90 * 24 * time.Hour)
	w.created(ada, organisation("Lakeside Arts"))
	page := w.browser().send(http.MethodGet, "/api/v1/entities/"+e.ID.String(), nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
	if page.status != 200 || !strings.Contains(page.text, entity.Licence) {
		t.Errorf("%d %s", page.status, page.text)
	}
	found := false
	for _, line := range must(w.DB.Events(w.ctx(), habeas.SubjectOf(ada.Author), habeas.EventID{}, 50))(w) {
		found = found || line.Event == audit.LicenceAccepted
	}
	if !found {
		t.Error("the acceptance is not in the ledger")
	}
}

// An administrator destroys for good what was said of an entity, with its history; the
// identifier stays as a tombstone. What was said before is no part of what others are shown.
// Proves ENT-13 and ADM-04.
func TestAdministratorsDestroyWhatWasSaid(t *testing.T) {
	w := newWorld(t)
	ada, admin := w.contributor("ada@example.org"), w.contributor("admin@example.org", habeas.RoleAdministrator)
	e := w.created(ada, organisation("A Slanderous Name"))
	then := w.clock.Now()
	w.clock.Advance(time.Hour)
	must(w.Entities.Edit(w.ctx(), ada, entity.Change{ID: e.ID, Version: 1, Description: organisation("Riverside Arts")}))(w)
	public, registered := entity.Audience{}, entity.Audience{Registered: true, Account: ada.Author}
	for _, to := range []entity.Audience{public, registered} {
		if was := must(w.Entities.Resolve(w.ctx(), e.ID, then, to))(w); len(was.Description.Attributes) != 0 || was.State != entity.Active {
			t.Errorf("what was said before is shown: %+v", was)
		}
	}
	if was := must(w.Entities.Resolve(w.ctx(), e.ID, then, entity.Audience{Registered: true, Steward: true}))(w); was.Description.Label() != "A Slanderous Name" {
		t.Errorf("the history: %+v", was)
	}
	w.refused(w.Entities.Purge(w.ctx(), admin, e.ID, "A court order"), "entity.not-deleted")
	w.clock.Advance(time.Hour)
	line := must(w.Entities.Delete(w.ctx(), ada, versioned(w.entity(e.ID))))(w)
	w.refused(w.Entities.Purge(w.ctx(), ada, e.ID, "I do not like it"), "entity.steward")
	w.refused(w.Entities.Purge(w.ctx(), admin, e.ID, " "), "entity.why")
	w.ok(w.Entities.Purge(w.ctx(), admin, e.ID, "A court order"))
	if now := w.entity(e.ID); now.State != entity.Deleted || len(now.Description.Attributes) != 0 {
		t.Errorf("the tombstone: %+v", now)
	}
	if _, err := w.DB.Entities().Version(w.ctx(), e.ID, 1); habeas.KindOf(err) != habeas.KindNotFound {
		t.Errorf("the history is there: %v", err)
	}
	_, err := w.Entities.Undo(w.ctx(), admin, line.Seq)
	w.refused(err, "undo.purged")
	err = w.DB.InTx(w.ctx(), func(tx *sqlstore.Tx) error {
		return tx.Entities().Save([]entity.Past{{Entity: entity.Entity{ID: e.ID, State: entity.Active, Version: 1}}}, audit.Entry{ID: habeas.NewID[habeas.EventKind](then), Event: audit.EntityWritten, Actor: habeas.Server, At: then})
	})
	if err == nil {
		t.Error("its identifier was given again")
	}
	for _, l := range must(w.Entities.Evolutions(w.ctx(), e.ID, 0, 10))(w) {
		if text := string(must(json.Marshal(l))(w)); strings.Contains(text, "Slander") || strings.Contains(text, "court") {
			t.Errorf("the public evolution tells %s", text)
		}
	}
}
