package account

import (
	"context"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
)

// Block keeps an account or a network out until a moment (ADM-05). It ends by itself.
type Block struct {
	ID      habeas.BlockID
	Account habeas.AccountID // zero: a network
	Network netip.Prefix     // not valid: an account
	Reason  string
	By      habeas.AccountID
	Until   time.Time
	EndedAt time.Time // when it was taken back; zero: it was not
}

// Bounds of a block.
const (
	// MaxBlock is how far ahead its end may lie.
	MaxBlock = 366 * 24 * time.Hour
	// MaxBlockReason is the length of a reason, in characters.
	MaxBlockReason = 500
	// KeepBlocks is how long a block is kept after it is over.
	KeepBlocks = 180 * 24 * time.Hour
	// The widest networks that can be blocked: wider ones shut out whole continents by a slip.
	widest4, widest6 = 8, 19
)

var (
	errBlockUntil   = habeas.Invalid("until", "Give the day on which it ends: after today, and within a year.").WithCode("block.until")
	errBlockReason  = habeas.Invalid("reason", "Say why, in at most 500 characters.").WithCode("block.reason")
	errBlockNetwork = habeas.Invalid("network", "Give an address or a network, such as 192.0.2.0/24 or 2001:db8::/32.").WithCode("block.network")
	errBlockWide    = habeas.Invalid("network", "This network is too wide: at least /8, for IPv6 at least /19.").WithCode("block.wide")
	errBlockOwn     = habeas.Invalid("network", "You come from this network yourself: it would shut you out.").WithCode("block.own")
	errBlockSelf    = habeas.Invalid("address", "Nobody blocks their own account.").WithCode("block.self")
	errBlockOver    = habeas.Conflict("This block is over.").WithCode("block.over")
	// ErrNoBlock says that there is no such block.
	ErrNoBlock = habeas.NotFound("There is no such block.").WithCode("block.none")
)

// ParseNetwork reads an address or a network in CIDR form. What lies beyond the prefix is
// dropped, and an IPv4 address that is written as an IPv6 one is an IPv4 address.
func ParseNetwork(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	p, err := netip.ParsePrefix(text)
	if err != nil {
		ip, err := netip.ParseAddr(text)
		if err != nil || ip.Zone() != "" {
			return p, errBlockNetwork
		}
		p = netip.PrefixFrom(ip, ip.BitLen())
	}
	if ip := p.Addr(); ip.Is4In6() {
		if p.Bits() < 96 {
			return p, errBlockNetwork
		}
		p = netip.PrefixFrom(ip.Unmap(), p.Bits()-96)
	}
	if p.Addr().Is4() && p.Bits() < widest4 || p.Addr().Is6() && p.Bits() < widest6 {
		return p, errBlockWide
	}
	return p.Masked(), nil
}

// MakeBlock begins a block by an actor who comes from an address.
func MakeBlock(b Block, by habeas.Actor, from netip.Addr, now time.Time) (Block, error) {
	b.Reason = strings.TrimSpace(b.Reason)
	switch {
	case !by.Has(habeas.RoleAdministrator):
		return b, ErrNotAdministrator
	case b.Account.IsZero() == !b.Network.IsValid():
		return b, errBlockNetwork
	case b.Account == by.Account:
		return b, errBlockSelf
	case b.Network.IsValid() && b.Network.Contains(from.Unmap()):
		return b, errBlockOwn
	case b.Reason == "" || !utf8.ValidString(b.Reason) || utf8.RuneCountInString(b.Reason) > MaxBlockReason:
		return b, errBlockReason
	case !b.Until.After(now) || b.Until.Sub(now) > MaxBlock:
		return b, errBlockUntil
	}
	b.ID, b.By, b.Until = habeas.NewID[habeas.BlockKind](now), by.Account, b.Until.UTC()
	return b, nil
}

// From is when it began.
func (b Block) From() time.Time { return b.ID.Time() }

// Holds reports whether the block is in force.
func (b Block) Holds(now time.Time) bool { return b.EndedAt.IsZero() && now.Before(b.Until) }

// End takes a block back.
func (b Block) End(now time.Time) (Block, error) {
	if !b.Holds(now) {
		return b, errBlockOver
	}
	b.EndedAt = now
	return b, nil
}

// Blocks reads what is blocked.
type Blocks interface {
	// ByID finds one; ErrNoBlock where there is none.
	ByID(ctx context.Context, id habeas.BlockID) (Block, error)
	// Made lists them, the newest first.
	Made(ctx context.Context, limit int) ([]Block, error)
	// Networks lists the networks that are blocked at a moment.
	Networks(ctx context.Context, now time.Time) ([]Block, error)
	// BlockedUntil is until when an account is blocked; zero where it is not.
	BlockedUntil(ctx context.Context, id habeas.AccountID, now time.Time) (time.Time, error)
}

// BlockWriter changes it in one transaction.
type BlockWriter interface {
	Blocks
	// SaveBlock inserts a block, or writes that it was taken back.
	SaveBlock(b Block, e audit.Entry) error
}
