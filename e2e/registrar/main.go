// Command registrar serves the pages of the real server for the browser tests of lost registration
// files, with a clock that is moved, mails that are asked for, and a door to register by. It holds no
// real data and is no part of the server. It prints its address and runs until it is interrupted.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/web"
)

func main() {
	dir := flag.String("dir", "", "an empty directory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *dir); err != nil {
		log.Fatal(err)
	}
}

// post keeps mails until they are asked for.
type post struct {
	mu    sync.Mutex
	mails []mail.Message
	more  chan struct{}
}

// Send implements app.Sender.
func (p *post) Send(_ context.Context, m mail.Message) error {
	m, err := m.Opened()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	close(p.more)
	p.more = make(chan struct{})
	return err
}

// next waits for the next mail of a kind to an address.
func (p *post) next(ctx context.Context, to string, kind mail.Kind) (string, error) {
	for {
		p.mu.Lock()
		for i, m := range p.mails {
			if m.To == to && m.Kind == kind {
				p.mails = append(p.mails[:i], p.mails[i+1:]...)
				p.mu.Unlock()
				return m.Text, nil
			}
		}
		more := p.more
		p.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func run(ctx context.Context, dir string) error {
	clock := habeas.NewManualClock(time.Now())
	keys, _, err := keyring.Create(ctx, filepath.Join(dir, "keys.db"), keyring.NewPassword([]byte("correct horse battery staple")), keyring.Options{Clock: clock, KDF: keyring.CheapKDF})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return err
	}
	url := fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	origin, err := edge.ParseOrigin(url)
	if err != nil {
		return err
	}
	mails := &post{more: make(chan struct{})}
	s, err := app.Open(ctx, app.Config{
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Dir: dir, Keys: keys, Clock: clock, Organisation: "City Sports", Contact: "help@city.example", Origin: origin, Sender: mails, MailDomain: "city.example",
	})
	if err != nil {
		return err
	}
	handler, err := s.Handler(func(m *edge.Mux, site *web.Site) { doors(m, site, s, clock, mails) })
	if err != nil {
		return err
	}
	fmt.Println(url)
	err = s.Serve(ctx, listener, handler)
	if closed := s.Close(); err == nil {
		err = closed
	}
	return err
}

// doors are what a test does beside the pages.
func doors(m *edge.Mux, site *web.Site, s *app.Server, clock *habeas.ManualClock, mails *post) {
	m.Handle("POST /e2e/register", func(w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, request.MaxLen))
		if err != nil {
			return err
		}
		sign, _ := site.Cookies.SignIn(r)
		actor, _, err := s.Accounts.Who(r.Context(), sign)
		if err != nil {
			return err
		}
		chain, err := s.Certificates.Register(r.Context(), actor, body)
		if err != nil {
			return err
		}
		return json.NewEncoder(w).Encode(chain)
	})
	m.Handle("POST /e2e/later", func(_ http.ResponseWriter, r *http.Request) error {
		by, err := time.ParseDuration(r.URL.Query().Get("by"))
		clock.Advance(by)
		return err
	})
	m.Handle("GET /e2e/mail", func(w http.ResponseWriter, r *http.Request) error {
		text, err := mails.next(r.Context(), r.URL.Query().Get("to"), mail.Kind(r.URL.Query().Get("kind")))
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		return err
	})
}
