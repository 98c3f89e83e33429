package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
)

type accountManager struct {
	dirFlag
	passwordFlag
	Address string `arg:"" help:"E-mail address of the person, who has an account or will."`
}

// Help says what the ceremony does.
func (accountManager) Help() string {
	return "The authorization manager makes administrators, and nobody else does. There is one: whoever was it before is it no more, and stays administrator. While the server has no administrator, the manager becomes one too. The role counts once its person is registered."
}

// Run designates the authorization manager.
func (c *accountManager) Run(ctx context.Context) error {
	err := app.DesignateManager(ctx, c.Dir, c.Address, func() (keyring.Password, error) {
		return keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
	}, app.NewLog(os.Stderr, "text", slog.LevelWarn))
	if err != nil {
		return err
	}
	fmt.Println("Designated. The role counts once its person is registered here.")
	return nil
}
