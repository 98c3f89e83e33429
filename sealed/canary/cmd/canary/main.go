// Command canary searches files for values that must not be in them, in every form that
// package canary knows. The values come on standard input, one a line, each after a name
// and a tab, or alone and then named by the number of its line.
//
//	printf 'person\tZirbelnusskuchen\n' | canary [-allow 'WHERE[=NAME]'] DIR|FILE...
//
// It prints a line for each finding, never a value, and how much was searched. The exit
// status is 0 when nothing was found, 1 when something was, 2 when the search failed.
// WHERE is a pattern for the last elements of a path, such as 'mail/*'; -allow can be
// given more than once.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/habeas-data/habeas/sealed/canary"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, problems io.Writer) int {
	flags := flag.NewFlagSet("canary", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.Usage = func() {
		fmt.Fprintln(problems, "usage: canary [-allow 'WHERE[=NAME]']... DIR|FILE... <VALUES   (lines: NAME<tab>VALUE)")
	}
	var allowed []string
	flags.Func("allow", "where a canary may be, WHERE or WHERE=NAME", func(v string) error {
		allowed = append(allowed, v)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return 2
	}
	var set canary.Set
	if err := read(&set, in); err != nil {
		fmt.Fprintln(problems, err)
		return 2
	}
	report, err := set.Files(flags.Args()...)
	status := 0
	for _, f := range report.Findings {
		if !excused(allowed, f) {
			fmt.Fprintln(out, f)
			status = 1
		}
	}
	fmt.Fprintf(out, "%d bytes in %d files searched for %d patterns\n", report.Bytes, report.Files, set.Patterns())
	for _, path := range report.Skipped {
		fmt.Fprintln(out, "gone meanwhile:", path)
	}
	if err != nil {
		fmt.Fprintln(problems, err)
		return 2
	}
	return status
}

// read takes the values from lines.
func read(set *canary.Set, in io.Reader) error {
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		name, value, named := strings.Cut(lines.Text(), "\t")
		if !named {
			name, value = fmt.Sprintf("line %d", n), name
		}
		if value != "" {
			set.Text(name, value)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("canary: reading the values: %w", err)
	}
	return nil
}

func excused(allowed []string, f canary.Finding) bool {
	for _, a := range allowed {
		where, name, named := strings.Cut(a, "=")
		if (!named || name == f.Canary) && f.In(where) {
			return true
		}
	}
	return false
}
