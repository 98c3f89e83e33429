package account

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Releases reads the register of releases.
type Releases interface {
	// Case finds one case; ErrNoCase where there is none.
	Case(ctx context.Context, id habeas.ReleaseID) (Case, error)
	// Cases lists them, those that wait for a decision first, then the newest.
	Cases(ctx context.Context, limit int) ([]Case, error)
	// ToNotify lists cases whose notice may have to go out by now.
	ToNotify(ctx context.Context, now time.Time, limit int) ([]Case, error)
	// ToShow lists cases with steps that their person was not shown although no hold is in
	// force any more.
	ToShow(ctx context.Context, now time.Time, limit int) ([]Case, error)
	// Bounced lists cases whose notice was given up or came back, and where that is not noted.
	Bounced(ctx context.Context, limit int) ([]Case, error)
	// File is what was released in a case, as JSON.
	File(ctx context.Context, c Case) ([]byte, error)
	// Figures counts what was decided before a moment and is kept from nobody, by year, the
	// newest first.
	Figures(ctx context.Context, before time.Time) ([]Figures, error)
}

// ReleaseWriter changes the register in one transaction.
type ReleaseWriter interface {
	Releases
	// SaveCase inserts version 1 and else follows the version before; ErrCaseMoved where it
	// does not.
	SaveCase(c Case, e audit.Entry) error
	// SaveGiven is SaveCase with the file of what is handed over.
	SaveGiven(c Case, file []byte, e audit.Entry) error
}
