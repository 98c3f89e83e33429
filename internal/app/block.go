package app

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/sqlstore"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// blocksFresh is how old what a node knows of blocked networks may be: another node may have
// blocked one, or have taken it back.
const blocksFresh = 10 * time.Second

// Blocks are the use cases of keeping accounts and networks out. It implements
// web/admin.Blocks and is safe for concurrent use.
type Blocks struct {
	db       *sqlstore.DB
	accounts *Accounts
	clock    habeas.Clock
	clients  edge.Proxies
	contact  string

	reading sync.Mutex                      // one question to the database at a time
	is      atomic.Pointer[blockedNetworks] // nil: has to be read first
}

// blockedNetworks is what a node knows of them.
type blockedNetworks struct {
	at  time.Time
	all []account.Block
}

// NewBlocks returns the use cases. Only what clients trusts is believed about where a
// request comes from.
func NewBlocks(db *sqlstore.DB, accounts *Accounts, clients edge.Proxies, clock habeas.Clock, contact string) *Blocks {
	return &Blocks{db: db, accounts: accounts, clock: clock, clients: clients, contact: contact}
}

// openToAll are the patterns that answer everybody: how a page looks, and what is kept about
// people and why, which the law lets nobody be kept from.
func openToAll(pattern string) bool {
	return pattern == "GET /policy" || strings.HasPrefix(pattern, "GET "+ui.AssetsPath)
}

// Admit refuses requests that come from a blocked network. Where the database does not answer
// it goes on with what it knew.
func (b *Blocks) Admit(r *http.Request, pattern string) error {
	if openToAll(pattern) {
		return nil
	}
	from, now := b.clients.Client(r), b.clock.Now()
	for _, n := range b.known(r.Context(), now) {
		if n.Network.Contains(from) && n.Holds(now) {
			return habeas.Forbidden("Your network is blocked until {date}. If that is wrong, ask: {contact}").
				WithCode("network.blocked").With("date", n.Until.Format(time.DateOnly)).With("contact", b.contact)
		}
	}
	return nil
}

// known are the blocked networks, as they were at most blocksFresh ago. While somebody else
// asks the database, the others go on with what is known.
func (b *Blocks) known(ctx context.Context, now time.Time) []account.Block {
	is := b.is.Load()
	if is.fresh(now) {
		return is.all
	}
	if is == nil {
		b.reading.Lock()
	} else if !b.reading.TryLock() {
		return is.all
	}
	defer b.reading.Unlock()
	if is = b.is.Load(); is.fresh(now) {
		return is.all
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTime)
	defer cancel()
	next := &blockedNetworks{at: now}
	if found, err := b.db.Blocks().Networks(ctx, now); err == nil {
		next.all = found
	} else if is != nil {
		next.all = is.all
	}
	b.is.Store(next)
	return next.all
}

func (n *blockedNetworks) fresh(now time.Time) bool {
	if n == nil {
		return false
	}
	age := now.Sub(n.at)
	return age >= 0 && age < blocksFresh // a clock that was set back reads anew
}

// forget lets the next request read what is blocked anew, after whoever reads just now.
func (b *Blocks) forget() {
	b.reading.Lock()
	b.is.Store(nil)
	b.reading.Unlock()
}

// List lists what is and was blocked, the newest first.
func (b *Blocks) List(ctx context.Context, a habeas.Actor, limit int) ([]account.Block, error) {
	if !a.Has(habeas.RoleAdministrator) {
		return nil, account.ErrNotAdministrator
	}
	return b.db.Blocks().Made(ctx, limit)
}

// AddressOf is how people know a blocked account: its main address.
func (b *Blocks) AddressOf(ctx context.Context, a habeas.Actor, of account.Block) string {
	if !a.Has(habeas.RoleAdministrator) || of.Account.IsZero() {
		return ""
	}
	addresses, err := b.db.Accounts().Addresses(ctx, of.Account)
	if err != nil {
		return ""
	}
	return account.Holdings{Addresses: addresses}.Main().Display
}

// BlockAccount keeps the account at an address out until a moment.
func (b *Blocks) BlockAccount(ctx context.Context, a habeas.Actor, at email.Address, reason string, until time.Time) error {
	id, found, err := b.accounts.AccountAt(ctx, b.accounts.addressHash(at))
	switch {
	case !a.Has(habeas.RoleAdministrator):
		return account.ErrNotAdministrator
	case err != nil:
		return err
	case !found:
		return habeas.Invalid("address", "No account has this address.").WithCode("account.none")
	}
	return b.make(ctx, a, account.Block{Account: id, Reason: reason, Until: until}, netip.Addr{})
}

// BlockNetwork keeps a network out until a moment; r is the request of who blocks it.
func (b *Blocks) BlockNetwork(ctx context.Context, a habeas.Actor, network, reason string, until time.Time, r *http.Request) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	n, err := account.ParseNetwork(network)
	if err != nil {
		return err
	}
	return b.make(ctx, a, account.Block{Network: n, Reason: reason, Until: until}, b.clients.Client(r))
}

func (b *Blocks) make(ctx context.Context, a habeas.Actor, block account.Block, from netip.Addr) error {
	block, err := account.MakeBlock(block, a, from, b.clock.Now())
	if err != nil {
		return err
	}
	defer b.forget()
	return b.db.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.Blocks().SaveBlock(block, b.entry(audit.BlockMade, a, block)) })
}

// entry witnesses a step, on the account that is blocked or on the house. The person reads
// the reason once they are in again.
func (b *Blocks) entry(event audit.Event, a habeas.Actor, of account.Block) audit.Entry {
	detail := map[string]string{"block": of.ID.String(), "until": of.Until.Format(time.DateOnly), "reason": of.Reason}
	return b.accounts.entry(event, habeas.SubjectOf(of.Account), atWork(a), detail)
}

// End takes a block back.
func (b *Blocks) End(ctx context.Context, a habeas.Actor, id habeas.BlockID) error {
	if !a.Has(habeas.RoleAdministrator) {
		return account.ErrNotAdministrator
	}
	defer b.forget()
	return b.db.InTx(ctx, func(tx *sqlstore.Tx) error {
		is, err := tx.Blocks().ByID(ctx, id)
		if err != nil {
			return err
		}
		if is, err = is.End(b.clock.Now()); err != nil {
			return err
		}
		return tx.Blocks().SaveBlock(is, b.entry(audit.BlockEnded, a, is))
	})
}
