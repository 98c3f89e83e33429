package app

import (
	"context"
	"sync"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/sealed"
)

// Systems are the use cases about connected systems. It implements web/admin.Systems and
// api.Systems, and names systems for the pages about records.
type Systems struct {
	db      *sqlstore.DB
	clock   habeas.Clock
	refused edge.Limiter
	records *SystemRecords
	sandbox *Sandbox
	changes *Changes
	tokens  *authz.Cache
	names   sync.Map // habeas.SystemID → string; a name never changes
}

// SystemsDeps is what [NewSystems] stands on.
type SystemsDeps struct {
	DB      *sqlstore.DB
	Keys    *keyring.Ring
	Schemas *party.Schemas
	Clock   habeas.Clock
	// Refused bounds how many failed authorizations are written to the ledger. Nil:
	// ten at once and then one in ten seconds, per system and for all unknown ids together.
	Refused edge.Limiter
}

// NewSystems returns the use cases about connected systems.
func NewSystems(deps SystemsDeps) *Systems {
	if deps.Refused == nil {
		deps.Refused = edge.NewBuckets(deps.Clock, 0.1, 10, 4096)
	}
	keys, changes := &ringKeys{Ring: deps.Keys}, NewChanges(deps)
	return &Systems{
		db: deps.DB, clock: deps.Clock, refused: deps.Refused,
		records: &SystemRecords{db: deps.DB, keys: keys, schemas: deps.Schemas, clock: deps.Clock, changes: changes},
		changes: changes,
		sandbox: NewSandbox(keys, deps.Schemas, deps.Clock),
		tokens:  authz.NewCache(deps.Clock, deps.DB.Systems().Bearer),
	}
}

// Records returns what connected systems do with records.
func (s *Systems) Records() *SystemRecords { return s.records }

// Changes returns the feed of what connected systems are told.
func (s *Systems) Changes() *Changes { return s.changes }

// Sandbox returns what systems do that are only tried out.
func (s *Systems) Sandbox() *Sandbox { return s.sandbox }

// List returns every system, also disconnected ones, oldest first.
func (s *Systems) List(ctx context.Context, a habeas.Actor) ([]authz.System, error) {
	if err := authz.MayManage(a); err != nil {
		return nil, err
	}
	return s.db.Systems().Systems(ctx)
}

// Connect makes a system that writes and reads nothing but its own tickets. The secret
// is shown once and kept nowhere.
func (s *Systems) Connect(ctx context.Context, a habeas.Actor, name string) (authz.System, sealed.Value, error) {
	return s.ConnectOn(ctx, a, authz.Terms{Name: name})
}

// ConnectOn makes a system on the given terms.
func (s *Systems) ConnectOn(ctx context.Context, a habeas.Actor, t authz.Terms) (authz.System, sealed.Value, error) {
	for _, set := range t.Reads {
		if _, ok := s.records.schemas.Set(set); !ok {
			return authz.System{}, sealed.Value{}, errNoSet
		}
	}
	system, secret, entry, err := authz.Connect(sealed.In(ctx), a, t, s.clock.Now())
	if err != nil {
		return authz.System{}, sealed.Value{}, err
	}
	err = s.db.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Systems().SaveSystem(system, entry) })
	return system, secret, err
}

// DataSets are what systems can be allowed to read.
func (s *Systems) DataSets() []party.SetSchema { return s.records.schemas.Sets() }

// Rotate gives a system a new secret; the one before stays good until the next change.
func (s *Systems) Rotate(ctx context.Context, a habeas.Actor, id habeas.SystemID) (system authz.System, secret sealed.Value, err error) {
	err = s.change(ctx, id, func(was authz.System) (_ authz.System, entry audit.Entry, err error) {
		system, secret, entry, err = was.Rotate(sealed.In(ctx), a, s.clock.Now())
		return system, entry, err
	})
	return system, secret, err
}

// Disconnect ends a system: from the moment this returns, none of its tokens counts.
func (s *Systems) Disconnect(ctx context.Context, a habeas.Actor, id habeas.SystemID) error {
	return s.change(ctx, id, func(was authz.System) (authz.System, audit.Entry, error) {
		return was.Disconnect(a, s.clock.Now())
	})
}

