package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/entity"
)

const (
	evolutionColumns = `v.seq, v.operation, v.at, v.old, v.new, v.undone_by, v.undoes`
	selectEvolution  = `SELECT ` + evolutionColumns + ` FROM evolution v`
)

var errNoEvolution = habeas.NotFound("There is no evolution with this number.").WithCode("evolution.unknown")

func scanStep(r row) (s entity.Step, err error) {
	var at int64
	var from, to []byte
	err = r.Scan(&s.Seq, &s.Operation, &at, &from, &to, &s.UndoneBy, &s.Undoes)
	s.At, s.Old, s.New = moment(at), idsOf(from), idsOf(to)
	return s, err
}

func scanEvolution(r row) (entity.Evolution, error) {
	s, err := scanStep(r)
	return s.Evolution, err
}

// Evolutions implements entity.Reader.
func (s Entities) Evolutions(ctx context.Context, id entity.ID, after int64, limit int) ([]entity.Evolution, error) {
	if id == 0 {
		rows, err := s.q.QueryContext(ctx, selectEvolution+` WHERE v.seq > ? ORDER BY v.seq LIMIT ?`, after, limit)
		return collect(rows, err, scanEvolution)
	}
	rows, err := s.q.QueryContext(ctx, `SELECT `+evolutionColumns+` FROM evolution_part p JOIN evolution v ON v.seq = p.seq
		WHERE p.entity = ? AND p.seq > ? ORDER BY p.seq LIMIT ?`, entityKey(id), after, limit)
	return collect(rows, err, scanEvolution)
}

// Step implements entity.Reader.
func (s Entities) Step(ctx context.Context, seq int64) (entity.Step, error) {
	step, err := scanStep(s.q.QueryRowContext(ctx, selectEvolution+` WHERE v.seq = ?`, seq))
	if errors.Is(err, sql.ErrNoRows) {
		return step, errNoEvolution
	}
	if err != nil {
		return step, failure(err)
	}
	rows, err := s.q.QueryContext(ctx, `SELECT entity, version FROM evolution_part WHERE seq = ? ORDER BY entity`, seq)
	step.Parts, err = collect(rows, err, func(r row) (p entity.Part, err error) {
		var id int64
		err = r.Scan(&id, &p.Version)
		p.Entity = entityID(id)
		return p, err
	})
	return step, err
}

// Later implements entity.Reader.
func (s Entities) Later(ctx context.Context, seq int64, ids []entity.ID) (first entity.Evolution, ok bool, err error) {
	for _, id := range ids {
		found, err := scanEvolution(s.q.QueryRowContext(ctx, `SELECT `+evolutionColumns+` FROM evolution_part p JOIN evolution v ON v.seq = p.seq
			WHERE p.entity = ? AND p.seq > ? AND v.undone_by = 0 AND v.undoes = 0 ORDER BY p.seq LIMIT 1`, entityKey(id), seq))
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return first, false, failure(err)
		case !ok || found.Seq < first.Seq:
			first, ok = found, true
		}
	}
	return first, ok, nil
}

// SaveStep implements entity.Store.
func (w EntitiesTx) SaveStep(s entity.Step, e audit.Entry) (entity.Evolution, error) {
	if err := w.tx.queryRow(`SELECT coalesce(max(seq), 0) + 1 FROM evolution`).Scan(&s.Seq); err != nil {
		return s.Evolution, err
	}
	_, err := w.tx.exec(`INSERT INTO evolution (seq, operation, at, old, new, undone_by, undoes) VALUES (?,?,?,?,?,0,?)`,
		s.Seq, string(s.Operation), millis(s.At), idBytes(s.Old), idBytes(s.New), s.Undoes)
	if err != nil {
		return s.Evolution, err
	}
	for _, p := range s.Parts {
		if _, err := w.tx.exec(`INSERT INTO evolution_part (entity, seq, version) VALUES (?,?,?)`, entityKey(p.Entity), s.Seq, p.Version); err != nil {
			return s.Evolution, err
		}
	}
	if s.Undoes != 0 {
		if err := exactlyOne(w.tx.exec(`UPDATE evolution SET undone_by = ? WHERE seq = ? AND undone_by = 0`, s.Seq, s.Undoes)); err != nil {
			return s.Evolution, err
		}
	}
	return s.Evolution, w.tx.Audit(e)
}
