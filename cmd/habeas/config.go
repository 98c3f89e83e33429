package main

import (
	"fmt"
	"strings"

	"github.com/habeas-data/habeas/internal/app"
)

type configCommand struct {
	Show  configShow  `cmd:"" default:"withargs" help:"Print every setting: what it means, its value and where that comes from."`
	Check configCheck `cmd:"" help:"Say whether the settings hold, without starting anything."`
	Docs  configDocs  `cmd:"" hidden:"" help:"Print the table of docs/settings.md."`
}

type configShow struct {
	dirFlag
	JSON bool `help:"Report as JSON."`
}

// Run prints the settings. Secrets show as "set".
func (c *configShow) Run() error {
	values, unused, err := app.ShowSettings(c.Dir)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(struct {
			Settings any      `json:"settings"`
			Unused   []string `json:"unused_variables,omitempty"`
		}{values, unused})
	}
	section := ""
	for _, v := range values {
		name := strings.TrimPrefix(v.Name, v.Section()+".")
		switch {
		case v.Section() == v.Name: // tables, of which only the names are shown
			fmt.Println()
			name = "[[" + v.Name + "]]"
		case v.Section() != section:
			section = v.Section()
			fmt.Printf("\n[%s]\n", section)
		}
		from := v.From
		if v.Env != "" && from == "default" {
			from += "; $" + v.Env
		}
		fmt.Printf("%s = %s  (%s)\n    %s\n", name, v.Value, from, v.Doc)
	}
	for _, name := range unused {
		fmt.Printf("\n%s is set and is no setting.\n", name)
	}
	return nil
}

type configCheck struct{ dirFlag }

// Run says what is wrong, all of it.
func (c *configCheck) Run() error {
	if _, err := app.ReadSettings(c.Dir); err != nil {
		return err
	}
	fmt.Println("The settings hold.")
	return nil
}

type configDocs struct{}

// Run prints what the documentation holds.
func (c *configDocs) Run() error {
	fmt.Print(app.SettingsTable())
	return nil
}
