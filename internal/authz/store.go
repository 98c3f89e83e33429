package authz

import (
	"context"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Reader is what the rules read.
type Reader interface {
	// System returns a system, ErrNoSystem when there is none.
	System(ctx context.Context, id habeas.SystemID) (System, error)
	// Systems returns all of them, also disconnected ones, oldest first.
	Systems(ctx context.Context) ([]System, error)
	// Bearer returns whose token has this hash: ErrToken when it is unknown, expired
	// or its system disconnected.
	Bearer(ctx context.Context, token Hash, now time.Time) (Bearer, error)
}

// Writer is what a use case writes inside one transaction.
type Writer interface {
	Reader
	// SaveSystem inserts or replaces a system; the tokens of a disconnected one go.
	SaveSystem(s System, e audit.Entry) error
	// GrantToken stores a token, notes the use, and drops tokens that have expired.
	GrantToken(t Token, now time.Time, e audit.Entry) error
	// RevokeToken ends a token of the system and reports whether it was there; only
	// then the entry is written.
	RevokeToken(system habeas.SystemID, token Hash, e audit.Entry) (bool, error)
	// RefuseSystem writes only the entry.
	RefuseSystem(e audit.Entry) error
}
