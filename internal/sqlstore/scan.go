package sqlstore

import (
	"database/sql"
	"strings"
)

// collect scans all rows and closes them.
func collect[T any](rows *sql.Rows, err error, scan func(row) (T, error)) ([]T, error) {
	if err != nil {
		return nil, failure(err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, failure(err)
		}
		out = append(out, v)
	}
	return out, failure(rows.Err())
}

func scanBytes(r row) ([]byte, error) {
	var b []byte
	err := r.Scan(&b)
	return b, err
}

func joinList(s []string) string { return strings.Join(s, ",") }

func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
