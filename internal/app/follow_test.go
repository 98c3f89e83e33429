package app_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// node is one of several servers on one database.
type node struct {
	testing.TB
	*app.Server
}

func openNode(t testing.TB, keys *keyring.Ring, dsn string) node {
	t.Helper()
	origin, err := edge.ParseOrigin("https://records.example.org")
	if err != nil {
		t.Fatal(err)
	}
	s, err := app.Open(t.Context(), app.Config{
		Dir: t.TempDir(), Keys: keys, RecordsDSN: dsn, Clock: habeas.SystemClock{}, Organisation: "City Sports",
		Contact: "help@example.org", Origin: origin, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return node{t, s}
}

// until waits for something that another node does.
func (n node) until(what string, is func() bool) {
	n.Helper()
	deadline := time.Now().Add(time.Minute)
	for !is() {
		if time.Now().After(deadline) {
			n.Fatalf("not within a minute: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func (n node) finds(words string) bool { return len(n.Finder.Find(words, 10)) > 0 }

func TestTwoServersOnOneDatabaseFollowEachOther(t *testing.T) {
	ctx, dsn := context.Background(), pgtest.Database(t)
	keys, _, err := keyring.Create(ctx, filepath.Join(t.TempDir(), "keys.db"), keyring.NewPassword([]byte(masterPassword)), keyring.Options{KDF: keyring.CheapKDF})
	if err != nil {
		t.Fatal(err)
	}
	one, other := openNode(t, keys, dsn), openNode(t, keys, dsn)
	t.Cleanup(func() {
		if err := errors.Join(one.Close(), other.Close()); err != nil {
			t.Error(err)
		}
	})
	one.until("both are ready", func() bool { return one.Ready() && other.Ready() })

	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 9}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	system, _, err := one.Systems.Connect(ctx, boss, "City Bookings")
	if err != nil {
		t.Fatal(err)
	}
	address, err := email.Parse("tim@example.org")
	if err != nil {
		t.Fatal(err)
	}
	actor := habeas.Actor{Kind: habeas.ActorSystem, System: system.ID}
	ref, err := one.Systems.Records().FindOrCreate(ctx, actor, party.Assertion{Email: address, HasEmail: true, Values: person("Tim", "Berger", "")})
	if err != nil {
		t.Fatal(err)
	}
	other.until("the other one finds what this one took in", func() bool { return other.finds("berger") })
	again, err := other.Systems.Records().FindOrCreate(ctx, actor, party.Assertion{Email: address, HasEmail: true, Values: person("Timothy", "Berger", "")})
	if err != nil || again != ref {
		t.Errorf("the other one calls the party otherwise (%v)", err)
	}
	one.until("this one finds the new name", func() bool { return one.finds("timothy") })
	for _, n := range []node{one, other} {
		if err := n.Ledger.Publish(ctx); err != nil {
			t.Error(err)
		}
		v, err := app.VerifyRecords(ctx, n.recordsConfig(), nil)
		if err != nil || v.FaultCount != 0 || v.Published != 3 {
			t.Errorf("the published ledger: %+v (%v)", v, err)
		}
	}

	ids := one.Finder.Find("berger", 10)
	if len(ids) != 1 {
		t.Fatalf("%d parties, want 1", len(ids))
	}
	held, err := one.DB.Records().Party(ctx, ids[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := one.erase(held); err != nil {
		t.Fatal(err)
	}
	other.until("the other one has forgotten who was erased", func() bool { return !other.finds("berger") })
}

func (n node) recordsConfig() sqlstore.Config {
	return sqlstore.Config{Dir: n.Dir, DSN: n.RecordsDSN}
}

// erase does to a record what an erasure does to the rows.
func (n node) erase(p party.Party) error {
	entry := audit.Entry{ID: habeas.NewID[habeas.EventKind](n.Clock.Now()), Event: audit.PartyErased, Actor: habeas.Server, At: n.Clock.Now()}
	err := n.DB.InTx(context.Background(), func(tx *sqlstore.Tx) error { return tx.Records().EraseParty(p, nil, entry) })
	n.Finder.Forget(p.ID)
	return err
}
