package app

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
	"golang.org/x/sync/errgroup"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/bench"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/pki/dn"
	"github.com/habeas-data/habeas/internal/pki/request"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// PKIOptions say how the certificate authority is measured.
type PKIOptions struct {
	People    int           // who register, each once, with a key on P-256
	Callers   int           // at a time
	For       time.Duration // at most, of what happens once for each of them
	Repeating time.Duration // of what is repeated: handshakes, and the same questions again
}

// registrant is somebody who is about to register: signed in, with a request of their own.
type registrant struct {
	id     habeas.AccountID
	cookie *http.Cookie
	form   string
	key    *ecdsa.PrivateKey
}

// PKI measures registering as a browser does it (over TLS, by a signed-in person, with its rows, its
// ledger entries and its mail in one durable transaction), handshakes at the port for
// certificates, and OCSP over plain HTTP.
func (b *Bench) PKI(ctx context.Context, o PKIOptions) (r bench.PKI, err error) {
	people, err := b.registrants(ctx, o.People)
	if err != nil {
		return r, err
	}
	port, err := b.server.NewPort(ctx, nil)
	if err != nil {
		return r, err
	}
	if r.Issue, err = b.issue(ctx, o, port, people); err != nil {
		return r, fmt.Errorf("registering: %w", err)
	}
	certificates, err := b.registered(ctx, people)
	if err != nil {
		return r, err
	}
	if r.Handshakes, err = b.handshakes(ctx, o, port, certificates[0], people[0].key); err != nil {
		return r, fmt.Errorf("handshakes: %w", err)
	}
	asked := bench.Pressure{Callers: o.Callers, Want: http.StatusOK}
	for _, part := range []struct {
		load   *bench.Load
		again  bool
		length time.Duration
	}{{&r.OCSPSigned, false, o.For}, {&r.OCSPKept, true, o.Repeating}} {
		asked.For = part.length
		if asked.Request, err = b.asking(ctx, certificates, part.again); err == nil {
			*part.load, err = bench.Press(ctx, asked)
		}
		if err != nil {
			return r, fmt.Errorf("OCSP: %w", err)
		}
	}
	return r, nil
}

// registrants makes people who have proved their address and signed in, and their requests.
func (b *Bench) registrants(ctx context.Context, n int) ([]registrant, error) {
	policy, err := b.server.Certificates.Policy(ctx)
	if err != nil {
		return nil, err
	}
	people := make([]registrant, n)
	g, within := errgroup.WithContext(ctx)
	g.SetLimit(64)
	for i := range people {
		g.Go(func() (err error) {
			people[i], err = b.registrant(within, somebody("registrant", i), policy)
			return err
		})
	}
	return people, g.Wait()
}

func (b *Bench) registrant(ctx context.Context, address string, policy int64) (p registrant, err error) {
	a, err := email.Parse(address)
	if err != nil {
		return p, err
	}
	if p.id, err = b.newMember(ctx, a, plain); err != nil {
		return p, err
	}
	set := headers{}
	token := edge.Cookies{Origin: b.server.Origin}.BeginSignIn(ctx, set, time.Hour)
	sign := account.SignIn{Account: p.id, Proof: habeas.ProofCode, Address: b.server.Accounts.addressHash(a)}
	err = b.server.DB.InTx(ctx, func(tx *sqlstore.Tx) error {
		return b.server.Accounts.begin(tx, sign, account.Browser{New: account.Token(token)})
	})
	if err != nil {
		return p, err
	}
	cookies := (&http.Response{Header: http.Header(set)}).Cookies()
	if len(cookies) != 1 {
		return p, errors.New("bench: nobody was signed in")
	}
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return p, err
	}
	der, err := request.Make(p.key, dn.Subject{Name: "Nora Quill", Country: "ES", Username: "nora", Email: address})
	p.cookie = cookies[0]
	p.form = url.Values{"request": {base64.StdEncoding.EncodeToString(der)}, "policy": {strconv.FormatInt(policy, 10)}, "accept": {"yes"}}.Encode()
	return p, err
}

// headers take what an answer would set.
type headers http.Header

// Header implements http.ResponseWriter, and so do the others.
func (h headers) Header() http.Header       { return http.Header(h) }
func (headers) Write(p []byte) (int, error) { return len(p), nil }
func (headers) WriteHeader(int)             {}

// issue lets everybody register, over TLS.
func (b *Bench) issue(ctx context.Context, o PKIOptions, port *Port, people []registrant) (bench.Load, error) {
	h, err := b.server.Handler(nil)
	if err != nil {
		return bench.Load{}, err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: port.certify})
	if err != nil {
		return bench.Load{}, err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }() // ends by Close
	defer srv.Close()
	register := func(ctx context.Context, n int) (*http.Request, error) {
		if n > len(people) {
			return nil, bench.ErrNoMore
		}
		p := people[n-1]
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+l.Addr().String()+"/me/registration/new", strings.NewReader(p.form))
		if err != nil {
			return nil, err
		}
		r.Host = b.server.Origin.Host()
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", byte(n>>16), byte(n>>8), byte(n)))
		r.Header.Set("X-Forwarded-Proto", "https")
		r.AddCookie(p.cookie)
		return r, nil
	}
	return bench.Press(ctx, bench.Pressure{
		Request: register, Callers: o.Callers, For: o.For, Want: http.StatusOK, TLS: &tls.Config{InsecureSkipVerify: true}, // it is ours, on loopback
	})
}

// handshakes shows a certificate over and over to what has the port's own configuration.
func (b *Bench) handshakes(ctx context.Context, o PKIOptions, port *Port, shown *x509.Certificate, key *ecdsa.PrivateKey) (bench.Load, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return bench.Load{}, err
	}
	defer l.Close()
	go bench.Shake(l, port.config())
	return bench.Handshakes(ctx, l.Addr().String(), &tls.Config{
		InsecureSkipVerify: true, Certificates: []tls.Certificate{{Certificate: [][]byte{shown.Raw}, PrivateKey: key}},
	}, o.Callers, o.Repeating)
}

// registered are the certificates of those who have registered.
func (b *Bench) registered(ctx context.Context, people []registrant) (all []*x509.Certificate, err error) {
	for _, p := range people {
		held, err := b.server.DB.Accounts().Certificates(ctx, p.id)
		if err != nil {
			return nil, err
		}
		if len(held) == 0 {
			break // the time was over before their turn
		}
		cert, err := x509.ParseCertificate(held[0].DER)
		if err != nil {
			return nil, err
		}
		all = append(all, cert)
	}
	if len(all) == 0 {
		return nil, errors.New("bench: nobody has registered")
	}
	return all, nil
}

// asking asks by OCSP about each certificate, once, or over and over.
func (b *Bench) asking(ctx context.Context, certificates []*x509.Certificate, again bool) (bench.Request, error) {
	issuer, err := b.server.Certificates.Authorities.Get(ctx, pki.Identity)
	if err != nil {
		return nil, err
	}
	questions := make([][]byte, len(certificates))
	for i, c := range certificates {
		if questions[i], err = ocsp.CreateRequest(c, issuer.Certificate(), &ocsp.RequestOptions{Hash: crypto.SHA256}); err != nil {
			return nil, err
		}
	}
	return bench.Questions(b.url+"/pki/ocsp/"+string(pki.Identity), questions, again), nil
}
