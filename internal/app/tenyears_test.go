package app_test

import (
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
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
	rng    *rand.Rand
	people []*citizen
	at     map[string]*citizen
	leaves int64
	vault  vault
	counts map[string]int
}

// tenYears is how many people live in the simulation. HABEAS_TENYEARS=3000 makes it thousands.
func tenYears() int {
	if n, err := strconv.Atoi(os.Getenv("HABEAS_TENYEARS")); err == nil && n > 0 {
		return n
	}
	return 60
}

// Ten years of registrations on real stores: who renews in time, late or never, who revokes, is
// closed or erases everything; backups, restores, a server that stands still and a clock that is set back.
// Each simulated day the schedules run and what the policy promises is checked against a model.
// Proves RET-01, RET-03 and RET-04.
func TestTenYears(t *testing.T) {
	w := newWorldAt(t, onSQLite.place(t))
	d := &decade{world: w, rng: rand.New(rand.NewPCG(7, 2026)), at: map[string]*citizen{}, vault: newVault(t), counts: map[string]int{}}
	start, n := w.clock.Now(), tenYears()
	for day := range 3653 {
		// The authority lasts ten years, so that nobody gets three after the seventh.
		if day < 7*365-2 && day%7 == 0 {
			for range (n + 363) / 364 {
				if len(d.people) < n {
					d.enrol(len(d.people))
				}
			}
		}
		d.happen(day)
		d.ok(d.Terms.Sweep(d.ctx()))
		d.hear()
		d.check(day)
		d.clock.Advance(start.AddDate(0, 0, day+1).Sub(d.clock.Now()))
	}
	d.verify()
	t.Logf("%d people, %d leaves, %v", len(d.people), d.leaves, d.counts)
	for _, want := range []string{"renewed", "lapsed", "back", "erased", "erased themselves", "revoked", "closed", "restored"} {
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
	d.people, d.at[c.address] = append(d.people, c), c
	identity, _ := d.identityNow(c.actor)
	if i%4 == 0 {
		d.hang(identity, "member", identity.Ends.AddDate(0, -1, 0))
	}
	c.sign, _, _ = d.typed(c.address)
}

// began is that a registration began now.
func (d *decade) began(c *citizen) {
	now := d.clock.Now()
	c.began, c.ends, c.lapsed, c.warned, c.reminded = now, now.AddDate(3, 0, 0), false, time.Time{}, 0
	clear(c.mails)
}

// happen lets things happen to a few people on a day.
func (d *decade) happen(day int) {
	if day%1200 == 1100 {
		d.restore()
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

// possible passes over that the authority ends too soon to give three more years.
func (d *decade) possible(err error) bool {
	d.Helper()
	if habeas.KindOf(err) == habeas.KindUnavailable && err != nil {
		d.counts["after the authority's time"]++
		return false
	}
	d.ok(err)
	return true
}

func (d *decade) renew(c *citizen) {
	old, found := d.identityNow(c.actor)
	if !found {
		return
	}
	if _, err := d.Certificates.Renew(d.ctx(), c.actor, c.request); !d.possible(err) {
		return
	}
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
	if _, err := d.Certificates.Reactivate(d.ctx(), sign, c.request); !d.possible(err) {
		c.habit = 2
		return
	}
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
	if _, err := d.Certificates.Register(d.ctx(), c.actor, c.request); d.possible(err) {
		d.began(c)
	}
}

// hear delivers the mails and looks at what people are told.
func (d *decade) hear() {
	if states := must(d.DB.Ops().Deliveries(d.ctx()))(d); states[string(jobs.Waiting)] == 0 {
		return
	}
	for _, m := range d.mails() {
		c := d.at[m.To]
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

// check compares the rows with what the policy says, after the schedules of a day.
func (d *decade) check(day int) {
	now := d.clock.Now()
	size, err := d.DB.Size(d.ctx())
	d.ok(err)
	if size < d.leaves {
		d.Fatalf("the ledger shrank from %d to %d", d.leaves, size)
	}
	d.leaves = size
	for i, c := range d.people {
		if c.gone {
			continue
		}
		ended := !now.Before(c.ends)
		if ended && !c.lapsed {
			c.lapsed = true
			d.counts["lapsed"]++
		}
		due := c.ends.AddDate(0, 6, 0)
		if told := c.warned.Add(account.WarnedFor); told.After(due) {
			due = told
		}
		// Around what is due each day, else every fifth: rows do not change by themselves.
		if near := now.Add(-48*time.Hour).Before(c.ends) && now.Add(48*time.Hour).After(c.ends) || now.Add(48*time.Hour).After(due); !near && (day+i)%5 != 0 {
			continue
		}
		who, err := d.DB.Accounts().Account(d.ctx(), c.actor.Account)
		if erased := habeas.KindOf(err) == habeas.KindNotFound && err != nil; erased != (ended && !c.warned.IsZero() && !now.Before(due)) {
			d.Fatalf("day %d: erased %v, it is due %s and now %s (warned %s)", day, erased, due, now, c.warned)
		} else if erased {
			c.gone = true
			d.counts["erased"]++
			d.goneFor(c)
			continue
		}
		d.ok(err)
		if open := who.StateAt(now) == account.Active; open == (c.closed || ended) {
			d.Fatalf("day %d: open %v, closed %v, ended %v", day, open, c.closed, ended)
		}
		if actor, _, err := d.Accounts.Who(d.ctx(), edge.TokenHash(c.sign)); err != nil || !actor.Account.IsZero() && (ended || c.closed) {
			d.Fatalf("day %d: somebody past the end authenticates: %v", day, err)
		}
		if (day+i)%30 == 0 {
			d.certificatesOf(c, now)
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

// certificatesOf checks that at most one identity certificate counts, and nothing past the end.
func (d *decade) certificatesOf(c *citizen, now time.Time) {
	counts := 0
	for _, cert := range must(d.DB.Accounts().Certificates(d.ctx(), c.actor.Account))(d) {
		if !cert.Active(now) {
			continue
		}
		if cert.Authority == pki.Identity {
			counts++
		}
		if !now.Before(c.ends) {
			d.Errorf("a certificate of %s counts past the end", cert.Authority)
		}
	}
	if counts > 1 {
		d.Errorf("%d identity certificates count", counts)
	}
}

// listed checks that every number that was revoked is on the list of its shard while it is due.
func (d *decade) listed(now time.Time) {
	lists := map[int]*x509.RevocationList{}
	for _, c := range d.people {
		for _, cert := range c.revoked {
			if now.After(cert.Ends) {
				continue
			}
			shard := cert.Authority.Shard(cert.Serial)
			if lists[shard] == nil {
				l := must(d.Certificates.Authorities.List(d.ctx(), pki.Identity.Nth(1), shard))(d)
				lists[shard] = must(x509.ParseRevocationList(l.DER))(d)
			}
			if !slices.ContainsFunc(lists[shard].RevokedCertificateEntries, func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(cert.Serial.Int()) == 0 }) {
				d.Errorf("a revoked number is not on its list")
			}
		}
	}
}

// restore puts a backup of this very moment into another place and goes on there: everybody who was
// warned is warned anew.
func (d *decade) restore() {
	d.ok(d.Ledger.Publish(d.ctx()))
	made, there := d.backup(d.vault), onSQLite.place(d)
	o := d.restoring(d.vault, made, there)
	o.Checkpoint = filepath.Join(d.dir, "ledger", "checkpoint")
	must(app.Restore(d.ctx(), o))(d)
	d.world = d.world.at(there)
	for _, c := range d.people {
		if !c.gone {
			c.warned = time.Time{}
			delete(c.mails, mail.KindTermGoes)
		}
	}
	d.counts["restored"]++
}
