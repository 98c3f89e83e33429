package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
)

type auditCommand struct {
	Verify  auditVerify  `cmd:"" help:"Recompute the whole ledger and name every place that was changed. Needs no password; the server may be running."`
	Receipt auditReceipt `cmd:"" help:"Check a receipt (.tlog-proof) offline."`
}

type auditVerify struct {
	dirFlag
	JSON bool `help:"Report as JSON."`
}

// Run verifies and prints what was found.
func (c *auditVerify) Run(ctx context.Context) error {
	v, err := app.VerifyAudit(ctx, c.Dir, progressBar("Verifying"))
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(v); err != nil {
			return err
		}
	} else {
		for _, f := range v.Faults {
			fmt.Println("changed:", f)
		}
		if rest := v.FaultCount - int64(len(v.Faults)); rest > 0 {
			fmt.Printf("changed: %d more places\n", rest)
		}
		if v.FaultCount == 0 {
			fmt.Printf("The ledger holds: %d entries, %d of them under the signed checkpoint of %s.\nRoot %s. No place was changed.\n",
				v.Leaves, v.Published, v.Origin, v.Root)
		} else {
			fmt.Printf("The ledger does not hold: %d of its places were changed.\n", v.FaultCount)
		}
	}
	if v.FaultCount > 0 {
		return errFailedCheck
	}
	return nil
}

type auditReceipt struct {
	dirFlag
	File string `arg:"" help:"The receipt, or - for standard input."`
	Key  string `help:"Verifier key of the ledger; without it DIR/ledger/key is read." placeholder:"KEY"`
	JSON bool   `help:"Report as JSON."`
}

// Run checks the receipt and says what it proves.
func (c *auditReceipt) Run() error {
	text, err := readFile(c.File)
	if err != nil {
		return err
	}
	r, err := app.CheckReceipt(text, c.Key, c.Dir)
	var e *habeas.Error
	switch {
	case err == nil:
	case errors.As(err, &e) && !strings.HasPrefix(e.Code, "receipt."):
		return err // about the key or the directory
	case e != nil: // the check failed, whatever kind of error says so
		fmt.Fprintln(os.Stderr, "habeas: this receipt does not hold:", e.Text())
		return errFailedCheck
	default:
		return fmt.Errorf("this receipt does not hold: %w", err)
	}
	if c.JSON {
		return printJSON(r)
	}
	fmt.Printf("The receipt holds.\nWhat:   %s in the hour of %s\nWhere:  entry %d of the %d that %s signed\nDetail: %s\n",
		r.Event, r.Hour, r.Index, r.Size, r.Origin, r.Detail)
	return nil
}

func readFile(name string) ([]byte, error) {
	const limit = 1 << 20
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, limit))
}

func printJSON(v any) error { return encodeJSON(os.Stdout, v) }

func encodeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// progressBar reports on a terminal how far long work has come; nil elsewhere.
func progressBar(what string) func(done, total int64) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	last := int64(-1)
	return func(done, total int64) {
		percent := int64(100)
		if total > 0 {
			percent = done * 100 / total
		}
		if percent != last {
			last = percent
			fmt.Fprintf(os.Stderr, "\r%s %d %%", what, percent)
		}
		if done >= total {
			fmt.Fprintln(os.Stderr)
		}
	}
}
