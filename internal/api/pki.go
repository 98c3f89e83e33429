package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/pki"
)

// Authorities are the certificate authorities of which something is published.
type Authorities interface {
	// Published opens a generation and never makes one, else pki.ErrNoAuthority, pki.ErrRetired.
	Published(ctx context.Context, issuer pki.Issuer) (*pki.Authority, error)
	// RootCertificate is the newest of the root, wherever that is, else pki.ErrNoAuthority.
	RootCertificate(ctx context.Context) (*x509.Certificate, error)
	// List is the newest list of a shard; it signs one only when it is due. Errors as Published.
	List(ctx context.Context, issuer pki.Issuer, shard int) (pki.CRL, error)
	// Responder answers OCSP. Errors as Published.
	Responder(ctx context.Context, issuer pki.Issuer) (*pki.Responder, error)
}

// PKI answers, to everybody and in plain HTTP too (RFC 5280, 8), what certificates point at:
// lists of revoked ones, OCSP, the authorities' own certificates. Nothing of it is secret, and
// all of it is signed. Who asks cannot make it sign more than is due: what only one client has a
// use for is counted, by its network and for all together.
type PKI struct {
	authorities Authorities
	host, base  string // of the address in certificates
	clock       habeas.Clock
	proxies     edge.Proxies
	each, all   edge.Limiter
	mux         *edge.Mux
}

const (
	// pkiPath serves whatever the certificates say: behind a proxy that answers for their host.
	pkiPath = "/pki"
	// listAge is how long a cache keeps a list before it asks again, though the list counts for
	// longer: so that a revocation comes through.
	listAge      = 5 * time.Minute
	authorityAge = 24 * time.Hour
)

// NewPKI answers below org.URL.
func NewPKI(authorities Authorities, org pki.Organisation, clock habeas.Clock, proxies edge.Proxies, failures *edge.Failures) *PKI {
	p := &PKI{
		authorities: authorities, clock: clock, proxies: proxies, mux: &edge.Mux{Failures: failures},
		each: edge.NewBuckets(clock, 5, 50, 10_000), all: edge.NewBuckets(clock, 250, 500, 64),
	}
	if u, err := url.Parse(org.URL); err == nil {
		p.host, p.base = strings.TrimSuffix(u.Host, ":80"), u.EscapedPath()
	}
	p.mux.Handle("GET /ca/{file}", p.certificate)
	p.mux.Handle("GET /crl/{file}", p.list)
	p.mux.Handle("POST /ocsp/{kind}", p.posted)
	p.mux.Handle("GET /ocsp/{kind}", p.got)
	p.mux.Handle("GET /ocsp/{kind}/{request...}", p.got)
	return p
}

// Wrap answers what is its own and leaves the rest to next. With alone, it is the only one on its
// port, and answers under every name.
func (p *PKI) Wrap(next http.Handler, alone bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := p.own(r, alone)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		plain, err := url.PathUnescape(rest)
		if err != nil {
			next.ServeHTTP(w, r)
			return
		}
		// A copy, because others look at the request when it is answered.
		inner := *r
		u := *r.URL
		u.Path, u.RawPath = plain, rest
		inner.URL = &u
		w.Header().Set("X-Content-Type-Options", "nosniff")
		p.mux.ServeHTTP(w, &inner)
	})
}

// own returns what follows the address in certificates. Base64 holds slashes, which clients
// leave as they are; two of them would be cleaned away by ServeMux.
func (p *PKI) own(r *http.Request, alone bool) (rest string, ok bool) {
	path := r.URL.EscapedPath()
	if alone || strings.TrimSuffix(r.Host, ":80") == p.host {
		rest, ok = strings.CutPrefix(path, p.base)
	}
	if !ok || !published(rest) {
		if rest, ok = strings.CutPrefix(path, pkiPath); !ok || !published(rest) {
			return "", false
		}
	}
	for strings.Contains(rest, "//") {
		rest = strings.ReplaceAll(rest, "//", "/%2F")
	}
	return rest, true
}

