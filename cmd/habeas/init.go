package main

import (
	"context"
	"fmt"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
)

type initCommand struct {
	dirFlag
	passwordFlag
	Organisation string `help:"Who keeps the records, as people know it." placeholder:"NAME"`
	PublicURL    string `help:"Where people will reach the server; without it, it serves this machine only." placeholder:"URL"`
	Addr         string `help:"Where the server will listen, for the link that is printed (localhost:8080)." default:"localhost:8080" placeholder:"HOST:PORT"`
	Join         bool   `help:"Make the directory of a further node on the two PostgreSQL databases of a server that is there: no new keys, no administrator."`
	JSON         bool   `help:"Report as JSON."`
}

// Run makes the directory and prints what is shown only once.
func (c *initCommand) Run(ctx context.Context) error {
	if c.Join {
		return c.join(ctx)
	}
	if err := app.Vacant(c.Dir); err != nil { // before anybody is asked for a password
		return err
	}
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile, New: true})
	if err != nil {
		return err
	}
	made, err := app.Init(ctx, app.InitOptions{
		Dir: c.Dir, Password: password, Organisation: c.Organisation, PublicURL: c.PublicURL, Addr: c.Addr,
		RecordsDSN: c.DSN, KeysDSN: c.KeysDSN,
	})
	if err != nil {
		return err
	}
	defer made.Kit.Close()
	if c.JSON {
		return printKitJSON(struct {
			Dir               string `json:"dir"`
			RecoveryCode      string `json:"recovery_code"`
			AdministratorLink string `json:"administrator_link"`
		}{made.Dir, codeHere, made.AdministratorLink}, made.Kit)
	}
	return printKit(fmt.Sprintf(`The data directory is ready: %s

Recovery kit. If the master password is lost, this code opens the records; nothing
else does. Print it and lock it away: it is shown this once.

    %s

Authorization manager and first administrator. Start the server with "habeas serve",
open this link within 24 hours, add a passkey and make your registration file. The
link works once.

    %s
`, made.Dir, codeHere, made.AdministratorLink), made.Kit)
}

// join makes the directory of a further node.
func (c *initCommand) join(ctx context.Context) error {
	if err := app.Joinable(c.Dir); err != nil { // before anybody is asked for a password
		return err
	}
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
	if err != nil {
		return err
	}
	dir, err := app.Join(ctx, app.InitOptions{
		Dir: c.Dir, Password: password, Organisation: c.Organisation, PublicURL: c.PublicURL, RecordsDSN: c.DSN, KeysDSN: c.KeysDSN,
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(map[string]string{"dir": dir})
	}
	fmt.Printf("The data directory of a further node is ready: %s\nStart it with \"habeas serve\". Its settings say what those of the other nodes say.\n", dir)
	return nil
}
