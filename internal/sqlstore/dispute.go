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

// Disputes reads disputes, the links that open them and checks in person. It implements
// party.Disputes.
type Disputes struct {
	q    querier
	keys *keyring.Ring
}

// DisputesTx writes them in one transaction. It implements party.DisputeWriter.
type DisputesTx struct {
	Disputes
	tx *Tx
}

var _ party.DisputeWriter = DisputesTx{}

// Disputes returns the reader on the pool.
func (db *DB) Disputes() Disputes { return Disputes{q: db.Records().q, keys: db.cfg.Keys} }

// Disputes returns the reader and writer in this transaction.
func (tx *Tx) Disputes() DisputesTx {
	r := tx.Records()
	return DisputesTx{Disputes{q: r.q, keys: r.keys}, tx}
}

// sealedDispute is the personal part of a dispute, under the record's key.
type sealedDispute struct {
	Mailbox  string             `json:"m,omitempty"`
	Language string             `json:"l,omitempty"`
	Address  keyring.LookupHash `json:"a,omitzero"`
	Note     string             `json:"n,omitempty"`
	Shut     []party.Gate       `json:"g,omitempty"`
	Review   party.Review       `json:"r,omitempty"`
	Cleared  bool               `json:"c,omitempty"`
}

func disputePlace(id habeas.DisputeID) string { return "dispute/" + string(id[:]) }

const selectDispute = `SELECT id, party, claim, account, state, way, reason, shown, ended_at, ended_by, claimed_at, opened, sealed FROM dispute`

func (s Disputes) scanDispute(ctx context.Context) func(row) (party.Dispute, error) {
	return func(r row) (party.Dispute, error) {
		var d party.Dispute
		var id, about, claim, account, by, sealed []byte
		var shown, opened string
		var ended, claimed int64
		if err := r.Scan(&id, &about, &claim, &account, &d.State, &d.Way, &d.Reason, &shown, &ended, &by, &claimed, &opened, &sealed); err != nil {
			return d, err
		}
		copy(d.ID[:], id)
		copy(d.Party[:], about)
		copy(d.Claim[:], claim)
		copy(d.Account[:], account)
		copy(d.EndedBy[:], by)
		d.Shown, d.Opened = evidenceOf(shown), splitList(opened)
		d.EndedAt, d.ClaimedAt = moment(ended), moment(claimed)
		key, err := s.keys.Key(ctx, habeas.SubjectOf(d.Party))
		if err != nil {
			return d, err
		}
		var in sealedDispute
		if err := openWords(key, disputePlace(d.ID), sealed, &in); err != nil {
			return d, err
		}
		d.Mailbox, d.Language, d.Address, d.Note, d.Shut = in.Mailbox, in.Language, in.Address, in.Note, in.Shut
		d.Review, d.Cleared = in.Review, in.Cleared
		return d, nil
	}
}

