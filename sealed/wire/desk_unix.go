//go:build unix

package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"syscall"

	"github.com/habeas-data/habeas/sealed"
)

// deskSize fills a slot of sealed memory, and is about what net/http reads at once.
const deskSize = 4088

type desk = sealed.Of[[deskSize]byte]

// desks are where bytes lie between kernel and rewriting. Without them a process that stops
// right after a read, as a crash makes every goroutine do that comes back from the kernel,
// would hold what was read in a buffer of net/http. As many as can be at work at once.
var desks = sync.OnceValue(func() chan desk {
	session := sealed.Open(context.Background())
	free := make(chan desk, max(4, 2*runtime.GOMAXPROCS(0)))
	for range cap(free) {
		d, err := sealed.SealOf(session, "bytes of a connection", new([deskSize]byte))
		if err != nil {
			break // with fewer others wait, with none reads go as elsewhere
		}
		free <- d
	}
	if len(free) == 0 {
		return nil
	}
	return free
})

// rawOf is how a connection is read by way of a desk, nil where it cannot be.
func rawOf(c net.Conn) syscall.RawConn {
	s, ok := c.(syscall.Conn)
	if !ok || desks() == nil {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// readRaw reads what has come into a desk, rewrites it there and gives it to p. A desk is
// taken only while there is something to read.
func (c *conn) readRaw(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	waited := c.raw.Read(func(fd uintptr) bool {
		free := desks()
		d := <-free
		defer func() { free <- d }()
		used := d.Use(func(b *[deskSize]byte) error {
			at := b[:min(len(p), deskSize)]
			from := int(fd) //nolint:gosec // a descriptor is small
			//sealcheck:allow path it is read into
			n, err = retried(from, at) //sealcheck:allow escape how many have come is no secret
			c.in.rewrite(at[:n])
			copy(p, at[:n]) //sealcheck:allow escape stand-ins have taken the places of the secrets
			clear(at[:n])   //sealcheck:allow mutate a desk is there to be written to
			return nil
		})
		if used != nil {
			n, err = 0, used
		}
		return !errors.Is(err, syscall.EAGAIN)
	})
	switch {
	case waited != nil: // it was closed, or its deadline has passed
		return 0, waited
	case err != nil:
		return 0, &net.OpError{Op: "read", Net: c.RemoteAddr().Network(), Addr: c.RemoteAddr(), Err: os.NewSyscallError("read", err)}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// retried is read(2), again when a signal has interrupted it.
func retried(fd int, b []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, b)
		if !errors.Is(err, syscall.EINTR) {
			return max(n, 0), err
		}
	}
}
