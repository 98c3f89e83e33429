package app

import (
	"cmp"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app/config"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/entity"
	"github.com/habeas-data/habeas/internal/party"
	"github.com/habeas-data/habeas/internal/session"
	"github.com/habeas-data/habeas/internal/webhook"
)

// checker gathers what is wrong with settings.
type checker struct {
	Settings
	found config.Problems
}

// problems checks every value and how values go together.
func (s Settings) problems() config.Problems {
	c := &checker{Settings: s}
	c.wantIf(strings.TrimSpace(s.Organisation) == "", "organisation", "expected the name of who keeps the records")
	if s.PublicURL != "" {
		_, err := edge.ParseOrigin(s.PublicURL)
		c.want(err, "public_url")
	}
	c.address("listen", s.Listen)
	_, err := edge.ParseProxies(s.TrustedProxies)
	c.want(err, "trusted_proxies")
	c.tls()
	c.acme()
	c.store()
	c.smtp()
	c.metrics()
	c.providers()
	c.directory()
	c.wantIf(s.Trace.Endpoint != "" && !isWebAddress(s.Trace.Endpoint), "trace.endpoint", "expected a URL, such as http://localhost:4318")
	c.wantIf(s.Trace.Percent < 0 || s.Trace.Percent > 100, "trace.percent", "expected a number from 0 to 100")
	c.wantIf(s.Disk.Warn.Percent > 0 == (s.Disk.Refuse.Percent > 0) && (s.Disk.Refuse.Bytes > s.Disk.Warn.Bytes || s.Disk.Refuse.Percent > s.Disk.Warn.Percent),
		"disk.refuse", "expected less than disk.warn, so that the warning comes first")
	c.wantIf(s.Backup.ExpectHours < 1 || s.Backup.ExpectHours > 24*366, "backup.expect_hours", "expected a number of hours, from 1 to 8784")
	c.wantIf(s.QueryLog.Percent < 0 || s.QueryLog.Percent > 100, "query_log.percent", "expected a number from 0 to 100")
	c.wantIf(s.SessionLog.KeepDays < 0 || s.SessionLog.KeepDays > session.MaxKeepDays, "session_log.keep_days", "expected a number from 0 to 180")
	c.archived()
	c.downloads()
	_, err = webhook.ParseNetworks(s.Webhook.AllowNetworks)
	c.want(err, "webhook.allow_networks")
	c.authorities()
	c.port()
	_, err = party.NewSchemas(s.sets()...)
	c.want(err, "data_set")
	_, err = entity.NewTypes(s.EntityTypes...)
	c.want(err, "entity_type")
	c.want(account.CheckMailingLists(s.MailingLists), "mailing_list")
	return c.found
}

func (c *checker) tls() {
	c.wantIf(c.TLSCert == "" && c.TLSKey != "", "tls_key", "tls_cert is missing beside it")
	c.wantIf(c.TLSCert != "" && c.TLSKey == "", "tls_cert", "tls_key is missing beside it")
	c.readable("tls_cert", c.TLSCert, false)
	c.readable("tls_key", c.TLSKey, true)
}

func (c *checker) authorities() {
	if c.PKI.Country == "" && c.PKI.URL == "" {
		return
	}
	var e *habeas.Error
	origin, err := edge.ParseOrigin(cmp.Or(c.PublicURL, "http://localhost"))
	if err != nil {
		return // said already
	}
	if errors.As(c.certified(origin).Check(), &e) {
		key := map[string]string{"organisation": "organisation", "country": "pki.country", "url": "pki.url"}[e.Field]
		c.wantIf(true, key, e.Text())
	}
}

func (c *checker) archived() {
	a := c.Archive
	c.wantIf(a.Recipient != "" && a.Dir == "", "archive.recipient", "archive.dir is missing beside it")
	c.wantIf(a.Recipient == "" && a.Dir != "", "archive.dir", "archive.recipient is missing beside it: nothing is written that the server itself could read")
	_, err := c.archive()
	c.wantIf(err != nil, "archive.recipient", "expected an age recipient, age1…, as age-keygen prints it")
	if a.Dir != "" {
		at, err := os.Stat(c.file(a.Dir))
		c.wantIf(err != nil || !at.IsDir(), "archive.dir", "expected a directory that is there")
	}
}

func (c *checker) port() {
	if c.PKI.Listen != "" {
		c.address("pki.listen", c.PKI.Listen)
		c.wantIf(c.PKI.Listen == c.ACME.Listen, "pki.listen", "acme.listen serves it already at this address: leave it out")
	}
	p := c.Port
	if p.Listen == "" {
		c.wantIf(p.URL != "", "certificate_port.url", "certificate_port.listen is missing beside it")
		return
	}
	c.address("certificate_port.listen", p.Listen)
	if p.URL != "" {
		o, err := edge.ParseOrigin(p.URL)
		c.want(err, "certificate_port.url")
		c.wantIf(err == nil && !o.Secure(), "certificate_port.url", "expected an address that begins with https://")
		c.wantIf(err == nil && strings.TrimSuffix(p.URL, "/") == strings.TrimSuffix(c.PublicURL, "/"), "certificate_port.url", "expected another port than that of public_url, or another host")
	}
	own := p.TLSCert != ""
	c.wantIf(own != (p.TLSKey != ""), "certificate_port.tls_cert", "tls_cert and tls_key go together")
	c.wantIf(own && p.Show == "own", "certificate_port.show", "tls_cert names a certificate already: choose one of the two")
	c.wantIf(p.Show == "site" && !own && c.TLSCert == "" && !c.ACME.AcceptTerms, "certificate_port.show", "the site has no certificate here: set tls_cert beside it, or own")
	c.readable("certificate_port.tls_cert", p.TLSCert, false)
	c.readable("certificate_port.tls_key", p.TLSKey, true)
}

