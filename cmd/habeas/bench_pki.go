package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/bench"
)

type benchPKI struct {
	benchStores
	People  int           `help:"How many people register." default:"4000"`
	Callers int           `help:"Connections at a time." default:"32"`
	For     time.Duration `help:"How long handshakes are made, and answered questions asked again." default:"5s"`
}

// Help says what the figures mean.
func (*benchPKI) Help() string {
	return `Starts a throw-away server on this machine, which has to bear the callers too.

  issue        registering as a browser does it, over TLS: check the request, sign a certificate for a
               key on P-256, and commit rows, ledger entries and a mail in one durable transaction
  handshakes   TLS 1.3, both sides with certificates, each connection new, revocation asked
  ocsp signed  a question about each certificate, the first one: its answer is signed
  ocsp kept    the same questions again: a kept answer, after the state was asked in the store

make bench-pki measures it beside others.`
}

// longest bounds what happens once for each person.
const longest = 10 * time.Minute

// Run measures and prints.
func (c *benchPKI) Run(ctx context.Context) (err error) {
	b, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	r, err := b.PKI(ctx, app.PKIOptions{People: c.People, Callers: c.Callers, For: longest, Repeating: c.For})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(r)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tA SECOND\tHALF WITHIN\t99 IN 100 WITHIN\tOF\t")
	for _, part := range []struct {
		name string
		bench.Load
	}{{"issue", r.Issue}, {"handshakes", r.Handshakes}, {"ocsp signed", r.OCSPSigned}, {"ocsp kept", r.OCSPKept}} {
		fmt.Fprintf(w, "%s\t%.0f\t%s\t%s\t%d\t\n", part.name, part.PerSecond, part.P50.Round(10*time.Microsecond), part.P99.Round(10*time.Microsecond), part.Requests)
	}
	return w.Flush()
}
