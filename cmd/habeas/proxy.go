package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki/regfile"
	"github.com/habeas-data/habeas/internal/proxy"
	"github.com/habeas-data/habeas/sealed"
)

type proxyCommand struct {
	filePassword
	File   string `arg:"" help:"Your registration file." type:"existingfile" placeholder:"FILE"`
	Server string `required:"" help:"Where the server asks for certificates." placeholder:"URL"`
	Listen string `help:"Where programs of this machine reach the proxy." default:"127.0.0.1:0" placeholder:"ADDR"`
	JSON   bool   `help:"Say address and token as JSON."`
}

// Help says what it is for.
func (*proxyCommand) Help() string {
	return `Opens your registration file and lets programs of this machine reach the server as you:

  curl -H "Authorization: Bearer TOKEN" http://127.0.0.1:PORT/…

Address and token are printed once and count until the proxy ends (Ctrl-C). The key stays in
memory; nothing is written to a file, and no cookie passes. A server outside the authority that
issued your file is refused, and so are pages of the web.

It asks for the password of your file: before you use a new version, check that it is ours, with
habeas verify-release and the list of https://SERVER/download (docs/proxy.md).`
}

// Run opens the file and serves until it is told to end.
func (c *proxyCommand) Run(ctx context.Context) error {
	if err := sealed.Harden(); err != nil {
		fmt.Fprintln(os.Stderr, "Not everything of the memory could be closed to others:", err)
	}
	s := sealed.Open(ctx)
	defer s.Close()
	identity, err := c.open(s)
	if err != nil {
		return err
	}
	p, err := proxy.New(proxy.Config{
		Identity: identity, Server: c.Server, Listen: c.Listen, Clock: habeas.SystemClock{}, Log: app.NewLog(os.Stderr, "text", 0),
	})
	if err != nil {
		return err
	}
	if err := p.Check(ctx); err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(map[string]string{"url": p.URL(), "token": p.Token()})
	} else {
		fmt.Printf("Listening on %s as %s.\nToken: %s\nCtrl-C ends it and forgets the key.\n", p.URL(), identity.Subject.Name, p.Token())
	}
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

// open reads the file and asks for its password.
func (c *proxyCommand) open(s *sealed.Session) (*regfile.Identity, error) {
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, regfile.MaxLen+1))
	if err != nil {
		return nil, err
	}
	password, err := keyring.ReadSecret(s, passwordLabel, "Password of the registration file: ", c.PasswordFile)
	if err != nil {
		return nil, err
	}
	return regfile.Open(s, file, password)
}
