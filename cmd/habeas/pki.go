package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/pki"
)

type pkiCommand struct {
	Root   pkiRoot   `cmd:"" help:"Make the root here and print its certificate. Its keys can be on a machine of their own, without a network."`
	Sub    pkiSub    `cmd:"" help:"Make the key of an authority below the root, or of its next generation, and print the request for its certificate."`
	Sign   pkiSign   `cmd:"" help:"Sign such a request, where the root is, and print the certificate with the root's."`
	CRL    pkiCRL    `cmd:"" name:"crl" help:"Sign the next list of the authorities that were revoked, where the root is, and print it."`
	Import pkiImport `cmd:"" help:"Bring the signed certificate in, where it was requested, or a list of the root."`
}

// ceremonyFlags are what every step needs.
type ceremonyFlags struct {
	dirFlag
	passwordFlag
}

func (c ceremonyFlags) options() (o app.CeremonyOptions, err error) {
	if app.Empty(c.Dir) {
		return o, app.ErrNoRecords
	}
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
	return app.CeremonyOptions{Dir: c.Dir, Password: password, Clock: habeas.SystemClock{}}, err
}

// step does one and prints the PEM that it returns.
func (c ceremonyFlags) step(do func(app.CeremonyOptions) ([]byte, error)) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	out, err := do(o)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(out)
	return err
}

type pkiRoot struct{ ceremonyFlags }

// Run makes the root.
func (c *pkiRoot) Run(ctx context.Context) error {
	return c.step(func(o app.CeremonyOptions) ([]byte, error) { return app.MakeRoot(ctx, o) })
}

type pkiSub struct {
	ceremonyFlags
	Kind string `arg:"" enum:"identity,server,attribute" help:"Which one: identity (certificates of people), server (of TLS servers), attribute (of roles)."`
}

// Run makes a key and prints the request.
func (c *pkiSub) Run(ctx context.Context) error {
	return c.step(func(o app.CeremonyOptions) ([]byte, error) { return app.RequestAuthority(ctx, o, pki.Kind(c.Kind)) })
}

type pkiSign struct {
	ceremonyFlags
	Request string `arg:"" help:"File with the request." type:"existingfile" placeholder:"FILE"`
}

// Run signs a request.
func (c *pkiSign) Run(ctx context.Context) error {
	request, err := readCeremony(c.Request)
	if err != nil {
		return err
	}
	return c.step(func(o app.CeremonyOptions) ([]byte, error) { return app.SignAuthority(ctx, o, request) })
}

type pkiCRL struct {
	ceremonyFlags
	Previous string   `help:"File with the list before this one: what stands on it stays. It is published at /pki/crl/root-00.crl." type:"existingfile" placeholder:"FILE"`
	Revoke   []string `help:"File with the certificate of an authority that counts no more." type:"existingfile" sep:"none" placeholder:"FILE"`
	Reason   string   `help:"Why: ${enum}." enum:"unspecified,cACompromise,superseded,cessationOfOperation" default:"unspecified"`
}

// Run signs a list.
func (c *pkiCRL) Run(ctx context.Context) error {
	var previous []byte
	var err error
	if c.Previous != "" {
		if previous, err = readCeremony(c.Previous); err != nil {
			return err
		}
	}
	ends := make([][]byte, len(c.Revoke))
	for i, name := range c.Revoke {
		if ends[i], err = readCeremony(name); err != nil {
			return err
		}
	}
	reason := map[string]pki.Reason{
		"unspecified": pki.Unspecified, "cACompromise": pki.CACompromise, "superseded": pki.Superseded, "cessationOfOperation": pki.CessationOfOperation,
	}[c.Reason]
	return c.step(func(o app.CeremonyOptions) ([]byte, error) { return app.SignList(ctx, o, previous, ends, reason) })
}

type pkiImport struct {
	ceremonyFlags
	Certificate string `arg:"" help:"File that “habeas pki sign” or “habeas pki crl” has printed." type:"existingfile" placeholder:"FILE"`
}

// Run brings a certificate in and says until when it is good.
func (c *pkiImport) Run(ctx context.Context) error {
	chain, err := readCeremony(c.Certificate)
	if err != nil {
		return err
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	if app.IsList(chain) {
		list, err := app.ImportList(ctx, o, chain)
		if err == nil {
			fmt.Printf("The list of the root is published, until %s.\n", list.NextUpdate.Format("2006-01-02"))
		}
		return err
	}
	made, err := app.ImportAuthority(ctx, o, chain)
	if err != nil {
		return err
	}
	fmt.Printf("The %s authority is ready, until %s.\n", made.Kind(), made.Certificate().NotAfter.Format("2006-01-02"))
	return nil
}

// readCeremony reads a file of the ceremony, which is small.
func readCeremony(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
}
