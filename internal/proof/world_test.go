package proof_test

import (
	"testing"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/pgtest"
	"github.com/habeas-data/habeas/internal/servertest"
)

type (
	world     = servertest.World
	browser   = servertest.Browser
	system    = servertest.System
	reply     = servertest.Reply
	databases = servertest.Databases
)

// twoOn makes two databases in a cluster.
func twoOn(t testing.TB, c *pgtest.Cluster) databases {
	t.Helper()
	return databases{Records: c.Database(t), Keys: c.Database(t)}
}

// newWorld makes a data directory on SQLite and serves it.
func newWorld(t testing.TB, change ...servertest.Settings) *world {
	t.Helper()
	return servertest.New(t, databases{}, change...)
}

// initDir makes a data directory on SQLite.
func initDir(t testing.TB) (dir string, made app.Initialised) {
	t.Helper()
	return servertest.InitDir(t, databases{})
}
