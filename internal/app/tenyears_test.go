package app_test

import (
	"crypto/x509"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pki"
)

// citizen is one person of the simulation, and what the policy says of them: a model that knows
// nothing of the rows.
type citizen struct {
	actor    habeas.Actor
	address  string
	request  []byte
	sign     account.Token // of the newest sign-in
	began    time.Time     // of the registration
	ends     time.Time
	closed   bool
	lapsed   bool
	warned   time.Time
	gone     bool // erased, by themselves or by time
	mails    map[mail.Kind]int
	reminded int
	revoked  []account.Certificate
	habit    int // 0: renews in time, 1: comes back late, 2: never renews
}

// decade is the simulation: a world, its people, and what must never happen.
type decade struct {
	*world
	rng     *rand.Rand
	people  []*citizen
	next    int // of the address of the next one
	at      map[string]*citizen
	office  habeas.Actor
	guests  int          // people of records without an account
	demand  account.Case // the newest legal demand
	about   *citizen     // whom it is about
	ruled   *ruler       // the rules in SQL, over the rows as they are
	leaves  int64
	vault   vault
	counts  map[string]int
	breach  map[string]bool // who was written to because of a breach
	reverts func()          // puts the model back to where a backup was made
}

// tenYears is how many people live in the simulation. HABEAS_TENYEARS=3000 makes it thousands.
func tenYears() int {
	if n, err := strconv.Atoi(os.Getenv("HABEAS_TENYEARS")); err == nil && n > 0 {
		return n
	}
	return tenYearsPeople
}

// Ten years of registrations on real stores: who renews in time, late or never, who revokes, is
// closed or erases everything; breaches, legal demands, heirs of the authorities, backups that are
// restored weeks later, a server that stands still and a clock that is set back. Each simulated day
// the schedules run, and what the policy promises of every account is checked against a model, by
// statements of its own over the rows.
// Proves RET-01, RET-03, RET-04, REV-04 and REL-04.
func TestTenYears(t *testing.T) {
	w := newWorldAt(t, onSQLite.place(t))
	d := &decade{world: w, rng: rand.New(rand.NewPCG(7, 2026)), at: map[string]*citizen{}, vault: newVault(t), counts: map[string]int{}, breach: map[string]bool{}}
	d.office = administrator
	bookings := d.connect("City Bookings")
	for d.guests = range 5 {
		bookings.say(fmt.Sprintf("guest%d@example.org", d.guests), person(fmt.Sprintf("Guest %d", d.guests), "Berger", ""))
	}
	d.guests++
	d.rule()
	start, n := w.clock.Now(), tenYears()
	for day := range 3653 {
		if day < 9*365 && day%7 == 0 {
			for range (n + 468) / 469 {
				if d.next < n {
					d.enrol(d.next)
				}
			}
		}
		d.happen(day)
		d.ok(d.Terms.Sweep(d.ctx()))
		d.ok(d.Certificates.Authorities.Sweep(d.ctx()))
		d.ok(app.NewReleases(d.Records, d.Accounts).Sweep(d.ctx()))
		d.hear()
		d.check(day)
		d.clock.Advance(start.AddDate(0, 0, day+1).Sub(d.clock.Now()))
	}
	d.verify()
	d.ruled.close()
	t.Logf("%d people, %d leaves, %d days whole, %v", d.next, d.leaves, d.ruled.days, d.counts)
	for _, want := range []string{"renewed", "lapsed", "back", "erased", "erased themselves", "revoked", "closed", "restored", "breaches", "demands", "of a second generation"} {
		if d.counts[want] == 0 {
			t.Errorf("nobody was %s: the history proves too little", want)
		}
	}
}

func (d *decade) enrol(i int) {
	c := &citizen{address: fmt.Sprintf("p%d@example.net", i), mails: map[mail.Kind]int{}, habit: d.rng.IntN(3)}
	c.actor = d.join(c.address)
	_, c.request = d.requested(c.address)
	must(d.Certificates.Register(d.ctx(), c.actor, c.request))(d)
	d.began(c)
	d.people, d.at[c.address], d.next = append(d.people, c), c, d.next+1
	identity, _ := d.identityNow(c.actor)
	if i%4 == 0 {
		d.hang(identity, "member", identity.Ends.AddDate(0, -1, 0))
	}
	c.sign, _, _ = d.typed(c.address)
}

// began is that a registration began now.
func (d *decade) began(c *citizen) {
	now := d.clock.Now()
	c.began, c.ends, c.lapsed, c.warned, c.reminded = now, now.Truncate(time.Second).AddDate(3, 0, 0), false, time.Time{}, 0
	clear(c.mails)
}

