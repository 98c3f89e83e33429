package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/habeas-data/habeas/internal/app"
)

type mailCommand struct {
	Bounce mailBounce `cmd:"" help:"Take in a notice that a mail came back, from standard input: for the mail server's alias of the sender's address."`
}

type mailBounce struct {
	dirFlag
	JSON bool `help:"Report as JSON."`
}

// exitLater tells a mail server to try again later (EX_TEMPFAIL of sysexits.h).
const exitLater = 75

// Run hands the notice to the running server. What is no such notice fails with 1, so that
// the mail server shows it to somebody.
func (c *mailBounce) Run(ctx context.Context) error {
	got, err := app.Bounce(ctx, c.Dir, os.Stdin)
	if errors.Is(err, app.ErrNotRunning) {
		fmt.Fprintln(os.Stderr, "habeas:", err)
		return exitCode(exitLater)
	}
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(got)
	case got.Noted:
		fmt.Println("Noted: that mail did not arrive.")
	default:
		fmt.Println("Nothing to note: the mail is not this server's, is only late, or was noted before.")
	}
	return nil
}
