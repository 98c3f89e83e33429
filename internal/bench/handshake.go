package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// PKI is what a certificate authority stood, and what stands on its certificates.
type PKI struct {
	Issue      Load `json:"issue"`       // certificates that were asked for over TLS
	Handshakes Load `json:"handshakes"`  // TLS 1.3, both sides with certificates
	OCSPSigned Load `json:"ocsp_signed"` // answers about certificates that nobody had asked about
	OCSPKept   Load `json:"ocsp_kept"`   // the same questions again
}

// Questions asks a responder by OCSP (RFC 6960, A.1): each question (DER) once, or all of
// them over and over.
func Questions(url string, questions [][]byte, again bool) Request {
	return func(ctx context.Context, n int) (*http.Request, error) {
		if n > len(questions) && !again {
			return nil, ErrNoMore
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(questions[(n-1)%len(questions)]))
		if err == nil {
			r.Header.Set("Content-Type", "application/ocsp-request")
		}
		return r, err
	}
}

// handshakeTime is how long one handshake may take.
const handshakeTime = 10 * time.Second

// Shake answers connections to l by a handshake and one byte, until l is closed. In TLS 1.3
// a client is done before the server has looked at its certificate: the byte says that it was accepted.
func Shake(l net.Listener, config *tls.Config) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(handshakeTime))
			_, _ = tls.Server(c, config).Write([]byte{'!'}) // a client that was refused has gone
		}()
	}
}

// Handshakes makes connections to what answers by [Shake], each a full handshake and
// nothing else. The root of a chain costs a client more than all the rest, so config should not
// verify it: the server is what is measured.
func Handshakes(ctx context.Context, address string, config *tls.Config, callers int, length time.Duration) (Load, error) {
	dialer := tls.Dialer{Config: config, NetDialer: &net.Dialer{Timeout: handshakeTime}}
	return Repeat(ctx, callers, length, func(int) (Once, func()) {
		return func(ctx context.Context, _ int) (time.Duration, error) {
			began := time.Now()
			c, err := dialer.DialContext(ctx, "tcp", address)
			if err != nil {
				return 0, err
			}
			_, err = io.ReadFull(c, make([]byte, 1))
			took := time.Since(began)
			return took, errors.Join(err, c.Close())
		}, func() {}
	})
}
