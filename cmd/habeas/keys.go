package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
)

type keysCommand struct {
	Rotate keysRotate `cmd:"" help:"Change the master password. Records stay as they are; nobody has to do anything."`
}

type keysRotate struct {
	dirFlag
	passwordFlag
	NewPasswordFile string `help:"File with the new master password; without one you are asked." type:"path" placeholder:"FILE"`
	RecoveryCode    bool   `help:"The password is lost: read the recovery kit's code instead of it."`
	NewKit          bool   `help:"Print a new recovery kit too; the old one then opens nothing."`
	JSON            bool   `help:"Report as JSON."`
}

// Run changes the password.
func (c *keysRotate) Run(ctx context.Context) error {
	if app.Empty(c.Dir) {
		return app.ErrNoRecords
	}
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
	if err != nil {
		return err
	}
	// The environment names the present password only.
	fresh, err := keyring.ReadPassword(keyring.PasswordOptions{
		File: c.NewPasswordFile, New: true, Getenv: func(string) string { return "" },
	})
	if err != nil {
		clear(password)
		return err
	}
	kit, err := app.Rotate(ctx, app.RotateOptions{
		Dir: c.Dir, Password: password, Recovery: c.RecoveryCode, New: fresh, NewKit: c.NewKit,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(struct {
			RecoveryCode string `json:"recovery_code,omitempty"`
		}{kit})
	}
	fmt.Println("The master password is changed. The old one opens nothing any more.")
	if kit != "" {
		fmt.Printf("\nNew recovery kit, shown this once:\n\n    %s\n", kit)
	}
	return nil
}
