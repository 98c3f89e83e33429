package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/mail"
)

// origin returns where people reach a server that listens on l.
func (s Settings) origin(l net.Listener) (edge.Origin, error) {
	if s.PublicURL != "" {
		return edge.ParseOrigin(s.PublicURL)
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return edge.Origin{}, err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return edge.Origin{}, habeas.Invalid("public_url", "Set public_url in habeas.toml: a server that others can reach has to know its own name.").WithCode("public_url.missing")
	}
	return edge.ParseOrigin("http://localhost:" + port)
}

// secure refuses plain HTTP that would leave the machine (design.md, decision 11).
func (s Settings) secure(o edge.Origin) error {
	if o.Loopback() || s.TLSCert != "" || s.ACME.AcceptTerms || len(s.TrustedProxies) > 0 {
		return nil
	}
	return habeas.Invalid("public_url", "Without TLS nobody else can be served safely: set tls_cert and tls_key, let acme.accept_terms fetch a certificate, or name the reverse proxy in trusted_proxies.").WithCode("tls.missing")
}

// sender returns how mail leaves, or nil when no mail server is set.
func (s Settings) sender(clock habeas.Clock) (*mail.Sender, error) {
	if s.SMTP.Host == "" {
		return nil, nil
	}
	password := func() string { return "" }
	if file := s.file(s.SMTP.PasswordFile); file != "" {
		password = func() string {
			text, _ := secretFile(file) // checked at start; when it goes away later, the login fails and is retried
			return text
		}
	}
	roots, err := s.pool(s.SMTP.CAFile)
	if err != nil {
		return nil, err
	}
	return mail.NewSender(mail.Config{
		Host: s.SMTP.Host, Port: s.SMTP.Port, TLS: mail.TLS(s.SMTP.TLS), Username: s.SMTP.Username, Password: password,
		From: s.SMTP.From, FromName: s.Organisation, RootCAs: roots, Clock: clock,
	})
}

// logger returns the log as the settings want it, on standard error.
func (s Settings) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(s.Log.Level)) // one of the choices
	return NewLog(os.Stderr, s.Log.Format, level)
}

// recordsDSN and keysDSN return the databases with the passwords of their files, ""
// for SQLite.
func (s Settings) recordsDSN() (string, error) {
	return s.withPassword(s.Store.Records, s.Store.RecordsPasswordFile)
}

func (s Settings) keysDSN() (string, error) {
	return s.withPassword(s.Store.Keys, s.Store.KeysPasswordFile)
}

func (s Settings) withPassword(dsn, file string) (string, error) {
	if dsn == "" || file == "" {
		return dsn, nil
	}
	password, err := secretFile(s.file(file))
	if err != nil {
		return "", fmt.Errorf("password of the database: %w", err)
	}
	if !isURL(dsn) { // key=value form: libpq's quoting
		return dsn + " password='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password) + "'", nil
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return "", habeas.Invalid("store", "The address of the database cannot be read.").WithCode("store.dsn")
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// secretFile reads a secret; the line end is not part of it.
func secretFile(path string) (string, error) {
	text, err := readSecret(path)
	defer clear(text)
	return string(text), err
}

// maxSecret bounds a secret in a file, in bytes.
const maxSecret = 64 << 10

var errLongSecret = errors.New("the file is too long for a secret, at most 64 KiB are expected")

// readSecret is secretFile into bytes that the caller clears. No other copy is made.
func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, maxSecret+1)
	n, err := io.ReadFull(f, buf)
	if err == nil {
		err = errLongSecret
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		clear(buf)
		return nil, err
	}
	return bytes.TrimRight(buf[:n], "\r\n"), nil
}

func isURL(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// isDSN reports whether a text has the form of a database address.
func isDSN(dsn string) bool {
	if !isURL(dsn) {
		return strings.Contains(dsn, "=") && !strings.Contains(dsn, "://")
	}
	_, err := url.Parse(dsn)
	return err == nil
}

// redactDSN takes the password out of the value of a store key.
func redactDSN(key, value string) string {
	if key != "store.records" && key != "store.keys" || value == "" {
		return value
	}
	if isURL(value) {
		u, err := url.Parse(value)
		if err != nil {
			return "set"
		}
		query := u.Query()
		if query.Has("password") {
			query.Set("password", "set")
			u.RawQuery = query.Encode()
		}
		if _, has := u.User.Password(); has {
			u.User = url.UserPassword(u.User.Username(), "set")
		}
		return u.String()
	}
	if strings.Contains(value, "password") { // libpq's quoting is not worth parsing to hide one word
		return "set"
	}
	return value
}
