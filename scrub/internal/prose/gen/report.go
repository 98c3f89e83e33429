package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/habeas-data/habeas/scrub/internal/prose"
	"github.com/habeas-data/habeas/scrub/internal/span"
)

// report tells how well the names and addresses of a file of sentences are found. A found
// place counts if it overlaps one that is there.
func report(args []string) error {
	if len(args) < 1 {
		return errors.New("report needs a file of sentences")
	}
	read := readPresidio
	if strings.HasSuffix(args[0], ".txt") {
		read = readMarked
	}
	sentences, err := read(args[0])
	if err != nil {
		return err
	}
	verbose := len(args) > 1
	f := prose.New()
	var there, met, found, right [2]int
	for _, s := range sentences {
		spans := f.Find(nil, span.Window{Text: []byte(s.text), To: len(s.text), Begins: true, Ends: true})
		for k, want := range [][][2]int{s.people, s.addresses} {
			kind := [2]span.Kind{span.Person, span.Address}[k]
			for _, w := range want {
				there[k]++
				hit := false
				for _, g := range spans {
					hit = hit || g.Kind == kind && g.Start < w[1] && w[0] < g.End
				}
				if hit {
					met[k]++
				} else if verbose {
					fmt.Fprintf(os.Stdout, "missed %s %q in %q\n", kind, s.text[w[0]:w[1]], s.text)
				}
			}
			for _, g := range spans {
				if g.Kind != kind {
					continue
				}
				found[k]++
				hit := false
				for _, w := range want {
					hit = hit || g.Start < w[1] && w[0] < g.End
				}
				if hit {
					right[k]++
				} else if verbose {
					fmt.Fprintf(os.Stdout, "wrong %s %q in %q\n", kind, s.text[g.Start:g.End], s.text)
				}
			}
		}
	}
	for k, kind := range []span.Kind{span.Person, span.Address} {
		fmt.Fprintf(os.Stdout, "%s: %d of %d found, recall %.3f; %d of %d right, precision %.3f\n", kind, met[k], there[k],
			float64(met[k])/float64(max(there[k], 1)), right[k], found[k], float64(right[k])/float64(max(found[k], 1)))
	}
	return nil
}

// scanFiles prints what is found in files of text.
func scanFiles(names []string) error {
	f := prose.New()
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, s := range f.Find(nil, span.Window{Text: text, To: len(text), Begins: true, Ends: true}) {
			fmt.Fprintf(os.Stdout, "%s %q in %q\n", s.Kind, text[s.Start:s.End], text[max(0, s.Start-40):min(len(text), s.End+30)])
		}
	}
	return nil
}

// readMarked reads sentences in the form of testdata/marked.txt.
func readMarked(name string) ([]sentence, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var all []sentence
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		all = append(all, unmark(strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `\n`, "\n")))
	}
	return all, nil
}

// unmark takes the marks out of a sentence.
func unmark(line string) sentence {
	var s sentence
	for {
		before, rest, ok := strings.Cut(line, "⟨")
		s.text += before
		if !ok {
			return s
		}
		marked, after, _ := strings.Cut(rest, "⟩")
		at := [2]int{len(s.text), len(s.text) + len(marked) - 2}
		s.text += marked[2:]
		if marked[0] == 'P' {
			s.people = append(s.people, at)
		} else {
			s.addresses = append(s.addresses, at)
		}
		line = after
	}
}
