// Command gen writes internal/promise/proofs.json: which tests prove which promise, and how
// they ended in the run whose results are given. Without results, those of the run before
// stay.
//
//	go run ./internal/promise/gen [-results bin/results.tsv]
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/habeas-data/habeas/internal/promise"
)

func main() {
	results := flag.String("results", "", "results of a run of all tests")
	root := flag.String("root", ".", "root of the project")
	flag.Parse()
	if err := run(*root, *results); err != nil {
		fmt.Fprintln(os.Stderr, "promises:", err)
		os.Exit(1)
	}
}

func run(root, results string) error {
	tests, err := promise.Collect(root)
	if err != nil {
		return err
	}
	file := filepath.Join(root, "internal", "promise", "proofs.json")
	p := promise.Proofs{Tests: tests}
	ended := promise.Results{}
	if results == "" {
		old, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var was promise.Proofs
		if err := json.Unmarshal(old, &was); err != nil {
			return err
		}
		p.RunAt = was.RunAt
		for _, all := range was.Tests {
			for _, t := range all {
				ended[[2]string{t.Place, t.Name}] = t.Result
			}
		}
	} else {
		f, err := os.Open(results)
		if err != nil {
			return err
		}
		defer f.Close()
		if ended, err = promise.ReadResults(f); err != nil {
			return err
		}
		if len(ended) == 0 {
			return fmt.Errorf("%s holds no result: run make test first", results)
		}
		at, err := f.Stat()
		if err != nil {
			return err
		}
		p.RunAt = at.ModTime().UTC().Truncate(time.Second)
	}
	proved := 0
	for _, all := range tests {
		for i, t := range all {
			all[i].Result = ended[[2]string{t.Place, t.Name}]
		}
		if promise.State(all) == promise.Passed {
			proved++
		}
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(p); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d of %d promises are proved by a test that passed.\n", proved, len(promise.All()))
	return os.WriteFile(file, out.Bytes(), 0o644)
}
