package sqlstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/ledger"
)

func TestMain(m *testing.M) {
	pgtest.Main(m, func(dir, dsn string) error {
		db, err := sqlstore.Open(context.Background(), sqlstore.Config{Dir: dir, DSN: dsn, Clock: habeas.SystemClock{}})
		if err != nil {
			return err
		}
		return db.Close()
	})
}

// engine is a database that the suite runs on.
type engine struct {
	name string
	dsn  func(t testing.TB) string // of an empty database; "" stands for a file
}

var engines = []engine{
	{"sqlite", func(testing.TB) string { return "" }},
	{"postgres", pgtest.FilledDatabase},
}

// world is a store with everything it stands on.
type world struct {
	testing.TB
	dir     string
	dsn     string
	keys    *keyring.Ring
	clock   *habeas.ManualClock
	db      *sqlstore.DB
	schemas *party.Schemas
}

func onEach(t *testing.T, test func(w *world)) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			test(newWorld(t, e.dsn(t)))
		})
	}
}

// newWorld opens a store of which nothing is known: a file, or a database.
func newWorld(t testing.TB, dsn string) *world {
	t.Helper()
	dir := t.TempDir()
	if dsn == "" {
		pgtest.FilledDir(t, dir)
	}
	keys, _, err := keyring.Create(t.Context(), dir+"/keys.db", keyring.NewPassword([]byte("a master password")), keyring.Options{KDF: keyring.CheapKDF})
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := party.NewSchemas(party.DefaultSchemas()...)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, dir: dir, dsn: dsn, keys: keys, schemas: schemas, clock: habeas.NewManualClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))}
	w.db = w.open()
	t.Cleanup(func() {
		if err := errors.Join(w.db.Close(), keys.Close()); err != nil {
			t.Error(err)
		}
	})
	return w
}

// open opens the world's database, perhaps once more.
func (w *world) open(change ...func(*sqlstore.Config)) *sqlstore.DB {
	w.Helper()
	cfg := sqlstore.Config{Dir: w.dir, DSN: w.dsn, Keys: w.keys, Clock: w.clock}
	for _, c := range change {
		c(&cfg)
	}
	db, err := sqlstore.Open(w.Context(), cfg)
	if err != nil {
		w.Fatal(err)
	}
	return db
}

func system(n byte) party.Source {
	return party.Source{Kind: party.FromSystem, System: habeas.SystemID{0: 1, 15: n}}
}

func (w *world) prepare(s party.Source, address string, v party.Values, more ...func(*party.Assertion)) *party.Asserting {
	w.Helper()
	in := party.Assertion{Actor: habeas.Actor{Kind: habeas.ActorSystem, System: s.System}, Source: s, Values: v}
	if address != "" {
		a, err := email.Parse(address)
		if err != nil {
			w.Fatal(err)
		}
		in.Email, in.HasEmail = a, true
	}
	for _, m := range more {
		m(&in)
	}
	w.clock.Advance(time.Millisecond) // statements are ordered by their moment
	a, err := party.Prepare(in, w.schemas, w.keys, w.clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	return a
}

func (w *world) say(s party.Source, address string, v party.Values, more ...func(*party.Assertion)) *party.Asserting {
	w.Helper()
	a := w.prepare(s, address, v, more...)
	if err := w.db.Do(w.Context(), a); err != nil {
		w.Fatal(err)
	}
	return a
}

func (w *world) record(id habeas.PartyID) party.Record {
	w.Helper()
	p, err := w.db.Records().Party(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	said, err := w.db.Records().Statements(w.Context(), id)
	if err != nil {
		w.Fatal(err)
	}
	return party.Fold(p, said, party.Settled{}, w.schemas)
}

func named(given, family, birth string) party.Values {
	v := party.Values{"identity": {}}
	for name, text := range map[string]string{"given_name": given, "family_name": family, "birth_date": birth} {
		if text != "" {
			v["identity"][name] = text
		}
	}
	return v
}

// verify checks that every row has its leaf and that the tree holds.
func (w *world) verify() ledger.Summary {
	w.Helper()
	if err := w.db.Settle(w.Context()); err != nil {
		w.Fatal(err)
	}
	faults, sum, err := ledger.Verify(w.Context(), "", w.db, nil, nil)
	if err != nil {
		w.Fatal(err)
	}
	for _, f := range faults {
		w.Error(f)
	}
	return sum
}
