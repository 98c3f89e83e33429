// Package demo runs `habeas demo`: a whole server in which everybody is invented.
package demo

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/demo"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/web"
	webdemo "github.com/habeas-data/habeas/internal/web/demo"
	"github.com/habeas-data/habeas/internal/web/ui"
)

// passwordFile marks a directory that "habeas demo" made. It holds the master
// password, which protects nothing here: everybody in the directory is invented.
const passwordFile = "demo-password"

// organisation keeps the records of the demo.
const organisation = "Riverside Arts"

// Options say how `habeas demo` runs.
type Options struct {
	Dir           string // empty: a temporary one, removed at the end
	RecordsDSN    string // empty PostgreSQL database for the records, or that of an earlier demo
	KeysDSN       string // and for the keys; both empty: SQLite in Dir
	Addr          string // on this machine
	People        int    // invented; 0 means 2,000
	Organisations int    // 0 means 200
	Log           *slog.Logger
	Progress      func(done, total int64) // while the world is told; may be nil
	Ready         func(Ready)             // once people can come; may be nil
}

// Ready is what is known when the demo can be visited.
type Ready struct {
	URL     string  `json:"url"`
	Start   string  `json:"start"`
	Dir     string  `json:"dir"`
	Kept    bool    `json:"kept"`
	People  int     `json:"people"`
	Records int     `json:"records"`
	Seconds float64 `json:"seconds"`
}

// Demo is a whole server with invented people, for somebody to look around in. It
// implements web/demo.Demo. Its pages let a visitor sign in as anybody of the cast, so it
// listens on this machine only.
type Demo struct {
	*app.Server
	o       Options
	world   *demo.World
	clock   *storyClock
	post    *outbox
	at      net.Addr
	booking *bookingSystem
	kept    bool
	tickets int            // told
	owner   map[string]int // of each address: the first who has it

	again  sync.Mutex // Tim begins anew once at a time
	mu     sync.Mutex // guards before
	before *webdemo.Search
}

var _ webdemo.Demo = (*Demo)(nil)

// Serve makes the world, or opens the one in o.Dir, and serves it until ctx ends.
func Serve(ctx context.Context, o Options) error {
	began := time.Now()
	debug.SetGCPercent(50) // a demo is to be small rather than fast
	if o.Dir == "" {
		dir, err := os.MkdirTemp("", "habeas-demo-") // mode 0700
		if err != nil {
			return fmt.Errorf("make a directory for the demo: %w", err)
		}
		defer os.RemoveAll(dir)
		o.Dir = dir
		return serve(ctx, o, false, began)
	}
	return serve(ctx, o, true, began)
}

func serve(ctx context.Context, o Options, kept bool, began time.Time) error {
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer l.Close() // a second close after Serve is harmless
	d, err := Open(ctx, o, l.Addr(), kept)
	if ctx.Err() != nil && err != nil {
		return nil // interrupted while the world was told
	}
	if err != nil {
		return err
	}
	h, err := d.Handler()
	if err != nil {
		return errors.Join(err, d.Close())
	}
	if o.Ready != nil {
		ready := Ready{
			URL: d.Origin.String(), Start: d.Origin.URL("/demo"), Dir: o.Dir, Kept: kept, People: len(d.world.People),
			Seconds: time.Since(began).Seconds(),
		}
		if ready.Records, _, _, err = d.DB.Records().Count(ctx); err != nil {
			return errors.Join(err, d.Close())
		}
		o.Ready(ready)
	}
	return errors.Join(d.Serve(ctx, l, h), d.Close())
}

