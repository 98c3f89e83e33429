package main

import (
	"context"
	"fmt"
	"time"

	"github.com/habeas-data/habeas/internal/app"
	"github.com/habeas-data/habeas/sealed"
)

type statusCommand struct {
	dirFlag
	JSON bool `help:"Report as JSON."`
}

// Run asks the running server how it is doing.
func (c *statusCommand) Run(ctx context.Context) error {
	st, err := app.AskStatus(ctx, c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(st)
	} else {
		fmt.Printf("%s, version %s, process %d, since %s\n", st.URL, st.Version, st.PID, st.Since.Format(time.DateTime+" MST"))
		for _, check := range st.Checks {
			fmt.Printf("  %-12s %s  %s\n", check.Name, check.Level, check.Text)
		}
		fmt.Println("Keys and passwords lie in", memoryText(st.Memory.Protection))
	}
	if err == nil && !st.Ready {
		return errFailedCheck
	}
	return err
}

// memoryText says in plain words how sealed memory is kept from leaving the process.
func memoryText(p sealed.Protection) string {
	switch p {
	case sealed.Secret:
		return "memory of their own that neither dumps nor swap nor debuggers show."
	case sealed.Locked:
		return "memory of their own that neither dumps nor swap show."
	case sealed.Mapped:
		return "memory of their own that no dump shows, and that may be swapped: the limit of locked memory (LimitMEMLOCK) is used up."
	case sealed.Heap:
	}
	return "ordinary memory: this system offers no other."
}

type reloadCommand struct{ dirFlag }

// Run makes the running server read its certificate again.
func (c *reloadCommand) Run(ctx context.Context) error {
	if err := app.AskReload(ctx, c.Dir); err != nil {
		return err
	}
	fmt.Println("The certificate was read again. Other settings are read when the server starts.")
	return nil
}
