package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/keyring"
	"github.com/habeas-data/habeas/internal/party"
)

type partyCommand struct {
	Import     partyImport     `cmd:"" help:"Read a CSV or JSON file into the records. It may be stopped and run again: it goes on where it was."`
	Export     partyExport     `cmd:"" help:"Write everything held in one record into an archive that its person can read and that imports elsewhere."`
	Duplicates partyDuplicates `cmd:"" help:"List the records of a running server that may be about the same party, by their ids and the fields that compare, without a value."`
}

type partyExport struct {
	dirFlag
	passwordFlag
	Record string `arg:"" help:"Number of the record: pty_…, as the address of its page shows it."`
	File   string `arg:"" help:"Where the archive goes (ZIP)."`
}

// Run writes everything that is held in one record into an archive.
func (c *partyExport) Run(ctx context.Context) error {
	id, err := habeas.ParseID[habeas.PartyKind](c.Record)
	if err != nil {
		return err
	}
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile})
	if err != nil {
		return err
	}
	archive, err := app.ExportFrom(ctx, c.Dir, password, app.NewLog(os.Stderr, "text", slog.LevelInfo), id)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(archive)
	return errors.Join(err, f.Sync(), f.Close())
}

type partyImport struct {
	dirFlag
	passwordFlag
	File     string            `arg:"" help:"The file: CSV, whose first row names the columns, or JSON, an array of objects or one on each line." type:"existingfile"`
	Map      map[string]string `help:"What a column means: a field such as identity.given_name, external_id, or - to leave it out. Repeatable; the rest is guessed." placeholder:"COLUMN=FIELD"`
	Kind     string            `help:"What the rows are about." enum:"person,organisation" default:"person"`
	Encoding string            `help:"utf-8, latin1 or utf-16; found out when not given." placeholder:"NAME"`
	Dates    string            `help:"What comes first in dates such as 03/05/1984, where nothing in their column says it: day-first or month-first. Not given: such dates are rejected." enum:"day-first,month-first," default:"" placeholder:"ORDER"`
	DryRun   bool              `help:"Look what would become of every row, and write nothing."`
	Resume   bool              `help:"Go on with an interrupted import of this file as it was begun, without saying again what its columns mean."`
	Rejected string            `help:"Where rejected rows go with their reasons; FILE.rejected.csv when not given." placeholder:"FILE"`
	JSON     bool              `help:"Report as JSON."`
}

// Run imports and reports.
func (c *partyImport) Run(ctx context.Context) error {
	password, err := keyring.ReadPassword(keyring.PasswordOptions{File: c.MasterPasswordFile, New: app.Empty(c.Dir)})
	if err != nil {
		return err
	}
	o := app.ImportOptions{
		File: c.File, Columns: c.Map, Kind: party.Kind(c.Kind), Encoding: c.Encoding, DryRun: c.DryRun, Rejected: c.Rejected,
		Dates: c.Dates, Resume: c.Resume,
	}
	if term.IsTerminal(int(os.Stderr.Fd())) {
		o.Progress = func(r app.ImportReport) {
			fmt.Fprintf(os.Stderr, "\r%3.0f %%  %d rows, %.0f a second, %d rejected. Ctrl-C stops; run it again to go on.",
				100*r.Done, r.Rows, float64(r.Rows-r.Resumed)/max(r.Seconds, 0.001), r.Rejected)
		}
	}
	report, made, err := app.ImportInto(ctx, c.Dir, password, app.NewLog(os.Stderr, "text", slog.LevelInfo), o)
	if o.Progress != nil {
		fmt.Fprintln(os.Stderr)
	}
	if made.AdministratorLink != "" {
		defer made.Kit.Close()
		err = errors.Join(err, writeKit(os.Stderr, fmt.Sprintf("The data directory was empty and is set up now. Recovery kit (shown once):\n    %s\nFirst administrator: %s\n",
			codeHere, made.AdministratorLink), made.Kit))
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(report)
	}
	printImport(report)
	return nil
}

func printImport(r app.ImportReport) {
	var names []string
	for name, means := range r.Columns {
		names = append(names, fmt.Sprintf("  %s → %s", name, means))
	}
	slices.Sort(names)
	fmt.Printf("Columns:\n%s\n", strings.Join(names, "\n"))
	verb := "imported"
	if r.DryRun {
		verb = "good (dry run, nothing was written)"
	}
	if r.Resumed > 0 {
		fmt.Printf("An interrupted import of this file was taken up behind row %d.\n", r.Resumed)
	}
	fmt.Printf("%d rows in %.1f s (%.0f a second): %d %s, %d were in already, %d rejected.\n",
		r.Rows, r.Seconds, float64(r.Rows-r.Resumed)/max(r.Seconds, 0.001), r.Imported, verb, r.Known, r.Rejected)
	if r.Imported > 0 {
		fmt.Printf("Of those: %d new records, %d added to known ones, %d need review.\n", r.Created, r.Attached, r.Review)
	}
	if r.RejectedFile != "" {
		fmt.Printf("Rejected rows with their reasons: %s\n", r.RejectedFile)
	}
}
