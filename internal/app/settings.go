package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/mail"
	"github.com/habeas-data/habeas/internal/party"
)

// SettingsFile is the optional configuration in the data directory.
const SettingsFile = "habeas.toml"

// Settings is DIR/habeas.toml. Every key is optional; nothing in it is secret but
// the mail password, which better stands in a file of its own.
type Settings struct {
	// Organisation is who keeps the records, as people know it.
	Organisation string `toml:"organisation"`
	// Contact is how people reach the organisation: an address or a web page.
	Contact string `toml:"contact"`
	// PublicURL is where people reach this server, such as https://records.example.org.
	// Without it the server is for this machine only.
	PublicURL string `toml:"public_url"`
	// TrustedProxies are the addresses (CIDR) of reverse proxies in front of the
	// server, which do TLS.
	TrustedProxies []string `toml:"trusted_proxies"`
	// TLSCert and TLSKey are PEM files, when the server does TLS itself.
	TLSCert string `toml:"tls_cert"`
	TLSKey  string `toml:"tls_key"`
	// SMTP is the mail server. Without it mail waits in the outbox.
	SMTP *SMTPSettings `toml:"smtp"`
	// DataSets are data sets beside the built-in ones.
	DataSets []party.SetSchema `toml:"data_set"`
}

// SMTPSettings say how mail leaves.
type SMTPSettings struct {
	Host         string `toml:"host"`
	Port         int    `toml:"port"`
	TLS          string `toml:"tls"` // starttls (default), implicit, or none (loopback only)
	Username     string `toml:"username"`
	PasswordFile string `toml:"password_file"`
	From         string `toml:"from"`
}

// ReadSettings reads DIR/habeas.toml; a missing file is all defaults. Unknown keys
// are refused, so that a mistyped one does not go unnoticed.
func ReadSettings(dir string) (Settings, error) {
	s := Settings{Organisation: "This organisation", Contact: "the organisation"}
	path := filepath.Join(dir, SettingsFile)
	meta, err := toml.DecodeFile(path, &s)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return s, fmt.Errorf("%s: there is no setting %q", path, unknown[0].String())
	}
	return s, nil
}

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
	if o.Loopback() || s.TLSCert != "" || len(s.TrustedProxies) > 0 {
		return nil
	}
	return habeas.Invalid("public_url", "Without TLS nobody else can be served safely: set tls_cert and tls_key, or name the reverse proxy in trusted_proxies.").WithCode("tls.missing")
}

// sender returns how mail leaves, or nil when no mail server is set.
func (s Settings) sender(clock habeas.Clock) (*mail.Sender, error) {
	if s.SMTP == nil {
		return nil, nil
	}
	password := func() string { return "" }
	if file := s.SMTP.PasswordFile; file != "" {
		if _, err := os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("smtp.password_file: %w", err)
		}
		password = func() string {
			b, _ := os.ReadFile(file) // read above; when it goes away later, the login fails and is retried
			return strings.TrimRight(string(b), "\r\n")
		}
	}
	return mail.NewSender(mail.Config{
		Host: s.SMTP.Host, Port: s.SMTP.Port, TLS: mail.TLS(s.SMTP.TLS), Username: s.SMTP.Username, Password: password,
		From: s.SMTP.From, FromName: s.Organisation, Clock: clock,
	})
}

// sets returns the built-in data sets and those of the settings; one of the same
// name replaces the built-in.
func (s Settings) sets() []party.SetSchema {
	sets := party.DefaultSchemas()
	for _, mine := range s.DataSets {
		if mine.Visibility == "" {
			mine.Visibility = party.ToStaff
		}
		replaced := false
		for i := range sets {
			if sets[i].Name == mine.Name {
				sets[i], replaced = mine, true
			}
		}
		if !replaced {
			sets = append(sets, mine)
		}
	}
	return sets
}
