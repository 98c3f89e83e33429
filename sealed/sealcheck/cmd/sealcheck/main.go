// Command sealcheck runs the pass of package sealcheck on the packages it is given.
//
//	sealcheck ./...
//
// It calls go vet with itself as the tool, so that unchanged packages are not looked at
// again; go vet -vettool calls it likewise.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/habeas-data/habeas/sealed/sealcheck"
)

func main() {
	if calledByVet(os.Args[1:]) {
		unitchecker.Main(sealcheck.Analyzer)
	}
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "sealcheck:", err)
		os.Exit(2)
	}
	vet := exec.Command("go", append([]string{"vet", "-vettool=" + self}, os.Args[1:]...)...)
	vet.Stdout, vet.Stderr = os.Stdout, os.Stderr
	err = vet.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "sealcheck:", err)
		os.Exit(2)
	}
}

// calledByVet tells the arguments of go vet, the last of which is a file of settings or
// one of two questions, from packages.
func calledByVet(args []string) bool {
	for _, a := range args {
		if a == "-flags" || strings.HasPrefix(a, "-V") || strings.HasSuffix(a, ".cfg") {
			return true
		}
	}
	return false
}
