package pgtest

import (
	"bytes"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// Proxy stands between a store and its server and can lose a message on the way: it then
// hangs up, as a network does that breaks at the worst moment. Its methods are safe for
// concurrent use.
type Proxy struct {
	DSN string // of the database, through the proxy

	server string
	mu     sync.Mutex
	text   []byte // nil: nothing is to be lost
	skip   int
	answer bool
	lost   int
	refuse bool
}

// Through starts a proxy in front of a database of a [Cluster]. It ends with the test.
func Through(t testing.TB, dsn string) *Proxy {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	dir, q := t.TempDir(), u.Query()
	l, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // whoever is connected hangs up by itself
	p := &Proxy{server: filepath.Join(q.Get("host"), socket)}
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	p.DSN = u.String()
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(client)
		}
	}()
	return p
}

// LoseAnswer loses the server's answer to a message that contains text: the server has
// done it, and nobody hears of it. The first skip such messages pass.
func (p *Proxy) LoseAnswer(text string, skip int) { p.lose(text, skip, true) }

// LoseRequest loses such a message itself: the server never hears of it.
func (p *Proxy) LoseRequest(text string, skip int) { p.lose(text, skip, false) }

func (p *Proxy) lose(text string, skip int, answer bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text, p.skip, p.answer = []byte(text), skip, answer
}

// Lost counts what was lost so far.
func (p *Proxy) Lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// Refuse hangs up on new connections while it is set. Those that are there stay.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = on
}

// falls reports whether a message is the one that falls, with or without reaching the server.
func (p *Proxy) falls(message []byte) (now, answer bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.text == nil || !bytes.Contains(message, p.text) {
		return false, false
	}
	if p.skip > 0 {
		p.skip--
		return false, false
	}
	p.text = nil
	p.lost++
	return true, p.answer
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	p.mu.Lock()
	refuse := p.refuse
	p.mu.Unlock()
	if refuse {
		return
	}
	back, err := net.Dial("unix", p.server)
	if err != nil {
		return
	}
	defer back.Close()
	var fallen atomic.Bool // the next answer is lost
	go func() {
		defer back.Close()
		pass(client, back, func(message []byte) bool {
			now, answer := p.falls(message)
			if answer {
				fallen.Store(true)
			}
			return !now || answer
		})
	}()
	pass(back, client, func([]byte) bool { return !fallen.Load() })
}

// pass copies what may pass until either side hangs up.
func pass(from, to net.Conn, may func([]byte) bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 && !may(buf[:n]) {
			return
		}
		if _, failed := to.Write(buf[:n]); err != nil || failed != nil {
			return
		}
	}
}
