package edge

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Origin is where people reach the server: scheme, host and port of the
// configured public_url. Every link is built from it and none from a request,
// so a forged Host cannot plant a link (PTY-A41). The zero Origin is unusable;
// make one with ParseOrigin.
type Origin struct {
	scheme   string
	hostname string // lower case, no port
	port     string // empty when it is the scheme's default
}

// ParseOrigin reads public_url. It wants https, or http on the loopback host,
// a domain name in its ASCII form (WebAuthn takes no IP address as RP id), and
// no path, query or user. A loopback address is read as "localhost".
func ParseOrigin(publicURL string) (Origin, error) {
	u, err := url.Parse(publicURL)
	if err != nil || u.Host == "" {
		return Origin{}, errors.New("public_url must look like https://example.org")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || (u.Path != "" && u.Path != "/") {
		return Origin{}, errors.New("public_url is scheme, host and port only, without path or query")
	}
	o := Origin{scheme: strings.ToLower(u.Scheme), hostname: strings.ToLower(u.Hostname()), port: u.Port()}
	if isLoopback(o.hostname) {
		o.hostname = "localhost"
	}
	switch {
	case o.scheme != "https" && o.scheme != "http":
		return Origin{}, errors.New("public_url must begin with https://")
	case o.scheme == "http" && o.hostname != "localhost":
		return Origin{}, errors.New("public_url must begin with https:// unless it is http://localhost")
	case !isDomain(o.hostname):
		return Origin{}, errors.New("public_url needs a domain name, in its ASCII form (xn--…) if it is international")
	}
	if o.scheme == "https" && o.port == "443" || o.scheme == "http" && o.port == "80" {
		o.port = ""
	}
	return o, nil
}

// isDomain accepts letters, digits, hyphens and dots, and no IP address.
func isDomain(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil || host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

func isLoopback(hostname string) bool {
	if hostname == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(hostname)
	return err == nil && ip.IsLoopback()
}

// String returns the origin as browsers send it, "https://example.org:8443".
func (o Origin) String() string { return o.scheme + "://" + o.Host() }

// Host returns host and, unless it is the default, port.
func (o Origin) Host() string {
	if o.port == "" {
		return o.hostname
	}
	return net.JoinHostPort(o.hostname, o.port)
}

// RPID returns the relying party id for WebAuthn: the host without port.
func (o Origin) RPID() string { return o.hostname }

// Secure reports whether people reach the server over https.
func (o Origin) Secure() bool { return o.scheme == "https" }

// Loopback reports whether the server is for this machine only.
func (o Origin) Loopback() bool { return o.hostname == "localhost" }

// URL returns the full link to a path of this server, which may carry a query
// and a fragment. Whatever is not a character of URLs (RFC 3986) comes out
// percent-encoded, and the result is always within the origin.
func (o Origin) URL(path string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/?#[]@!$&'()*+,;=%"
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.WriteString(o.String())
	if !strings.HasPrefix(path, "/") {
		b.WriteByte('/')
	}
	for _, c := range []byte(path) {
		if strings.IndexByte(plain, c) >= 0 {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// Serves reports whether a Host header names this origin. On loopback the
// machine's other names for itself, with the same port, are good too.
func (o Origin) Serves(host string) bool {
	if host == o.Host() { // nearly always
		return true
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil { // no port given
		name, port = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ""
	}
	if o.Secure() && port == "443" || !o.Secure() && port == "80" {
		port = ""
	}
	if port != o.port {
		return false
	}
	return equalASCII(name, o.hostname) || o.Loopback() && isLoopback(name)
}

// equalASCII compares host names. Unlike strings.EqualFold it folds ASCII
// letters only: the Kelvin sign is no k.
func equalASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	lower := func(c byte) byte {
		if 'A' <= c && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}
