package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// SocketFile is the control socket of a running server, in its data directory.
const SocketFile = "habeas.sock"

// maxSocketPath is how long the name of a Unix socket may be, in bytes, without the
// zero byte that ends it (sun_path in unix(7) is 108 long).
const maxSocketPath = 107

// Control is what a running server offers to commands beside it: HTTP over
// DIR/habeas.sock, which only the server's own user can open (mode 0600, in a
// directory of mode 0700). Whoever reaches it may do everything it offers, so
// handlers do not ask who calls. A node has a socket of its own, on PostgreSQL too.
type Control struct {
	mux *edge.Mux
	log *slog.Logger
	srv *http.Server
	dir *socketDir
}

// NewControl returns a control socket that is not listening yet.
func NewControl(log *slog.Logger) *Control {
	return &Control{mux: &edge.Mux{Failures: &edge.Failures{Log: log}}, log: log}
}

// Handle offers h at a method and a path such as "POST", "/backup". An error that h
// returns reaches the command as it is: kind, code, field and message. Register
// everything before [Control.Listen]; a path that is taken already panics.
func (c *Control) Handle(method, path string, h edge.Handler) { c.mux.Handle(method+" "+path, h) }

// Listen begins to answer in dir. The caller holds the directory's lock, so a socket
// that lies there was left behind by a process that is gone, and is replaced.
func (c *Control) Listen(dir string) error {
	place, err := openSocketDir(dir)
	if err != nil {
		return err
	}
	l, err := place.listen()
	if err != nil {
		return errors.Join(err, place.Close())
	}
	c.dir = place
	c.srv = &http.Server{
		Handler: c.mux, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	go func() { // ends with Close
		if err := c.srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			c.log.Error("the control socket does not answer any more", "error", err)
		}
	}()
	return nil
}

// Close lets what is under way finish until ctx ends, and removes the socket.
func (c *Control) Close(ctx context.Context) error {
	if c.srv == nil {
		return nil
	}
	err := c.srv.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("stop the control socket: %w", err), c.srv.Close())
	}
	return errors.Join(err, os.Remove(filepath.Join(c.dir.path, SocketFile)), c.dir.Close())
}

// socketDir reaches the socket in a directory whatever the length of its name.
type socketDir struct {
	path string
	fd   *os.File // open where the name is too long
}

// openSocketDir finds a name for the socket that is short enough. Linux has one for
// every open directory.
func openSocketDir(dir string) (*socketDir, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	d := &socketDir{path: path}
	if len(filepath.Join(path, SocketFile)) <= maxSocketPath {
		return d, nil
	}
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		return nil, habeas.Invalid("dir", "The name of the data directory is too long for the control socket in it: choose one of at most 90 bytes.").WithCode("dir.name-long")
	}
	if d.fd, err = os.Open(path); err != nil {
		return nil, err
	}
	return d, nil
}

func (d *socketDir) name() string {
	if d.fd != nil {
		return fmt.Sprintf("/proc/self/fd/%d/%s", d.fd.Fd(), SocketFile)
	}
	return filepath.Join(d.path, SocketFile)
}

func (d *socketDir) listen() (net.Listener, error) {
	path := filepath.Join(d.path, SocketFile)
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != os.ModeSocket {
			return nil, habeas.Conflict("There is a file habeas.sock in the data directory that is no socket. Move it away.").WithCode("control.foreign")
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("replace the control socket: %w", err)
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: d.name(), Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // Close removes it under its own name
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("open the control socket: %w", err), l.Close())
	}
	return l, nil
}

// Close implements io.Closer.
func (d *socketDir) Close() error {
	if d.fd == nil {
		return nil
	}
	return d.fd.Close()
}
