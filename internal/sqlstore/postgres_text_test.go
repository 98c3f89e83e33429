package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/habeas-data/habeas"
)

func TestPlaceholdersAreNumbered(t *testing.T) {
	for query, want := range map[string]string{
		`SELECT 1`:                            `SELECT 1`,
		`a = ? AND b = ?`:                     `a = $1 AND b = $2`,
		`SET a = ?2, b = ?3 WHERE id = ?1`:    `SET a = $2, b = $3 WHERE id = $1`,
		`a = ?1 OR b = ?1 OR c = ?`:           `a = $1 OR b = $1 OR c = $2`,
		`a = '?' AND b = "?" AND c = ?`:       `a = '?' AND b = "?" AND c = $1`,
		`a = 'it''s ?' AND c = ?`:             `a = 'it''s ?' AND c = $1`,
		`a = ANY(?::bytea[]) AND b <> '' OR?`: `a = ANY($1::bytea[]) AND b <> '' OR$2`,
		`an open 'quote ?`:                    `an open 'quote ?`,
		`?12`:                                 `$12`,
	} {
		if got := renumber(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// What has no ? outside quotes is left as it is, and what comes out is left as it is
// the second time.
func FuzzRenumber(f *testing.F) {
	f.Add(`a = ? AND b = '?' AND c = ?3`)
	f.Fuzz(func(t *testing.T, query string) {
		once := renumber(query)
		if strings.Count(query, "'")+strings.Count(query, `"`) == 0 && strings.Contains(once, "?") {
			t.Errorf("%q became %q", query, once)
		}
		if again := renumber(once); again != once {
			t.Errorf("%q became %q and then %q", query, once, again)
		}
	})
}

func TestAStatementForOneRowTakesSets(t *testing.T) {
	bytes, number := uint32(pgtype.ByteaOID), uint32(pgtype.Int8OID)
	for one, want := range map[string]string{
		`INSERT INTO t (a, b) VALUES (?,?)`:                                            `INSERT INTO t (a, b) SELECT * FROM unnest($1::bytea[], $2::bigint[])`,
		`INSERT INTO t (a, b) VALUES (?,?) ON CONFLICT (a) DO UPDATE SET b=excluded.b`: `INSERT INTO t (a, b) SELECT * FROM unnest($1::bytea[], $2::bigint[]) ON CONFLICT (a) DO UPDATE SET b=excluded.b`,
		`UPDATE t SET b=?2 WHERE a=?1`:                                                 `UPDATE t SET b=u.p2 FROM unnest($1::bytea[], $2::bigint[]) AS u(p1, p2) WHERE a=u.p1`,
	} {
		if got := setText(one, []uint32{bytes, number}); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", one, got, want)
		}
	}
	if _, err := transpose([][]any{{"text"}}, []uint32{bytes}); err == nil {
		t.Error("a text went into a column of bytes")
	}
	if out, err := transpose([][]any{{nil, int64(1)}, {[]byte("x"), 2}}, []uint32{bytes, number}); err != nil || fmt.Sprint(out) != "[[[] [120]] [1 2]]" || out[0].([][]byte)[0] != nil {
		t.Errorf("%v (%v)", out, err)
	}
}

func TestAFailureSaysWhatToDo(t *testing.T) {
	for code, want := range map[string]string{
		"53100": "disk.full", "58030": "disk.read-only", "25006": "store.read-only", "53300": "store.crowded",
		"40001": "store.busy", "40P01": "store.busy", "55P03": "store.busy", "57014": "", "28P01": "store.sign-in", "3D000": "store.none",
		"42501": "store.rights", "42P01": "store.schema", "57P01": "store.unreachable", "57P03": "store.unreachable",
		"25P03": "store.unreachable", "08006": "store.unreachable",
	} {
		var told *habeas.Error
		err := failure(fmt.Errorf("while writing: %w", &pgconn.PgError{Code: code, SeverityUnlocalized: "ERROR"}))
		if !errors.As(err, &told) || told.Kind != habeas.KindUnavailable || told.Code != want {
			t.Errorf("%s: %v, want %s", code, err, want)
		}
	}
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF, driver.ErrBadConn, sql.ErrConnDone, &pgconn.PgError{Code: "XX000", SeverityUnlocalized: "FATAL"}} {
		if !lost(err) || habeas.KindOf(failure(err)) != habeas.KindUnavailable {
			t.Errorf("%v is not taken for a lost connection", err)
		}
	}
	for _, err := range []error{context.Canceled, context.DeadlineExceeded} {
		if habeas.KindOf(failure(err)) != habeas.KindUnavailable {
			t.Errorf("%v: %v", err, failure(err))
		}
	}
	if err := failure(&pgconn.PgError{Code: "22003", SeverityUnlocalized: "ERROR"}); habeas.KindOf(err) != habeas.KindInternal {
		t.Errorf("our fault is called %v", habeas.KindOf(err))
	}
}
