package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "gen: say what to do: dict, train, report or show")
		os.Exit(2)
	}
	var err error
	switch os.Args[1] {
	case "dict":
		err = makeDict(os.Args[2:])
	case "report":
		err = report(os.Args[2:])
	case "show":
		err = scanFiles(os.Args[2:])
	case "train":
		err = train(os.Args[2:])
	default:
		err = fmt.Errorf("%q is unknown; dict, train, report and show are expected", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
