package directory

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"github.com/habeas-data/habeas/sealed"
)

// Failure is why a directory could not be asked. It says nothing of what the directory
// said: that may be about people.
type Failure string

// The failures.
const (
	ErrDown   Failure = "down"   // nobody answers there, or not in time
	ErrTLS    Failure = "tls"    // no TLS, or a certificate that does not hold
	ErrBind   Failure = "bind"   // it does not let the asker in
	ErrAnswer Failure = "answer" // it refuses the question, or answers something odd
)

// Error implements error.
func (f Failure) Error() string {
	return "directory: " + map[Failure]string{
		ErrDown:   "the directory does not answer",
		ErrTLS:    "the directory did not prove by TLS that it is the one of the settings",
		ErrBind:   "the directory does not let this server ask",
		ErrAnswer: "the directory refuses the question, or its answer makes no sense",
	}[f]
}

// Bounds of an answer: a directory that floods us is cut off.
const (
	maxPacket = 1 << 20  // one entry, in bytes
	maxRound  = 64 << 20 // all that one round of questions may bring, in bytes
)

// limitPackets bounds what the decoder takes in at once. The limit is the library's and
// of the whole process; nothing else here speaks BER.
var limitPackets = sync.OnceFunc(func() { ber.MaxPacketLengthBytes = maxPacket })

// Client asks one directory. It holds no connection and is safe for concurrent use.
type Client struct{ cfg Config }

// New returns a client, or what is wrong with the settings.
func New(cfg Config) (*Client, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	limitPackets()
	return &Client{cfg}, nil
}

// Groups are the distinguished names of the groups that matter, as the settings have them.
func (c *Client) Groups() []string { return c.cfg.Groups }

// Ask returns for each address the groups, as indexes into Groups, in which its person
// is. An address that is nobody's, or of which there are several, is in none. On an error
// of type [Failure] nothing is known of anybody.
func (c *Client) Ask(ctx context.Context, mails []string) ([][]int, error) {
	if len(mails) > MaxPeople {
		return nil, ErrAnswer
	}
	conn, done, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	out := make([][]int, len(mails))
	for i, mail := range mails {
		if out[i], err = c.groupsOf(conn, mail); err != nil {
			return nil, c.failed(ctx, err, ErrAnswer)
		}
	}
	return out, nil
}

// Try asks whether the directory can be asked: it lets us in, and the base and every
// group are there. missing are those that are not, by name.
func (c *Client) Try(ctx context.Context) (missing []string, err error) {
	conn, done, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	for _, dn := range append([]string{c.cfg.Base}, c.cfg.Groups...) {
		_, err := conn.Search(c.question(dn, ldap.ScopeBaseObject, 1, "(objectClass=*)"))
		switch {
		case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
			missing = append(missing, dn)
		case err != nil:
			return nil, c.failed(ctx, err, ErrAnswer)
		}
	}
	return missing, nil
}

// groupsOf asks about one person.
func (c *Client) groupsOf(conn *ldap.Conn, mail string) ([]int, error) {
	// One more than we want to see: then there are several, and which is meant is unknown.
	found, err := conn.Search(c.question(c.cfg.Base, ldap.ScopeWholeSubtree, 2, fill(c.cfg.UserFilter, mailPlace, mail)))
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded):
		return nil, nil
	case err != nil:
		return nil, err
	case len(found.Entries) != 1: // a referral is no entry either
		return nil, nil
	}
	var in []int
	for i, group := range c.cfg.Groups {
		member, err := conn.Search(c.question(group, ldap.ScopeBaseObject, 1, fill(c.cfg.GroupFilter, dnPlace, found.Entries[0].DN)))
		switch {
		case ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject): // Try tells of it
		case err != nil:
			return nil, err
		case len(member.Entries) == 1:
			in = append(in, i)
		}
	}
	return in, nil
}

// question is a search for names of entries and nothing of what is in them.
func (c *Client) question(base string, scope, limit int, filter string) *ldap.SearchRequest {
	return &ldap.SearchRequest{
		BaseDN: base, Scope: scope, DerefAliases: ldap.NeverDerefAliases, SizeLimit: limit,
		TimeLimit: max(1, int(c.cfg.Timeout/time.Second)), Filter: filter, Attributes: []string{"1.1"}, // RFC 4511, 4.5.1.8
		EnforceSizeLimit: true,
	}
}

// open connects, proves who is there, and says who asks. done ends the connection, and so
// does the end of ctx.
func (c *Client) open(ctx context.Context) (_ *ldap.Conn, done func(), err error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // whoever waits is told
	done = func() {
		stop()
		_ = conn.Close() // we have read what we asked for
	}
	if err := c.bind(ctx, conn); err != nil {
		done()
		return nil, nil, c.failed(ctx, err, ErrBind)
	}
	return conn, done, nil
}

// dial connects under TLS, whose handshake is done here and not left for the first write.
func (c *Client) dial(ctx context.Context) (*ldap.Conn, error) {
	address, implicit, err := c.cfg.address()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var d net.Dialer
	plain, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, ErrDown
	}
	host, _, _ := net.SplitHostPort(address) // which address has made
	trust := &tls.Config{ServerName: host, RootCAs: c.cfg.Roots, MinVersion: tls.VersionTLS12}
	var stream net.Conn = &bounded{Conn: plain, left: maxRound}
	if implicit {
		secure := tls.Client(stream, trust)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, trustFailure(ctx, err)
		}
		stream = secure
	}
	conn := ldap.NewConn(stream, implicit)
	conn.SetTimeout(c.cfg.Timeout)
	conn.Start()
	if implicit {
		return conn, nil
	}
	stop := context.AfterFunc(ctx, func() { _ = plain.Close() })
	defer stop()
	if err := conn.StartTLS(trust); err != nil {
		_ = conn.Close()
		return nil, trustFailure(ctx, err)
	}
	if _, ok := conn.TLSConnectionState(); !ok {
		_ = conn.Close()
		return nil, ErrTLS
	}
	return conn, nil
}

// trustFailure tells a server that is not the one meant from one that is not there.
func trustFailure(ctx context.Context, err error) Failure {
	var broken *net.OpError
	if ctx.Err() != nil || errors.As(err, &broken) && broken.Timeout() {
		return ErrDown
	}
	return ErrTLS
}

// bind says who asks.
func (c *Client) bind(ctx context.Context, conn *ldap.Conn) error {
	if c.cfg.Password == nil {
		return conn.UnauthenticatedBind("")
	}
	secrets := sealed.Open(ctx)
	defer secrets.Close()
	password, err := c.cfg.Password(secrets)
	if err != nil {
		return err
	}
	return password.Use(func(text []byte) error {
		if len(text) == 0 {
			return ErrBind // the directory would take it for an anonymous bind, and let us in
		}
		return conn.Bind(c.cfg.BindDN, string(text)) // go-ldap takes texts
	})
}

// failed turns what the library says into a failure; other is what it is when the
// directory did answer.
func (c *Client) failed(ctx context.Context, err error, other Failure) Failure {
	var known Failure
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &unknown):
		return ErrTLS
	case ctx.Err() != nil, ldap.IsErrorWithCode(err, ldap.ErrorNetwork), ldap.IsErrorAnyOf(err, ldap.LDAPResultBusy,
		ldap.LDAPResultUnavailable, ldap.LDAPResultTimeout, ldap.LDAPResultTimeLimitExceeded):
		return ErrDown
	}
	return other
}

// bounded is a connection that ends after so many bytes were read.
type bounded struct {
	net.Conn
	left int
}

// Read implements net.Conn.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrAnswer
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
