package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// oldestServer is the first version this is tested with, as server_version_num.
const oldestServer = 150000

// inspect returns the version of the schema, 0 for an empty database. Whatever
// else there is, it is not ours to touch.
func inspect(ctx context.Context, conn *pgx.Conn) (version int, err error) {
	var server, others int
	var marked bool
	const look = `SELECT current_setting('server_version_num')::int, to_regclass('habeas_keys') IS NOT NULL,
  (SELECT count(*) FROM pg_class c
   WHERE c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\_%' OR nspname = 'information_schema')
     AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))`
	if err := conn.QueryRow(ctx, look).Scan(&server, &marked, &others); err != nil {
		return 0, err
	}
	switch {
	case server < oldestServer:
		return 0, ErrOld
	case !marked && others > 0:
		return 0, ErrOtherDatabase
	case !marked:
		return 0, nil
	}
	if err := conn.QueryRow(ctx, "SELECT schema_version FROM habeas_keys").Scan(&version); err != nil {
		return 0, err
	}
	steps, err := postgresSteps()
	if err == nil && version > len(steps) {
		err = fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, version, len(steps))
	}
	return version, err
}

func postgresSteps() ([]string, error) { return fs.Glob(migrations, "migrations/postgres/*.sql") }

// makeSchema starts an empty database.
func makeSchema(ctx context.Context, tx pgx.Tx) error {
	const mark = `CREATE TABLE habeas_keys (schema_version integer NOT NULL);
INSERT INTO habeas_keys VALUES (0)`
	if _, err := tx.Exec(ctx, mark, pgx.QueryExecModeSimpleProtocol); err != nil {
		var pg *pgconn.PgError
		if errors.As(err, &pg) && pg.Code == "23505" { // a name in the catalogue: somebody else was faster
			return ErrExists
		}
		return err
	}
	return climb(ctx, tx)
}

// migratePostgres brings the schema up to date. Of several nodes that start at
// once one does it and the others wait.
func migratePostgres(ctx context.Context, conn *pgx.Conn) error {
	steps, err := postgresSteps()
	if err != nil {
		return err
	}
	var have int
	if err := conn.QueryRow(ctx, "SELECT schema_version FROM habeas_keys").Scan(&have); err != nil || have >= len(steps) {
		return err
	}
	return transact(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "LOCK TABLE habeas_keys IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		return climb(ctx, tx)
	})
}

// tables are all that the steps make; parts go with their table.
const tables = "habeas_keys, ring, wrapper, subject_key, secret, decoy, erased, waste"

// dropPostgres empties a database that holds a store. One that is empty stays so.
func dropPostgres(ctx context.Context, dsn string) error {
	return visit(ctx, dsn, func(conn *pgx.Conn) error {
		version, err := inspect(ctx, conn)
		if err != nil || version == 0 {
			return err
		}
		return transact(ctx, conn, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "DROP TABLE "+tables)
			return err
		})
	})
}

// climb takes the steps that are missing.
func climb(ctx context.Context, tx pgx.Tx) error {
	steps, err := postgresSteps()
	if err != nil {
		return err
	}
	var have int
	if err := tx.QueryRow(ctx, "SELECT schema_version FROM habeas_keys").Scan(&have); err != nil {
		return err
	}
	for n := have; n < len(steps); n++ {
		text, err := migrations.ReadFile(steps[n])
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, string(text), pgx.QueryExecModeSimpleProtocol)
		if err == nil {
			_, err = tx.Exec(ctx, "UPDATE habeas_keys SET schema_version = $1", n+1)
		}
		if err != nil {
			return fmt.Errorf("keyring/store: migration %d: %w", n+1, err)
		}
	}
	return nil
}

// postgresHeader reads the header rows.
func postgresHeader(ctx context.Context, q interface {
	QueryRow(ctx context.Context, text string, args ...any) pgx.Row
	Query(ctx context.Context, text string, args ...any) (pgx.Rows, error)
},
) (h Header, err error) {
	var id []byte
	err = q.QueryRow(ctx, "SELECT id, generation FROM ring WHERE one = 1").Scan(&id, &h.Generation)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && len(id) != len(h.Ring) {
		return h, ErrForeign
	}
	if err != nil {
		return h, err
	}
	copy(h.Ring[:], id)
	rows, err := q.Query(ctx, "SELECT kind, passes, memory_kib, threads, salt, sealed FROM wrapper ORDER BY kind")
	if err != nil {
		return h, err
	}
	h.Wrappers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Wrapper])
	return h, err
}
