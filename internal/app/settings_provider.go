package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/account"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/edge"
	"github.com/habeas-data/habeas/internal/email"
	"github.com/habeas-data/habeas/internal/oidc"
)

// ProviderSettings describe an identity provider (OpenID Connect).
type ProviderSettings struct {
	Name       string          `toml:"name"`  // in addresses of pages: a to z, 0 to 9, hyphens
	Label      string          `toml:"label"` // on the button
	Issuer     string          `toml:"issuer"`
	ClientID   string          `toml:"client_id"`
	SecretFile string          `toml:"secret_file"` // else the systemd credential provider-NAME
	CAFile     string          `toml:"ca_file"`
	HD         string          `toml:"hd"`
	ACR        []string        `toml:"acr"`
	Claims     []ClaimSettings `toml:"claims"`
	VouchesFor []string        `toml:"vouches_for"` // domains; none: everybody's address is proved by a code
	Staff      bool            `toml:"staff"`
	StaffACR   []string        `toml:"staff_acr"`
}

// ClaimSettings are one more claim that people must have.
type ClaimSettings struct {
	Name   string   `toml:"name"`
	Values []string `toml:"values"`
}

// maxProviders bounds the buttons of the sign-in page.
const maxProviders = 8

// wrong says what does not hold about a provider, one thing after the other.
func (p ProviderSettings) wrong() []string {
	var out []string
	say := func(wrong bool, what string) {
		if wrong {
			out = append(out, what)
		}
	}
	say(p.Name == "" || len(p.Name) > 20 || strings.Trim(p.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "", "name: expected a short word of a to z, 0 to 9 and hyphens, such as campus")
	say(strings.TrimSpace(p.Label) == "", "label: expected the words on the button, such as Campus login")
	if err := oidc.CheckIssuer(p.Issuer); err != nil {
		say(true, "issuer: "+err.Error())
	}
	say(p.ClientID == "", "client_id: expected what the provider calls this server")
	for _, domain := range p.VouchesFor {
		address, err := email.Parse("a@" + domain)
		say(err != nil || address.Domain() != domain, "vouches_for: expected domains in their ASCII form and in lower case, such as example.org; a part of one is a domain of its own")
	}
	say(p.Staff && len(p.StaffACR) == 0, "staff: staff_acr is missing beside it: the values of acr that are good enough for people who work here")
	say(!p.Staff && len(p.StaffACR) > 0, "staff_acr: it is used with staff = true only")
	for _, c := range p.Claims {
		say(c.Name == "" || len(c.Values) == 0, "claims: expected a name and values, of which the token must have one")
	}
	return out
}

func (c *checker) providers() {
	c.wantIf(len(c.Providers) > maxProviders, "provider", fmt.Sprintf("expected at most %d", maxProviders))
	names, issuers := map[string]bool{}, map[string]bool{}
	for _, p := range c.Providers {
		say := func(what string) { c.wantIf(true, "provider", cmp.Or(p.Name, "one without a name")+": "+what) }
		for _, what := range p.wrong() {
			say(what)
		}
		if names[p.Name] || issuers[p.Issuer] {
			say("name and issuer are each used once")
		}
		names[p.Name], issuers[p.Issuer] = true, true
		if _, err := c.pool(p.CAFile); err != nil {
			say("ca_file: " + err.Error())
		}
		if file, err := c.providerSecret(p); err != nil {
			say("secret_file: " + err.Error())
		} else {
			c.readable("provider", file, true)
		}
	}
}

var errNoProviderSecret = errors.New("expected a file with the client's secret, or the systemd credential provider-NAME")

// providerSecret is the file that holds a client's secret.
func (s Settings) providerSecret(p ProviderSettings) (string, error) {
	if p.SecretFile != "" {
		return s.file(p.SecretFile), nil
	}
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		file := filepath.Join(dir, "provider-"+p.Name)
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			return file, nil
		}
	}
	return "", errNoProviderSecret
}

// providerConfigs turns the settings into what Open wants.
func (s Settings) providerConfigs() ([]ProviderConfig, error) {
	var out []ProviderConfig
	for _, p := range s.Providers {
		roots, err := s.pool(p.CAFile)
		if err != nil {
			return nil, err
		}
		file, err := s.providerSecret(p)
		if err != nil {
			return nil, err
		}
		c := ProviderConfig{
			Provider: account.Provider{
				Name: p.Name, Label: p.Label, Issuer: p.Issuer, Vouches: slices.Clone(p.VouchesFor), Staff: p.Staff, StaffACR: p.StaffACR,
			},
			OIDC: oidc.Config{
				ClientID: p.ClientID, HD: p.HD, ACR: p.ACR, Roots: roots,
				Secret: func() (string, error) { return secretFile(file) }, // read each time, so that it can be changed
			},
		}
		for _, claim := range p.Claims {
			c.OIDC.Claims = append(c.OIDC.Claims, oidc.Claim(claim))
		}
		out = append(out, c)
	}
	return out, nil
}

// examineProviders adds to a report what is wrong with the identity providers of the
// settings, as they answer now.
func examineProviders(ctx context.Context, dir string, r backup.Report) backup.Report {
	add := func(what, do string) {
		r.Findings = append(r.Findings, backup.Finding{Code: "provider", Severity: backup.Warn, What: what, Do: do})
		if r.Verdict == backup.Good {
			r.Verdict = backup.Warn
		}
	}
	s, err := ReadSettings(dir)
	if err != nil || len(s.Providers) == 0 {
		return r // what is wrong with the settings is said by "habeas config check"
	}
	configs, err := s.providerConfigs()
	var all []provider
	if err == nil {
		all, err = newProviders(configs, edge.Origin{}, habeas.SystemClock{})
	}
	if err != nil {
		add("The identity providers cannot be used: "+err.Error(), "Run \"habeas config check\".")
		return r
	}
	for _, p := range all {
		if err := p.oidc.Check(ctx); err != nil {
			add("Nobody can sign in by "+p.Label+" now: "+strings.TrimPrefix(err.Error(), "oidc: ")+".", "Look whether it runs, and at its issuer in habeas.toml: "+p.Issuer)
		}
	}
	return r
}
