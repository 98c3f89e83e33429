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

// Lists reads saved lists and the files that lists were taken away as.
type Lists struct {
	q    querier
	keys *keyring.Ring
}

// ListsTx changes them in one transaction.
type ListsTx struct {
	Lists
	tx *Tx
}

// Lists returns the reader on the pool.
func (db *DB) Lists() Lists { return Lists{q: db.Records().q, keys: db.cfg.Keys} }

// Lists returns the reader and writer in this transaction.
func (tx *Tx) Lists() ListsTx { return ListsTx{Lists{q: tx.Records().q, keys: tx.w.db.cfg.Keys}, tx} }

// What is searched for may be somebody's name, and no row says in the clear what a list is.
type (
	sealedList struct {
		Name   string
		Filter party.Filter
	}
	sealedListFile struct {
		Why     string
		Columns []string
		Filter  party.Filter
	}
)

func savedListPlace(id habeas.SavedListID) string { return "saved-list/" + string(id[:]) }
func listFilePlace(id habeas.ListFileID) string   { return "list-file/" + string(id[:]) }

const selectSavedList = `SELECT id, account, shared, used_at, ended_at, version, sealed FROM saved_list`

func (s Lists) scanSaved(r row) (party.SavedList, error) {
	var l party.SavedList
	var id, by, sealed []byte
	var used, ended int64
	if err := r.Scan(&id, &by, &l.Shared, &used, &ended, &l.Version, &sealed); err != nil {
		return l, err
	}
	copy(l.ID[:], id)
	copy(l.By[:], by)
	l.UsedAt, l.EndedAt = moment(used), moment(ended)
	var in sealedList
	err := openWords(s.keys.House(), savedListPlace(l.ID), sealed, &in)
	l.Name, l.Filter = in.Name, in.Filter
	return l, err
}

// SavedLists returns those of one member of staff and those that are shared, oldest first.
func (s Lists) SavedLists(ctx context.Context, who habeas.AccountID) ([]party.SavedList, error) {
	rows, err := s.q.QueryContext(ctx, selectSavedList+` WHERE ended_at = 0 AND (account = ? OR shared <> 0) ORDER BY id`, who[:])
	return collect(rows, err, s.scanSaved)
}

// SavedList returns one, also a removed one; NotFound when there is none.
func (s Lists) SavedList(ctx context.Context, id habeas.SavedListID) (party.SavedList, error) {
	l, err := s.scanSaved(s.q.QueryRowContext(ctx, selectSavedList+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return l, party.ErrNoSavedList
	}
	return l, failure(err)
}

// SaveList stores a list or its next version; Conflict when it changed meanwhile.
func (w ListsTx) SaveList(l party.SavedList, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), savedListPlace(l.ID), sealedList{l.Name, l.Filter})
	if err != nil {
		return err
	}
	shared := 0
	if l.Shared {
		shared = 1
	}
	res, err := w.tx.exec(`INSERT INTO saved_list (id, account, shared, used_at, ended_at, version, sealed) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, version = excluded.version, sealed = excluded.sealed
		WHERE saved_list.version = excluded.version - 1`, l.ID[:], nullID(l.By), shared, millis(l.UsedAt), millis(l.EndedAt), l.Version, sealed)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, habeas.Conflict("Somebody has changed this list. Look at it again.").WithCode("list.changed"))
	}
	return w.tx.Audit(e)
}

// MarkSavedList notes on which day a list was last opened.
func (o Ops) MarkSavedList(ctx context.Context, id habeas.SavedListID, day time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE saved_list SET used_at = ? WHERE id = ?`, millis(day), id[:])
		return err
	})
}

const selectListFile = `SELECT id, account, state, total, done, held, at, sealed FROM list_file`

func (s Lists) scanFile(r row) (party.ListFile, error) {
	var l party.ListFile
	var id, by, sealed []byte
	var at int64
	if err := r.Scan(&id, &by, &l.State, &l.Total, &l.Done, &l.Held, &at, &sealed); err != nil {
		return l, err
	}
	copy(l.ID[:], id)
	copy(l.By[:], by)
	l.At = moment(at)
	var in sealedListFile
	err := openWords(s.keys.House(), listFilePlace(l.ID), sealed, &in)
	l.Why, l.Columns, l.Filter = in.Why, in.Columns, in.Filter
	return l, err
}

// ListFile returns one; NotFound when there is none.
func (s Lists) ListFile(ctx context.Context, id habeas.ListFileID) (party.ListFile, error) {
	l, err := s.scanFile(s.q.QueryRowContext(ctx, selectListFile+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return l, party.ErrNoListFile
	}
	return l, failure(err)
}

// SaveListFile makes a file or lets it begin; Conflict when that was done already.
func (w ListsTx) SaveListFile(l party.ListFile, e audit.Entry) error {
	sealed, err := sealWords(w.keys.House(), listFilePlace(l.ID), sealedListFile{l.Why, l.Columns, l.Filter})
	if err != nil {
		return err
	}
	res, err := w.tx.exec(`INSERT INTO list_file (id, account, state, total, at, sealed) VALUES (?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, total = excluded.total WHERE list_file.state = 'ready'`,
		l.ID[:], l.By[:], string(l.State), l.Total, millis(l.At), sealed)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, party.ErrListTaken)
	}
	return w.tx.Audit(e)
}

// MarkListFile notes how far a file has come.
func (o Ops) MarkListFile(ctx context.Context, l party.ListFile) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE list_file SET state = ?, done = ?, held = ? WHERE id = ?`, string(l.State), l.Done, l.Held, l.ID[:])
		return err
	})
}