func (c *checker) acme() {
	a := c.ACME
	if !a.AcceptTerms {
		c.wantIf(a.Email != "", "acme.email", "it is used with acme.accept_terms = true only")
		return
	}
	c.wantIf(c.TLSCert != "", "acme.accept_terms", "tls_cert names a certificate already: choose one of the two")
	c.wantIf(c.PublicURL == "", "acme.accept_terms", "public_url is needed: the certificate is for its name")
	c.wantIf(a.Email != "" && !strings.Contains(a.Email, "@"), "acme.email", "expected an e-mail address")
	c.wantIf(!strings.HasPrefix(a.Directory, "https://"), "acme.directory", "expected an https URL")
	if a.Listen != "" {
		c.address("acme.listen", a.Listen)
	}
	_, err := c.pool(a.CAFile)
	c.want(err, "acme.ca_file")
}

func (c *checker) store() {
	st := c.Store
	for key, dsn := range map[string]string{"store.records": st.Records, "store.keys": st.Keys} {
		c.wantIf(dsn != "" && !isDSN(dsn), key, "expected a PostgreSQL address, such as postgres://habeas@localhost/habeas_records, or host=… dbname=… user=…")
	}
	c.wantIf(st.Records != "" && st.Keys == "", "store.records", "store.keys is missing beside it: the keys need a database of their own")
	c.wantIf(st.Records == "" && st.Keys != "", "store.keys", "store.records is missing beside it")
	c.wantIf(st.Records != "" && st.Records == st.Keys, "store.keys", "expected another database than store.records, so that a copy of one opens nothing")
	c.readable("store.records_password_file", st.RecordsPasswordFile, true)
	c.readable("store.keys_password_file", st.KeysPasswordFile, true)
}

func (c *checker) smtp() {
	m := c.SMTP
	c.readable("smtp.password_file", m.PasswordFile, true)
	if m.Host == "" {
		c.wantIf(m.From != "", "smtp.from", "smtp.host is missing beside it")
		return
	}
	c.wantIf(m.From == "", "smtp.host", "smtp.from is missing beside it: the address that mail comes from")
	c.wantIf(m.Port < 0 || m.Port > 65535, "smtp.port", "expected a port, 1 to 65535, or 0 for the usual one")
	c.wantIf(m.Username != "" && m.PasswordFile == "", "smtp.username", "smtp.password_file is missing beside it")
	if _, err := c.pool(m.CAFile); err != nil {
		c.want(err, "smtp.ca_file")
	} else if len(c.found) == 0 {
		c.sending()
	}
}

// sending asks the package that sends what it thinks of the mail server.
func (c *checker) sending() {
	_, err := c.sender(habeas.SystemClock{})
	if err == nil {
		return
	}
	key, text := "smtp.host", strings.TrimPrefix(err.Error(), "mail: ")
	if strings.HasPrefix(text, "from ") {
		key = "smtp.from"
	}
	c.wantIf(true, key, text)
}

func (c *checker) metrics() {
	if c.Metrics.Listen == "" {
		return
	}
	c.address("metrics.listen", c.Metrics.Listen)
	c.readable("metrics.token_file", c.Metrics.TokenFile, true)
	c.wantIf(c.Metrics.TokenFile == "" && !loopbackAddress(c.Metrics.Listen), "metrics.listen",
		"expected an address of this machine, such as localhost:9464, or metrics.token_file beside it")
}

// want records err as what is wrong with key.
func (c *checker) want(err error, key string) {
	if err == nil {
		return
	}
	text := err.Error()
	var e *habeas.Error
	if errors.As(err, &e) {
		text = e.Text()
	}
	c.wantIf(true, key, text)
}

func (c *checker) wantIf(wrong bool, key, want string) {
	switch {
	case !wrong:
	case c.loaded == nil:
		c.found = append(c.found, config.Problem{Key: key, Place: "settings", Want: want})
	default:
		c.found = append(c.found, c.loaded.Problem(key, want))
	}
}

func (c *checker) address(key, value string) {
	_, _, err := net.SplitHostPort(value)
	c.wantIf(err != nil, key, "expected address and port, such as localhost:8080 or :443")
}

// readable wants a file that can be read, and that others cannot read if it is secret.
func (c *checker) readable(key, name string, secret bool) {
	if name == "" {
		return
	}
	f, err := os.Open(c.file(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.wantIf(true, key, "there is no file "+c.file(name))
		return
	case err != nil:
		c.wantIf(true, key, "this user cannot read "+c.file(name))
		return
	}
	defer f.Close()
	info, err := f.Stat()
	c.wantIf(err == nil && info.IsDir(), key, c.file(name)+" is a directory, expected a file")
	c.wantIf(err == nil && secret && runtime.GOOS != "windows" && info.Mode().Perm()&0o007 != 0, key,
		"other users of this machine can read "+c.file(name)+": run \"chmod 600\" on it, then change what is in it")
}

// pool reads the certificates of a PEM file; nil, which means the system's, for none.
func (s Settings) pool(name string) (*x509.CertPool, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(s.file(name))
	if err != nil {
		return nil, errors.New("this user cannot read " + s.file(name))
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("expected a PEM file with certificates")
	}
	return pool, nil
}

func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// loopbackAddress reports whether only this machine reaches a listener there.
func loopbackAddress(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
