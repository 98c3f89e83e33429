package app

import (
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/jobs"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

func TestABouncedInvitationStandsInTheDeliveryRecord(t *testing.T) {
	s := open(t)
	ctx, now := t.Context(), time.Now()
	said, err := s.Records.FindOrCreate(ctx, party.Assertion{
		Actor: habeas.Server, Source: party.Source{Kind: party.FromImport}, Values: party.Values{"identity": {"given_name": "Tim"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return s.Mailer.Post(tx, habeas.SubjectOf(said.Party), Letter{Kind: mail.KindClaimed, To: "tim@example.org", Language: "en", Link: "/me"})
	}); err != nil {
		t.Fatal(err)
	}
	due, err := s.DB.Ops().Due(ctx, now.Add(time.Hour), now.Add(2*time.Hour), 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("%d jobs due (%v)", len(due), err)
	}
	if err := s.DB.Ops().Dead(ctx, due[0].ID, due[0].Attempts, now, "recipient 550 5.1.1"); err != nil {
		t.Fatal(err)
	}
	d := &Deliveries{DB: s.DB}
	administrator := habeas.Actor{Kind: habeas.ActorPerson, Account: habeas.AccountID{1}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	recent, err := d.Recent(ctx, administrator, 10)
	if err != nil || len(recent) != 1 || recent[0].State != jobs.Failed || recent[0].Reason != "recipient 550 5.1.1" {
		t.Errorf("recent: %+v (%v)", recent, err)
	}
	if of, err := d.Invitations(ctx, administrator, said.Party); err != nil || len(of) != 1 || of[0].ID != due[0].ID {
		t.Errorf("of the record: %+v (%v)", of, err)
	}
	if of, err := d.Invitations(ctx, administrator, habeas.PartyID{9}); err != nil || len(of) != 0 {
		t.Errorf("of another record: %+v (%v)", of, err)
	}
	byCode := administrator
	byCode.Proof = habeas.ProofCode
	if _, err := d.Recent(ctx, byCode, 10); habeas.KindOf(err) != habeas.KindForbidden {
		t.Errorf("proved by a code only: %v", err)
	}
}
