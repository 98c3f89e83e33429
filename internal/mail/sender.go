package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
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
	msg, err := s.compose(m)
	if err != nil {
		return &Error{Stage: StageMessage, reason: "address"} // err quotes it: dropped
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.Timeout)
	defer cancel()
	conn := &dialled{ctx: ctx}
	defer conn.close()
	client, err := s.client(conn, isASCII(m.To))
	if err != nil {
		return &Error{Stage: StageConnect, reason: "configuration"}
	}
	smtp, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return connectError(err)
	}
	if ok, _ := smtp.Extension("SMTPUTF8"); !ok && !isASCII(m.To) {
		return &Error{Stage: StageRecipient, Code: 553, Enhanced: "5.6.7"} // RFC 6531, 3.5
	}
	err = client.SendWithSMTPClient(smtp, msg)
	if msg.IsDelivered() {
		client.CloseWithSMTPClient(smtp) //nolint:errcheck // politeness; the mail is out
		return nil
	}
	return sendError(err)
}

// compose builds the MIME message.
func (s *Sender) compose(m Message) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := msg.FromFormat(s.c.FromName, s.c.From); err != nil {
		return nil, err
	}
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetDateWithValue(s.c.Clock.Now())
	msg.SetMessageIDWithValue(m.MessageID)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: no holiday replies, please
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	if m.Language != "" {
		msg.SetGenHeader("Content-Language", m.Language)
	}
	if m.ListUnsubscribe != "" {
		msg.SetListUnsubscribe(m.ListUnsubscribe)
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click") // RFC 8058
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// client makes a library client for one conversation.
func (s *Sender) client(conn *dialled, ascii bool) (*gomail.Client, error) {
	config := &tls.Config{ServerName: s.c.Host, RootCAs: s.c.RootCAs, MinVersion: tls.VersionTLS12}
	policy := gomail.TLSMandatory
	switch s.c.TLS {
	case NoTLS:
		policy = gomail.NoTLS
	case Implicit:
		// The dialler encrypts already; the library only has to notice it.
		policy, conn.tls = gomail.TLSOpportunistic, config
	case StartTLS:
	}
	options := []gomail.Option{
		gomail.WithPort(s.c.Port), gomail.WithTimeout(s.c.Timeout), gomail.WithHELO(s.domain),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(config),
		gomail.WithDialContextFunc(conn.dial), gomail.WithoutNoop(),
	}
	if ascii {
		// Asking for SMTPUTF8 without need makes the next hop refuse good mail.
		options = append(options, gomail.WithoutSMTPUTF8())
	}
	if s.c.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(s.c.Username), gomail.WithPassword(s.c.Password()))
	}
	return gomail.NewClient(s.c.Host, options...)
}

// dialled keeps hold of the connection, because the library drops it without
// closing when the greeting, TLS or the login fails, and watches deadlines
// only: closing the connection is what makes it notice a cancellation.
type dialled struct {
	ctx  context.Context // of the whole conversation
	tls  *tls.Config     // not nil: encrypt from the first byte
	conn net.Conn
	stop func() bool
}

func (d *dialled) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.conn = conn
	d.stop = context.AfterFunc(d.ctx, func() { conn.Close() })
	if d.tls == nil {
		return conn, nil
	}
	secure := tls.Client(conn, d.tls)
	return secure, secure.HandshakeContext(ctx)
}

func (d *dialled) close() {
	if d.conn != nil {
		d.stop()
		d.conn.Close()
	}
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
	case errors.As(err, &certificate), strings.Contains(err.Error(), "STARTTLS"):
		e.reason = "tls"
	}
	return e
}

// sendError keeps the codes of a refusal and drops its text, in which servers
// like to repeat the address.
func sendError(err error) *Error {
	e := &Error{Stage: StageContent}
	var refused *gomail.SendError
	if !errors.As(err, &refused) {
		return e
	}
	if code := refused.ErrorCode(); code >= 400 && code < 600 {
		e.Code, e.Enhanced = code, refused.EnhancedStatusCode()
	}
	switch refused.Reason {
	case gomail.ErrSMTPMailFrom, gomail.ErrGetSender:
		e.Stage = StageSender
	case gomail.ErrSMTPRcptTo, gomail.ErrGetRcpts:
		e.Stage = StageRecipient
	case gomail.ErrConnCheck:
		e.Stage = StageConnect
	case gomail.ErrSMTPData, gomail.ErrSMTPDataClose, gomail.ErrWriteContent, gomail.ErrNoUnencoded,
		gomail.ErrSMTPReset, gomail.ErrAmbiguous:
	}
	return e
}
