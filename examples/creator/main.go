// Command creator is an example of a site of a trusted entity creator, to begin one's own from
// (docs/creators.md). It registers people without seeing their key or password, signs them in
// by their certificate, and enters entities for them.
//
//	person's browser ──TLS 1.3──► this site ──TLS 1.3, both sides known──► port for certificates
//	key, password, file           request and code only
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/sealed"
)

type flags struct {
	listen, origin, server, file, password, cert, key, proof string
}

func main() {
	var f flags
	flag.StringVar(&f.listen, "listen", "localhost:8444", "address and port to listen on")
	flag.StringVar(&f.origin, "origin", "https://museum.localhost:8444", "the site's address, as entered and confirmed at the server")
	flag.StringVar(&f.server, "server", "https://localhost:8443", "the server's port for certificates")
	flag.StringVar(&f.file, "file", "", "registration file of who holds the role")
	flag.StringVar(&f.password, "password-file", "", "file with its password; without one it is asked for")
	flag.StringVar(&f.cert, "tls-cert", "", "certificate of the site and its chain, PEM; without one the server issues it")
	flag.StringVar(&f.key, "tls-key", "", "its key, PEM")
	flag.StringVar(&f.proof, "proof", "", "show this text where the server's administrator looks, and nothing else; takes -tls-cert")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, f flags) error {
	if f.proof != "" {
		return prove(ctx, f)
	}
	s := sealed.Open(ctx)
	defer s.Close()
	own, err := identity(s, f)
	if err != nil {
		return err
	}
	o, err := newOffice(f.server, own)
	if err != nil {
		return err
	}
	site, err := newSite(ctx, f.origin, o)
	if err != nil {
		return err
	}
	var shown tls.Certificate
	if f.cert == "" {
		shown, err = o.certificate(ctx, f.origin)
	} else {
		shown, err = tls.LoadX509KeyPair(f.cert, f.key)
	}
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return err
	}
	fmt.Printf("Listening on %s as %s\n", l.Addr(), f.origin)
	return serve(ctx, l, o.visitors(shown), site.handler())
}

// prove shows the text by which a site is confirmed, before it is one.
func prove(ctx context.Context, f flags) error {
	shown, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return err
	}
	m := http.NewServeMux()
	m.HandleFunc("GET "+account.SiteProofPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, f.proof) // the reader may have gone
	})
	return serve(ctx, l, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{shown}}, m)
}

// identity opens the registration file; its key lies in the session.
func identity(s *sealed.Session, f flags) (*regfile.Identity, error) {
	in, err := os.Open(f.file)
	if err != nil {
		return nil, fmt.Errorf("-file: %w", err)
	}
	defer in.Close()
	file, err := io.ReadAll(io.LimitReader(in, regfile.MaxLen+1))
	if err != nil {
		return nil, err
	}
	password, err := keyring.ReadSecret(s, "registration file", "Password of the registration file: ", f.password)
	if err != nil {
		return nil, err
	}
	return regfile.Open(s, file, password)
}

// serve answers on l until ctx ends. It speaks TLS 1.3 and nothing else: whoever comes without
// is refused, and the certificates of visitors are seen by nobody on the way.
func serve(ctx context.Context, l net.Listener, config *tls.Config, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0), // they would name who came
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(tls.NewListener(l, config)) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		return errors.Join(err, srv.Close())
	}
	return nil
}
