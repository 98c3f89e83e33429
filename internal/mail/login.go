package mail

import (
	"crypto/tls"
	"errors"
	"slices"

	"github.com/wneessen/go-mail/smtp"
)

// login is a login by the best mechanism that the server offers. It exists because
// the library knows TLS only where it has made it itself.
type login struct {
	smtp.Auth // the mechanism, once chosen
	c         *Config
	tls       *tls.ConnectionState
}

var errLogin = errors.New("mail: no login is possible here")

// Start implements smtp.Auth. The password is asked for here, and only on TLS whose
// certificate was checked.
func (l *login) Start(server *smtp.ServerInfo) (proto string, toServer []byte, err error) {
	if l.tls == nil {
		return "", nil, errLogin
	}
	server.TLS = true
	for _, m := range mechanisms {
		if slices.Contains(server.Auth, m.name) {
			l.Auth = m.with(l, l.c.Password())
			return l.Auth.Start(server)
		}
	}
	return "", nil, errLogin
}

// mechanisms, the best first: those that prove the password without sending it
// (RFC 5802, RFC 7677; RFC 2195 and NTLM are for old servers), then those that send it.
var mechanisms = []struct {
	name string
	with func(l *login, password string) smtp.Auth
}{
	{"SCRAM-SHA-256-PLUS", func(l *login, p string) smtp.Auth { return smtp.ScramSHA256PlusAuth(l.c.Username, p, l.tls) }},
	{"SCRAM-SHA-256", func(l *login, p string) smtp.Auth { return smtp.ScramSHA256Auth(l.c.Username, p) }},
	{"SCRAM-SHA-1-PLUS", func(l *login, p string) smtp.Auth { return smtp.ScramSHA1PlusAuth(l.c.Username, p, l.tls) }},
	{"SCRAM-SHA-1", func(l *login, p string) smtp.Auth { return smtp.ScramSHA1Auth(l.c.Username, p) }},
	{"NTLM", func(l *login, p string) smtp.Auth { return smtp.NTLMAuth(l.c.Username, p, "") }},
	{"CRAM-MD5", func(l *login, p string) smtp.Auth { return smtp.CRAMMD5Auth(l.c.Username, p) }},
	{"PLAIN", func(l *login, p string) smtp.Auth { return smtp.PlainAuth("", l.c.Username, p, l.c.Host, false) }},
	{"LOGIN", func(l *login, p string) smtp.Auth { return smtp.LoginAuth(l.c.Username, p, l.c.Host, false) }},
}
