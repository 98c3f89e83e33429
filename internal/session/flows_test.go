package session

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/habeas-data/habeas/sealed"
)

func key(n uint64) (k Key) {
	binary.LittleEndian.PutUint64(k[:], n)
	return k
}

func outcomes(k *kept) map[string]Outcome {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := map[string]Outcome{}
	for _, l := range k.lines {
		if l.End {
			out[l.Session] = l.Outcome
		}
	}
	return out
}

func TestTheRequestsOfAFlowAreOneSession(t *testing.T) {
	k, clock := &kept{}, noon()
	f := NewFlows(k, clock)
	first := f.Start(key(1), "sign-in")
	if f.Start(key(1), "sign-in") != first || f.Continue(key(1)) != first {
		t.Error("the second request of a flow is another session")
	}
	if f.Start(key(2), "sign-in") == first {
		t.Error("two browsers share a session")
	}
	claim := f.Start(key(1), "claim")
	if claim == first || outcomes(k)[first.ID()] != Abandoned {
		t.Error("another flow of the browser does not end the one before")
	}
	f.End(key(1), Completed)
	if outcomes(k)[claim.ID()] != Completed || f.Continue(key(1)) != nil {
		t.Errorf("ended as %q", outcomes(k)[claim.ID()])
	}
	f.End(key(1), Completed) // nothing is open
	late := f.Start(Key{}, "claim")
	f.Tie(key(3), late)
	if f.Continue(key(3)) != late {
		t.Error("a session that was tied later is not found")
	}
}

func TestASessionForWhichNothingComesIsAbandonedAndItsValuesAreWiped(t *testing.T) {
	k, clock := &kept{}, noon()
	f := NewFlows(k, clock)
	idle, busy := f.Start(key(1), "claim"), f.Start(key(2), "claim")
	v, err := idle.Seal("address", []byte("jude@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(IdleTime - time.Minute)
	f.Continue(key(2))
	f.Sweep()
	if len(outcomes(k)) != 0 {
		t.Error("a session was given up too early")
	}
	clock.Advance(time.Minute)
	f.Sweep()
	if got := outcomes(k); got[idle.ID()] != Abandoned || len(got) != 1 {
		t.Errorf("ended: %v", got)
	}
	if err := v.Use(func([]byte) error { return nil }); !errors.Is(err, sealed.ErrClosed) {
		t.Errorf("the value is still there: %v", err)
	}
	for range int(LongestTime / IdleTime * 2) { // asked again and again
		clock.Advance(IdleTime / 2)
		f.Continue(key(2))
		f.Sweep()
	}
	if outcomes(k)[busy.ID()] != Abandoned {
		t.Error("a session lasts for ever")
	}
}

func TestOpenSessionsAreBoundedAndEndWithTheServer(t *testing.T) {
	k, clock := &kept{}, noon()
	f := NewFlows(k, clock)
	for i := range uint64(MaxOpen + 5) {
		f.Start(key(i+1), "sign-in")
	}
	if len(f.open) != MaxOpen || len(outcomes(k)) != 5 {
		t.Errorf("%d are open and %d were given up", len(f.open), len(outcomes(k)))
	}
	f.Close()
	n := 0
	for _, o := range outcomes(k) {
		if o == Interrupted {
			n++
		}
	}
	if n != MaxOpen {
		t.Errorf("%d sessions end with the server, want %d", n, MaxOpen)
	}
}

// A flood of long texts takes no more than its share of the protected memory, and gives it
// back; the sessions that find none write no texts.
func TestProtectedMemoryIsShared(t *testing.T) {
	k, clock := &kept{}, noon()
	f := NewFlows(k, clock)
	const others = maxSealedAll - 21<<10
	f.sealed.Store(others) // what many other sessions took
	refused := 0
	for i := range uint64(8) {
		tx := f.Start(key(i+1), "claim").Begin()
		if _, err := tx.Seal("text", bytes.Repeat([]byte("word "), 1000)); err != nil {
			refused++
		}
		tx.Request("the text")
		tx.End()
	}
	if used := f.sealed.Load(); used > maxSealedAll || refused != 4 {
		t.Errorf("%d bytes are taken, %d values were refused", used, refused)
	}
	if got := k.lines[7].Events; got[len(got)-1].Text != withheld {
		t.Errorf("a text that nothing vouches for: %q", got[len(got)-1].Text)
	}
	one := open(t, k, clock)
	for i := range 2 * maxSealed >> 12 {
		_, _ = one.Seal("text", bytes.Repeat([]byte{byte('a' + i%26)}, 4<<10))
	}
	if one.spent > maxSealed || one.spent < maxSealed/2 {
		t.Errorf("one session takes %d bytes", one.spent)
	}
	f.Close()
	if used := f.sealed.Load(); used != others {
		t.Errorf("%d bytes are never given back", used-others)
	}
}

func TestWhatIsTypedAgainIsSealedOnce(t *testing.T) {
	k := &kept{}
	l := open(t, k, noon())
	tx := l.Begin()
	seal(t, tx, "address", "jude@example.org")
	spent := l.spent
	seal(t, tx, "address", "jude@example.org")
	if l.spent != spent {
		t.Error("it takes memory again")
	}
	seal(t, tx, "address", "another@example.org")
	tx.End()
	if got := k.session().Lines[0].Events; len(got) != 3 || got[1].Change != Update || l.spent == spent {
		t.Errorf("%+v", got)
	}
}
