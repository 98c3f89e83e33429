package sealed

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
)

// headRoom is the most bytes that the head of a request with sealed values may have: the
// connection must see it in one piece.
const headRoom = 16 << 10

var (
	errHead  = errors.New("sealed: a request with a sealed header field has a head of at most 16 KiB")
	errProxy = errors.New("sealed: a sealed header field cannot go through a proxy for HTTPS, whose TLS is made above the connection")
)

// Transport sends what [Value.SetHeader] has put into requests. It works on a copy of base,
// nil for http.DefaultTransport, and speaks HTTP/1.1 only. It keeps base's dialers, proxy,
// TLS configuration and limits, with one exception: a request to an https URL with a sealed
// field is an error when base would send it through a proxy. A request whose value is gone
// before it is sent is an error too.
func Transport(base *http.Transport) http.RoundTripper {
	if base == nil {
		base, _ = http.DefaultTransport.(*http.Transport)
	}
	if base == nil { // somebody has replaced the default
		base = &http.Transport{Proxy: http.ProxyFromEnvironment}
	}
	t := &transport{base: base.Clone()}
	t.sent.live = map[string]uint64{}
	t.base.ForceAttemptHTTP2 = false
	t.base.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	t.base.Protocols = new(http.Protocols)
	t.base.Protocols.SetHTTP1(true)
	t.base.WriteBufferSize = max(t.base.WriteBufferSize, headRoom)
	dial := t.base.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	dialTLS := t.base.DialTLSContext
	if dialTLS == nil {
		dialTLS = t.dialTLS(dial)
	}
	t.base.DialContext = t.wrapped(dial)
	t.base.DialTLSContext = t.wrapped(dialTLS)
	return t
}

type transport struct {
	base *http.Transport
	sent tokens
}

type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// wrapped is dial with the connection that replaces tokens.
func (t *transport) wrapped(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &sendingConn{c, &t.sent}, nil
	}
}

// dialTLS is what http.Transport does by itself when nobody needs to be above TLS.
func (t *transport) dialTLS(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		cfg := t.base.TLSClientConfig.Clone()
		if cfg == nil {
			cfg = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		cfg.NextProtos = []string{"http/1.1"}
		host, _, _ := net.SplitHostPort(addr) // net/http has joined it
		cfg.ServerName = cmp.Or(cfg.ServerName, host)
		if limit := t.base.TLSHandshakeTimeout; limit > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, limit)
			defer cancel()
		}
		c := tls.Client(raw, cfg)
		if err = c.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, err
		}
		return c, nil
	}
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var conn net.Conn
	trace := &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) { conn = got.Conn }}
	out := r.Clone(httptrace.WithClientTrace(r.Context(), trace))
	sent := t.replace(out)
	defer t.sent.drop(sent) // not before: a request may be sent again on another connection
	if err := t.check(out, len(sent)); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as the contract of RoundTripper demands
		}
		return nil, err
	}
	resp, err := t.base.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	resp.Request = r // without tokens
	if c, ok := conn.(*sendingConn); ok && resp.TLS == nil {
		if c, ok := c.Conn.(*tls.Conn); ok { // net/http looks for it at the top only
			state := c.ConnectionState()
			resp.TLS = &state
		}
	}
	return resp, nil
}

// replace puts tokens in the place of the placeholders that are meant for r's origin.
func (t *transport) replace(r *http.Request) (sent []string) {
	for _, fields := range r.Header {
		for i, field := range fields {
			for {
				id, at, ok := findPlaceholder(field, r.URL)
				if !ok {
					break
				}
				token := t.sent.add(id)
				sent = append(sent, token)
				field = field[:at] + token + field[at+placeholderLen:]
			}
			fields[i] = field
		}
	}
	return sent
}

// check refuses what the connection could not replace.
func (t *transport) check(r *http.Request, sent int) error {
	if sent == 0 {
		return nil
	}
	head := 1<<10 + len(r.Host) + len(r.URL.RequestURI()) // with the fields that net/http adds
	for name, fields := range r.Header {
		for _, field := range fields {
			head += len(name) + len(field) + 4
		}
	}
	if head > headRoom {
		return errHead
	}
	if r.URL.Scheme == "https" && t.base.Proxy != nil {
		if proxy, err := t.base.Proxy(r); err != nil || proxy != nil {
			return errProxy
		}
	}
	return nil
}

// sendingConn writes values for tokens.
type sendingConn struct {
	net.Conn
	sent *tokens
}

// Write sends p. A head with tokens is put together in sealed memory, so that it goes out in
// one piece and leaves nothing behind.
func (c *sendingConn) Write(p []byte) (int, error) {
	all, err := c.sent.find(p)
	defer func() {
		for _, f := range all {
			f.value.unpin()
		}
	}()
	if err != nil {
		return 0, err
	}
	if len(all) == 0 {
		return c.Conn.Write(p)
	}
	size := len(p)
	for _, f := range all {
		size += f.value.slot.length() - tokenLen
	}
	if size > MaxLen {
		return 0, ErrTooLong
	}
	s, err := memory.alloc(size)
	if err != nil {
		return 0, err
	}
	defer memory.free(s)
	out, from := s.plain()[:0], 0
	for _, f := range all {
		out = append(append(out, p[from:f.at]...), f.value.slot.plain()...)
		from = f.at + tokenLen
	}
	if _, err = c.Conn.Write(append(out, p[from:]...)); err != nil {
		return 0, err
	}
	return len(p), nil
}