// happen lets things happen to a few people on a day.
func (d *decade) happen(day int) {
	switch {
	case day%1200 == 1080:
		d.keep()
	case day%1200 == 1100:
		d.restore()
	case day%365 == 200:
		d.breached()
	case day%200 == 30 && len(d.people) > 0:
		d.demanded()
	case day%200 == 42 && d.about != nil:
		d.decided()
	}
	if day%500 == 250 { // the clock is set back by two days, then it is right again
		d.clock.Advance(-48 * time.Hour)
		d.ok(d.Terms.Sweep(d.ctx()))
		d.clock.Advance(48 * time.Hour)
	}
	for _, c := range d.people {
		if c.gone || c.closed {
			continue
		}
		now := d.clock.Now()
		left := c.ends.Sub(now)
		switch {
		case c.lapsed && c.habit == 1 && now.Before(c.ends.AddDate(0, 6, -2)) && d.rng.IntN(60) == 0:
			d.comeBack(c)
		case !c.lapsed && left > 0 && left < account.RenewFrom && c.habit == 0 && d.rng.IntN(20) == 0:
			d.renew(c)
		case !c.lapsed && left > account.RenewFrom && d.rng.IntN(4000) == 0:
			d.revokeAndAgain(c)
		case !c.lapsed && left > 0 && d.rng.IntN(6000) == 0:
			d.ok(d.Accounts.SetClosed(d.ctx(), administrator, d.address(c.address), true))
			c.closed = true
			d.counts["closed"]++
		case !c.lapsed && left > 0 && d.rng.IntN(8000) == 0:
			must(d.Records.EraseMe(d.ctx(), c.actor))(d)
			c.gone = true
			d.counts["erased themselves"]++
		}
	}
}

var administrator = habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}

func (d *decade) renew(c *citizen) {
	old, found := d.identityNow(c.actor)
	if !found {
		return
	}
	must(d.Certificates.Renew(d.ctx(), c.actor, c.request))(d)
	old.RevokedAt = d.clock.Now()
	c.revoked = append(c.revoked, old)
	d.began(c)
	d.counts["renewed"]++
}

func (d *decade) comeBack(c *citizen) {
	d.hear()
	sign, done, err := d.typed(c.address)
	d.ok(err)
	if done.Next != "/reactivate" {
		d.Fatalf("a code leads a deactivated account to %s", done.Next)
	}
	must(d.Certificates.Reactivate(d.ctx(), sign, c.request))(d)
	d.began(c)
	d.counts["back"]++
}

func (d *decade) revokeAndAgain(c *citizen) {
	old, found := d.identityNow(c.actor)
	if !found {
		return
	}
	d.ok(d.Certificates.Revoke(d.ctx(), c.actor, pki.Identity, old.Serial, pki.Superseded))
	c.revoked = append(c.revoked, old)
	d.counts["revoked"]++
	must(d.Certificates.Register(d.ctx(), c.actor, c.request))(d)
	d.began(c)
}

// hear delivers the mails and looks at what people are told.
func (d *decade) hear() {
	if states := must(d.DB.Ops().Deliveries(d.ctx()))(d); states[string(jobs.Waiting)] == 0 {
		return
	}
	for _, m := range d.mails() {
		c := d.at[m.To]
		if m.Kind == mail.KindBreach {
			if d.breach[m.To] {
				d.Errorf("told twice of one breach")
			}
			d.breach[m.To] = true
			continue
		}
		if c == nil {
			d.Fatalf("a mail of kind %s to nobody", m.Kind)
		}
		c.mails[m.Kind]++
		switch m.Kind {
		case mail.KindLapsed, mail.KindAccountErased:
			if c.mails[m.Kind] > 1 {
				d.Errorf("told twice: %s", m.Kind)
			}
		case mail.KindTermEnds:
			if c.mails[m.Kind] > len(account.Reminders()) {
				d.Errorf("%d reminders of one end", c.mails[m.Kind])
			}
		case mail.KindTermGoes:
			if c.mails[m.Kind] > 1 {
				d.Errorf("warned twice of one end")
			}
			c.warned = d.clock.Now()
		default:
		}
	}
}

// check compares all rows with what the policy says, after the schedules of a day.
func (d *decade) check(day int) {
	now := d.clock.Now()
	size, err := d.DB.Size(d.ctx())
	d.ok(err)
	if size < d.leaves {
		d.Fatalf("the ledger shrank from %d to %d", d.leaves, size)
	}
	d.leaves = size
	for _, c := range d.people {
		if c.gone {
			continue
		}
		ended := !now.Before(c.ends)
		if ended && !c.lapsed {
			c.lapsed = true
			d.counts["lapsed"]++
		}
		if !ended || c.warned.IsZero() {
			continue
		}
		due := c.ends.AddDate(0, 6, 0)
		if told := c.warned.Add(account.WarnedFor); told.After(due) {
			due = told
		}
		if !now.Before(due) {
			c.gone = true
			d.counts["erased"]++
			d.goneFor(c)
		}
	}
	d.ruled.check(d, day)
	for _, c := range d.people { // the newest sign-in, asked of the server itself
		if near := now.Sub(c.ends); c.gone || near < -24*time.Hour || near > 24*time.Hour {
			continue
		}
		if actor, _, err := d.Accounts.Who(d.ctx(), edge.TokenHash(c.sign)); err != nil || !actor.Account.IsZero() && (!now.Before(c.ends) || c.closed) {
			d.Fatalf("day %d: somebody past the end authenticates: %v", day, err)
		}
	}
	if day%180 == 0 {
		d.listed(now)
	}
}

