package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
)

func TestSealedValuesOpenOnlyAtTheirPlaceAndWithTheirKey(t *testing.T) {
	r, _, _ := makeRing(t)
	mine, other := r.NewKey(newSubject()), r.NewKey(newSubject())
	rapid.Check(t, func(t *rapid.T) {
		plaintext := rapid.SliceOf(rapid.Byte()).Draw(t, "plaintext")
		place := rapid.String().Draw(t, "place")
		elsewhere := rapid.String().Filter(func(s string) bool { return s != place }).Draw(t, "elsewhere")
		prefix := rapid.SliceOf(rapid.Byte()).Draw(t, "prefix")
		sealed := mine.Seal(place, plaintext)
		if len(sealed) != len(plaintext)+Overhead {
			t.Fatalf("%d bytes longer, want %d", len(sealed)-len(plaintext), Overhead)
		}
		appended := mine.AppendSeal(bytes.Clone(prefix), place, plaintext)
		if !bytes.HasPrefix(appended, prefix) {
			t.Fatal("AppendSeal changed what was there")
		}
		for _, s := range [][]byte{sealed, appended[len(prefix):]} {
			if got, err := mine.Open(place, s); err != nil || !bytes.Equal(got, plaintext) {
				t.Fatalf("opened %x, %v; want %x", got, err, plaintext)
			}
		}
		if bytes.Equal(sealed, appended[len(prefix):]) {
			t.Fatal("the same value was sealed alike twice")
		}
		if got, err := mine.Open(elsewhere, sealed); !errors.Is(err, ErrUnseal) || got != nil {
			t.Fatal("opened at another place")
		}
		if got, err := other.Open(place, sealed); !errors.Is(err, ErrUnseal) || got != nil {
			t.Fatal("opened with another key")
		}
		i := rapid.IntRange(0, len(sealed)*8-1).Draw(t, "bit")
		sealed[i/8] ^= 1 << (i % 8)
		if got, err := mine.Open(place, sealed); !errors.Is(err, ErrUnseal) || got != nil {
			t.Fatal("opened with a flipped bit")
		}
	})
}

func FuzzOpen(f *testing.F) {
	r, _, _ := makeRing(f)
	k := r.House()
	whole := k.Seal("a", []byte("value"))
	f.Add([]byte{})
	f.Add(whole[:Overhead])
	f.Add(append(whole[:len(whole):len(whole)], 0))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if plaintext, err := k.Open("a", sealed); !errors.Is(err, ErrUnseal) || plaintext != nil {
			t.Errorf("%d bytes of noise opened", len(sealed))
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	r, _, _ := makeRing(f)
	id := newSubject()
	whole := r.NewKey(id).wrapped
	f.Add([]byte{})
	f.Add(whole[:len(whole)-1])
	f.Fuzz(func(t *testing.T, wrapped []byte) {
		if k, err := r.unwrap(id, wrapped, 0); err == nil || k != nil {
			t.Errorf("%d bytes of noise unwrapped", len(wrapped))
		}
	})
}

func TestAWrappedKeyServesOnlyItsSubjectAndItsStore(t *testing.T) {
	r, _, _ := makeRing(t)
	other, _, _ := makeRing(t)
	k := r.NewKey(newSubject())
	if _, err := r.unwrap(k.id, k.wrapped, 0); err != nil {
		t.Fatal(err)
	}
	_, err := r.unwrap(newSubject(), k.wrapped, 0)
	wantKind(t, err, habeas.KindInternal)
	_, err = other.unwrap(k.id, k.wrapped, 0)
	wantKind(t, err, habeas.KindInternal)
}

func TestDeriveDiffersByInfoAndKey(t *testing.T) {
	r, _, _ := makeRing(t)
	a, b := r.NewKey(newSubject()), r.NewKey(newSubject())
	seen := map[string]bool{}
	for _, k := range []*Key{a, b} {
		for _, info := range []string{"", "event/1", "event/2"} {
			out := k.Derive(info, 32)
			if len(out) != 32 || seen[string(out)] {
				t.Errorf("Derive(%q): %d bytes, seen before: %v", info, len(out), seen[string(out)])
			}
			seen[string(out)] = true
			if !bytes.Equal(out, k.Derive(info, 32)) {
				t.Errorf("Derive(%q) is not repeatable", info)
			}
		}
	}
	if got := a.Derive("long", 8160); len(got) != 8160 {
		t.Errorf("%d bytes, want 8160", len(got))
	}
	if got := a.Derive("too long", 8161); got != nil {
		t.Errorf("%d bytes, want none", len(got))
	}
}

// Nothing that prints, logs or encodes a key or a ring shows it.
func TestKeysAndRingsPrintNothing(t *testing.T) {
	r, _, _ := makeRing(t)
	k := commitNew(t, r, 1)[0]
	holder := struct {
		Key  *Key
		Ring *Ring
		key  *Key
		ring *Ring
	}{k, r, k, r}
	secrets := [][]byte{materialOf(t, k)[keySize:][:4], rootOf(t, r)[:4]}
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%d", "%q"} {
		out = append(out, fmt.Sprintf(verb, k), fmt.Sprintf(verb, r), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, []*Key{k}))
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("a", "key", k, "ring", r, "holder", holder)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("a", "key", k)
	encoded, err := json.Marshal(map[string]any{"key": k})
	if err != nil {
		t.Fatal(err)
	}
	out = append(out, log.String(), string(encoded))
	for _, text := range out {
		for _, secret := range secrets {
			for _, form := range []string{"%x", "%v", "%#v", "%s"} {
				if strings.Contains(strings.ToLower(text), strings.Trim(fmt.Sprintf(form, secret), "[]")) {
					t.Errorf("printed: %s", text)
				}
			}
		}
	}
}

func TestSealIsSafeForConcurrentUse(t *testing.T) {
	r, _, _ := makeRing(t)
	k := commitNew(t, r, 1)[0]
	errs := make(chan error, 8)
	for g := range cap(errs) {
		go func() {
			for i := range 200 {
				want := fmt.Sprintf("%d/%d", g, i)
				k.Derive(want, 16)
				if got, err := k.Open(want, k.Seal(want, []byte(want))); err != nil || string(got) != want {
					errs <- fmt.Errorf("opened %q, %w", got, err)
					return
				}
			}
			errs <- r.Fresh(k)
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
