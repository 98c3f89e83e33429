// Command gen makes the data files of package prose.
//
//	gen dict LISTS     the dictionary word/dict.bin from the lists of sources.py
//	gen train [-presidio FILE] [-report]
//	                   the weights judge/weights.bin
//	gen report FILE    how well names and addresses are found
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "gen: name what to make: dict or train")
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
		err = fmt.Errorf("%q is unknown, dict and train are", os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}
