package keyring

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

func TestMonthKeys(t *testing.T) { engines(t, testMonthKeys) }

func testMonthKeys(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	zone := time.FixedZone("east", 5*3600)
	march, err := r.Month(ctx, time.Date(2026, 4, 1, 3, 0, 0, 0, zone)) // still March in UTC
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.Month(ctx, testStart)
	if err != nil || again != march {
		t.Errorf("another key for the same month, %v", err)
	}
	april, err := r.Month(ctx, testStart.AddDate(0, 1, 0))
	if err != nil || april.Subject() == march.Subject() {
		t.Errorf("the same key for another month, %v", err)
	}
	if err := r.DestroyMonth(ctx, testStart); err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.Fresh(march), habeas.KindGone)
	_, err = r.Month(ctx, testStart)
	wantKind(t, err, habeas.KindGone)
	if err := r.Fresh(april); err != nil {
		t.Error(err)
	}
	value := april.Seal("a", []byte("b"))
	if n := traces(t, path, []*Key{march}); n != 0 {
		t.Errorf("%d traces of the month", n)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openRing(t, path)
	_, err = r.Month(ctx, testStart)
	wantKind(t, err, habeas.KindGone)
	reread, err := r.Month(ctx, testStart.AddDate(0, 1, 0))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := reread.Open("a", value); err != nil || string(got) != "b" {
		t.Errorf("opened %q, %v", got, err)
	}
}

func TestConcurrentCallersGetOneMonthKey(t *testing.T) {
	engines(t, testConcurrentCallersGetOneMonthKey)
}

func testConcurrentCallersGetOneMonthKey(t *testing.T) {
	ctx := context.Background()
	r, _, _ := makeRing(t)
	sealed := make(chan []byte, 8)
	var wg sync.WaitGroup
	for range cap(sealed) {
		wg.Go(func() {
			k, err := r.Month(ctx, testStart)
			if err != nil {
				t.Error(err)
				return
			}
			sealed <- k.Seal("a", []byte("b"))
		})
	}
	wg.Wait()
	close(sealed)
	k, err := r.load(ctx, monthID(monthPrefix, testStart))
	if err != nil {
		t.Fatal(err)
	}
	for s := range sealed {
		if _, err := k.Open("a", s); err != nil {
			t.Error(err)
		}
	}
}

func TestTheLogsMonthsEndByThemselves(t *testing.T) { engines(t, testTheLogsMonthsEndByThemselves) }

func testTheLogsMonthsEndByThemselves(t *testing.T) {
	ctx := context.Background()
	r, _, _ := makeRing(t)
	month, err := r.Month(ctx, testStart)
	if err != nil {
		t.Fatal(err)
	}
	log, err := r.LogMonth(ctx, testStart)
	if err != nil || log.Subject() == month.Subject() {
		t.Fatalf("the key of the ledger's month, %v", err)
	}
	wantKind(t, r.Destroy(ctx, log.Subject()), habeas.KindForbidden)
	for range 2 {
		if err := r.DestroyLogMonth(ctx, testStart); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.DestroyLogMonth(ctx, testStart.AddDate(0, -1, 0)); err != nil { // never was
		t.Fatal(err)
	}
	_, err = r.LogMonth(ctx, testStart)
	wantKind(t, err, habeas.KindGone)
	if _, err := r.LogMonth(ctx, testStart.AddDate(0, -1, 0)); err != nil {
		t.Errorf("a month that had no key is taken for an erased one: %v", err)
	}
	if err := r.Fresh(month); err != nil {
		t.Error(err)
	}
}
