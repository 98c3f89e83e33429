package edge

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of the reverse proxies that the organisation
// declared (trusted_proxies). Only what they say about a client is believed.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks in CIDR form.
func ParseProxies(list []string) (Proxies, error) {
	var out Proxies
	for _, s := range list {
		s = strings.TrimSpace(s)
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			ip, err := netip.ParseAddr(s)
			if err != nil {
				return nil, errors.New("trusted_proxies holds IP addresses and networks such as 10.0.0.0/8")
			}
			prefix = netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen())
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

func (p Proxies) trusted(ip netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(ip) {
			return true
		}
	}
	return false
}

// Client returns the address a request comes from: the connection's, or, when
// that is a declared proxy, the nearest address in X-Forwarded-For that is not,
// read from the right because everything further left is the client's own
// claim. It is for limits only: never log or store it. The zero Addr means
// unknown.
func (p Proxies) Client(r *http.Request) netip.Addr {
	ip := parseHop(r.RemoteAddr)
	if !p.trusted(ip) {
		return ip
	}
	lines := r.Header["X-Forwarded-For"]
	for i := len(lines) - 1; i >= 0; i-- {
		rest := lines[i]
		for rest != "" {
			cut := strings.LastIndexByte(rest, ',')
			hop := parseHop(strings.TrimSpace(rest[cut+1:]))
			if !hop.IsValid() {
				return ip // the chain breaks here: the last address that was vouched for
			}
			if ip = hop; !p.trusted(ip) {
				return ip
			}
			rest = rest[:max(cut, 0)]
		}
	}
	return ip
}

// LimitKey returns the key under which a client's requests are counted: its
// IPv4 address, or the /64 network of its IPv6 address, since one subscriber
// holds all of that.
func (p Proxies) LimitKey(r *http.Request) string {
	ip := p.Client(r)
	if ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.Addr().String()
		}
	}
	return ip.String()
}

// parseHop reads "address", "address:port" or "[address]:port".
func parseHop(s string) netip.Addr {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}

// Encrypted reports whether a request came over TLS: to this server, or to a declared proxy
// that says so. Where a proxy says nothing, it was declared to do TLS.
func (p Proxies) Encrypted(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	said := r.Header["X-Forwarded-Proto"]
	return p.trusted(parseHop(r.RemoteAddr)) && (len(said) == 0 || strings.EqualFold(strings.TrimSpace(said[len(said)-1]), "https"))
}
