package authz

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/sealed"
	"github.com/habeas-data/habeas/sealed/sealedtest"
)

var (
	morning       = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	administrator = habeas.Actor{
		Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 1}, Proof: habeas.ProofPasskey,
		Roles: []habeas.Role{habeas.RoleAdministrator},
	}
)

// session holds the secrets of the tests.
var session = sealed.Open(context.Background())

func connected(t *testing.T) (System, sealed.Value) {
	t.Helper()
	s, secret, entry, err := Connect(session, administrator, Terms{Name: " City   Bookings "}, morning)
	if err != nil || s.Name != "City Bookings" || entry.Event != audit.SystemConnected {
		t.Fatalf("%v %v %v", s, entry, err)
	}
	return s, secret
}

func TestOnlyAdministratorsManageSystems(t *testing.T) {
	s, _ := connected(t)
	ended, _, _ := s.Disconnect(administrator, morning)
	weak, staff := administrator, administrator
	weak.Proof = habeas.ProofCode
	staff.Roles = []habeas.Role{habeas.RoleStaff}
	for name, a := range map[string]habeas.Actor{
		"nobody": {}, "staff": staff, "a mailed code": weak, "a system": s.Actor(), "the server": habeas.Server,
	} {
		t.Run(name, func(t *testing.T) {
			_, _, _, e1 := Connect(session, a, Terms{Name: "City Bookings"}, morning)
			_, _, _, e2 := s.Rotate(session, a, morning)
			_, _, e3 := s.Disconnect(a, morning)
			_, _, e4 := ended.Reconnect(a, morning)
			for _, err := range []error{e1, e2, e3, e4, MayManage(a)} {
				if habeas.KindOf(err) != habeas.KindForbidden {
					t.Errorf("got %v, want forbidden", err)
				}
			}
		})
	}
}

func TestANameIsWhatPeopleCanRead(t *testing.T) {
	for name, ok := range map[string]bool{
		"City Bookings": true, "ab": true, "Música y más": true, strings.Repeat("é", 80): true,
		"": false, " x ": false, strings.Repeat("x", 81): false, "City\u202eBookings": false, "a\x00b": false, "a\xffb": false, "zero\u200bwidth": false,
	} {
		if _, _, _, err := Connect(session, administrator, Terms{Name: name}, morning); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestASystemIsConnectedOrNot(t *testing.T) {
	s, _ := connected(t)
	if _, _, err := s.Reconnect(administrator, morning); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("connect twice: %v", err)
	}
	ended, entry, err := s.Disconnect(administrator, morning)
	if err != nil || ended.Connected() || entry.Event != audit.SystemDisconnected {
		t.Fatalf("disconnect: %v %v", entry, err)
	}
	if _, _, err := ended.Disconnect(administrator, morning); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("disconnect twice: %v", err)
	}
	if _, _, _, err := ended.Rotate(session, administrator, morning); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("rotate a disconnected one: %v", err)
	}
	back, _, err := ended.Reconnect(administrator, morning)
	if err != nil || !back.Connected() {
		t.Errorf("connect again: %v", err)
	}
}

func TestEveryAuthorizationAndRefusalHasAnEntryWithoutTheSecret(t *testing.T) {
	s, secret := connected(t)
	ended, _, _ := s.Disconnect(administrator, morning)
	for name, c := range map[string]struct {
		system System
		secret sealed.Value
		asked  []Scope
		event  audit.Event
		want   error
	}{
		"right":           {s, secret, nil, audit.SystemAuthorized, nil},
		"one scope":       {s, secret, []Scope{ScopeTickets, ScopeTickets}, audit.SystemAuthorized, nil},
		"a scope too far": {s, secret, []Scope{"admin"}, audit.SystemRefused, ErrScope},
		"wrong secret":    {s, sealedtest.Seal("x"), nil, audit.SystemRefused, ErrClient},
		"no secret":       {s, sealed.Value{}, nil, audit.SystemRefused, ErrClient},
		"disconnected":    {ended, secret, nil, audit.SystemRefused, ErrClient},
		"unknown":         {System{}, secret, nil, audit.SystemRefused, ErrClient},
	} {
		t.Run(name, func(t *testing.T) {
			token, entry, err := c.system.Authorize(session, c.secret, c.asked, morning)
			if !errors.Is(err, c.want) || entry.Event != c.event || entry.ID.IsZero() {
				t.Fatalf("%v %v, want %v %v", entry, err, c.event, c.want)
			}
			if c.want == nil && (token.Hash != HashOf(token.Text) || !token.Expires.Equal(morning.Add(TokenLife)) || len(token.Scopes) == 0) {
				t.Errorf("token %v", token)
			}
			if len(c.asked) == 2 && len(token.Scopes) != 1 {
				t.Errorf("scopes %v", token.Scopes)
			}
			if text := fmt.Sprintf("%+v %v %s", entry, token, secret); strings.Contains(text, secretPrefix) || strings.Contains(text, tokenPrefix) {
				t.Errorf("a secret is printed: %s", text)
			}
		})
	}
}

