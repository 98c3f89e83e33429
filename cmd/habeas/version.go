package main

import (
	"fmt"

	"github.com/habeas-data/habeas/internal/app"
)

type versionCommand struct{}

// Run prints the version that the binary was built from.
func (versionCommand) Run() error {
	fmt.Println("habeas", app.Version())
	return nil
}
