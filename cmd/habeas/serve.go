package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
)

type serveCommand struct {
	dirFlag
	passwordFlag
	Addr         string `help:"Where to listen (localhost:8080); port 0 takes a free one." default:"localhost:8080" placeholder:"HOST:PORT"`
	RecoveryCode bool   `help:"Open with the recovery kit's code, read like the master password."`
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(ctx context.Context) error {
	if app.Empty(c.Dir) { // before anybody is asked for a password
		return app.ErrNoRecords
	}
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	return app.Serve(ctx, app.ServeOptions{
		Dir: c.Dir, Password: password, Recovery: c.RecoveryCode, Addr: c.Addr, Log: log,
		Listening: func(url string) { fmt.Println("listening on", url) },
	})
}
