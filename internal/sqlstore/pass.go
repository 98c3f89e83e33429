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

// Passes reads the consents that people hand over. It implements party.Passes.
type Passes struct {
	q    querier
	keys *keyring.Ring
}

// PassesTx changes them in one transaction. It implements party.PassWriter.
type PassesTx struct {
	Passes
	tx *Tx
}

var _ party.PassWriter = PassesTx{}

// Passes returns the reader on the pool.
func (db *DB) Passes() Passes { return Passes{q: db.readers, keys: db.cfg.Keys} }

// Passes returns the reader and writer in this transaction.
func (tx *Tx) Passes() PassesTx {
	r := tx.Records()
	return PassesTx{Passes{q: r.q, keys: r.keys}, tx}
}

// sealedPass is what its person wrote about a pass, sealedPassUse who used it.
type (
	sealedPass    struct{ Note string }
	sealedPassUse struct{ Who string }
)

func passPlace(id habeas.PassID) string { return "pass/" + string(id[:]) }

func passUsePlace(u party.PassUse) string {
	return "pass-use/" + string(u.Pass[:]) + string(u.Booker[:]) + string(u.Ticket[:])
}

const selectPass = `SELECT x.id, x.party, x.account, x.held, x.name, x.code, x.link, x.sets, x.uses, x.expires, x.ended_at, x.ended FROM pass x`

func scanPass(r row) (party.Pass, error) {
	var x party.Pass
	var id, about, who, name, code, link []byte
	var held, expires, ended int64
	var sets string
	if err := r.Scan(&id, &about, &who, &held, &name, &code, &link, &sets, &x.Uses, &expires, &ended, &x.Ended); err != nil {
		return x, err
	}
	copy(x.ID[:], id)
	copy(x.Party[:], about)
	copy(x.Account[:], who)
	copy(x.Name[:], name)
	copy(x.Code[:], code)
	copy(x.Link[:], link)
	x.Sets, x.Held, x.Expires, x.EndedAt = splitList(sets), moment(held), moment(expires), moment(ended)
	return x, nil
}

// onePass reads the pass that a condition names.
func (s Passes) onePass(ctx context.Context, where string, args ...any) (party.Pass, bool, error) {
	x, err := scanPass(s.q.QueryRowContext(ctx, selectPass+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return party.Pass{}, false, nil
	}
	return x, err == nil, failure(err)
}

// PassesOf implements party.Passes.
func (s Passes) PassesOf(ctx context.Context, id habeas.PartyID) ([]party.Pass, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT id, party, account, held, name, code, link, sets, uses, expires, ended_at, ended, sealed
		FROM pass WHERE party = ? ORDER BY id DESC`, id[:])
	return collect(rows, err, func(r row) (party.Pass, error) {
		var sealed []byte
		x, err := scanPass(withMore{r, []any{&sealed}})
		if err != nil {
			return x, err
		}
		key, err := s.keys.Key(ctx, habeas.SubjectOf(x.Party))
		if err != nil {
			return x, err
		}
		var in sealedPass
		err = openWords(key, passPlace(x.ID), sealed, &in)
		x.Note = in.Note
		return x, err
	})
}

// Pass implements party.Passes.
func (s Passes) Pass(ctx context.Context, id habeas.PassID) (party.Pass, bool, error) {
	return s.onePass(ctx, ` WHERE x.id = ?`, id[:])
}

// PassNamed implements party.Passes.
func (s Passes) PassNamed(ctx context.Context, name keyring.LookupHash) (party.Pass, bool, error) {
	return s.onePass(ctx, ` WHERE x.name = ?`, name[:])
}

// PassBehind implements party.Passes.
func (s Passes) PassBehind(ctx context.Context, system habeas.SystemID, prefix [12]byte) (party.Pass, bool, error) {
	low, high := within(prefix)
	return s.onePass(ctx, ` WHERE x.id IN (SELECT u.pass FROM pass_use u WHERE u.handle BETWEEN ? AND ? AND u.system = ?)`, low, high, system[:])
}

// within bounds the hashes that begin with a prefix.
func within(prefix [12]byte) (low, high []byte) {
	low, high = make([]byte, 16), make([]byte, 16)
	copy(low, prefix[:])
	copy(high, prefix[:])
	copy(high[12:], []byte{0xff, 0xff, 0xff, 0xff})
	return low, high
}

// PassUses implements party.Passes.
func (s Passes) PassUses(ctx context.Context, id habeas.PassID) ([]party.PassUse, error) {
	return s.uses(ctx, id, func(party.PassUse, []byte) (string, error) { return "", nil })
}

// PassBookers implements party.Passes.
func (s Passes) PassBookers(ctx context.Context, id habeas.PassID) ([]party.PassUse, error) {
	return s.uses(ctx, id, func(u party.PassUse, sealed []byte) (string, error) {
		key, err := s.keys.Key(ctx, habeas.SubjectOf(u.Party))
		if err != nil {
			return "", err
		}
		var in sealedPassUse
		err = openWords(key, passUsePlace(u), sealed, &in)
		return in.Who, err
	})
}

func (s Passes) uses(ctx context.Context, id habeas.PassID, who func(party.PassUse, []byte) (string, error)) ([]party.PassUse, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT booker, ticket, party, system, handle, said, at, expires, sealed FROM pass_use WHERE pass = ? ORDER BY at, booker, ticket`, id[:])
	return collect(rows, err, func(r row) (party.PassUse, error) {
		u := party.PassUse{Pass: id}
		var booker, ticket, about, system, handle, said, sealed []byte
		var at, expires int64
		if err := r.Scan(&booker, &ticket, &about, &system, &handle, &said, &at, &expires, &sealed); err != nil {
			return u, err
		}
		copy(u.Booker[:], booker)
		copy(u.Ticket[:], ticket)
		copy(u.Party[:], about)
		copy(u.System[:], system)
		copy(u.Handle[:], handle)
		copy(u.Said[:], said)
		u.At, u.Expires = moment(at), moment(expires)
		var err error
		u.Who, err = who(u, sealed)
		return u, err
	})
}

