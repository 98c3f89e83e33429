package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/habeas-data/habeas"
	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/session"
)

type sessionCommand struct {
	List   sessionList   `cmd:"" help:"List the sessions in the log, newest first. Works beside a running server and without one."`
	Show   sessionShow   `cmd:"" help:"Print a session as a conversation; what was sealed stands in ⟦…⟧."`
	Export sessionExport `cmd:"" help:"Write sessions as XML, or as the JSON lines that they are kept in."`
}

// sessionFilter says which sessions are wanted.
type sessionFilter struct {
	Day       string `help:"Those that began on this day in UTC: 2026-11-23, today or yesterday." placeholder:"DAY"`
	Flow      string `help:"Those of this flow: sign-in, claim or staff-entry." placeholder:"FLOW"`
	Outcome   string `help:"Those that ended so: completed, refused, failed, abandoned or interrupted." enum:",completed,refused,failed,abandoned,interrupted" default:"" placeholder:"OUTCOME"`
	Reference string `help:"The one with this number of an error page." placeholder:"NUMBER"`
}

var errDay = habeas.Invalid("day", "This is no day. Write it as 2026-11-23, today or yesterday.").WithCode("session.day")

func (f sessionFilter) filter() (session.Filter, error) {
	out := session.Filter{Flow: f.Flow, Outcome: session.Outcome(f.Outcome), Reference: f.Reference}
	if f.Day == "" {
		return out, nil
	}
	day, ok := session.ParseDay(f.Day, time.Now())
	if !ok {
		return out, errDay
	}
	out.Day = day
	return out, nil
}

type sessionList struct {
	dirFlag
	sessionFilter
	JSON bool `help:"As JSON."`
}

// Run prints one line for each session.
func (c *sessionList) Run() error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	found, damage, err := app.ListSessions(c.Dir, f)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(struct {
			Sessions []session.Summary `json:"sessions"`
			Damaged  int               `json:"damaged"`
		}{append([]session.Summary{}, found...), damage.Lines})
	}
	if len(found) == 0 {
		fmt.Println("No session in the log is like that.")
	} else {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SESSION\tBEGAN ABOUT\tFLOW\tSTEPS\tTOOK\tENDED\tWARNINGS\tREFERENCES")
		for _, s := range found {
			ended := string(s.Outcome)
			if ended == "" {
				ended = "still open"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d s\t%s\t%d\t%s\n", s.ID, s.Begun.UTC().Format("2006-01-02 15:04 MST"), s.Flow,
				s.Transactions, s.Seconds, ended, s.Warnings, strings.Join(s.References, " "))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if damage.Lines > 0 {
		fmt.Fprintf(os.Stderr, "habeas: %d lines of the log could not be read and were passed over.\n", damage.Lines)
	}
	return nil
}

type sessionShow struct {
	dirFlag
	ID   string `arg:"" help:"The session, as list prints it."`
	JSON bool   `help:"As JSON."`
}

// Run prints the session.
func (c *sessionShow) Run() error {
	s, err := app.FindSession(c.Dir, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(s)
	}
	return session.WriteText(os.Stdout, s)
}

type sessionExport struct {
	dirFlag
	sessionFilter
	ID     []string `arg:"" optional:"" help:"Sessions; without any, all that the flags choose."`
	Format string   `help:"xml or jsonl." enum:"xml,jsonl" default:"xml"`
}

// Run writes to standard output.
func (c *sessionExport) Run() error {
	ids := c.ID
	if len(ids) == 0 {
		f, err := c.filter()
		if err != nil {
			return err
		}
		found, _, err := app.ListSessions(c.Dir, f)
		if err != nil {
			return err
		}
		for _, s := range found {
			ids = append(ids, s.ID)
		}
	}
	out := bufio.NewWriter(os.Stdout)
	if err := app.ExportSessions(out, c.Dir, ids, c.Format == "xml"); err != nil {
		return err
	}
	return out.Flush()
}
