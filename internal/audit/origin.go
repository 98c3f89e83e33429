package audit

import (
	"context"
	"net/netip"
)

type originKey struct{}

// WithOrigin remembers in a request's context which address it comes from. Only the log of
// accounts takes it from there, sealed, for what an abuse case may ask within six months
// (LOG-04, LOG-16); no entry, leaf or line of text holds it.
func WithOrigin(ctx context.Context, from netip.Addr) context.Context {
	return context.WithValue(ctx, originKey{}, from)
}

// Origin is the address that WithOrigin remembered; the zero Addr: none.
func Origin(ctx context.Context) netip.Addr {
	from, _ := ctx.Value(originKey{}).(netip.Addr)
	return from
}
