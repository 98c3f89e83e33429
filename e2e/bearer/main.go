// Command bearer is a server for the browser tests, with a port for certificates and somebody
// whose registration file lies in its directory. It prints its address and runs until it is
// interrupted; a POST to /test/revoke revokes the certificate.
package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/web"
	"github.com/habeas-data/habeas/sealed"
)

func main() {
	dir := flag.String("dir", "", "empty directory of the server; file.p12 and root.pem are written beside its stores")
	password := flag.String("password", "", "of file.p12")
	flag.Parse()
	if err := run(context.Background(), *dir, *password); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, dir, password string) error {
	site, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return err
	}
	port, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return err
	}
	cfg := app.Config{Dir: dir, Clock: habeas.SystemClock{}, Organisation: "City Sports", Contact: "help@city.example", Log: slog.New(slog.DiscardHandler)}
	if cfg.Origin, err = edge.ParseOrigin("http://" + at(site)); err != nil {
		return err
	}
	if cfg.Port, err = edge.ParseOrigin("https://" + at(port)); err != nil {
		return err
	}
	cfg.Keys, _, err = keyring.Create(ctx, filepath.Join(dir, "keys.db"), keyring.NewPassword([]byte("correct horse battery staple")), keyring.Options{KDF: keyring.CheapKDF})
	if err != nil {
		return err
	}
	s, err := app.Open(ctx, cfg)
	if err != nil {
		return err
	}
	actor, held, err := register(ctx, s, dir, password)
	if err != nil {
		return err
	}
	h, err := s.Handler(func(m *edge.Mux, _ *web.Site) {
		m.Handle("POST /test/revoke", func(http.ResponseWriter, *http.Request) error {
			return s.Certificates.Revoke(context.Background(), actor, pki.Identity, held.Serial, pki.KeyCompromise)
		})
	})
	if err != nil {
		return err
	}
	p, err := s.NewPort(ctx, nil)
	if err != nil {
		return err
	}
	if _, _, err := p.Serve(port); err != nil {
		return err
	}
	fmt.Println(s.Origin.String(), s.Port.String())
	return s.Serve(ctx, site, h)
}

func at(l net.Listener) string { return fmt.Sprintf("localhost:%d", l.Addr().(*net.TCPAddr).Port) }

// register makes an account, a key and a certificate for it, and the file that holds them.
func register(ctx context.Context, s *app.Server, dir, password string) (actor habeas.Actor, held account.Certificate, err error) {
	address, err := email.Parse("tim@example.org")
	if err != nil {
		return actor, held, err
	}
	id, err := s.Backstage().Account(ctx, address, account.Profile{Name: "Tim", Language: "en"})
	if err != nil {
		return actor, held, err
	}
	actor = habeas.Actor{Kind: habeas.ActorPerson, Account: id, Proof: habeas.ProofCode}
	secrets := sealed.Open(ctx)
	defer secrets.Close()
	key, err := regfile.NewKey(secrets)
	if err != nil {
		return actor, held, err
	}
	asked, err := request.Make(key, dn.Subject{Name: "Tim Berger", Country: "ES", Organisation: "Riverside Arts", Email: "tim@example.org", Username: "tim"})
	if err != nil {
		return actor, held, err
	}
	ders, err := s.Certificates.Register(ctx, actor, asked)
	if err != nil {
		return actor, held, err
	}
	var chain []*x509.Certificate
	for _, der := range ders {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return actor, held, err
		}
		chain = append(chain, cert)
	}
	word, err := secrets.Seal("password", []byte(password))
	if err != nil {
		return actor, held, err
	}
	file, err := regfile.Make(key, chain, word)
	if err != nil {
		return actor, held, err
	}
	if err := os.WriteFile(filepath.Join(dir, "file.p12"), file, 0o600); err != nil {
		return actor, held, err
	}
	root := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain[len(chain)-1].Raw})
	if err := os.WriteFile(filepath.Join(dir, "root.pem"), root, 0o600); err != nil {
		return actor, held, err
	}
	all, err := s.DB.Accounts().Certificates(ctx, id)
	held, _ = account.ActiveIdentity(all, s.Clock.Now())
	return actor, held, err
}
