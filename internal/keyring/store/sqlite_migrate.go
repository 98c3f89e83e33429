package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// applicationID marks the file as a Habeas key store ("HbKy") in the SQLite
// header, so that another database put in its place is noticed.
const applicationID = 0x48624b79

//go:embed migrations/*/*.sql
var migrations embed.FS

// migrateSQLite brings the schema up to date, one transaction for each step. The
// number of steps taken is PRAGMA user_version, which the transaction covers.
func migrateSQLite(ctx context.Context, conn *sql.Conn) error {
	have, steps, err := sqliteSchema(ctx, conn)
	if err != nil {
		return err
	}
	for n := have; n < len(steps); n++ {
		text, err := migrations.ReadFile(steps[n])
		if err != nil {
			return err
		}
		script := []string{
			"BEGIN IMMEDIATE", string(text),
			fmt.Sprintf("PRAGMA application_id=%d", applicationID),
			fmt.Sprintf("PRAGMA user_version=%d", n+1), "COMMIT",
		}
		if _, err := conn.ExecContext(ctx, strings.Join(script, ";\n")); err != nil {
			_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return fmt.Errorf("keyring/store: migration %d: %w", n+1, err)
		}
	}
	return nil
}

// sqliteSchema returns the version of the file and the steps there are. The file of
// a newer program is ErrNewer.
func sqliteSchema(ctx context.Context, conn *sql.Conn) (have int, steps []string, err error) {
	if steps, err = fs.Glob(migrations, "migrations/sqlite/*.sql"); err != nil { // sorted by name
		return 0, nil, err
	}
	have, err = pragmaInt(ctx, conn, "user_version")
	if err == nil && have > len(steps) {
		err = fmt.Errorf("%w: schema %d, this program knows %d", ErrNewer, have, len(steps))
	}
	return have, steps, err
}

// pragmaInt reads a pragma whose answer is one number.
func pragmaInt(ctx context.Context, conn *sql.Conn, name string) (n int, err error) {
	err = conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&n)
	return n, err
}
