package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
)

type serveCommand struct {
	dirFlag
	passwordFlag
	Addr         string `help:"Where to listen, instead of what the settings say (localhost:8080); port 0 takes a free one." placeholder:"HOST:PORT"`
	RecoveryCode bool   `help:"Open with the recovery kit's code, read like the master password."`
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(ctx context.Context) error {
	if app.Empty(c.Dir) { // before anybody is asked for a password
		return app.ErrNoRecords
	}
	left, err := app.Harden(c.Dir)
	if err != nil {
		return err
	}
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
	if err != nil {
		return err
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	return app.Serve(ctx, app.ServeOptions{
		Dir: c.Dir, Password: password, Recovery: c.RecoveryCode, Addr: c.Addr, Reload: reload, Open: left,
		Listening: func(url string) { fmt.Println("listening on", url) },
	})
}
