package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

// Imports reads files of records on their way in. It implements party.Imports.
type Imports struct {
	q    querier
	keys *keyring.Ring
}

// ImportsTx changes them in one transaction. It implements party.ImportWriter.
type ImportsTx struct {
	Imports
	tx *Tx
}

var _ party.ImportWriter = ImportsTx{}

// Imports returns the reader on the pool.
func (db *DB) Imports() Imports { return Imports{q: db.readers, keys: db.cfg.Keys} }

// Imports returns the reader and writer in this transaction.
func (tx *Tx) Imports() ImportsTx {
	return ImportsTx{Imports{q: steady{tx.w.conn}, keys: tx.w.db.cfg.Keys}, tx}
}

var (
	errNoImport = habeas.NotFound("There is no such import.").WithCode("import.none")
	// ErrNoFile says that the file of an import was destroyed.
	ErrNoFile = habeas.Gone("The file is not here any more. Upload it again.").WithCode("import.file-gone")
	// ErrImportChanged says that an import is not as it was read.
	ErrImportChanged = habeas.Conflict("This import went on while you were looking at it. Look at it again.").WithCode("import.changed")
)

// importPlace binds a piece of a file or a rejected row to its import and number.
func importPlace(kind string, id []byte, n string) string {
	return "import-" + kind + "/" + string(id) + n
}

const selectImport = `SELECT id, account, state, kind, digest, bytes, parts, row_done, row_read, created, attached, review, known, rejected,
	undone, version, at, ended, lease, sealed FROM import`

func (s Imports) scan(ctx context.Context) func(row) (party.Import, error) {
	return func(r row) (party.Import, error) {
		var i party.Import
		var id, who, digest, sealed []byte
		var at, ended, lease int64
		t := &i.Tally
		if err := r.Scan(&id, &who, &i.State, &i.Kind, &digest, &i.Bytes, &i.Parts, &i.Row, &i.Read, &t.Created, &t.Attached, &t.Review, &t.Known, &t.Rejected,
			&i.Undone, &i.Version, &at, &ended, &lease, &sealed); err != nil {
			return i, err
		}
		copy(i.ID[:], id)
		copy(i.Account[:], who)
		copy(i.Digest[:], digest)
		i.At, i.Ended, i.Lease = moment(at), moment(ended), moment(lease)
		if sealed == nil {
			return i, nil
		}
		key, err := s.keys.Key(ctx, habeas.SubjectOf(i.ID))
		if err != nil && habeas.KindOf(err) == habeas.KindGone { // between the commit and the key's end
			return i, nil
		}
		if err != nil {
			return i, err
		}
		return i, openWords(key, "import/"+string(id), sealed, &i.Words)
	}
}

// ByID implements party.Imports.
func (s Imports) ByID(ctx context.Context, id habeas.ImportID) (party.Import, error) {
	i, err := s.scan(ctx)(s.q.QueryRowContext(ctx, selectImport+` WHERE id = ?`, id[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return i, errNoImport
	}
	return i, failure(err)
}

// Newest implements party.Imports.
func (s Imports) Newest(ctx context.Context, limit int) ([]party.Import, error) {
	rows, err := s.q.QueryContext(ctx, selectImport+` ORDER BY id DESC LIMIT ?`, limit)
	return collect(rows, err, s.scan(ctx))
}

// ByDigest implements party.Imports.
func (s Imports) ByDigest(ctx context.Context, digest keyring.LookupHash) ([]party.Import, error) {
	rows, err := s.q.QueryContext(ctx, selectImport+` WHERE digest = ? ORDER BY id DESC`, digest[:])
	return collect(rows, err, s.scan(ctx))
}

// Working lists imports on which a server could work now: those whose lease has ended,
// and whose file lies here where it is needed. The longest unfinished comes first.
func (s Imports) Working(ctx context.Context, now time.Time) ([]party.Import, error) {
	rows, err := s.q.QueryContext(ctx, selectImport+` WHERE state IN ('checking', 'running', 'undoing') AND lease <= ?
		AND (parts > 0 OR state = 'undoing') ORDER BY id`, millis(now))
	return collect(rows, err, s.scan(ctx))
}

// Stale lists imports that nobody has gone on with since a moment and that hold a file,
// and those whose end lies before another and that still hold words.
func (s Imports) Stale(ctx context.Context, idle, ended time.Time) ([]party.Import, error) {
	rows, err := s.q.QueryContext(ctx, selectImport+` WHERE sealed IS NOT NULL
		AND (ended = 0 AND at < ? OR ended > 0 AND ended < ?) ORDER BY id LIMIT 100`, millis(idle), millis(ended))
	return collect(rows, err, s.scan(ctx))
}

// Part implements party.Imports.
func (s Imports) Part(ctx context.Context, id habeas.ImportID, n int64) ([]byte, error) {
	var sealed []byte
	err := s.q.QueryRowContext(ctx, `SELECT sealed FROM import_part WHERE import = ? AND n = ?`, id[:], n).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoFile
	}
	if err != nil {
		return nil, failure(err)
	}
	key, err := s.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return nil, err
	}
	return key.Open(importPlace("part", id[:], strconv.FormatInt(n, 10)), sealed)
}

