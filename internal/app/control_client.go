package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
)

// ErrNotRunning says that no server answers in a data directory, so a command may do
// its work itself.
var ErrNotRunning = habeas.Unavailable("No server is running in this data directory. Start it with \"habeas serve --dir DIR\".").WithCode("control.not-running")

// ErrNotYours says that the server belongs to another user of the machine.
var ErrNotYours = habeas.Forbidden("The server in this data directory belongs to another user. Run this command as that user: sudo -u habeas habeas …").WithCode("control.not-yours")

// ControlClient talks to the server that runs in a data directory. It is safe for
// concurrent use.
type ControlClient struct {
	dir  *socketDir
	http *http.Client
}

// DialControl finds the server that runs in dir. It returns [ErrNotRunning] when there
// is none, also when a dead one left its socket; then the command may open the directory
// itself (app.Open, which takes its lock). Close the client.
func DialControl(dir string) (*ControlClient, error) {
	place, err := openSocketDir(dir)
	if err != nil {
		return nil, err
	}
	c := &ControlClient{dir: place}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", place.name())
	}
	c.http = &http.Client{Transport: &http.Transport{DialContext: dial, DisableCompression: true}}
	conn, err := dial(context.Background(), "", "")
	if err == nil {
		return c, conn.Close()
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		err = ErrNotRunning
	case errors.Is(err, fs.ErrPermission):
		err = ErrNotYours
	}
	return nil, errors.Join(err, place.Close())
}

// Close ends the connections.
func (c *ControlClient) Close() error {
	c.http.CloseIdleConnections()
	return c.dir.Close()
}

// Call sends in as JSON (nil: no body) and decodes the answer into out (nil: dropped).
// A failure comes back as the *habeas.Error that the server's handler returned.
func (c *ControlClient) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	res, err := c.Stream(ctx, method, path, "application/json", body)
	if err != nil {
		return err
	}
	defer res.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, res)
		return err
	}
	return json.NewDecoder(res).Decode(out)
}

// Stream sends a body of any kind and returns the answer's, which the caller closes.
func (c *ControlClient) Stream(ctx context.Context, method, path, mediaType string, body io.Reader) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", mediaType)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, habeas.Unavailable("The server ended before it had answered. See its log.").WithCode("control.ended").WithCause(err)
	}
	if res.StatusCode < 300 {
		return res.Body, nil
	}
	defer res.Body.Close()
	return nil, problemError(res)
}

// problemError turns a problem+json answer back into the error it was made of.
func problemError(res *http.Response) error {
	var p edge.Problem
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&p); err != nil {
		return fmt.Errorf("the server answered %s", res.Status)
	}
	e := &habeas.Error{Code: p.Code, Field: p.Field, Message: p.Detail}
	for kind := habeas.KindInternal; kind <= habeas.KindSealed; kind++ {
		if strings.TrimPrefix(p.Type, "/problems/") == kind.String() {
			e.Kind = kind
		}
	}
	return e
}