// Repeated returns the answer to an earlier request under an idempotency key.
func (r Records) Repeated(ctx context.Context, key keyring.LookupHash) (party.Idempotent, bool, error) {
	i, err := scanIdempotent(r.q.QueryRowContext(ctx, `SELECT key, print, answer, at FROM idempotent WHERE key = ?`, key[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return i, false, nil
	}
	return i, err == nil, failure(err)
}

// CreatePass implements party.PassWriter.
func (w PassesTx) CreatePass(x party.Pass, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(x.Party))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, passPlace(x.ID), sealedPass{x.Note})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO pass (id, party, account, held, name, code, link, sets, uses, expires, sealed) VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
		x.ID[:], x.Party[:], x.Account[:], millis(x.Held), x.Name[:], x.Code[:], x.Link[:], joinList(x.Sets), x.Uses, millis(x.Expires), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// EndPass implements party.PassWriter.
func (w PassesTx) EndPass(x party.Pass, e audit.Entry) error {
	if err := exactlyOne(w.tx.exec(`UPDATE pass SET ended_at = ?, ended = ? WHERE id = ? AND ended_at = 0`, millis(x.EndedAt), string(x.Ended), x.ID[:])); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// EndPassesOf implements party.PassWriter.
func (w PassesTx) EndPassesOf(who habeas.AccountID, why party.PassEnd, e audit.Entry) error {
	res, err := w.tx.exec(`UPDATE pass SET ended_at = ?1, ended = ?2 WHERE account = ?3 AND ended_at = 0 AND expires > ?1`, millis(e.At), string(why), who[:])
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return w.tx.Audit(e)
}

// endPasses ends those of a record that is no longer in the hands of who gave them. What
// takes it out of their hands is witnessed by the entry of that change.
func (tx *Tx) endPasses(p party.Party, at time.Time) error {
	keeper := p.Account
	if !p.CanShare(p.Account) {
		keeper = habeas.AccountID{}
	}
	_, err := tx.exec(`UPDATE pass SET ended_at = ?, ended = ? WHERE party = ? AND ended_at = 0 AND (account <> ? OR held <> ?)`,
		millis(at), string(party.PassRecord), p.ID[:], keeper[:], millis(p.ClaimedAt))
	return err
}

// AddPassUse implements party.PassWriter.
func (w PassesTx) AddPassUse(u party.PassUse, e audit.Entry) error {
	if err := w.addUse(u); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

func (w PassesTx) addUse(u party.PassUse) error {
	key, err := w.tx.key(habeas.SubjectOf(u.Party))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, passUsePlace(u), sealedPassUse{u.Who})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO pass_use (pass, booker, ticket, party, system, handle, said, at, expires, sealed) VALUES (?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (pass, booker, ticket) DO UPDATE SET said = excluded.said`,
		u.Pass[:], u.Booker[:], u.Ticket[:], u.Party[:], u.System[:], u.Handle[:], u.Said[:], millis(u.At), millis(u.Expires), sealed)
	return err
}

// Attach implements party.PassWriter.
func (w PassesTx) Attach(u party.PassUse, c party.Change) error {
	if err := w.addUse(u); err != nil {
		return err
	}
	if err := w.tx.applyOne(&c); err != nil {
		return err
	}
	if err := w.tx.noteChanges([]party.Change{c}); err != nil {
		return err
	}
	if c.Statement != nil {
		w.tx.learned = append(w.tx.learned, learned{*c.Update, *c.Statement})
	}
	return nil
}