// Rejected implements party.Imports.
func (s Imports) Rejected(ctx context.Context, id habeas.ImportID, after int64, limit int) ([]party.ImportRow, error) {
	key, err := s.keys.Key(ctx, habeas.SubjectOf(id))
	if err != nil {
		return nil, err
	}
	rows, err := s.q.QueryContext(ctx, `SELECT n, sealed FROM import_reject WHERE import = ? AND n > ? ORDER BY n LIMIT ?`, id[:], after, limit)
	return collect(rows, err, func(r row) (party.ImportRow, error) {
		var one party.ImportRow
		var sealed []byte
		if err := r.Scan(&one.Row, &sealed); err != nil {
			return one, err
		}
		return one, openWords(key, importPlace("reject", id[:], strconv.FormatInt(one.Row, 10)), sealed, &one)
	})
}

// Brought implements party.Imports.
func (s Imports) Brought(ctx context.Context, id habeas.ImportID, after habeas.PartyID, limit int) ([]party.Party, error) {
	rows, err := s.q.QueryContext(ctx, selectParty+` WHERE id IN (SELECT DISTINCT party FROM statement
		WHERE source_kind = 1 AND source = ? AND party > ? ORDER BY party LIMIT ?) ORDER BY id`, id[:], after[:], limit)
	return collect(rows, err, scanParty)
}

// Mapping implements party.Imports.
func (s Imports) Mapping(ctx context.Context, header keyring.LookupHash) (means map[string]string, err error) {
	var sealed []byte
	err = s.q.QueryRowContext(ctx, `SELECT sealed FROM import_mapping WHERE header = ?`, header[:]).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, failure(err)
	}
	return means, openWords(s.keys.House(), "import-mapping/"+string(header[:]), sealed, &means)
}

// Repeated returns what is remembered of words that count once.
func (s Imports) Repeated(ctx context.Context, key keyring.LookupHash) (party.Idempotent, bool, error) {
	i, err := scanIdempotent(s.q.QueryRowContext(ctx, `SELECT key, print, answer, at FROM idempotent WHERE key = ?`, key[:]))
	if errors.Is(err, sql.ErrNoRows) {
		return i, false, nil
	}
	return i, err == nil, failure(err)
}

func importArgs(i party.Import, sealed []byte) []any {
	t := i.Tally
	var words any
	if sealed != nil {
		words = sealed
	}
	return []any{
		i.ID[:], i.Account[:], string(i.State), string(i.Kind), i.Digest[:], i.Bytes, i.Parts, i.Row, i.Read, t.Created, t.Attached, t.Review, t.Known, t.Rejected,
		i.Undone, i.Version, millis(i.At), millis(i.Ended), millis(i.Lease), words,
	}
}

// sealImport seals the words of an import; nil when it has none.
func (w ImportsTx) sealImport(i party.Import) ([]byte, error) {
	if i.Words.Name == "" {
		return nil, nil
	}
	key, err := w.tx.key(habeas.SubjectOf(i.ID))
	if err != nil {
		return nil, err
	}
	return sealWords(key, "import/"+string(i.ID[:]), i.Words)
}

// CreateImport implements party.ImportWriter.
func (w ImportsTx) CreateImport(i party.Import, e audit.Entry) error {
	sealed, err := w.sealImport(i)
	if err != nil {
		return err
	}
	if _, err := w.tx.exec(`INSERT INTO import (id, account, state, kind, digest, bytes, parts, row_done, row_read, created, attached, review, known, rejected,
		undone, version, at, ended, lease, sealed) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`, importArgs(i, sealed)...); err != nil {
		return err
	}
	return w.tx.Audit(e)
}

// ChangeImport implements party.ImportWriter.
func (w ImportsTx) ChangeImport(i *party.Import, e audit.Entry) error {
	if err := w.update(i); err != nil {
		return err
	}
	if i.Parts == 0 {
		if _, err := w.tx.exec(`DELETE FROM import_part WHERE import = ?`, i.ID[:]); err != nil {
			return err
		}
	}
	if i.Words.Name == "" {
		if _, err := w.tx.exec(`DELETE FROM import_reject WHERE import = ?`, i.ID[:]); err != nil {
			return err
		}
	}
	return w.tx.Audit(e)
}