// Reconnect takes a disconnection back. The system asks for a new token.
// When it is to be told of changes, it is told to read everything again.
func (s *Systems) Reconnect(ctx context.Context, a habeas.Actor, id habeas.SystemID) error {
	err := s.change(ctx, id, func(was authz.System) (authz.System, audit.Entry, error) {
		return was.Reconnect(a, s.clock.Now())
	})
	if err != nil {
		return err
	}
	if _, err := s.db.Webhooks().Hook(ctx, id); err != nil {
		if habeas.KindOf(err) == habeas.KindNotFound {
			return nil
		}
		return err
	}
	_, err = s.changes.Follow(ctx, id)
	return err
}

func (s *Systems) change(ctx context.Context, id habeas.SystemID, rule func(authz.System) (authz.System, audit.Entry, error)) error {
	defer s.tokens.Invalidate() // after the commit: what was read before it counts no more
	return s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		was, err := tx.Systems().System(ctx, id)
		if err != nil {
			return err
		}
		is, entry, err := rule(was)
		if err != nil {
			return err
		}
		return tx.Systems().SaveSystem(is, entry)
	})
}

// Authorize grants a token to a system that shows its secret. Success and refusal
// are both written to the ledger (LOG-01); refusals only as often as the limiter
// allows, so that nobody fills the ledger by guessing.
func (s *Systems) Authorize(ctx context.Context, id habeas.SystemID, secret sealed.Value, asked []authz.Scope) (authz.Token, error) {
	now := s.clock.Now()
	system, err := s.db.Systems().System(ctx, id)
	if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
		return authz.Token{}, err
	}
	token, entry, refusal := system.Authorize(sealed.In(ctx), secret, asked, now)
	if refusal == nil {
		err := s.db.InTx(ctx, func(tx *sqlstore.Tx) error {
			// Asked again inside: it may have been disconnected since it was read.
			is, err := tx.Systems().System(ctx, id)
			if err != nil {
				return err
			}
			if !is.Connected() {
				return authz.ErrClient
			}
			return tx.Systems().GrantToken(token, now, entry)
		})
		return token, err
	}
	key := "unknown"
	if !system.ID.IsZero() {
		key = system.ID.String()
	}
	if ok, wait := s.refused.Take(ctx, key, 1); !ok {
		return authz.Token{}, edge.RetryAfter(errTooManyRefusals, wait)
	}
	if err := s.db.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Systems().RefuseSystem(entry) }); err != nil {
		return authz.Token{}, err
	}
	return authz.Token{}, refusal
}

// Revoke ends one of a system's own tokens (RFC 7009). A token that is not there, or
// not this system's, is no error: it is as dead as was wished.
func (s *Systems) Revoke(ctx context.Context, id habeas.SystemID, secret, token sealed.Value) error {
	system, err := s.db.Systems().System(ctx, id)
	if err != nil && habeas.KindOf(err) != habeas.KindNotFound {
		return err
	}
	if err := system.MayRevoke(secret); err != nil {
		return err
	}
	entry, ended := system.Revoked(s.clock.Now()), false
	err = s.db.InTx(ctx, func(tx *sqlstore.Tx) (err error) {
		ended, err = tx.Systems().RevokeToken(id, authz.HashOf(token), entry)
		return err
	})
	if ended {
		s.tokens.Invalidate()
	}
	return err
}

var errNoSet = habeas.Invalid("reads", "There is no data set of this name.").WithCode("set.unknown")

var errTooManyRefusals = habeas.TooMany("Too many failed tries. Wait a moment and try again.").WithCode("client.limited")

// Verify returns who shows a token. It is called for every request of the API and
// answers from memory.
func (s *Systems) Verify(ctx context.Context, token sealed.Value) (authz.Bearer, error) {
	return s.tokens.Verify(ctx, token)
}

// NameOf is how a system is called on a page, "" when it is unknown.
func (s *Systems) NameOf(ctx context.Context, id habeas.SystemID) string {
	if name, ok := s.names.Load(id); ok {
		return name.(string)
	}
	system, err := s.db.Systems().System(ctx, id)
	if err != nil {
		return "" // a page without a name is better than no page
	}
	s.names.Store(id, system.Name)
	return system.Name
}

// ringKeys is the key ring as systems use it.
type ringKeys struct{ *keyring.Ring }
