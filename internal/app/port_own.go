package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"sync"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/audit"
	"github.com/habeas-data/habeas/internal/pki"
	"github.com/habeas-data/habeas/internal/sqlstore"
)

// ownCertificate is a certificate of our own server authority for the port, made at the start
// and once more when half of its life is over. Its key is in this process only.
type ownCertificate struct {
	server *Server
	mu     sync.Mutex
	now    *tls.Certificate
	from   time.Time
	until  time.Time // when another is made
}

// makeTime bounds how long a handshake waits for a new certificate.
const makeTime = 5 * time.Second

func (o *ownCertificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.server.Clock.Now()
	if o.now != nil && now.Before(o.until) && !now.Before(o.from) {
		return o.now, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), makeTime)
	defer cancel()
	ca, err := o.server.Certificates.Authorities.Get(ctx, pki.Server)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	issued, err := ca.IssueServer(o.server.Port.RPID(), key.Public(), now)
	if err != nil {
		return nil, err
	}
	e := audit.Entry{
		ID: habeas.NewID[habeas.EventKind](now), Event: audit.CertificateIssued, Actor: habeas.Server, At: now,
		Detail: map[string]string{"authority": string(pki.Server), "serial": issued.Serial.String()},
	}
	if err := o.server.DB.InTx(ctx, func(tx *sqlstore.Tx) error { return tx.AddServerCertificate(issued, e) }); err != nil {
		return nil, err
	}
	o.now = &tls.Certificate{Certificate: [][]byte{issued.DER, ca.Certificate().Raw}, PrivateKey: key}
	o.from, o.until = issued.NotBefore, issued.NotBefore.Add(issued.NotAfter.Sub(issued.NotBefore)/2)
	return o.now, nil
}
