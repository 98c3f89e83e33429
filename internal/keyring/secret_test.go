package keyring

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
)

func TestSecretIsMadeOnce(t *testing.T) { engines(t, testSecretIsMadeOnce) }

func testSecretIsMadeOnce(t *testing.T) {
	ctx := context.Background()
	r, _, path := makeRing(t)
	made, mu := 0, sync.Mutex{}
	generate := func() ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		made++
		return fmt.Appendf(nil, "secret number %d", made), nil
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := r.Secret(ctx, "ledger", generate); err != nil || !got.EqualBytes([]byte("secret number 1")) {
				t.Errorf("another secret, or %v", err)
			}
		})
	}
	wg.Wait()
	if got, err := r.Secret(ctx, "other", generate); err != nil || !got.EqualBytes([]byte("secret number 2")) {
		t.Errorf("another secret, or %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := openRing(t, path).Secret(ctx, "ledger", generate); err != nil || !got.EqualBytes([]byte("secret number 1")) {
		t.Errorf("after a restart another secret, or %v", err)
	}
}

func TestAFailingSecretLeavesTheStoreUsable(t *testing.T) {
	engines(t, testAFailingSecretLeavesTheStoreUsable)
}

func testAFailingSecretLeavesTheStoreUsable(t *testing.T) {
	ctx := context.Background()
	r, _, _ := makeRing(t)
	boom := errors.New("no entropy")
	if _, err := r.Secret(ctx, "a", func() ([]byte, error) { return nil, boom }); !errors.Is(err, boom) {
		t.Errorf("got %v, want the cause", err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = r.Secret(ctx, "a", func() ([]byte, error) { panic("in the caller's code") })
	}()
	commitNew(t, r, 1)
	if got, err := r.Secret(ctx, "a", func() ([]byte, error) { return []byte("now"), nil }); err != nil || !got.EqualBytes([]byte("now")) {
		t.Errorf("another secret, or %v", err)
	}
}
