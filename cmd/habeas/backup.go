package main

import (
	"context"
	"fmt"

	"github.com/habeas-data/habeas/internal/app"
)

type backupCommand struct {
	dirFlag
	To             string   `help:"Directory that the two files are written to; not in the data directory, better not on the same machine." required:"" type:"path" placeholder:"OUT"`
	Recipient      []string `help:"Who can open the backup (age1…, from age-keygen). Repeatable." placeholder:"age1…" sep:"none"`
	RecipientsFile string   `help:"File with one recipient a line." type:"path" placeholder:"FILE"`
	Tombstones     string   `help:"Where a copy of the list of erasures goes: a place of its own, for a restore wants the newest one." type:"path" placeholder:"FILE"`
	JSON           bool     `help:"Report as JSON."`
}

// Run writes the two files and says what they need beside them.
func (c *backupCommand) Run(ctx context.Context) error {
	if err := app.Held(c.Dir); err != nil {
		return err
	}
	made, err := app.Backup(ctx, app.BackupOptions{
		Dir: c.Dir, To: c.To, Recipients: c.Recipient, RecipientFile: c.RecipientsFile, Tombstones: c.Tombstones,
		Progress: progressBar("Backing up"),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(made); err != nil {
			return err
		}
	} else {
		fmt.Printf("%s\n%s\n%d rows and %d keys in %.1f s, %.1f MB. The ledger has %d entries, root %s.\n",
			made.Records, made.Keys, made.Rows, made.KeyCount, made.Seconds, float64(made.Bytes)/1e6, made.TreeSize, made.Root)
		if made.Tombstones != "" {
			fmt.Printf("%s (%d erasures)\n", made.Tombstones, made.Erased)
		} else {
			fmt.Println("A restore also wants the newest list of erasures, DIR/tombstones. Keep copies of it in a third place: --tombstones FILE.")
		}
		for _, w := range made.Warnings {
			fmt.Println("warning:", w)
		}
	}
	if len(made.Warnings) > 0 {
		return errFailedCheck
	}
	return nil
}