// At any moment exactly the last two secrets of a system are live.
func TestTheLastTwoSecretsAreLive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, first := connected(t)
		secrets := []sealed.Value{first}
		for range rapid.IntRange(0, 5).Draw(rt, "changes") {
			var next sealed.Value
			var err error
			if s, next, _, err = s.Rotate(session, administrator, morning); err != nil {
				rt.Fatal(err)
			}
			secrets = append(secrets, next)
		}
		for i, secret := range secrets {
			if live := i >= len(secrets)-2; s.Knows(secret) != live {
				rt.Fatalf("secret %d of %d: live %v", i+1, len(secrets), !live)
			}
		}
	})
}

func TestATokenIsReadOnceAndEndsAtOnce(t *testing.T) {
	clock := habeas.NewManualClock(morning)
	var reads atomic.Int32
	good := true
	cache := NewCache(clock, func(_ context.Context, h Hash, now time.Time) (Bearer, error) {
		reads.Add(1)
		if !good || h != HashOf(sealedtest.Seal("token")) {
			return Bearer{}, ErrToken
		}
		return Bearer{Actor: habeas.Actor{System: habeas.SystemID{15: 1}}, Expires: morning.Add(time.Hour)}, nil
	})
	verify := func(token string, want error, wantReads int32) {
		t.Helper()
		if _, err := cache.Verify(t.Context(), sealedtest.Seal(token)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", token, err, want)
		}
		if n := reads.Load(); n != wantReads {
			t.Errorf("%d reads, want %d", n, wantReads)
		}
	}
	verify("token", nil, 1)
	verify("token", nil, 1)
	verify("guess", ErrToken, 2)
	verify("guess", ErrToken, 3)
	cache.Invalidate()
	verify("token", nil, 4)
	good = false
	verify("token", nil, 4)
	cache.Invalidate()
	verify("token", ErrToken, 5)
	good = true
	verify("token", nil, 6)
	clock.Advance(time.Hour)
	verify("token", ErrToken, 6)
}

// An answer that was read before a disconnection does not count after it, even when
// it arrives late.
func TestAnAnswerReadBeforeADisconnectionDoesNotCount(t *testing.T) {
	reading, goOn := make(chan struct{}), make(chan struct{})
	first := true
	cache := NewCache(habeas.NewManualClock(morning), func(context.Context, Hash, time.Time) (Bearer, error) {
		if !first {
			return Bearer{}, ErrToken
		}
		first = false
		close(reading)
		<-goOn
		return Bearer{Expires: morning.Add(time.Hour)}, nil
	})
	done := make(chan error)
	go func() {
		_, err := cache.Verify(context.Background(), sealedtest.Seal("token"))
		done <- err
	}()
	<-reading
	cache.Invalidate()
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Verify(t.Context(), sealedtest.Seal("token")); !errors.Is(err, ErrToken) {
		t.Errorf("after the disconnection: %v", err)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	cache := NewCache(habeas.NewManualClock(morning), func(context.Context, Hash, time.Time) (Bearer, error) {
		return Bearer{Expires: morning.Add(time.Hour)}, nil
	})
	for i := range 2*maxCached + 1 {
		if _, err := cache.Verify(t.Context(), sealedtest.Seal(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(cache.held); n > maxCached {
		t.Errorf("%d tokens held", n)
	}
}

func TestScopesAreWrittenAsOAuthDoes(t *testing.T) {
	if got := JoinScopes(AllScopes()); got != "parties:write tickets:write" {
		t.Errorf("%q", got)
	}
	if got := SplitScopes(" a  b "); len(got) != 2 || got[0] != "a" {
		t.Errorf("%q", got)
	}
}

func BenchmarkVerify(b *testing.B) {
	cache := NewCache(habeas.SystemClock{}, func(context.Context, Hash, time.Time) (Bearer, error) {
		return Bearer{Expires: time.Now().Add(time.Hour)}, nil
	})
	token, _, err := draw(session, tokenPrefix)
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := cache.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
