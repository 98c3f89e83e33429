package app_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pgtest"
)

// keysLevel is what a node's health says about its keys.
func (n node) keysLevel() app.Level {
	for _, c := range n.Health(context.Background()).Checks {
		if c.Name == "keys" {
			return c.Level
		}
	}
	n.Fatal("health says nothing about the keys")
	return app.Failed
}

func TestTracesOfADestroyedKeyGoOnceALongReadEnds(t *testing.T) {
	ctx, dsn := context.Background(), pgtest.Database(t)
	path := filepath.Join(t.TempDir(), "keys.db")
	keys := func(r *keyring.Ring, _ keyring.RecoveryKit, err error) *keyring.Ring { return must(r, err)(t) }(
		keyring.Create(ctx, path, keyring.NewPassword([]byte(masterPassword)), keyring.Options{KDF: keyring.CheapKDF, DSN: dsn}))
	key := keys.NewKey(habeas.NewID[habeas.SubjectKind](time.Now()))
	if err := keys.Commit(ctx, key); err != nil {
		t.Fatal(err)
	}
	reader := must(pgtest.Behind(t, "", dsn).BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}))(t)
	defer func() { _ = reader.Rollback() }() // at the latest; it wrote nothing
	var n int
	if err := reader.QueryRowContext(ctx, `SELECT count(*) FROM subject_key`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if err := keys.Destroy(short, key.Subject()); err == nil {
		t.Fatal("compacted beside a reader")
	}

	node := openNode(t, keys, pgtest.Database(t))
	t.Cleanup(func() {
		if err := node.Close(); err != nil {
			t.Error(err)
		}
	})
	if level := node.keysLevel(); level != app.Warned {
		t.Errorf("while somebody reads, the keys are %v", level)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	node.until("the traces are gone", func() bool { return node.keysLevel() == app.Good })
}
