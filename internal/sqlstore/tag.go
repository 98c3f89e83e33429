package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Tags reads the tags of the organisation and who has them. It implements party.Tags.
type Tags struct {
	q    querier
	keys *keyring.Ring
}

// TagsTx changes them in one transaction. It implements party.TagWriter.
type TagsTx struct {
	Tags
	tx *Tx
}

var _ party.TagWriter = TagsTx{}

// Tags returns the reader on the pool.
func (db *DB) Tags() Tags { return Tags{q: db.Records().q, keys: db.cfg.Keys} }

// Tags returns the reader and writer in this transaction.
func (tx *Tx) Tags() TagsTx { return TagsTx{Tags{q: tx.Records().q, keys: tx.w.db.cfg.Keys}, tx} }

// The personal part of the rows. Which tag a record has is sealed with its key, so that not
// even who has the same tag can be read.
type (
	sealedTag     struct{ Words string }
	sealedTagging struct {
		Tag habeas.TagID     `json:"t"`
		By  habeas.AccountID `json:"by"`
	}
	sealedTagChange struct {
		Given bool
		Tag   habeas.TagID
		Done  []party.Tagging
	}
)

func tagPlace(id habeas.TagID) string             { return "tag/" + string(id[:]) }
func taggingPlace(id habeas.TaggingID) string     { return "party-tag/" + string(id[:]) }
func tagChangePlace(id habeas.TagChangeID) string { return "tag-change/" + string(id[:]) }

// AllTags implements party.Tags.
func (s Tags) AllTags(ctx context.Context) ([]party.Tag, error) {
	rows, err := s.q.QueryContext(ctx, `SELECT id, sealed FROM tag`)
	out, err := collect(rows, err, func(r row) (party.Tag, error) {
		var t party.Tag
		var id, sealed []byte
		if err := r.Scan(&id, &sealed); err != nil {
			return t, err
		}
		copy(t.ID[:], id)
		var in sealedTag
		err := openWords(s.keys.House(), tagPlace(t.ID), sealed, &in)
		t.Words = in.Words
		return t, err
	})
	slices.SortFunc(out, func(a, b party.Tag) int { return cmp.Compare(party.Normalise(a.Words), party.Normalise(b.Words)) })
	return out, err
}

const selectTagging = `SELECT id, party, sealed FROM party_tag`

func scanTagging(r row, key func(habeas.SubjectID) (*keyring.Key, error)) (party.Tagging, error) {
	var t party.Tagging
	var id, about, sealed []byte
	if err := r.Scan(&id, &about, &sealed); err != nil {
		return t, err
	}
	copy(t.ID[:], id)
	copy(t.Party[:], about)
	k, err := key(habeas.SubjectOf(t.Party))
	if err != nil {
		return t, err
	}
	var in sealedTagging
	err = openWords(k, taggingPlace(t.ID), sealed, &in)
	t.Tag, t.By = in.Tag, in.By
	return t, err
}

// TagsOn implements party.Tags.
func (s Tags) TagsOn(ctx context.Context, id habeas.PartyID) ([]party.Tagging, error) {
	rows, err := s.q.QueryContext(ctx, members+selectTagging+` WHERE party IN (SELECT id FROM member) ORDER BY id`, id[:])
	return collect(rows, err, func(r row) (party.Tagging, error) { return scanTagging(r, Records(s).keyOf(ctx)) })
}

// EachTag visits who has which tag, to fill the roll after start.
func (s Tags) EachTag(ctx context.Context, visit func(party.Tagging)) error {
	rows, err := s.q.QueryContext(ctx, selectTagging)
	if err != nil {
		return failure(err)
	}
	defer rows.Close()
	for rows.Next() {
		t, err := scanTagging(rows, Records(s).keyOf(ctx))
		if errors.Is(err, keyring.ErrNoKey) || habeas.KindOf(err) == habeas.KindGone {
			continue
		}
		if err != nil {
			return failure(err)
		}
		visit(t)
	}
	return failure(rows.Err())
}

// TagChange implements party.Tags.
func (s Tags) TagChange(ctx context.Context, id habeas.TagChangeID) (party.TagChange, error) {
	c := party.TagChange{ID: id}
	var by, sealed []byte
	var ends int64
	err := s.q.QueryRowContext(ctx, `SELECT account, ends, sealed FROM tag_change WHERE id = ?`, id[:]).Scan(&by, &ends, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return c, party.ErrTagLate
	}
	if err != nil {
		return c, failure(err)
	}
	copy(c.By[:], by)
	var in sealedTagChange
	err = openWords(s.keys.House(), tagChangePlace(id), sealed, &in)
	c.Given, c.Tag, c.Done, c.Ends = in.Given, in.Tag, in.Done, moment(ends)
	return c, err
}

// SaveTag implements party.TagWriter.
func (w TagsTx) SaveTag(t party.Tag, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), tagPlace(t.ID), sealedTag{t.Words})
	if err != nil {
		return err
	}
	if _, err := w.tx.exec(`INSERT INTO tag (id, sealed) VALUES (?,?)`, t.ID[:], sealed); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// RemoveTag implements party.TagWriter.
func (w TagsTx) RemoveTag(id habeas.TagID, e audit.Entry) error {
	if err := exactlyOne(w.tx.exec(`DELETE FROM tag WHERE id = ?`, id[:])); err != nil {
		return errors.Join(party.ErrNoTag, err)
	}
	return w.tx.Audit(e)
}

// SaveTagging implements party.TagWriter. One that is there already stays as it is.
func (w TagsTx) SaveTagging(t party.Tagging, e audit.Entry) error {
	key, err := w.tx.key(habeas.SubjectOf(t.Party))
	if err != nil {
		return err
	}
	sealed, err := sealWords(key, taggingPlace(t.ID), sealedTagging{t.Tag, t.By})
	if err != nil {
		return err
	}
	res, err := w.tx.exec(`INSERT INTO party_tag (id, party, sealed) VALUES (?,?,?) ON CONFLICT (id) DO NOTHING`, t.ID[:], t.Party[:], sealed)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return w.tx.append(e, key)
}

// RemoveTagging implements party.TagWriter.
func (w TagsTx) RemoveTagging(id habeas.TaggingID, e audit.Entry) (bool, error) {
	res, err := w.tx.exec(`DELETE FROM party_tag WHERE id = ?`, id[:])
	if err != nil {
		return false, err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	return true, w.tx.Audit(e)
}

// KeepTagChange notes what was done with a tag at once, for as long as it can be taken back.
func (o Ops) KeepTagChange(ctx context.Context, c party.TagChange) error {
	sealed, err := sealWords(o.db.cfg.Keys.House(), tagChangePlace(c.ID), sealedTagChange{c.Given, c.Tag, c.Done})
	if err != nil {
		return err
	}
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`INSERT INTO tag_change (id, account, ends, sealed) VALUES (?,?,?,?)
			ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed`, c.ID[:], c.By[:], millis(c.Ends), sealed)
		return err
	})
}

// EndTagChange forgets it: it was taken back.
func (o Ops) EndTagChange(ctx context.Context, id habeas.TagChangeID) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM tag_change WHERE id = ?`, id[:])
		return err
	})
}
