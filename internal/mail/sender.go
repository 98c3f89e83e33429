package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/netip"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
	"golang.org/x/net/idna"

	"github.com/habeas-data/habeas"
)

// TLS says how the connection to the mail server is protected.
type TLS string

// The ways. STARTTLS is required, never merely tried: a server or an attacker
// that does not offer it gets no mail.
const (
	StartTLS TLS = "starttls" // the default
	Implicit TLS = "implicit" // TLS from the first byte (RFC 8314)
	NoTLS    TLS = "none"     // on loopback only, without login
)

// Config is how to reach the organisation's mail server.
type Config struct {
	Host     string        // name, as in its certificate
	Port     int           // default 587, 465 or 25 by TLS
	TLS      TLS           // default StartTLS
	Username string        // login; empty: none
	Password func() string // asked for at each login, so that it can stay sealed between
	From     string        // address of the sender, "records@example.org"
	FromName string        // shown beside it, usually the organisation
	Timeout  time.Duration // for the whole conversation; default 30 s
	RootCAs  *x509.CertPool
	Clock    habeas.Clock // for the Date header
}

// Sender delivers messages, one connection for each. It is safe for concurrent use.
type Sender struct {
	c      Config
	domain string
}

// NewSender checks the configuration. It does not connect.
func NewSender(c Config) (*Sender, error) {
	if c.TLS == "" {
		c.TLS = StartTLS
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	port := map[TLS]int{StartTLS: 587, Implicit: 465, NoTLS: 25}[c.TLS]
	switch {
	case port == 0:
		return nil, errors.New("mail: tls is starttls, implicit or none")
	case c.Host == "" || c.Clock == nil:
		return nil, errors.New("mail: host and clock are needed")
	case c.TLS == NoTLS && !isLoopback(c.Host):
		return nil, errors.New("mail: without TLS only a mail server on this machine is used")
	case c.TLS == NoTLS && c.Username != "":
		return nil, errors.New("mail: a login needs TLS")
	case c.Username != "" && c.Password == nil:
		return nil, errors.New("mail: a login needs a password")
	case !isAddress(c.From) || !isASCII(c.From):
		return nil, errors.New("mail: from must be a plain e-mail address")
	case !isLine(c.FromName):
		return nil, errors.New("mail: the sender's name must be one line")
	}
	if c.Port == 0 {
		c.Port = port
	}
	_, domain, _ := strings.Cut(c.From, "@")
	return &Sender{c: c, domain: domain}, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Domain returns the part of the sender's address after the @, for NewMessageID.
func (s *Sender) Domain() string { return s.domain }

// Send delivers m. It returns nil once the server has taken responsibility,
// whatever happens to the connection afterwards. The error is an *Error; ask
// Permanent whether to try again. Ending ctx cuts the conversation off.
func (s *Sender) Send(ctx context.Context, m Message) error {
	m.To = asciiDomain(m.To)
	if err := m.check(); err != nil {
		return err
	}
	content, err := s.compose(m)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	l, err := s.dial(ctx, m.Sealed)
	if err != nil {
		return connectError(err)
	}
	defer l.hangUp()
	client, err := s.greet(l, isASCII(m.To))
	if err != nil {
		return connectError(err)
	}
	return s.deliver(client, m.To, content)
}

// greet begins the conversation, with a login where one is set.
func (s *Sender) greet(l *line, ascii bool) (*smtp.Client, error) {
	client, err := smtp.NewClient(l.top, s.c.Host)
	if err != nil {
		return nil, err
	}
	client.SkipSMTPUTF8(ascii) // asking for it without need makes the next hop refuse good mail
	if err := client.Hello(s.domain); err != nil {
		return nil, err
	}
	if s.c.Username == "" {
		return client, nil
	}
	return client, client.Auth(&login{c: &s.c, tls: l.tls})
}

// deliver hands the mail over.
func (s *Sender) deliver(client *smtp.Client, to string, content []byte) error {
	if ok, _ := client.Extension("SMTPUTF8"); !ok && !isASCII(to) {
		return &Error{Stage: StageRecipient, Code: 553, Enhanced: "5.6.7"} // RFC 6531, 3.5
	}
	if err := client.Mail("<" + s.c.From + ">"); err != nil {
		return refusal(StageSender, client, err)
	}
	if err := client.Rcpt("<" + to + ">"); err != nil {
		return refusal(StageRecipient, client, err)
	}
	w, err := client.Data()
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		// Close would not say that the content could not be written, and wait
		// for an answer that does not come.
		err = client.Text.W.Flush()
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return refusal(StageContent, client, err)
	}
	client.Quit() //nolint:errcheck // politeness; the mail is out
	return nil
}

// asciiDomain writes an international domain in its ASCII form, which every
// mail server understands. The part before the @ has no such form.
func asciiDomain(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if ok && !isASCII(domain) {
		if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
			return local + "@" + ascii
		}
	}
	return address
}

func connectError(err error) *Error {
	e := &Error{Stage: StageConnect}
	var reply *textproto.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &reply):
		e.Code = reply.Code
	case errors.As(err, &certificate), errors.Is(err, errStartTLS):
		e.reason = "tls"
	}
	return e
}

// refusal keeps the codes of a refusal and drops its text, in which servers
// like to repeat the address.
func refusal(stage Stage, client *smtp.Client, err error) *Error {
	e := &Error{Stage: stage}
	var reply *textproto.Error
	if !errors.As(err, &reply) || reply.Code < 400 || reply.Code > 599 {
		return e
	}
	e.Code = reply.Code
	if ok, _ := client.Extension("ENHANCEDSTATUSCODES"); ok {
		e.Enhanced = enhanced.FindString(reply.Msg)
	}
	return e
}

// enhanced is a code at the beginning of a reply (RFC 2034, 4).
var enhanced = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)