// goneFor checks that of somebody who was erased nothing opens any more.
func (d *decade) goneFor(c *citizen) {
	subject := habeas.SubjectOf(c.actor.Account)
	if _, err := d.Keys.Key(d.ctx(), subject); habeas.KindOf(err) != habeas.KindGone {
		d.Errorf("the key is left: %v", err)
	}
	if !slices.Contains(d.erasedNames(), subject) {
		d.Error("not on the list of erasures")
	}
	if _, found, err := d.DB.Accounts().Registration(d.ctx(), c.actor.Account); found || err != nil {
		d.Errorf("the registration is left: %v", err)
	}
}

// listed checks that every number that was revoked is on the list of its shard while it is due.
func (d *decade) listed(now time.Time) {
	lists := map[string]*x509.RevocationList{}
	for _, c := range d.people {
		for _, cert := range c.revoked {
			if now.After(cert.Ends) {
				continue
			}
			by, shard := cert.Authority.Nth(max(cert.Generation, 1)), cert.Authority.Shard(cert.Serial)
			if by.Generation > 1 {
				d.counts["of a second generation"]++
			}
			name := fmt.Sprint(by, shard)
			if lists[name] == nil {
				l := must(d.Certificates.Authorities.List(d.ctx(), by, shard))(d)
				lists[name] = must(x509.ParseRevocationList(l.DER))(d)
			}
			if !slices.ContainsFunc(lists[name].RevokedCertificateEntries, func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(cert.Serial.Int()) == 0 }) {
				d.Errorf("a revoked number is not on its list")
			}
		}
	}
}

// keep makes a backup and remembers what the model was then.
func (d *decade) keep() {
	d.hear()
	d.ok(d.Ledger.Publish(d.ctx()))
	made, then := d.backup(d.vault), make([]citizen, len(d.people))
	for i, c := range d.people {
		then[i] = *c
		then[i].mails, then[i].revoked = maps.Clone(c.mails), slices.Clone(c.revoked)
	}
	d.reverts = func() {
		there := onSQLite.place(d)
		must(app.Restore(d.ctx(), d.restoring(d.vault, made, there)))(d)
		d.world = d.world.at(there)
		d.people = d.people[:len(then)] // who came since is unknown again
		for i, c := range d.people {
			if c.gone {
				continue // the tombstones say so
			}
			*c = then[i]
			c.warned = time.Time{} // a restore warns everybody anew
			delete(c.mails, mail.KindTermGoes)
		}
	}
}

// restore puts the backup of weeks ago into another place and goes on there. What was erased since
// stays erased.
func (d *decade) restore() {
	d.ruled.close()
	d.reverts()
	d.rule()
	d.leaves = 0
	for _, c := range d.people {
		if c.gone {
			d.goneFor(c)
		}
	}
	d.counts["restored"]++
}

// breached lets a breach be noticed, and everybody whom it concerns be told, once.
func (d *decade) breached() {
	d.hear()
	clear(d.breach)
	breaches := app.NewBreaches(d.Records)
	b := must(breaches.Open(d.ctx(), d.office, d.clock.Now(), party.BreachFacts{What: "A laptop was lost."}))(d)
	words := party.Texts{"en": "A laptop was lost.", "es": "Se perdió un portátil."}
	sent := must(breaches.Write(d.ctx(), d.office, b.ID, b.Version, party.Affected{Sets: []string{"identity"}}, words))(d)
	d.hear()
	if sent.Letters != d.guests || len(d.breach) != d.guests {
		d.Errorf("%d letters about a breach, %d arrived, for %d people", sent.Letters, len(d.breach), d.guests)
	}
	d.counts["breaches"]++
}

// demanded lets a court ask for what is held of somebody.
func (d *decade) demanded() {
	d.about = nil
	for _, c := range d.people {
		if !c.gone && !c.closed && !c.lapsed && c.ends.Sub(d.clock.Now()) > 30*24*time.Hour {
			d.about = c
		}
	}
	if d.about == nil {
		return
	}
	in := account.Opening{
		Ground: account.GroundLaw, Sets: []account.DataSet{account.DataAccount}, Legal: account.LegalGeneric, Arrived: d.clock.Now(),
		Requester: "Court of Arcadia", Document: "Order",
	}
	d.demand = must(app.NewReleases(d.Records, d.Accounts).Open(d.ctx(), d.office, d.address(d.about.address), in))(d)
	d.hear()
	delete(d.about.mails, mail.KindRelease)
}

// decided is twelve days later: the notice went out long ago (REL-04), unless nobody is left to be told.
func (d *decade) decided() {
	if !d.about.gone && d.about.mails[mail.KindRelease] != 1 {
		d.Errorf("%d notices of a legal demand after twelve days", d.about.mails[mail.KindRelease])
	}
	if !d.about.gone {
		cases := app.NewReleases(d.Records, d.Accounts)
		now := must(cases.At(d.ctx(), d.office, d.demand.ID))(d)
		d.ok(cases.Close(d.ctx(), d.office, now.ID, now.Version, account.CaseRefused, "The demand was too wide."))
	}
	d.about = nil
	d.counts["demands"]++
}
