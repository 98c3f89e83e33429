package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/archive"
)

type archiveCommand struct {
	Read archiveRead `cmd:"" help:"Print the lines of archive files. It needs no server, and belongs on a machine that is none."`
}

type archiveRead struct {
	Identity []string `help:"age identity file that opens them. Repeatable." required:"" type:"path" placeholder:"FILE"`
	Files    []string `arg:"" help:"Files of the archive, or directories that hold them." type:"path"`
	JSON     bool     `help:"As JSON lines."`
}

// Run prints the lines in the order of the files; one that stands in two files is printed once.
func (c *archiveRead) Run() error {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	text := json.NewEncoder(os.Stdout)
	if !c.JSON {
		fmt.Fprintln(out, "WHEN\tWHAT\tBY OR OF\tWHO\tOBJECT")
	}
	err := app.ReadArchive(c.Files, c.Identity, func(l archive.Line) error {
		if c.JSON {
			return text.Encode(l)
		}
		what, by := l.Class, l.Credential
		if l.Kind == archive.KindContribution {
			what, by = l.Operation, l.Via
		}
		if l.Refused {
			what += " (refused)"
		}
		_, err := fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", l.At, what, by, l.Who, l.Object)
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}
