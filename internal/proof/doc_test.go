// Package proof_test proves what only a whole server can show: real files, real
// HTTP, everything wired as in production. It holds no code but tests.
package proof_test

import (
	"testing"

	"github.com/habeas-data/habeas/internal/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }
