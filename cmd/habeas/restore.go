package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
)

type restoreCommand struct {
	dirFlag // with --dsn and --keys-dsn into empty databases
	passwordFlag
	Records      string   `help:"The file habeas-records-….age." required:"" type:"path" placeholder:"FILE"`
	Keys         string   `help:"The file habeas-keys-….age of the same backup, or a later one." required:"" type:"path" placeholder:"FILE"`
	Identity     []string `help:"age identity file that opens them. Repeatable." required:"" type:"path" placeholder:"FILE"`
	Tombstones   []string `help:"A list of erasures; the newest copy, or several that are merged." required:"" type:"path" placeholder:"FILE"`
	Checkpoint   string   `help:"The newest checkpoint that was published. When the backup holds all that it signs, the ledger goes on under its name; else it gets a new one." type:"path" placeholder:"FILE"`
	DropMail     bool     `help:"Give up the mails that waited when the backup was made. Without it they are sent, perhaps a second time."`
	RecoveryCode bool     `help:"Open with the recovery kit's code, read like the master password."`
	JSON         bool     `help:"Report as JSON."`
}

// Run restores and says what was lost.
func (c *restoreCommand) Run(ctx context.Context) error {
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
	if err != nil {
		return err
	}
	r, err := app.Restore(ctx, app.RestoreOptions{
		Dir: c.Dir, Records: c.Records, Keys: c.Keys, Identities: c.Identity, Tombstones: c.Tombstones, Checkpoint: c.Checkpoint,
		RecordsDSN: c.DSN, KeysDSN: c.KeysDSN, Password: password, Recovery: c.RecoveryCode, DropMail: c.DropMail,
		Log: app.NewLog(os.Stderr, "text", slog.LevelInfo), Progress: progressBar("Restoring"),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(r)
	}
	fmt.Printf("Restored to %s in %.1f s: %d rows, as they were on %s.\n", r.Dir, r.Seconds, r.Rows, r.MadeAt.Format("2 January 2006 15:04 UTC"))
	fmt.Printf("%d erasures are on the list; %d of those people were in the backup and are erased again.\n", r.Erased, r.Again)
	switch {
	case !r.Renamed:
		fmt.Printf("The ledger goes on after %d entries as %s. Nothing was lost.\n", r.Size, r.Origin)
	case r.Lost > 0:
		fmt.Printf("%d entries of the ledger are lost: they were published, and this backup is older. The ledger goes on after %d entries under a new name, %s.\n", r.Lost, r.Size, r.Origin)
	default:
		fmt.Printf("What happened after the backup is lost. The ledger goes on after %d entries under a new name, %s.\n", r.Size, r.Origin)
	}
	if r.Mails > 0 {
		fmt.Printf("%d mails wait and are sent when the server starts, perhaps a second time.\n", r.Mails)
	}
	fmt.Println("Everybody signs in again, and open invitations have to be sent again. Run “habeas doctor”, then “habeas serve”.")
	return nil
}
