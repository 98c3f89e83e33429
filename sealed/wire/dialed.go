package wire

import (
	"bytes"
	"context"
	"net"
	"sync"

	"github.com/habeas-data/habeas/sealed"
)

const (
	// pieceSize is the most that goes out in one write with a value in it, and at least
	// that much is there before anything goes out. It is less than crypto/tls puts into a
	// record from the first one on.
	pieceSize = 1120
	// tlsHead and tlsTail are what a record has around what was written (RFC 8446, 5.2).
	tlsHead, tlsTail = 5, 1 + 16
)

// Dialed is for a connection that this side opened, such as one to a mail server: the
// stand-ins become values on their way out, wherever writes are cut. What is written goes
// out with the next Read, or when there is enough of it; so it fits protocols in which
// this side asks and the other answers. TLS belongs below it.
//
// A value goes out in one write with what is around it, of a length with which crypto/tls
// encrypts in the buffer it has: where the buffer has to grow, it leaves the plaintext in
// the smaller one. Some hundred bytes between two Reads are enough for that.
func Dialed(inner net.Conn, stands Stands) net.Conn { return &dialed{Conn: inner, stands: stands} }

type dialed struct {
	net.Conn
	stands Stands

	mu   sync.Mutex
	text []byte // written and not gone out, with stand-ins
}

// Write implements net.Conn. A fault of the connection may come with the next Read.
func (d *dialed) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.text = append(d.text, p...)
	for len(d.text) >= 3*pieceSize {
		if err := d.send(d.cut(d.text[:2*pieceSize])); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Read implements net.Conn.
func (d *dialed) Read(p []byte) (int, error) {
	if err := d.flush(); err != nil {
		return 0, err
	}
	return d.Conn.Read(p)
}

// Close implements net.Conn.
func (d *dialed) Close() error {
	_ = d.flush()
	return d.Conn.Close()
}

// flush sends all that was written.
func (d *dialed) flush() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.text) > 0 {
		if err := d.send(d.cut(d.text)); err != nil {
			return err
		}
	}
	return nil
}

// cut is how much of the text goes out next: a piece that is good, cuts no stand-in and
// leaves a rest that can be good, too, if there is such a piece.
func (d *dialed) cut(text []byte) int {
	longest := min(len(text), pieceSize)
	best := 0
	for n := longest; n > 0; n-- {
		if !good(text[:n]) || d.within(text, n) {
			continue
		}
		if rest := text[n:]; len(rest) > pieceSize || good(rest) {
			return n
		}
		best = max(best, n)
	}
	if best == 0 {
		return longest
	}
	return best
}

// good reports whether a piece may go out: nothing in it is a stand-in, or it is roomy.
func good(piece []byte) bool { return bytes.IndexByte(piece, mark) < 0 || roomy(len(piece)) }

// within reports whether a stand-in is cut when text is cut at n.
func (d *dialed) within(text []byte, n int) bool {
	for at := max(0, n-d.longest()); at < n; at++ {
		if text[at] == mark {
			if length, _, _ := d.stands.find(text[at:]); at+length > n {
				return true
			}
		}
	}
	return false
}

// longest is the length of the longest stand-in.
func (d *dialed) longest() (n int) {
	for stand := range d.stands {
		n = max(n, len(stand))
	}
	return n
}

// roomy reports whether a buffer that is made to hold a record's head and n bytes more has
// room for what TLS adds behind them.
func roomy(n int) bool { return n <= pieceSize && roomyLengths()[n] }

// roomyLengths asks the allocator.
var roomyLengths = sync.OnceValue(func() *[pieceSize + 1]bool {
	var out [pieceSize + 1]bool
	for n := range out {
		need := tlsHead + n
		out[n] = cap(append([]byte(nil), make([]byte, need)...)) >= need+tlsTail
	}
	return &out
})

// send writes the first n bytes of the text with the values that stand there, composed in
// sealed memory. A value whose session is closed leaves nothing to write.
func (d *dialed) send(n int) error {
	piece := d.text[:n]
	defer func() { d.text = append(d.text[:0], d.text[n:]...) }()
	if bytes.IndexByte(piece, mark) < 0 {
		_, err := d.Conn.Write(piece)
		return err
	}
	session := sealed.Open(context.Background())
	defer session.Close()
	room, err := session.Seal("bytes of a connection", make([]byte, n))
	if err != nil {
		return err
	}
	return room.Use(func(b []byte) error {
		copy(b, piece) //sealcheck:allow mutate the room is made to be written in
		if err := d.fill(b); err != nil {
			return sealed.Public(err)
		}
		if _, err := d.Conn.Write(b); err != nil {
			return sealed.Public(err)
		}
		return nil
	})
}

// fill puts the values in the places of their stand-ins.
func (d *dialed) fill(b []byte) error {
	for at := 0; at < len(b); at++ {
		if b[at] != mark {
			continue
		}
		length, v, _ := d.stands.find(b[at:])
		if length == 0 {
			continue
		}
		//sealcheck:allow escape b is sealed memory, too
		err := v.Use(func(plain []byte) error { copy(b[at:], plain); return nil })
		if err != nil {
			return err
		}
		at += length - 1
	}
	return nil
}
