package pgtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { Main(m) }

func TestACommitSurvivesAKill(t *testing.T) {
	c := Start(t)
	dsn := c.Database(t)
	c.exec(t, "CREATE TABLE kept (n int)")
	c.exec(t, "INSERT INTO kept VALUES (7)")
	c.Kill()
	if _, err := pgx.Connect(t.Context(), dsn); err == nil {
		t.Fatal("a killed server answers")
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), c.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT n FROM kept").Scan(&n); err != nil || n != 7 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestDatabasesAreApart(t *testing.T) {
	if one, two := Database(t), Database(t); one == two {
		t.Error("two tests share a database")
	}
}
