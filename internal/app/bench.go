package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/authz"
	"github.com/habeas-data/habeas/internal/bench"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
)

// BenchOptions say which server is measured: a throw-away one in a temporary directory,
// with invented people, on loopback.
type BenchOptions struct {
	RecordsDSN, KeysDSN string // empty databases of PostgreSQL; both empty: SQLite
}

// Bench is a server to be measured over HTTP.
type Bench struct {
	server *Server
	dir    string
	url    string
	tokens []string      // of connected systems
	stop   func() error  // ends serving
	n      atomic.Uint64 // of invented addresses and networks
	codes  sync.Map      // by the key of an address: a consent code that does not fit
	delay  time.Duration // of requests that ask for one
}

var errBenchStores = habeas.Invalid("records", "Name a database for the records and another one for the keys, or neither.").WithCode("bench.stores")

// OpenBench makes the server and begins to serve. Close takes everything of it away that
// lies in files; in a database its rows stay.
func OpenBench(ctx context.Context, o BenchOptions) (_ *Bench, err error) {
	if (o.RecordsDSN == "") != (o.KeysDSN == "") {
		return nil, errBenchStores
	}
	b := &Bench{}
	if b.dir, err = os.MkdirTemp("", "habeas-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(b.dir))
		}
	}()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if err := b.open(ctx, o, l); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := b.moreSystems(ctx, 0); err != nil {
		return nil, errors.Join(err, b.stop())
	}
	return b, nil
}

// open opens the server behind the listener.
func (b *Bench) open(ctx context.Context, o BenchOptions, l net.Listener) error {
	b.url = fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
	origin, err := edge.ParseOrigin(b.url)
	if err != nil {
		return err
	}
	keys, _, err := keyring.Create(ctx, filepath.Join(b.dir, keysFile), keyring.NewPassword([]byte("only for measuring")), keyring.Options{KDF: keyring.CheapKDF, DSN: o.KeysDSN})
	if err != nil {
		return err
	}
	// Requests say themselves which network they come from, so that the limits for one
	// network, which have nothing to do with addresses, are not what is measured.
	proxies := edge.Proxies{netip.MustParsePrefix("127.0.0.0/8")}
	b.server, err = Open(ctx, Config{
		Dir: b.dir, Keys: keys, RecordsDSN: o.RecordsDSN, Clock: habeas.SystemClock{}, Organisation: "Measuring", Contact: "nobody",
		Origin: origin, Port: origin, Proxies: proxies, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return errors.Join(err, keys.Close())
	}
	h, err := b.server.Handler(nil)
	if err != nil {
		return errors.Join(err, b.server.Close())
	}
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- b.server.Serve(serving, l, b.late(h)) }()
	b.stop = func() error {
		end()
		return errors.Join(<-ended, b.server.Close())
	}
	return nil
}

// Close ends the server and removes its directory.
func (b *Bench) Close() error { return errors.Join(b.stop(), os.RemoveAll(b.dir)) }

// authorize connects a system and fetches its token.
func (b *Bench) authorize(ctx context.Context) (string, error) {
	boss := habeas.Actor{Kind: habeas.ActorStaff, Account: habeas.AccountID{15: 1}, Roles: []habeas.Role{habeas.RoleAdministrator}, Proof: habeas.ProofPasskey}
	s, secret, err := b.server.Systems.ConnectOn(ctx, boss, authz.Terms{Name: "Measured bookings"})
	if err != nil {
		return "", err
	}
	r, err := b.form(ctx, "/oauth/token", url.Values{"grant_type": {"client_credentials"}})
	if err != nil {
		return "", err
	}
	r.SetBasicAuth(s.ID.String(), edge.Show(ctx, secret))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil {
		return "", err
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("no token for the measuring system: status %d: %w", res.StatusCode, err)
	}
	return answer.Token, nil
}

// form makes a request as a browser of a network of its own posts a form.
func (b *Bench) form(ctx context.Context, path string, v url.Values) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url+path, strings.NewReader(v.Encode()))
	if err != nil {
		return nil, err
	}
	n := b.n.Add(1)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", byte(n>>16), byte(n>>8), byte(n)))
	return r, nil
}

// somebody is the address of one of many invented people, all of one length.
func somebody(group string, n int) string { return fmt.Sprintf("%s%07d@example.org", group, n) }

// populate makes people of a group: with records, with accounts, with passkeys.
func (b *Bench) populate(ctx context.Context, group string, from, to int, makeOne func(ctx context.Context, a email.Address) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(64)
	for n := from; n < to; n++ {
		a, err := email.Parse(somebody(group, n))
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		g.Go(func() error { return makeOne(ctx, a) })
	}
	return g.Wait()
}

// book makes a call of find-or-create about an address.
func (b *Bench) book(ctx context.Context, address, ticket string) (*http.Request, error) {
	body, err := json.Marshal(map[string]any{
		"email": address, "ticket": map[string]string{"id": ticket, "title": "Guided tour"},
		"fields": map[string]any{
			"identity": map[string]string{"given_name": "Nora", "family_name": "Quill", "birth_date": "1984-05-03"},
			"phone":    map[string]string{"number": "+34 600 123456"}, "address": map[string]string{"city": "Girona"},
		},
	})
	if err != nil {
		return nil, err
	}
	return b.call(ctx, body, b.tokens[0])
}

// Press calls find-or-create from many callers at once, nine in ten times about somebody
// new, in a store that holds so many parties from before.
func (b *Bench) Press(ctx context.Context, parties, callers int, length time.Duration) (bench.Load, error) {
	if err := b.populate(ctx, "before", 0, parties, b.record); err != nil {
		return bench.Load{}, err
	}
	book := func(ctx context.Context, n int) (*http.Request, error) {
		who := n
		if n%10 == 0 {
			who = n / 2
		}
		return b.book(ctx, somebody("guest", who), fmt.Sprintf("T-%d", n))
	}
	return bench.Press(ctx, bench.Pressure{Request: book, Callers: callers, For: length, Want: http.StatusOK})
}
