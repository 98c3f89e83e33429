package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
)

// Deriver is a key from which per-event keys grow; destroying it makes every
// commitment under it noise.
type Deriver interface {
	Derive(info string, n int) []byte
}

// LeafVersion starts every leaf.
const LeafVersion = "habeas1"

// hour is how coarse the time in a public leaf is.
const hour = "2006-01-02T15Z"

// Leaf is the public form of an entry: what happened, in which hour, and a
// commitment to the detail. It names nobody (AUD-10).
type Leaf struct {
	Event      Event
	Hour       time.Time
	Commitment [sha256.Size]byte
}

// Marshal returns the bytes that the ledger hashes: one line of text,
// "habeas1 party.create 2026-05-03T18Z <base64url commitment>".
func (l Leaf) Marshal() []byte {
	b := make([]byte, 0, 96)
	b = append(b, LeafVersion...)
	b = append(b, ' ')
	b = append(b, l.Event...)
	b = append(b, ' ')
	b = l.Hour.UTC().AppendFormat(b, hour)
	b = append(b, ' ')
	return base64.RawURLEncoding.AppendEncode(b, l.Commitment[:])
}

// ParseLeaf reads what [Leaf.Marshal] wrote and refuses everything else.
func ParseLeaf(b []byte) (Leaf, error) {
	var l Leaf
	parts := strings.Split(string(b), " ")
	if len(parts) != 4 || parts[0] != LeafVersion || !Known(Event(parts[1])) {
		return l, fmt.Errorf("audit: not a leaf of version %s", LeafVersion)
	}
	at, err := time.Parse(hour, parts[2])
	if err != nil {
		return l, fmt.Errorf("audit: leaf hour: want YYYY-MM-DDTHHZ")
	}
	sum, err := base64.RawURLEncoding.Strict().DecodeString(parts[3])
	if err != nil || len(sum) != sha256.Size {
		return l, fmt.Errorf("audit: leaf commitment: want %d bytes in base64url", sha256.Size)
	}
	l.Event, l.Hour = Event(parts[1]), at
	copy(l.Commitment[:], sum)
	return l, nil
}

// detail is the canonical form of an entry: fixed member order, sorted map.
type detail struct {
	ID      habeas.EventID    `json:"id"`
	Event   Event             `json:"event"`
	At      string            `json:"at"`
	Actor   habeas.ActorKind  `json:"actor"`
	Account habeas.AccountID  `json:"account,omitzero"`
	System  habeas.SystemID   `json:"system,omitzero"`
	Purpose string            `json:"purpose,omitempty"`
	Detail  map[string]string `json:"detail,omitempty"`
}

// Canonical returns the bytes that are committed to and that the subject can
// read: JSON with a fixed order.
func Canonical(e Entry) ([]byte, error) {
	return json.Marshal(detail{
		ID: e.ID, Event: e.Event, At: e.At.UTC().Format(time.RFC3339), Actor: e.Actor.Kind,
		Account: e.Actor.Account, System: e.Actor.System, Purpose: e.Actor.Purpose, Detail: e.Detail,
	})
}

// ParseCanonical reads a canonical detail back into an entry.
func ParseCanonical(b []byte) (Entry, error) {
	var d detail
	if err := json.Unmarshal(b, &d); err != nil {
		return Entry{}, fmt.Errorf("audit: detail: %w", err)
	}
	at, err := time.Parse(time.RFC3339, d.At)
	if err != nil {
		return Entry{}, fmt.Errorf("audit: detail: time: want RFC 3339")
	}
	return Entry{
		ID: d.ID, Event: d.Event, At: at, Detail: d.Detail,
		Actor: habeas.Actor{Kind: d.Actor, Account: d.Account, System: d.System, Purpose: d.Purpose},
	}, nil
}

// EventKey derives the key of one event from the subject's and the month's key.
// Both go into the HKDF of each, so that destroying either of them is enough to
// turn the commitment into noise (AUD-10).
func EventKey(id habeas.EventID, subject, month Deriver) []byte {
	info := "habeas/event/" + string(id[:])
	mac := hmac.New(sha256.New, subject.Derive(info, sha256.Size))
	mac.Write(month.Derive(info, sha256.Size))
	return mac.Sum(nil)
}

// Commit returns the leaf of an entry and its canonical detail, which the store
// seals under the subject's key and the month's.
func Commit(e Entry, subject, month Deriver) (Leaf, []byte, error) {
	if !Known(e.Event) || e.ID.IsZero() || e.At.IsZero() {
		return Leaf{}, nil, fmt.Errorf("audit: entry wants an id, a time and a known event, got %q", e.Event)
	}
	text, err := Canonical(e)
	if err != nil {
		return Leaf{}, nil, err
	}
	return Leaf{Event: e.Event, Hour: e.At.UTC().Truncate(time.Hour), Commitment: commitment(EventKey(e.ID, subject, month), text)}, text, nil
}

func commitment(key, text []byte) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, key)
	mac.Write(text)
	mac.Sum(sum[:0])
	return sum
}

// Opens reports whether the leaf commits to this detail under this event key: what
// a receipt proves offline.
func (l Leaf) Opens(eventKey, canonical []byte) bool {
	sum := commitment(eventKey, canonical)
	return hmac.Equal(sum[:], l.Commitment[:])
}
