// Command habeas keeps records about people and puts the people in charge of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app/matching"
)

// Exit codes: 0 all is well, 1 a check or an action failed, 2 wrong usage.
const (
	exitFailed = 1
	exitUsage  = 2
)

// cli is the whole command line; the help text comes from here.
type cli struct {
	Demo    demoCommand    `cmd:"" help:"Try everything on this machine, with invented people."`
	Init    initCommand    `cmd:"" help:"Make a data directory and print the first administrator's link."`
	Serve   serveCommand   `cmd:"" help:"Serve the records of a data directory."`
	Party   partyCommand   `cmd:"" help:"Records: import, export."`
	Audit   auditCommand   `cmd:"" help:"The tamper-evident audit: verify it, check a receipt."`
	Keys    keysCommand    `cmd:"" help:"The keys: change the master password."`
	Account accountCommand `cmd:"" help:"A registration file: register, look into it, change its password. And who is authorization manager."`
	PKI     pkiCommand     `cmd:"" name:"pki" help:"The certificate authority: make its root and what is below, on one machine or two."`
	Proxy   proxyCommand   `cmd:"" help:"Let programs of this machine reach the server as you, by your registration file."`
	Status  statusCommand  `cmd:"" help:"Ask the running server how it is doing; ends with 1 when it is not ready."`
	Reload  reloadCommand  `cmd:"" help:"Make the running server read its certificate again."`
	Config  configCommand  `cmd:"" help:"The settings: print them with their meaning, check them."`
	Mail    mailCommand    `cmd:"" help:"Mail: take in what came back."`
	Match   matchCommand   `cmd:"" help:"Names and people: find which rows are the same, which entity a name means."`
	Scrub   scrubCommand   `cmd:"" help:"Take personal data out of files or of standard input: e-mail, cards, phones, names, keys."`
	Session sessionCommand `cmd:"" help:"The session log: list, show and export the steps of sign-ins, claims and entries."`
	Archive archiveCommand `cmd:"" help:"The archive of the logs: read it, with its key, away from the server."`
	Bench   benchCommand   `cmd:"" help:"Measure a throw-away server: timing, throughput."`
	Backup  backupCommand  `cmd:"" help:"Copy records and keys into two encrypted files, while the server runs."`
	Restore restoreCommand `cmd:"" help:"Put a backup back into a new directory or empty databases."`
	Doctor  doctorCommand  `cmd:"" help:"Examine everything: schema, ledger, rows, keys, files."`
	Version versionCommand `cmd:"" help:"Print the version."`

	VerifyRelease verifyReleaseCommand `cmd:"" name:"verify-release" help:"Check that a program is ours, by the signed manifest of its release."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:]))
}

// exitCode ends a command whose report has said everything, with a code of its own.
type exitCode int

// Error implements error.
func (c exitCode) Error() string { return fmt.Sprintf("ends with %d", int(c)) }

// errFailedCheck ends a command whose report says already what is wrong.
var errFailedCheck = errors.New("the check failed")

func run(ctx context.Context, args []string) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("habeas"),
		kong.Description("Records about people, in the hands of the people.\n\nTo look around: habeas demo. To begin for real: habeas init, then habeas serve."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"dir": defaultDir(), "kinds": matching.Kinds(), "roles": matching.Roles(), "scrubkinds": scrubKinds()},
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "habeas:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "habeas: %v\nRun \"habeas --help\" for what there is.\n", err)
		return exitUsage
	}
	err = parsed.Run()
	var e *habeas.Error
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, errFailedCheck):
		return exitFailed
	case errors.As(err, &e) && e.Kind != habeas.KindInternal:
		fmt.Fprintln(os.Stderr, "habeas:", e.Text())
		if e.Kind == habeas.KindInvalid {
			return exitUsage
		}
		return exitFailed
	}
	fmt.Fprintln(os.Stderr, "habeas:", err)
	return exitFailed
}

func defaultDir() string {
	if dir := os.Getenv("HABEAS_DIR"); dir != "" {
		return dir
	}
	return "habeas-data"
}

// dirFlag is the data directory that every command works on, with the databases that
// its settings name.
type dirFlag struct {
	DSN     string `help:"PostgreSQL database of the records, instead of the one in the settings." placeholder:"DSN"`
	KeysDSN string `help:"PostgreSQL database of the keys." placeholder:"DSN"`
	Dir     string `help:"Data directory ($HABEAS_DIR, else habeas-data here)." default:"${dir}" type:"path" placeholder:"DIR"`
}

// AfterApply makes the flags what the environment says: the one way in which something
// overrides the settings.
func (f *dirFlag) AfterApply() error {
	for name, value := range map[string]string{"HABEAS_STORE_RECORDS": f.DSN, "HABEAS_STORE_KEYS": f.KeysDSN} {
		if value == "" {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// passwordFlag says where the master password may come from. It is never an
// argument, because arguments are public on a machine.
type passwordFlag struct {
	MasterPasswordFile string `help:"File with the master password ($HABEAS_MASTER_PASSWORD_FILE, or the systemd credential master-password). Without one you are asked." type:"path" placeholder:"FILE"`
}
