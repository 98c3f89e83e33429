package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/internal/app/demo"
)

type demoCommand struct {
	DSN     string `help:"Empty PostgreSQL database for the records, instead of SQLite." placeholder:"DSN"`
	KeysDSN string `help:"And one for the keys." placeholder:"DSN"`
	Dir     string `help:"Directory that stays when the demo ends: empty, or of an earlier demo. Without it, a temporary one." type:"path" placeholder:"DIR"`
	Addr    string `help:"Where to listen, on this machine; port 0 takes a free one." default:"localhost:0" placeholder:"localhost:PORT"`
	JSON    bool   `help:"Report as JSON."`
}

// Run invents the people and serves them until it is interrupted.
func (c *demoCommand) Run(ctx context.Context) error {
	return demo.Serve(ctx, demo.Options{
		Dir: c.Dir, RecordsDSN: c.DSN, KeysDSN: c.KeysDSN, Addr: c.Addr, Progress: progressBar("Inventing people"), Ready: c.ready,
		Log: app.NewLog(os.Stderr, "text", slog.LevelWarn),
	})
}

// ready prints where to look.
func (c *demoCommand) ready(r demo.Ready) {
	if c.JSON {
		_ = printJSON(r) // a reader that has gone does not end the demo
		return
	}
	kept := "removed at the end; --dir DIR keeps one"
	if r.Kept {
		kept = "kept"
	}
	fmt.Printf(`Everybody here is invented, and nothing leaves this machine.

    Start here:  %s

%d records in %s (%s), ready after %.1f s. Ctrl-C ends the demo.
listening on %s
`, r.Start, r.Records, r.Dir, kept, r.Seconds, r.URL)
}
