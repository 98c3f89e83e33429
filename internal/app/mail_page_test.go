package app

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/admin"
)

// texts is a DNS with one answer.
type texts map[string]string

func (z texts) LookupTXT(_ context.Context, name string) ([]string, error) {
	if text, ok := z[name]; ok {
		return []string{text}, nil
	}
	return nil, &net.DNSError{Name: name, IsNotFound: true}
}

// kept is a mail server that keeps what it is given.
type kept struct{ mails []mail.Message }

func (k *kept) Send(_ context.Context, m mail.Message) error {
	m, err := m.Opened()
	k.mails = append(k.mails, m)
	return err
}

// employed makes somebody who administers the server.
func employed(t *testing.T, s *Server, address string) habeas.Actor {
	t.Helper()
	a, err := email.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.Backstage().Account(t.Context(), a, account.Profile{Name: "Ada", Language: "es"})
	if err == nil {
		err = s.Backstage().Register(t.Context(), id, dn.Subject{Name: "Ada Winter", Country: "ES", Username: "ada", Email: a.Mailbox()})
	}
	if err == nil {
		err = s.Backstage().Manager(t.Context(), a)
	}
	if err != nil {
		t.Fatal(err)
	}
	now := s.Clock.Now().Add(time.Hour)                    // the worker may have put them off
	told, err := s.DB.Ops().Due(t.Context(), now, now, 10) // of the registration and the roles
	for _, job := range told {
		err = errors.Join(err, s.DB.Ops().Done(t.Context(), job.ID, now))
	}
	if err != nil {
		t.Fatal(err)
	}
	return habeas.Actor{Kind: habeas.ActorPerson, Account: id, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
}

func TestAnAdministratorSendsThemselvesATestMail(t *testing.T) {
	s, server := open(t), &kept{}
	ada := employed(t, s, "ada@example.org")
	s.Mailer.Sender, s.Mailer.Domain, s.Mailer.Contact = server, "example.org", "the desk"
	d := &Deliveries{DB: s.DB, Mailer: s.Mailer, Accounts: s.Accounts, Clock: s.Clock}
	id, err := d.SendTest(t.Context(), ada)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(time.Hour)
	due, err := s.DB.Ops().Due(t.Context(), now, now.Add(time.Hour), 10)
	if err != nil || len(due) != 1 || due[0].ID != id {
		t.Fatalf("%+v (%v)", due, err)
	}
	if err := s.Mailer.Deliver(t.Context(), due[0]); err != nil {
		t.Fatal(err)
	}
	if m := server.mails[0]; m.To != "ada@example.org" || m.Language != "es" || !strings.Contains(m.Text, "/admin/mail/domain") || strings.Contains(m.Subject, "ada") {
		t.Errorf("%+v", m)
	}
}

func TestAMailThatWasGivenUpIsSentAgain(t *testing.T) {
	s := open(t)
	ada, ctx := employed(t, s, "ada@example.org"), t.Context()
	d := &Deliveries{DB: s.DB, Mailer: s.Mailer, Accounts: s.Accounts, Clock: s.Clock}
	id, err := d.SendTest(ctx, ada)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SendAgain(ctx, ada, id); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("it waits already: %v", err)
	}
	due, err := s.DB.Ops().Due(ctx, time.Now().Add(time.Hour), time.Now().Add(2*time.Hour), 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("%d due (%v)", len(due), err)
	}
	if err := s.DB.Ops().Dead(ctx, id, due[0].Attempts, time.Now(), "connect"); err != nil {
		t.Fatal(err)
	}
	state := func() jobs.State {
		lines, err := d.Recent(ctx, ada, 1)
		if err != nil || len(lines) != 1 {
			t.Fatalf("%v (%v)", lines, err)
		}
		return lines[0].State
	}
	if err := d.SendAgain(ctx, ada, id); err != nil || state() != jobs.Waiting {
		t.Errorf("%v, %s", err, state())
	}
	if err := d.Leave(ctx, ada, id); err != nil || state() != jobs.Failed {
		t.Errorf("%v, %s", err, state())
	}
	if err := d.Leave(ctx, ada, id); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("taken back twice: %v", err)
	}
}

func TestTheStandingOfTheSendersDomain(t *testing.T) {
	s := open(t)
	ada := employed(t, s, "ada@example.org")
	d := &Deliveries{DB: s.DB, Mailer: s.Mailer, Accounts: s.Accounts, Clock: s.Clock, Resolver: texts{"example.org": "v=spf1 mx -all"}}
	if st, err := d.Standing(t.Context(), ada, ""); err != nil || st != (mail.Standing{}) {
		t.Errorf("without a mail server: %+v (%v)", st, err)
	}
	s.Mailer.Domain = "example.org"
	if st, err := d.Standing(t.Context(), ada, ""); err != nil || st.SPF.State != mail.RecordGood || st.DMARC.State != mail.RecordMissing {
		t.Errorf("%+v (%v)", st, err)
	}
}

func TestTheHealthPageKnowsTheServer(t *testing.T) {
	s := open(t)
	ada, ctx := employed(t, s, "ada@example.org"), t.Context()
	backup := time.Date(2026, 2, 28, 3, 0, 0, 0, time.UTC)
	if err := sqlstore.NoteBackup(ctx, sqlstore.Config{Dir: s.Dir}, backup); err != nil {
		t.Fatal(err)
	}
	if err := s.Ledger.Publish(ctx); err != nil {
		t.Fatal(err)
	}
	h := &HealthPage{Server: s, Started: time.Now()}
	st, err := h.State(ctx, ada)
	if err != nil || st.Engine != "SQLite" || st.Bytes == 0 || st.Lines < 3 || st.Sealed != st.Lines || st.SealedAt.IsZero() || st.Newest.IsZero() ||
		st.Keys == 0 || st.Erasing || st.MailServer || st.Total == 0 || st.Free > st.Total || st.Disk != admin.DiskRoomy ||
		!st.Backup.Equal(backup) || !st.Certificate.IsZero() || st.Version == "" {
		t.Errorf("%+v (%v)", st, err)
	}
}

func TestPagesOfAdministratorsRefuseEverybodyElse(t *testing.T) {
	s := open(t)
	ada, ctx := employed(t, s, "ada@example.org"), t.Context()
	byCode, staff := ada, ada
	byCode.Proof, staff.Roles = habeas.ProofCode, []habeas.Role{habeas.RoleStaff}
	d := &Deliveries{DB: s.DB, Mailer: s.Mailer, Accounts: s.Accounts, Clock: s.Clock}
	h := &HealthPage{Server: s}
	for who, a := range map[string]habeas.Actor{"nobody": {}, "proved by a code": byCode, "staff": staff} {
		calls := map[string]error{"SendAgain": d.SendAgain(ctx, a, habeas.MailID{1}), "Leave": d.Leave(ctx, a, habeas.MailID{1})}
		_, calls["Recent"] = d.Recent(ctx, a, 1)
		_, calls["Counts"] = d.Counts(ctx, a)
		_, calls["SendTest"] = d.SendTest(ctx, a)
		_, calls["Standing"] = d.Standing(ctx, a, "")
		_, calls["State"] = h.State(ctx, a)
		for name, err := range calls {
			if habeas.KindOf(err) != habeas.KindForbidden {
				t.Errorf("%s calls %s: %v", who, name, err)
			}
		}
	}
	if waiting, err := d.Counts(ctx, ada); err != nil || waiting["waiting"] != 0 {
		t.Errorf("something was queued: %v (%v)", waiting, err)
	}
}
