package main

import (
	"context"
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
		password.Close()
		return err
	}
	kit, err := app.Rotate(ctx, app.RotateOptions{
		Dir: c.Dir, Password: password, Recovery: c.RecoveryCode, New: fresh, NewKit: c.NewKit,
		Log: app.NewLog(os.Stderr, "text", slog.LevelInfo),
	})
	if err != nil {
		return err
	}
	defer kit.Close()
	code := ""
	if c.NewKit {
		code = codeHere
	}
	if c.JSON {
		return printKitJSON(struct {
			RecoveryCode string `json:"recovery_code,omitempty"`
		}{code}, kit)
	}
	text := "The master password is changed. The old one opens nothing any more.\n"
	if c.NewKit {
		text += "\nNew recovery kit, shown this once:\n\n    " + code + "\n"
	}
	return printKit(text, kit)
}
