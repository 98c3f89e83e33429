package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/habeas-data/habeas"
)

const secretPrefix = "whsec_"

// Limits of one call.
const (
	connectLimit = 5 * time.Second
	callLimit    = 15 * time.Second // from the name's resolution to the end of the answer
	maxAnswer    = 4 << 10          // bytes that are read of an answer, and dropped
	maxLater     = 6 * time.Hour    // how far a receiver can put its next call off
)

var (
	errNetwork   = habeas.Invalid("", "expected networks such as 10.0.0.0/8")
	errForbidden = errors.New("webhook: the address is inside a network that may not be reached")
)

// Failure is why a call did not get through. It names neither address nor content.
type Failure struct {
	reason string
	later  time.Duration
	final  bool
}

// Error implements error.
func (f *Failure) Error() string { return "webhook: " + f.reason }

// Reason is the short code of the delivery record: "status-500", "connect", "forbidden-address".
func (f *Failure) Reason() string { return f.reason }

// Permanent reports whether another try is of no use: the receiver said that it is gone.
func (f *Failure) Permanent() bool { return f.final }

// RetryAfter is how long the receiver asks to be left alone; zero: it did not say.
func (f *Failure) RetryAfter() time.Duration { return f.later }

// Sender calls receivers. It is safe for concurrent use.
type Sender struct {
	clock  habeas.Clock
	client *http.Client
}

// NewSender returns a sender that reaches public addresses and the allowed networks. Nil
// roots are those of the system.
func NewSender(clock habeas.Clock, allowed []netip.Prefix, config *tls.Config) *Sender {
	return &Sender{clock: clock, client: &http.Client{
		Timeout: callLimit,
		Transport: &http.Transport{
			DialContext:     dialer(allowed), // and no proxy: it would resolve names for us
			TLSClientConfig: config, TLSHandshakeTimeout: connectLimit, ResponseHeaderTimeout: callLimit,
			MaxResponseHeaderBytes: 16 << 10, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close lets go of idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Sign returns a signature of Standard Webhooks 1.0.0, scheme v1: HMAC-SHA256 over id,
// moment and body.
func Sign(secret Secret, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret.raw)
	io.WriteString(mac, id+"."+strconv.FormatInt(at.Unix(), 10)+".") //nolint:errcheck // a hash takes everything
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Send sends one event, signed. Anything but 2xx is a *Failure.
func (s *Sender) Send(ctx context.Context, h Hook, id string, body []byte) error {
	now := s.clock.Now()
	signed := Sign(h.Secret, id, now, body)
	if !h.OldSecret.IsZero() && now.Before(h.OldUntil) {
		signed += " " + Sign(h.OldSecret, id, now, body)
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return &Failure{reason: "address"}
	}
	if q.URL.Scheme == "http" {
		q = q.WithContext(context.WithValue(ctx, plainly{}, true))
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "Habeas-Webhooks/1")
	q.Header.Set("Webhook-Id", id)
	q.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	q.Header.Set("Webhook-Signature", signed)
	res, err := s.client.Do(q) //nolint:gosec // where it may go is decided when it connects
	if err != nil {
		return &Failure{reason: reasonOf(err)}
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer)) // so that the connection serves again
	switch {
	case res.StatusCode/100 == 2:
		return nil
	case res.StatusCode == http.StatusGone:
		return &Failure{reason: "gone", final: true}
	case res.StatusCode/100 == 3:
		return &Failure{reason: "redirect"}
	}
	return &Failure{reason: "status-" + strconv.Itoa(res.StatusCode), later: s.later(res.Header.Get("Retry-After"))}
}

// later reads Retry-After (RFC 9110, 10.2.3): seconds, or a date.
func (s *Sender) later(text string) time.Duration {
	wait := time.Duration(0)
	if n, err := strconv.Atoi(text); err == nil {
		wait = time.Duration(min(max(n, 0), int(maxLater/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(s.clock.Now())
	}
	return min(max(wait, 0), maxLater)
}

// reasonOf finds a short code; the text of the error holds the address.
func reasonOf(err error) string {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errForbidden):
		return "forbidden-address"
	case errors.As(err, &dns):
		return "dns"
	case errors.As(err, &cert):
		return "certificate"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "connect"
}
