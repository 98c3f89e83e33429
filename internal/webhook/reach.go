package webhook

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// inside are networks that are no part of the public internet, or lead back into one's
// own, beyond those that net/netip knows by name (RFC 6890 and its registries).
var inside = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4",
	"168.63.129.16/32", // of a cloud: its machines ask it for their secrets
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
)

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// ParseNetworks reads the setting that names private networks which may be reached.
func ParseNetworks(texts []string) (all []netip.Prefix, err error) {
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			ip, ipErr := netip.ParseAddr(text)
			if ipErr != nil {
				return nil, errNetwork
			}
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

// reachable reports whether events may be sent to an address.
func reachable(ip netip.Addr, allowed []netip.Prefix) bool {
	ip = ip.WithZone("").Unmap()
	holds := func(p netip.Prefix) bool { return p.Contains(ip) }
	if slices.ContainsFunc(allowed, holds) {
		return true
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(inside, holds)
}

// plainly marks a call that is not encrypted, which may not leave the machine.
type plainly struct{}

// dialer connects to reachable addresses only. It looks at the address that is being
// connected to, after the name was resolved: a name that leads elsewhere the second time
// (DNS rebinding) gains nothing.
func dialer(allowed []netip.Prefix) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{Timeout: connectLimit}
		d.ControlContext = func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !reachable(to.Addr(), allowed) || ctx.Value(plainly{}) != nil && !to.Addr().Unmap().IsLoopback() {
				return errForbidden
			}
			return nil
		}
		return d.DialContext(ctx, network, address)
	}
}
