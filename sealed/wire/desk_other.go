//go:build !unix

package wire

import (
	"net"
	"syscall"
)

// rawOf knows no way here: what is read is rewritten in the buffer of net/http.
func rawOf(net.Conn) syscall.RawConn { return nil }

func (c *conn) readRaw(p []byte) (int, error) { return c.Conn.Read(p) }
