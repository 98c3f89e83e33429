package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/party"
)

type partyDuplicates struct {
	dirFlag
	Search bool `name:"run" help:"Compare all records first. Ctrl-C stops it; run it again to begin anew. Decisions stay."`
	Limit  int  `help:"How many pairs are listed." default:"50"`
	JSON   bool `help:"Report as JSON."`
}

// Run lists the pairs of the server that runs in the directory.
func (c *partyDuplicates) Run(ctx context.Context) error {
	var progress func(party.Search)
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	if terminal {
		progress = func(s party.Search) {
			fmt.Fprintf(os.Stderr, "\r%3.0f %%  %-8s %d of %d records. Ctrl-C stops.", 100*s.Done, s.Stage, s.Rows, s.All)
		}
	}
	list, err := app.ListDuplicates(ctx, c.Dir, c.Search, c.Limit, progress)
	if c.Search && terminal {
		fmt.Fprintln(os.Stderr)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(list)
	}
	return printDuplicates(list)
}

func printDuplicates(list app.DuplicateList) error {
	if s := list.Search; !s.Ended.IsZero() {
		fmt.Printf("Last search: %d records in %.1f s, %d pairs, of which %d are new in the queue.\n", s.All, s.Ended.Sub(s.Began).Seconds(), s.Found, s.Fresh)
		if s.Stopped {
			fmt.Println("It was stopped before its end.")
		}
	}
	fmt.Printf("%d pairs wait for a decision of staff, at /staff/duplicates.\n", list.Waiting)
	if len(list.Pairs) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "PROBABILITY\tRECORD\tRECORD\tREASONS")
	for _, p := range list.Pairs {
		fmt.Fprintf(w, "%.1f %%\t%s\t%s\t%s\n", 100*p.P, p.A, p.B, strings.Join(p.Reasons, " "))
	}
	return w.Flush()
}
