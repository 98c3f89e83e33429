package wire

import (
	"bytes"
	"errors"
	"strings"

	"github.com/habeas-data/habeas/sealed"
)

// minStand is the length from which a stand-in of Put cannot be met by accident: seven
// letters drawn of thirty-two.
const minStand = 8

var errUnfit = errors.New("wire: not fit for a stand-in")

// unsafe reports whether a character of a value could mean something else than itself
// where its stand-in was written.
func unsafe(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return false
	}
	return !strings.ContainsRune(" -_.", c)
}

// Write implements net.Conn. Each stand-in in p goes out as its value, straight from
// sealed memory. A beginning of a stand-in at the end of p waits for the next Write, for
// the end of the answer or Close; not for a Read, which net/http begins at any time.
func (c *conn) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if len(c.held) == 0 && bytes.IndexByte(p, mark) < 0 {
		return c.Conn.Write(p)
	}
	text := p
	if len(c.held) > 0 {
		text = append(c.held, p...)
		c.held = nil
	}
	written := 0
	for at := 0; at < len(text); {
		next := bytes.IndexByte(text[at:], mark)
		if next < 0 {
			break
		}
		at += next
		stand, v, begins := c.find(text[at:])
		switch {
		case begins:
			c.held = bytes.Clone(text[at:])
			text = text[:at]
		case stand == 0:
			at++
		default:
			if err := c.put(text[written:at], v); err != nil {
				return 0, err
			}
			at += stand
			written = at
		}
	}
	if written < len(text) {
		if _, err := c.Conn.Write(text[written:]); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// put writes what comes before a stand-in, then its value. A value whose session is
// closed leaves nothing to write: the answer is broken off.
func (c *conn) put(before []byte, v sealed.Value) error {
	if len(before) > 0 {
		if _, err := c.Conn.Write(before); err != nil {
			return err
		}
	}
	return v.Use(func(plain []byte) error {
		if _, err := c.Conn.Write(plain); err != nil {
			return sealed.Public(err)
		}
		return nil
	})
}

// find looks for a stand-in of the connection at the beginning of text.
func (c *conn) find(text []byte) (length int, v sealed.Value, begins bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range c.batches {
		if length > 0 {
			break
		}
		var here bool
		length, v, here = b.put.find(text)
		begins = begins || here
	}
	return length, v, begins && length == 0
}

// release writes what was held back: nothing more comes that could complete it.
func (c *conn) release() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if len(c.held) == 0 {
		return nil
	}
	held := c.held
	c.held = nil
	_, err := c.Conn.Write(held)
	return err
}
