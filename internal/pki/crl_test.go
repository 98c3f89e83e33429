package pki

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

func (w *world) list(a *Authority, shard int) (CRL, *x509.RevocationList) {
	w.Helper()
	list, err := a.Publish(ctx, w.register, shard, w.clock.Now())
	if err != nil {
		w.Fatal(err)
	}
	parsed, err := x509.ParseRevocationList(list.DER)
	if err != nil {
		w.Fatal(err)
	}
	if err := parsed.CheckSignatureFrom(a.cert); err != nil && a.kind != Attribute { // Go wants a CA
		w.Error(err)
	}
	return list, parsed
}

func TestARevocationIsOnTheListOfItsShardUntilAfterTheExpiry(t *testing.T) {
	w := newWorld(t)
	issued, _, _ := w.person()
	at := w.clock.Now()
	w.register.revoke(issued, at, Superseded)
	shard := Identity.Shard(issued.Serial)
	_, parsed := w.list(w.identity, shard)
	if len(parsed.RevokedCertificateEntries) != 1 {
		t.Fatalf("%d entries, want 1", len(parsed.RevokedCertificateEntries))
	}
	e := parsed.RevokedCertificateEntries[0]
	if e.SerialNumber.Cmp(issued.Serial.Int()) != 0 || e.ReasonCode != int(Superseded) || !e.RevocationTime.Equal(at.Truncate(time.Second)) {
		t.Errorf("entry %+v", e)
	}
	if _, other := w.list(w.identity, (shard+1)%shards); len(other.RevokedCertificateEntries) != 0 {
		t.Error("the entry is in another shard too")
	}
	for _, c := range []struct {
		now  time.Time
		want int
	}{
		{issued.NotAfter.Add(time.Second), 1},
		{issued.NotAfter.Add(KeptAfterExpiry - time.Second), 1},
		{issued.NotAfter.Add(KeptAfterExpiry + 2*time.Second), 0},
	} {
		w.clock.Advance(c.now.Sub(w.clock.Now()))
		if _, parsed := w.list(w.identity, shard); len(parsed.RevokedCertificateEntries) != c.want {
			t.Errorf("%s after the expiry: %d entries, want %d", c.now.Sub(issued.NotAfter), len(parsed.RevokedCertificateEntries), c.want)
		}
	}
}

func TestListsNeverGoBack(t *testing.T) {
	w := newWorld(t)
	first, _ := w.list(w.identity, 3)
	if first.Number != 1 || !first.NextUpdate.Equal(first.ThisUpdate.Add(CRLValidity)) {
		t.Errorf("first list: %d, valid %s", first.Number, first.NextUpdate.Sub(first.ThisUpdate))
	}
	w.clock.Advance(-48 * time.Hour)
	second, parsed := w.list(w.identity, 3)
	if second.Number != 2 || second.ThisUpdate.Before(first.ThisUpdate) || parsed.Number.Int64() != 2 {
		t.Errorf("after the clock was set back: number %d, %s before the one before", second.Number, first.ThisUpdate.Sub(second.ThisUpdate))
	}
	if other, _ := w.list(w.identity, 4); other.Number != 1 {
		t.Errorf("another shard begins with %d", other.Number)
	}
	stale, err := w.identity.SignCRL(3, 2, nil, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.register.SaveCRL(ctx, stale); habeas.KindOf(err) != habeas.KindConflict {
		t.Errorf("a second list of one number: %v", err)
	}
	if second.Due(second.ThisUpdate.Add(CRLValidity/2-time.Second)) || !second.Due(second.ThisUpdate.Add(CRLValidity/2)) {
		t.Error("a list is not due at half of its time")
	}
	if !(CRL{}).Due(w.clock.Now()) {
		t.Error("a list that was never made is not due")
	}
}

func TestAListOfWrongPartsIsNotSigned(t *testing.T) {
	w := newWorld(t)
	var s Serial
	s[0] = 1
	year := w.clock.Now().AddDate(1, 0, 0)
	for about, c := range map[string]struct {
		shard  int
		number int64
		reason Reason
	}{
		"no such shard":        {shards, 1, Superseded},
		"a shard below 0":      {-1, 1, Superseded},
		"number 0":             {0, 0, Superseded},
		"a suspension":         {0, 1, 6},
		"an unused reason":     {0, 1, 7},
		"removal from a delta": {0, 1, 8},
	} {
		_, err := w.identity.SignCRL(c.shard, c.number, []Revocation{{Serial: s, NotAfter: year, Reason: c.reason}}, w.clock.Now())
		if habeas.KindOf(err) != habeas.KindInvalid {
			t.Errorf("%s: %v", about, err)
		}
	}
	list, err := w.identity.SignCRL(1, 1, []Revocation{{Serial: s, NotAfter: year}}, w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if parsed, err := x509.ParseRevocationList(list.DER); err != nil || len(parsed.RevokedCertificateEntries) != 0 {
		t.Errorf("an entry of another shard was signed, or %v", err)
	}
	w.register.broken = errors.New("no disk")
	if _, err := w.identity.Publish(ctx, w.register, 0, w.clock.Now()); !errors.Is(err, w.register.broken) {
		t.Errorf("without a store: %v", err)
	}
}
