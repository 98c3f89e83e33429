package app

import (
	"context"
	"encoding/base32"
	"encoding/binary"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/party"
)

// cursorText is how a place in a feed is written: 26 characters, as a reference is.
var cursorText = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// place is where a system stands in its feed: after an event, which it names, so that a
// place of another history (a restored backup, a feed that was begun anew) is known.
type place struct {
	seq int64
	tag [8]byte
}

// write encrypts a place under a key of its system: it shows no number, and nobody can
// count by it how much happens.
func (k *ringKeys) writePlace(system habeas.SystemID, p place) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(p.seq)) //nolint:gosec // counted from 0
	copy(b[8:], p.tag[:])
	k.Cipher("news/"+system.String()).Encrypt(b[:], b[:])
	return cursorText.EncodeToString(b[:])
}

var errPlace = habeas.Invalid("after", "This is not a cursor that the feed returned. Begin without one.").WithCode("cursor.invalid")

func (k *ringKeys) readPlace(system habeas.SystemID, text string) (p place, err error) {
	b, err := cursorText.DecodeString(text)
	if err != nil || len(b) != 16 {
		return p, errPlace
	}
	k.Cipher("news/"+system.String()).Decrypt(b, b)
	p.seq = int64(binary.BigEndian.Uint64(b[:8])) //nolint:gosec // one that was made up stands for no event
	copy(p.tag[:], b[8:])
	return p, nil
}

// News returns what a system is told after a place in its feed, at most limit events, and
// the place after them. When there is nothing it waits so long for something. The first
// call begins the feed. A place that is too old, or of another history, is answered with
// a reset and the place after everything: the system reads again what it holds.
func (c *Changes) News(ctx context.Context, a habeas.Actor, after string, limit int, wait time.Duration) ([]party.News, string, error) {
	from, err := place{}, error(nil)
	if after != "" {
		if from, err = c.keys.readPlace(a.System, after); err != nil {
			return nil, "", err
		}
	}
	f, err := c.Follow(ctx, a.System)
	if err != nil {
		return nil, "", err
	}
	start := place{0, f.Epoch}
	if after == "" && f.Basis == "" {
		from = start // the reset comes when its fingerprints are taken
	}
	good, err := c.stands(ctx, f, from)
	if err != nil {
		return nil, "", err
	}
	if !good {
		at := start
		if last, ok, err := c.DB.Changes().OneNews(ctx, a.System, f.Head); err != nil {
			return nil, "", err
		} else if ok {
			at = placeOf(last)
		}
		reset := party.News{System: a.System, ID: party.NewNewsID(), Kind: party.NewsReset, Hour: c.Clock.Now().UTC().Truncate(time.Hour)}
		return []party.News{reset}, c.keys.writePlace(a.System, at), nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		bell, over := c.waiting()
		news, err := c.DB.Changes().News(ctx, a.System, from.seq, limit)
		if err != nil {
			return nil, "", err
		}
		if len(news) > 0 {
			return news, c.keys.writePlace(a.System, placeOf(news[len(news)-1])), nil
		}
		if wait <= 0 || over {
			return nil, c.keys.writePlace(a.System, from), nil
		}
		select {
		case <-bell:
		case <-timer.C:
			wait = 0
		case <-ctx.Done():
			return nil, "", ctx.Err()
		}
	}
}

func placeOf(n party.News) place { return place{n.Seq, [8]byte(n.ID[:8])} }

// stands reports whether a place is one of this feed, with everything after it kept.
func (c *Changes) stands(ctx context.Context, f party.Feed, p place) (bool, error) {
	if p.seq == 0 {
		if p.tag != f.Epoch {
			return false, nil
		}
		if f.Head == 0 {
			return true, nil
		}
		_, kept, err := c.DB.Changes().OneNews(ctx, f.System, 1)
		return kept, err
	}
	n, kept, err := c.DB.Changes().OneNews(ctx, f.System, p.seq)
	return kept && placeOf(n) == p, err
}

// Follow begins the feed of a system, or returns the one that it has.
func (c *Changes) Follow(ctx context.Context, system habeas.SystemID) (party.Feed, error) {
	f, ok, err := c.DB.Changes().Feed(ctx, system)
	if err != nil || ok {
		return f, err
	}
	if err := c.DB.Ops().StartFeed(ctx, system, c.Clock.Now()); err != nil {
		return f, err
	}
	c.Wake()
	f, _, err = c.DB.Changes().Feed(ctx, system)
	return f, err
}

// News returns what a system's own words have changed in its sandbox, where nobody else
// speaks: so that a program can be tried with events of the same form.
func (s *Sandbox) News(_ context.Context, a habeas.Actor, after string, limit int, _ time.Duration) ([]party.News, string, error) {
	from, err := place{}, error(nil)
	if after != "" {
		if from, err = s.keys.readPlace(a.System, after); err != nil {
			return nil, "", err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.of(a.System)
	last := place{0, w.epoch}
	if n := len(w.news); n > 0 {
		last = placeOf(w.news[n-1])
	}
	good := from.seq == 0 && (after == "" || from.tag == w.epoch) || from.seq > 0 && from.seq <= int64(len(w.news)) && placeOf(w.news[from.seq-1]) == from
	if !good {
		reset := party.News{System: a.System, ID: party.NewNewsID(), Kind: party.NewsReset, Hour: s.clock.Now().UTC().Truncate(time.Hour)}
		return []party.News{reset}, s.keys.writePlace(a.System, last), nil
	}
	if after == "" {
		from = place{0, w.epoch}
	}
	news := w.news[from.seq:min(len(w.news), int(from.seq)+limit)]
	if len(news) > 0 {
		from = placeOf(news[len(news)-1])
	}
	return news, s.keys.writePlace(a.System, from), nil
}

// tell leaves an event in the sandbox when what the system reads of a party has changed.
func (w *sand) tell(s *Sandbox, a habeas.Actor, ref party.Reference, before party.Values, known bool) {
	id, ok := w.behind(ref)
	if !known || !ok {
		return
	}
	after := w.view(s, a, id, ref)
	if sameValues(before, after) {
		return
	}
	w.news = append(w.news, party.News{
		System: a.System, Seq: int64(len(w.news)) + 1, ID: party.NewNewsID(), Kind: party.NewsCorrected, Ref: ref,
		Hour: s.clock.Now().UTC().Truncate(time.Hour),
	})
}

// view is what the system reads of a party under a reference: all that the policy opens.
func (w *sand) view(s *Sandbox, a habeas.Actor, id habeas.PartyID, ref party.Reference) party.Values {
	noted := func(party.Statement) bool { return false } // each statement says its reference
	v, _ := party.SystemView(w.parties[id], w.said[id], a.System, ref, noted, s.sets(), party.DefaultPolicy(), s.schemas)
	return v
}

func (s *Sandbox) sets() []string {
	var names []string
	for _, set := range s.schemas.Sets() {
		names = append(names, set.Name)
	}
	return names
}

func sameValues(a, b party.Values) bool {
	if a.Len() != b.Len() {
		return false
	}
	for set, fields := range a {
		for name, text := range fields {
			if b.Get(set, name) != text {
				return false
			}
		}
	}
	return true
}
