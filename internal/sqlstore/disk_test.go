package sqlstore

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/ledger"
)

// Proves AUD-11.
func TestAFullDatabaseRefusesAndTakesInAgain(t *testing.T) {
	ctx, clock := t.Context(), habeas.NewManualClock(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	dir := t.TempDir()
	keys, _, err := keyring.Create(ctx, dir+"/keys.db", keyring.NewPassword([]byte("a master password")), keyring.Options{KDF: keyring.CheapKDF})
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(ctx, Config{Dir: dir, Keys: keys, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(db.Close(), keys.Close()); err != nil {
			t.Error(err)
		}
	})
	schemas, err := party.NewSchemas(party.DefaultSchemas()...)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	next := func() *party.Asserting {
		n++
		address, err := email.Parse(fmt.Sprintf("person-%d@example.org", n))
		if err != nil {
			t.Fatal(err)
		}
		a, err := party.Prepare(party.Assertion{
			Actor: habeas.Server, Source: party.Source{Kind: party.FromImport}, Email: address, HasEmail: true,
			Values: party.Values{"profile": {"about": strings.Repeat("a long story ", 100)}},
		}, schemas, keys, clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	limit := func(more int) {
		t.Helper()
		err := db.InTx(ctx, func(tx *Tx) error {
			var pages int
			if err := tx.queryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
				return err
			}
			_, err := tx.exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+more))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(20) // room for a few people
	var mu sync.Mutex
	var wg sync.WaitGroup
	kept, refused := 0, 0
	for range 100 {
		a := next()
		wg.Go(func() {
			err := db.Do(ctx, a)
			mu.Lock()
			defer mu.Unlock()
			var told *habeas.Error
			switch {
			case err == nil:
				kept++
			case errors.As(err, &told) && told.Kind == habeas.KindUnavailable && told.Code == "disk.full":
				refused++
			default:
				t.Errorf("refused in other words: %v", err)
			}
		})
	}
	wg.Wait()
	if kept == 0 || refused == 0 {
		t.Fatalf("%d kept, %d refused: the limit was not met", kept, refused)
	}
	entry := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](clock.Now()), Event: audit.SettingsChanged, Actor: habeas.Server, At: clock.Now(),
		Detail: map[string]string{"text": strings.Repeat("x", 20_000)},
	}
	if err := db.InTx(ctx, func(tx *Tx) error { return tx.Audit(entry) }); habeas.KindOf(err) != habeas.KindUnavailable {
		t.Errorf("what cannot be witnessed was done: %v", err)
	}
	whole := func(want int) {
		t.Helper()
		all, _, _, err := db.Records().Count(ctx)
		size, sizeErr := db.Size(ctx)
		if err != nil || sizeErr != nil || all != want || size != int64(want) {
			t.Errorf("%d parties and %d leaves, want %d of each: %v %v", all, size, want, err, sizeErr)
		}
		faults, _, err := ledger.Verify(ctx, "", db, nil, nil)
		if err != nil || len(faults) > 0 {
			t.Errorf("the ledger: %v, %v", faults, err)
		}
	}
	whole(kept)
	limit(1 << 20)
	a := next()
	if err := db.Do(ctx, a); err != nil {
		t.Errorf("with space again: %v", err)
	}
	whole(kept + 1)
}
