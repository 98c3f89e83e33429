package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/backup"
	"github.com/habeas-data/habeas/internal/keyring"
)

type doctorCommand struct {
	dirFlag
	passwordFlag
	Fix          bool `help:"Mend what can be mended: complete erasures that were cut off, collect keys without a record."`
	Sealed       bool `help:"Do without the master password: leave out what needs the keys. A running server has them."`
	Sample       int  `help:"Open only every N-th sealed value." default:"1" placeholder:"N"`
	RecoveryCode bool `help:"Open with the recovery kit's code, read like the master password."`
	JSON         bool `help:"Report as JSON."`
}

// Run examines and prints what was found. The exit code is the verdict's: 0, 1, 2.
func (c *doctorCommand) Run(ctx context.Context) error {
	if err := app.Held(c.Dir); err != nil {
		return err
	}
	o := app.DoctorOptions{Dir: c.Dir, Recovery: c.RecoveryCode, Sample: c.Sample, Fix: c.Fix, Progress: progressBar("Examining")}
	if !c.Sealed {
		o.Password = func() (keyring.Password, error) {
			return keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
		}
	}
	r, err := app.Doctor(ctx, o)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(r); err != nil {
			return err
		}
	} else {
		printReport(r)
	}
	switch r.Verdict {
	case backup.Fault:
		return exitCode(2)
	case backup.Warn:
		return exitCode(1)
	case backup.Good:
	}
	return nil
}

func printReport(r backup.Report) {
	for _, f := range r.Findings {
		state := string(f.Severity)
		if f.Fixed {
			state = "fixed"
		}
		fmt.Printf("%-5s %s: %s\n      %s\n", state, f.Code, f.What, f.Do)
		if len(f.Where) > 0 {
			more := ""
			if rest := f.Count - int64(len(f.Where)); rest > 0 {
				more = fmt.Sprintf(" and %d more", rest)
			}
			fmt.Printf("      at: %s%s\n", strings.Join(f.Where, ", "), more)
		}
	}
	for _, s := range r.Skipped {
		fmt.Println("not looked at:", s)
	}
	n := r.Checked
	fmt.Printf("Checked in %.1f s: %d entries of the ledger, %d people and accounts, %d keys, %d sealed values, %d erasures (%s, schema %d).\n",
		n.Seconds, n.Leaves, n.Subjects, n.Keys, n.Sealed, n.Erased, n.Engine, n.Schema)
	if r.Verdict == backup.Good {
		fmt.Println("Everything is as it should be.")
	}
}
