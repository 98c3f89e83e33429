package wire

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"

	"github.com/habeas-data/habeas/sealed"
)

// Listen gives connections that seal what arrives by the rules, for an http.Server that
// was given to [Prepare] and ends no TLS.
func Listen(l net.Listener, rules Rules) net.Listener { return listener{l, rules} }

type listener struct {
	net.Listener
	rules Rules
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner}
	c.in = newInbound(&l.rules, c.arrived)
	c.raw = rawOf(inner)
	return c, nil
}

// Context lets Take and Put find a connection made by this package; others leave ctx as it is.
func Context(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*conn); ok {
		return context.WithValue(ctx, key{}, c)
	}
	return ctx
}

type key struct{}

// Prepare lets a server tell its handlers about their connections, and the connections
// when a request is answered. Hooks that srv has are called as well.
func Prepare(srv *http.Server) {
	inContext, inState := srv.ConnContext, srv.ConnState
	srv.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if inContext != nil {
			ctx = inContext(ctx, c)
		}
		return Context(ctx, c)
	}
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		if c, ok := c.(*conn); ok && state == http.StateIdle {
			c.answered()
		}
		if inState != nil {
			inState(c, state)
		}
	}
}

// Take gives the value that a text read from a request stands for. It reports false for a
// text that is itself: the connection is not one of this package's, or the text came from
// where no rule expects a secret. The zero Value, which nothing can be done with, says
// that no protected memory was left.
func Take(ctx context.Context, text string) (sealed.Value, bool) {
	c, ok := ctx.Value(key{}).(*conn)
	if !ok || text == "" || text[0] != mark {
		return sealed.Value{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.batches {
		if v, ok := b.taken[text]; ok {
			return v, true
		}
	}
	return sealed.Value{}, false
}

// Session is where the values of a request live: until its answer has been written. It
// reports false where there is no connection of this package.
func Session(ctx context.Context) (*sealed.Session, bool) {
	c, ok := ctx.Value(key{}).(*conn)
	if !ok {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.batch(c.done + 1).session, true
}

// Put gives a text, as long as the value, that becomes the value on its way out. It may be
// written once or several times into the answer of the request that ctx is of, in any
// format that leaves letters, digits and ~ as they are, and not into what is compressed.
// It reports false where there is no such connection, where the value is shorter than
// eight bytes, and where it holds other bytes than ASCII letters, digits, blanks and -_.,
// which nothing escapes on their way out; then the caller writes the value itself. What
// came in is not put out: a stand-in of Take stays one.
func Put(ctx context.Context, v sealed.Value) (string, bool) {
	c, ok := ctx.Value(key{}).(*conn)
	if !ok {
		return "", false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.batch(c.done + 1).put.Put(v)
}

// conn is a connection whose secrets are sealed. One goroutine may read while another
// writes.
type conn struct {
	net.Conn
	in  *inbound
	raw syscall.RawConn // to read by way of a desk; nil where that cannot be

	mu      sync.Mutex // guards the rest
	batches []*batch   // one for each request that brought or was given secrets, in order
	done    int        // requests answered
	closed  bool

	writing sync.Mutex
	held    []byte // the last bytes written, where they may begin a stand-in
}

// batch holds the secrets of one request.
type batch struct {
	request int // counted from 1
	session *sealed.Session
	taken   map[string]sealed.Value // what came, by stand-in
	put     Stands                  // what is to go out
}

// batch finds or begins the batch of a request. c.mu is held.
func (c *conn) batch(request int) *batch {
	for _, b := range c.batches {
		if b.request == request {
			return b
		}
	}
	b := &batch{
		request: request, session: sealed.Open(context.Background()),
		taken: map[string]sealed.Value{}, put: Stands{},
	}
	if c.closed {
		b.session.Close()
	}
	c.batches = append(c.batches, b)
	return b
}

// arrived seals what stood in the place of a stand-in.
func (c *conn) arrived(stand string, raw []byte, form bool) {
	if form {
		raw = raw[:unescape(raw)]
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.batch(c.in.request)
	v, err := b.session.Seal("secret of a request", raw)
	if err != nil {
		v = sealed.Value{}
	}
	b.taken[stand] = v
}

// answered drops the secrets of the oldest request that waited for its answer, all of
// which goes out now.
func (c *conn) answered() {
	_ = c.release()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	for len(c.batches) > 0 && c.batches[0].request <= c.done {
		c.batches[0].session.Close()
		c.batches = c.batches[1:]
	}
}

// Read implements net.Conn. What is a secret in p was rewritten before it returns.
func (c *conn) Read(p []byte) (int, error) {
	if c.raw != nil {
		return c.readRaw(p)
	}
	n, err := c.Conn.Read(p)
	c.in.rewrite(p[:n])
	return n, err
}

// Close implements net.Conn and wipes every secret of the connection.
func (c *conn) Close() error {
	_ = c.release()
	err := c.Conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, b := range c.batches {
		b.session.Close()
	}
	c.batches = nil
	return err
}

// CloseWrite ends the writing half, where the connection below can.
func (c *conn) CloseWrite() error {
	if err := c.release(); err != nil {
		return err
	}
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