// FindDispute implements party.Disputes.
func (s Disputes) FindDispute(ctx context.Context, id habeas.DisputeID) (party.Dispute, error) {
	d, err := s.scanDispute(ctx)(s.q.QueryRowContext(ctx, selectDispute+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return d, habeas.NotFound("There is no such dispute.").WithCode("dispute.none")
	}
	return d, failure(err)
}

// DisputesOn implements party.Disputes.
func (s Disputes) DisputesOn(ctx context.Context, id habeas.PartyID) ([]party.Dispute, error) {
	rows, err := s.q.QueryContext(ctx, selectDispute+` WHERE party = ? ORDER BY id DESC`, id[:])
	return collect(rows, err, s.scanDispute(ctx))
}

// DisputesAbout implements party.Disputes.
func (s Disputes) DisputesAbout(ctx context.Context, id habeas.ClaimID) ([]party.Dispute, error) {
	rows, err := s.q.QueryContext(ctx, selectDispute+` WHERE claim = ? ORDER BY id DESC`, id[:])
	return collect(rows, err, s.scanDispute(ctx))
}

// OpenDisputes implements party.Disputes.
func (s Disputes) OpenDisputes(ctx context.Context, limit int) ([]party.Dispute, error) {
	rows, err := s.q.QueryContext(ctx, selectDispute+` WHERE state = 'open' ORDER BY id LIMIT ?`, limit)
	return collect(rows, err, s.scanDispute(ctx))
}

// EndedDisputes implements party.Disputes.
func (s Disputes) EndedDisputes(ctx context.Context, limit int) ([]party.Dispute, error) {
	rows, err := s.q.QueryContext(ctx, selectDispute+` WHERE state <> 'open' ORDER BY ended_at DESC, id DESC LIMIT ?`, limit)
	return collect(rows, err, s.scanDispute(ctx))
}

// sealedLink is the personal part of a link, under the record's key.
type sealedLink struct {
	Mailbox  string `json:"m"`
	Language string `json:"l,omitempty"`
}

func disputeLinkPlace(hash [32]byte) string { return "dispute-link/" + string(hash[:]) }

// ByLink implements party.Disputes.
func (s Disputes) ByLink(ctx context.Context, hash [32]byte, now time.Time) (party.DisputeLink, bool, error) {
	l := party.DisputeLink{Hash: hash}
	var about, claim, address, sealed []byte
	var expires int64
	err := s.q.QueryRowContext(ctx, `SELECT party, claim, address, expires, sealed FROM dispute_link WHERE hash = ? AND expires > ?`,
		hash[:], millis(now)).Scan(&about, &claim, &address, &expires, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return l, false, nil
	}
	if err != nil {
		return l, false, failure(err)
	}
	copy(l.Party[:], about)
	copy(l.Claim[:], claim)
	copy(l.Address[:], address)
	l.Expires = moment(expires)
	key, err := s.keys.Key(ctx, habeas.SubjectOf(l.Party))
	if err != nil {
		return l, false, failure(err)
	}
	var in sealedLink
	if err := openWords(key, disputeLinkPlace(hash), sealed, &in); err != nil {
		return l, false, failure(err)
	}
	l.Mailbox, l.Language = in.Mailbox, in.Language
	return l, true, nil
}

// ChecksOn implements party.Disputes.
func (s Disputes) ChecksOn(ctx context.Context, id habeas.PartyID) ([]party.Check, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT claim, party, account, document, staff, at FROM person_check WHERE party = ? ORDER BY at DESC`, id[:])
	return collect(rows, err, func(r row) (party.Check, error) {
		var c party.Check
		var claim, about, account, by []byte
		var at int64
		err := r.Scan(&claim, &about, &account, &c.Document, &by, &at)
		copy(c.ID[:], claim)
		copy(c.Party[:], about)
		copy(c.Account[:], account)
		copy(c.By[:], by)
		c.At = moment(at)
		return c, err
	})
}

// SystemsOf implements party.Disputes.
func (s Disputes) SystemsOf(ctx context.Context, id habeas.AccountID) ([]habeas.SystemID, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT system FROM system_hand WHERE account = ? ORDER BY system`, id[:])
	return collect(rows, err, func(r row) (system habeas.SystemID, err error) {
		var b []byte
		err = r.Scan(&b)
		copy(system[:], b)
		return system, err
	})
}

// SaveDispute implements party.DisputeWriter.
func (w DisputesTx) SaveDispute(d party.Dispute, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(d.Party))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, disputePlace(d.ID), sealedDispute{d.Mailbox, d.Language, d.Address, d.Note, d.Shut, d.Review, d.Cleared})
	if err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO dispute (id, party, claim, account, state, way, reason, shown, ended_at, ended_by, claimed_at, opened, sealed)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at,
		ended_by = excluded.ended_by, claimed_at = excluded.claimed_at, opened = excluded.opened, sealed = excluded.sealed`,
		d.ID[:], d.Party[:], d.Claim[:], d.Account[:], string(d.State), string(d.Way), string(d.Reason), evidenceText(d.Shown),
		millis(d.EndedAt), d.EndedBy[:], millis(d.ClaimedAt), joinList(d.Opened), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// SaveDisputeLink implements party.DisputeWriter.
func (w DisputesTx) SaveDisputeLink(l party.DisputeLink, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(l.Party))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, disputeLinkPlace(l.Hash), sealedLink{l.Mailbox, l.Language})
	if err != nil {
		return err
	}
	// Of old links none is looked for any more.
	if _, err := w.tx.exec(`DELETE FROM dispute_link WHERE expires <= ?`, millis(e.At)); err != nil {
		return err
	}
	_, err = w.tx.exec(`INSERT INTO dispute_link (hash, party, claim, address, expires, sealed) VALUES (?,?,?,?,?,?)
		ON CONFLICT (hash) DO UPDATE SET expires = excluded.expires`,
		l.Hash[:], l.Party[:], l.Claim[:], l.Address[:], millis(l.Expires), sealed)
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// SaveCheck implements party.DisputeWriter.
func (w DisputesTx) SaveCheck(c party.Check, e audit.Entry) error {
	_, err := w.tx.exec(`INSERT INTO person_check (claim, party, account, document, staff, at) VALUES (?,?,?,?,?,?)`,
		c.ID[:], c.Party[:], c.Account[:], string(c.Document), c.By[:], millis(c.At))
	if err != nil {
		return err
	}
	return w.tx.Audit(e)
}

func evidenceText(shown []party.EvidenceKind) string {
	all := make([]string, len(shown))
	for i, k := range shown {
		all[i] = string(k)
	}
	return joinList(all)
}

func evidenceOf(text string) []party.EvidenceKind {
	var out []party.EvidenceKind
	for _, k := range splitList(text) {
		out = append(out, party.EvidenceKind(k))
	}
	return out
}
