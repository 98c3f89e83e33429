package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Changes reads what connected systems are told, on the pool or in a transaction.
type Changes struct{ q querier }

// Changes returns the reader on the pool.
func (db *DB) Changes() Changes { return Changes{db.readers} }

// Changes returns reader and writer in this transaction.
func (tx *Tx) Changes() ChangesTx { return ChangesTx{Changes{steady{tx.w.conn}}, tx} }

const selectFeed = `SELECT system, epoch, head, basis, place FROM change_feed`

func scanFeed(r row) (f party.Feed, err error) {
	var system, epoch, place []byte
	err = r.Scan(&system, &epoch, &f.Head, &f.Basis, &place)
	copy(f.System[:], system)
	copy(f.Epoch[:], epoch)
	copy(f.Place[:], place)
	return f, err
}

// Feeds returns the systems that follow.
func (r Changes) Feeds(ctx context.Context) ([]party.Feed, error) {
	rows, err := r.q.QueryContext(ctx, selectFeed+` ORDER BY system`)
	return collect(rows, err, scanFeed)
}

// Feed returns that of one system; ok is false when it does not follow.
func (r Changes) Feed(ctx context.Context, system habeas.SystemID) (f party.Feed, ok bool, err error) {
	f, err = scanFeed(r.q.QueryRowContext(ctx, selectFeed+` WHERE system = ?`, system[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return f, false, nil
	}
	return f, err == nil, failure(err)
}

// Marks returns traces of changes that nobody has looked at yet: of some parties, all.
func (r Changes) Marks(ctx context.Context, parties int) ([]party.Mark, error) {
	rows, err := r.q.QueryContext(ctx, `SELECT id, party, by_system, ref, statement, closed <> 0 FROM change_mark
		WHERE party IN (SELECT DISTINCT party FROM change_mark ORDER BY party LIMIT ?) ORDER BY id`, parties)
	return collect(rows, err, func(r row) (m party.Mark, err error) {
		var id, about, by, ref, said []byte
		err = r.Scan(&id, &about, &by, &ref, &said, &m.Closed)
		copy(m.ID[:], id)
		copy(m.Party[:], about)
		m.Moved = len(said) == 0
		copy(m.By[:], by)
		copy(m.Ref[:], ref)
		copy(m.Statement[:], said)
		return m, err
	})
}

const selectWatched = `SELECT system, ref, party, own, seen, restraint, one FROM change_ref`

func scanWatched(r row) (w party.Watched, err error) {
	var system, ref, id, own, seen, one []byte
	err = r.Scan(&system, &ref, &id, &own, &seen, &w.Restraint, &one)
	copy(w.System[:], system)
	copy(w.Ref[:], ref)
	copy(w.Party[:], id)
	copy(w.Own[:], own)
	copy(w.Seen[:], seen)
	copy(w.One[:], one)
	return w, err
}

// WatchedOf returns the names by which systems that follow know a party, and what they
// were last told of it.
func (r Changes) WatchedOf(ctx context.Context, id habeas.PartyID) ([]party.Watched, error) {
	rows, err := r.q.QueryContext(ctx, selectWatched+` WHERE party = ? ORDER BY system, ref`, id[:])
	return collect(rows, err, scanWatched)
}

// WatchedAs returns what a system was last told under one name.
func (r Changes) WatchedAs(ctx context.Context, system habeas.SystemID, ref party.Reference) (w party.Watched, ok bool, err error) {
	w, err = scanWatched(r.q.QueryRowContext(ctx, selectWatched+` WHERE system = ? AND ref = ?`, system[:], ref[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return w, false, nil
	}
	return w, err == nil, failure(err)
}

// ToldOne returns the names that a system was told to be one party, by their mark.
func (r Changes) ToldOne(ctx context.Context, system habeas.SystemID, one party.Reference) ([]party.Watched, error) {
	rows, err := r.q.QueryContext(ctx, selectWatched+` WHERE system = ? AND one = ? ORDER BY ref`, system[:], one[:])
	return collect(rows, err, scanWatched)
}

// NamesOf returns names of a system for parties, from a place in the index on, and the
// place after them; done at its end.
func (r Changes) NamesOf(ctx context.Context, system habeas.SystemID, after keyring.LookupHash, limit int) (refs []party.Reference, next keyring.LookupHash, done bool, err error) {
	rows, err := r.q.QueryContext(ctx, `SELECT hash, ref FROM known_as WHERE hash > ? AND source = ? ORDER BY hash, n LIMIT ?`, after[:], system[:], limit)
	type name struct{ hash, ref []byte }
	names, err := collect(rows, err, func(r row) (n name, err error) { err = r.Scan(&n.hash, &n.ref); return n, err })
	if err != nil {
		return nil, next, false, err
	}
	next, done = after, len(names) < limit
	for _, n := range names {
		var ref party.Reference
		copy(ref[:], n.ref)
		copy(next[:], n.hash)
		refs = append(refs, ref)
	}
	return refs, next, done, nil
}

const selectNews = `SELECT system, seq, id, kind, ref, other, hour FROM change_event`

func scanNews(r row) (n party.News, err error) {
	var system, id, ref, other []byte
	var hour int64
	err = r.Scan(&system, &n.Seq, &id, &n.Kind, &ref, &other, &hour)
	copy(n.System[:], system)
	copy(n.ID[:], id)
	copy(n.Ref[:], ref)
	copy(n.Other[:], other)
	n.Hour = moment(hour)
	return n, err
}

// News returns events of a system after a place, in their order.
func (r Changes) News(ctx context.Context, system habeas.SystemID, after int64, limit int) ([]party.News, error) {
	rows, err := r.q.QueryContext(ctx, selectNews+` WHERE system = ? AND seq > ? ORDER BY seq LIMIT ?`, system[:], after, limit)
	return collect(rows, err, scanNews)
}

// OneNews returns the event at a place; ok is false when there is none, or none any more.
func (r Changes) OneNews(ctx context.Context, system habeas.SystemID, seq int64) (n party.News, ok bool, err error) {
	n, err = scanNews(r.q.QueryRowContext(ctx, selectNews+` WHERE system = ? AND seq = ?`, system[:], seq))
	if errors.Is(err, sql.ErrNoRows) {
		return n, false, nil
	}
	return n, err == nil, failure(err)
}

// ChangesTx writes what connected systems are told.
type ChangesTx struct {
	Changes
	tx *Tx
}

// Telling is what came of looking at changes: all or nothing.
type Telling struct {
	News    []party.News // without Seq, ID and Hour
	Watched []party.Watched
	Forget  []party.Watched  // names that lead nowhere any more
	Again   []habeas.PartyID // to be looked at too
	Marks   []party.Mark     // looked at
	Now     time.Time
}

// Tell writes it. Each person whose record it is about finds an entry in their log.
func (w ChangesTx) Tell(t Telling, entries ...audit.Entry) error {
	for _, n := range t.News {
		if err := w.tx.addNews(n, t.Now); err != nil {
			return err
		}
	}
	for _, x := range t.Watched {
		if err := w.tx.putWatched(x); err != nil {
			return err
		}
	}
	for _, x := range t.Forget {
		if _, err := w.tx.exec(`DELETE FROM change_ref WHERE system = ? AND ref = ?`, x.System[:], x.Ref[:]); err != nil {
			return err
		}
	}
	for _, id := range t.Again {
		if err := w.tx.note([]party.Mark{{Party: id, Moved: true}}); err != nil {
			return err
		}
	}
	for _, m := range t.Marks {
		if _, err := w.tx.exec(`DELETE FROM change_mark WHERE id = ?`, m.ID[:]); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if err := w.tx.Audit(e); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) putWatched(x party.Watched) error {
	_, err := tx.exec(`INSERT INTO change_ref (system, ref, party, own, seen, restraint, one) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (system, ref) DO UPDATE SET party=excluded.party, own=excluded.own, seen=excluded.seen,
		restraint=excluded.restraint, one=excluded.one`,
		x.System[:], x.Ref[:], x.Party[:], x.Own[:], x.Seen[:], string(x.Restraint), bytesOf(x.One))
	return err
}

// bytesOf stores a zero reference as no bytes.
func bytesOf(r party.Reference) []byte {
	if r.IsZero() {
		return []byte{}
	}
	return r[:]
}

// addNews appends an event to the feed of a system, and leaves its delivery in the outbox
// when the system wants to be sent it. The row of the feed is locked until the commit, so
// whoever reads an event has seen all before it.
func (tx *Tx) addNews(n party.News, now time.Time) error {
	err := tx.queryRow(`UPDATE change_feed SET head = head + 1 WHERE system = ? RETURNING head`, n.System[:]).Scan(&n.Seq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // it does not follow any more
	}
	if err != nil {
		return err
	}
	n.ID, n.Hour, tx.news = party.NewNewsID(), now.UTC().Truncate(time.Hour), true
	if _, err := tx.exec(`INSERT INTO change_event (system, seq, id, kind, ref, other, hour) VALUES (?,?,?,?,?,?,?)`,
		n.System[:], n.Seq, n.ID[:], string(n.Kind), bytesOf(n.Ref), bytesOf(n.Other), millis(n.Hour)); err != nil {
		return err
	}
	return tx.sendNews(n, now)
}

// StartFeed lets a system follow its changes. Doing it twice changes nothing.
func (o Ops) StartFeed(ctx context.Context, system habeas.SystemID, now time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		epoch := party.NewNewsID()
		_, err := tx.exec(`INSERT INTO change_feed (system, epoch, place, since) VALUES (?,?,?,?) ON CONFLICT (system) DO NOTHING`,
			system[:], epoch[:8], []byte{}, millis(now))
		tx.w.followersKnown = false
		return err
	})
}

// EndFeed forgets what a system was told.
func (o Ops) EndFeed(ctx context.Context, system habeas.SystemID) error {
	return o.inTx(ctx, func(tx *Tx) error {
		for _, table := range []string{"change_feed", "change_ref", "change_event"} {
			if _, err := tx.exec(`DELETE FROM `+table+` WHERE system = ?`, system[:]); err != nil {
				return err
			}
		}
		tx.w.followersKnown = false
		return nil
	})
}

// MarkFeed notes how far the taking of fingerprints has come, and those that were taken.
// With a basis it is at its end, and the system is told to read everything again.
func (o Ops) MarkFeed(ctx context.Context, f party.Feed, watched []party.Watched, now time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		for _, x := range watched {
			if err := tx.putWatched(x); err != nil {
				return err
			}
		}
		if _, err := tx.exec(`UPDATE change_feed SET basis = ?, place = ? WHERE system = ?`, f.Basis, f.Place[:], f.System[:]); err != nil {
			return err
		}
		if f.Basis == "" {
			return nil
		}
		return tx.addNews(party.News{System: f.System, Kind: party.NewsReset}, now)
	})
}