// update writes an import over the version that it was read with.
func (w ImportsTx) update(i *party.Import) error {
	sealed, err := w.sealImport(*i)
	if err != nil {
		return err
	}
	next := *i
	next.Version++
	args := append(importArgs(next, sealed), i.Version)
	res, err := w.tx.exec(`UPDATE import SET account=?2, state=?3, kind=?4, digest=?5, bytes=?6, parts=?7, row_done=?8, row_read=?9, created=?10, attached=?11,
		review=?12, known=?13, rejected=?14, undone=?15, version=?16, at=?17, ended=?18, lease=?19, sealed=?20 WHERE id=?1 AND version=?21`, args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return ErrImportChanged
	}
	*i = next
	return err
}

// Touched implements party.ImportWriter.
func (w ImportsTx) Touched(ctx context.Context, p party.Party, said []party.Statement) (bool, error) {
	if len(said) == 0 || !party.Untouched(p, said, said[0].Source.Import) {
		return true, nil
	}
	var n int
	err := w.q.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM claim WHERE party = ?1) + (SELECT count(*) FROM paper_code WHERE party = ?1)
		+ (SELECT count(*) FROM request WHERE party = ?1) + (SELECT count(*) FROM retention WHERE party = ?1 AND held_at > 0)
		+ (SELECT count(*) FROM challenge WHERE subject = ?1) + (SELECT count(*) FROM aside WHERE party = ?1)
		+ (SELECT count(*) FROM party_merge WHERE party = ?1 OR target = ?1) + (SELECT count(*) FROM party_split WHERE party = ?1 OR target = ?1)`, p.ID[:]).Scan(&n)
	return n > 0, failure(err)
}

// EraseImported implements party.ImportWriter.
func (w ImportsTx) EraseImported(p party.Party, hashes, marks []keyring.LookupHash, e audit.Entry) error {
	for _, m := range marks {
		if _, err := w.tx.exec(`DELETE FROM idempotent WHERE key = ?`, m[:]); err != nil {
			return err
		}
	}
	return w.tx.Records().EraseParty(p, hashes, e)
}

// partImports makes imports forget who brought them. Whoever works on one reads it again.
func (tx *Tx) partImports(who habeas.SubjectID) (sql.Result, error) {
	return tx.exec(`UPDATE import SET account = ?, version = version + 1 WHERE account = ?`, make([]byte, len(who)), who[:])
}

// PutImportPart keeps a piece of a file that is being uploaded, sealed under a key that is
// durable already.
func (o Ops) PutImportPart(ctx context.Context, id habeas.ImportID, n int64, piece []byte) error {
	return o.inTx(ctx, func(tx *Tx) error {
		key, err := tx.key(habeas.SubjectOf(id))
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO import_part (import, n, sealed) VALUES (?,?,?)`, id[:], n,
			key.Seal(importPlace("part", id[:], strconv.FormatInt(n, 10)), piece))
		return err
	})
}

// EndImportParts removes the pieces of a file that did not arrive in full.
func (o Ops) EndImportParts(ctx context.Context, id habeas.ImportID) error {
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`DELETE FROM import_part WHERE import = ?`, id[:])
		return err
	})
}

// MarkImport writes how far an import has come, with the rows that stayed out, over the
// version that it was read with; Conflict when it changed meanwhile.
func (o Ops) MarkImport(ctx context.Context, i *party.Import, out []party.ImportRow) error {
	return o.inTx(ctx, func(tx *Tx) error {
		if err := tx.Imports().update(i); err != nil || len(out) == 0 {
			return err
		}
		key, err := tx.key(habeas.SubjectOf(i.ID))
		if err != nil {
			return err
		}
		for _, one := range out {
			sealed, err := sealWords(key, importPlace("reject", i.ID[:], strconv.FormatInt(one.Row, 10)), one)
			if err != nil {
				return err
			}
			if _, err := tx.exec(`INSERT INTO import_reject (import, n, sealed) VALUES (?,?,?)`, i.ID[:], one.Row, sealed); err != nil {
				return err
			}
		}
		return nil
	})
}

// KeepMapping remembers what the columns of a header mean.
func (o Ops) KeepMapping(ctx context.Context, header keyring.LookupHash, means map[string]string, now time.Time) error {
	return o.inTx(ctx, func(tx *Tx) error {
		sealed, err := sealWords(tx.w.db.cfg.Keys.House(), "import-mapping/"+string(header[:]), means)
		if err != nil {
			return err
		}
		_, err = tx.exec(`INSERT INTO import_mapping (header, at, sealed) VALUES (?,?,?)
			ON CONFLICT (header) DO UPDATE SET at = excluded.at, sealed = excluded.sealed`, header[:], millis(now), sealed)
		return err
	})
}

// EndLeases ends the leases of imports whose server is gone: on SQLite there is one
// server at a time, so whatever is held when it starts belongs to nobody.
func (o Ops) EndLeases(ctx context.Context) error {
	if o.db.cfg.DSN != "" {
		return nil
	}
	return o.inTx(ctx, func(tx *Tx) error {
		_, err := tx.exec(`UPDATE import SET lease = 0, version = version + 1 WHERE lease > 0`)
		return err
	})
}
