package mail

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"

	"github.com/habeas-data/habeas/sealed/wire"
)

// mostSaid is how much a mail server may say in one conversation, in bytes.
const mostSaid = 256 << 10

// errStartTLS says that the server cannot be led into TLS.
var errStartTLS = errors.New("mail: the server does not do STARTTLS as RFC 3207 wants it")

// line is the connection of one conversation. What is written to top passes the
// place where sealed values take over from their stand-ins, and nothing below that
// keeps what it is given: TLS encrypts at once, in place. A library that does
// STARTTLS itself leaves no room for this, so it is done here.
type line struct {
	top  net.Conn
	tls  *tls.ConnectionState // nil: no TLS
	raw  net.Conn
	stop func() bool
}

// dial connects and makes TLS. The end of ctx closes the connection, at any time.
func (s *Sender) dial(ctx context.Context, stands wire.Stands) (*line, error) {
	address := net.JoinHostPort(s.c.Host, strconv.Itoa(s.c.Port))
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l := &line{raw: raw, stop: context.AfterFunc(ctx, func() { raw.Close() })}
	if err := s.secure(ctx, l, stands); err != nil {
		l.hangUp()
		return nil, err
	}
	return l, nil
}

// secure puts TLS, and the place where values are put in, on the connection.
func (s *Sender) secure(ctx context.Context, l *line, stands wire.Stands) error {
	inner, greeting := l.raw, ""
	if s.c.TLS == StartTLS {
		if err := startTLS(l.raw, s.domain); err != nil {
			return err
		}
		greeting = "220 TLS\r\n" // the client expects one, and the server has given its own
	}
	if s.c.TLS != NoTLS {
		secured := tls.Client(l.raw, &tls.Config{ServerName: s.c.Host, RootCAs: s.c.RootCAs, MinVersion: tls.VersionTLS12})
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		state := secured.ConnectionState()
		l.tls, inner = &state, secured
	}
	said := io.LimitReader(io.MultiReader(strings.NewReader(greeting), inner), mostSaid)
	l.top = wire.Dialed(heard{inner, said}, stands)
	return nil
}

// hangUp closes the connection below everything: what waits above is not sent.
func (l *line) hangUp() {
	l.stop()
	l.raw.Close()
}

// heard is a connection that is read through something else.
type heard struct {
	net.Conn
	said io.Reader
}

// Read implements net.Conn.
func (h heard) Read(p []byte) (int, error) { return h.said.Read(p) }

// startTLS talks until the server waits for TLS to begin. Nothing that was said
// before is believed afterwards (RFC 3207, 4.2), and what somebody said after the
// server's last word, in the clear, ends the conversation.
func startTLS(conn net.Conn, name string) error {
	buffer := bufio.NewReader(io.LimitReader(conn, mostSaid))
	server := textproto.NewReader(buffer)
	if _, _, err := server.ReadResponse(220); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "EHLO "+name+"\r\n"); err != nil {
		return err
	}
	_, offers, err := server.ReadResponse(250)
	if err != nil {
		return err
	}
	offered := func(line string) bool { return strings.EqualFold(line, "STARTTLS") }
	if !slices.ContainsFunc(strings.Split(offers, "\n")[1:], offered) {
		return errStartTLS
	}
	if _, err := io.WriteString(conn, "STARTTLS\r\n"); err != nil {
		return err
	}
	if _, _, err := server.ReadResponse(220); err != nil {
		return err
	}
	if buffer.Buffered() > 0 {
		return errStartTLS
	}
	return nil
}