// Open makes the world in o.Dir, which must be empty, or opens the one that an
// earlier demo left there. at is where the server will listen.
func Open(ctx context.Context, o Options, at net.Addr, kept bool) (*Demo, error) {
	tcp, ok := at.(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		return nil, habeas.Invalid("addr", "The demo lets everybody be anybody, so it listens on this machine only: use localhost.").WithCode("demo.addr")
	}
	origin, err := edge.ParseOrigin(fmt.Sprintf("http://localhost:%d", tcp.Port))
	if err != nil {
		return nil, err
	}
	if o.People == 0 {
		o.People, o.Organisations = 2000, 200
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	keys, password, err := openKeys(ctx, o)
	if err != nil {
		return nil, err
	}
	d := &Demo{o: o, clock: &storyClock{}, post: &outbox{}, at: at, kept: kept}
	d.post.clock = d.clock
	d.world = demo.New(1, o.People, o.Organisations, d.clock.Now())
	d.owner = make(map[string]int)
	for i := range slices.Backward(d.world.People) {
		d.owner[strings.ToLower(d.world.People[i].Email)] = i
	}
	d.Server, err = app.Open(ctx, app.Config{
		Dir: o.Dir, RecordsDSN: o.RecordsDSN, Keys: keys, Clock: d.clock, Organisation: organisation, Contact: "the desk, desk@riverside-arts.example",
		Origin: origin, Sender: d.post, MailDomain: "riverside-arts.example", Log: o.Log, LedgerOrigin: "riverside-arts.example/ledger",
		SessionDays: session.KeepDays,
	})
	if err != nil {
		return nil, errors.Join(err, keys.Close())
	}
	if password == "" {
		err = d.resume(ctx)
	} else if err = d.tell(ctx); err == nil {
		// Only a whole demo can be opened again.
		err = os.WriteFile(filepath.Join(o.Dir, passwordFile), []byte(password), 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.forget()
	debug.FreeOSMemory() // telling the story took more than showing it will
	return d, nil
}

// openKeys makes the key store of an empty directory and returns its password, or
// opens that of a demo.
func openKeys(ctx context.Context, o Options) (keys *keyring.Ring, fresh string, err error) {
	dir := o.Dir
	if (o.RecordsDSN == "") != (o.KeysDSN == "") {
		return nil, "", app.ErrTwoDatabases
	}
	path := app.KeysPath(dir)
	file := filepath.Join(dir, passwordFile)
	kept, err := os.ReadFile(file)
	if err == nil {
		keys, err = keyring.Open(ctx, path, keyring.NewPassword(kept), keyring.Options{DSN: o.KeysDSN})
		return keys, "", err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("make the data directory: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, "", err
	}
	if len(entries) > 0 {
		return nil, "", habeas.Conflict("This directory holds something else than a demo. Name an empty one. Nothing was changed.").WithCode("dir.exists")
	}
	var raw [20]byte
	rand.Read(raw[:]) // never fails
	fresh = base32.StdEncoding.EncodeToString(raw[:])
	// The cheap cost is enough: the password is random, and guards nobody.
	keys, kit, err := keyring.Create(ctx, path, keyring.NewPassword([]byte(fresh)), keyring.Options{KDF: keyring.CheapKDF, DSN: o.KeysDSN})
	kit.Close() // nobody is shown it: the password lies beside the keys
	return keys, fresh, err
}

// Handler returns everything the demo answers: the server's own pages, and the demo's.
func (d *Demo) Handler() (http.Handler, error) {
	var renderer *ui.Renderer
	h, err := d.Server.Handler(func(m *edge.Mux, s *web.Site) {
		webdemo.Pages{Base: s.Base, Demo: d}.Mount(m)
		renderer = s.Renderer
	})
	if err != nil {
		return nil, err
	}
	return webdemo.WithTour(renderer, h), nil
}

// storyClock shows the time of the story while it is told, and the machine's time
// afterwards. It is safe for concurrent use.
type storyClock struct{ past atomic.Int64 } // Unix milliseconds; 0: the present

// Now implements habeas.Clock.
func (c *storyClock) Now() time.Time {
	if ms := c.past.Load(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Now().UTC()
}

func (c *storyClock) set(t time.Time) { c.past.Store(t.UnixMilli()) }
func (c *storyClock) present()        { c.past.Store(0) }