func published(path string) bool {
	return strings.HasPrefix(path, "/crl/") || strings.HasPrefix(path, "/ocsp/") || strings.HasPrefix(path, "/ca/")
}

var errUnpublished = habeas.NotFound("There is no such list, and no such authority.")

func (p *PKI) certificate(w http.ResponseWriter, r *http.Request) error {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".cer")
	issuer, known := pki.ParseIssuer(name)
	if !ok || !known {
		return errUnpublished
	}
	var cert *x509.Certificate
	if issuer == pki.Root.Nth(1) {
		root, err := p.authorities.RootCertificate(r.Context())
		if err != nil {
			return err
		}
		cert = root
	} else {
		a, err := p.authorities.Published(r.Context(), issuer)
		if err != nil {
			return err
		}
		cert = a.Certificate()
	}
	p.write(w, r, "application/pkix-cert", cert.Raw, time.Time{}, authorityAge)
	return nil
}

func (p *PKI) list(w http.ResponseWriter, r *http.Request) error {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".crl")
	at := strings.LastIndexByte(name, '-')
	if !ok || at < 0 {
		return errUnpublished
	}
	number := name[at+1:]
	issuer, known := pki.ParseIssuer(name[:at])
	if !known {
		return errUnpublished
	}
	shard, err := strconv.ParseUint(number, 16, 8)
	if err != nil || int(shard) >= issuer.Kind.Shards() || fmt.Sprintf("%02x", shard) != number {
		return errUnpublished
	}
	l, err := p.authorities.List(r.Context(), issuer, int(shard))
	if err != nil {
		return err
	}
	p.write(w, r, "application/pkix-crl", l.DER, l.ThisUpdate, listAge)
	return nil
}

func (p *PKI) posted(w http.ResponseWriter, r *http.Request) error {
	request, err := io.ReadAll(io.LimitReader(r.Body, pki.MaxOCSPRequest+1))
	if err != nil {
		return habeas.Invalid("", "The request could not be read to its end.").WithCause(err)
	}
	return p.answer(w, r, request)
}

func (p *PKI) got(w http.ResponseWriter, r *http.Request) error {
	request, _ := pki.DecodeOCSPGet(r.PathValue("request")) // nothing is malformed too
	return p.answer(w, r, request)
}

// answer answers an OCSP request, with the headers of RFC 5019 (section 6) where it may be kept.
func (p *PKI) answer(w http.ResponseWriter, r *http.Request, request []byte) error {
	issuer, known := pki.ParseIssuer(r.PathValue("kind"))
	if !known || issuer.Kind == pki.Root {
		return errUnpublished
	}
	responder, err := p.authorities.Responder(r.Context(), issuer)
	if err != nil {
		return err
	}
	der, until := responder.RespondWithin(r.Context(), request, func() bool { return p.may(r) })
	const media = "application/ocsp-response"
	if until.IsZero() || r.Method == http.MethodPost { // what is posted is kept by no cache
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Type", media)
		w.Header().Set("Content-Length", strconv.Itoa(len(der)))
		_, _ = w.Write(der) // the reader may have gone
		return nil
	}
	w.Header().Set("Expires", until.UTC().Format(http.TimeFormat))
	p.write(w, r, media, der, until.Add(-pki.OCSPValidity), until.Sub(p.clock.Now()))
	return nil
}

// may counts a signature that is made for one client alone.
func (p *PKI) may(r *http.Request) bool {
	ok, _ := p.each.Take(r.Context(), p.proxies.LimitKey(r), 1)
	if ok {
		ok, _ = p.all.Take(r.Context(), "", 1)
	}
	return ok
}

// write answers with what everybody may keep, or with 304 to whoever has it.
func (p *PKI) write(w http.ResponseWriter, r *http.Request, media string, der []byte, made time.Time, age time.Duration) {
	sum := sha256.Sum256(der)
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", "max-age="+strconv.Itoa(int(max(0, age)/time.Second))+", public, no-transform, must-revalidate")
	http.ServeContent(w, r, "", made, bytes.NewReader(der))
}
