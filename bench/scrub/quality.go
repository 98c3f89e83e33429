package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/zricethezav/gitleaks/v8/detect"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// quality measures a finder by the rules of the server's own command.
func (o options) quality(find scrubbing.Finder) matching.Report {
	r := scrubbing.Report{Report: matching.Report{Figures: matching.Figures{}}}
	scrubbing.Quality(find, scrubbing.Options{Reference: o.reference, Seed: o.seed, Share: o.share}, &r)
	return r.Report
}

// expressionFinder replaces what the plain patterns match.
func expressionFinder() scrubbing.Finder {
	e := regexp.MustCompile(alternation(true, nil))
	return func(text []byte) []scrubbing.Found {
		var out []scrubbing.Found
		for _, m := range e.FindAllSubmatchIndex(text, -1) {
			for i, p := range patterns {
				if m[2+2*i] >= 0 {
					out = append(out, scrubbing.Found{Start: m[0], End: m[1], Kind: p.kind})
					break
				}
			}
		}
		return out
	}
}

// gitleaksFinder replaces what the rules of gitleaks call a secret, wherever it stands.
func gitleaksFinder() (scrubbing.Finder, error) {
	d, err := detect.NewDetectorDefaultConfig()
	if err != nil {
		return nil, err
	}
	return byLines(func(text []byte) []scrubbing.Found {
		var out []scrubbing.Found
		for _, f := range d.DetectString(string(text)) {
			out = append(out, everywhere(text, f.Secret)...)
		}
		return out
	}), nil
}

// everywhere lists where a secret stands in a text.
func everywhere(text []byte, secret string) []scrubbing.Found {
	var out []scrubbing.Found
	for from := 0; secret != ""; {
		at := bytes.Index(text[from:], []byte(secret))
		if at < 0 {
			break
		}
		from += at + len(secret)
		out = append(out, scrubbing.Found{Start: from - len(secret), End: from, Kind: scrub.Key})
	}
	return out
}

// byLines gives a finder a text in pieces of a few lines: some get slower than linear, or
// refuse long texts. What it returns is in order, each place once.
func byLines(find scrubbing.Finder) scrubbing.Finder {
	const most = 4 << 10
	return func(text []byte) []scrubbing.Found {
		var out []scrubbing.Found
		for from := 0; from < len(text); {
			end := len(text)
			if end-from > most {
				end = from + bytes.LastIndexByte(text[from:from+most], '\n') + 1
				if end <= from {
					end = from + most
				}
			}
			for _, f := range find(text[from:end]) {
				out = append(out, scrubbing.Found{Start: from + f.Start, End: from + f.End, Kind: f.Kind})
			}
			from = end
		}
		slices.SortFunc(out, func(a, b scrubbing.Found) int {
			return (a.Start-b.Start)*1_000_000 + b.End - a.End
		})
		return slices.Compact(out)
	}
}

// pythonKinds are the types of Presidio that are ours, and what betterleaks finds.
var pythonKinds = map[string]scrub.Kind{
	"PERSON": scrub.Person, "EMAIL_ADDRESS": scrub.Email, "PHONE_NUMBER": scrub.Phone, "CREDIT_CARD": scrub.Card,
	"IBAN_CODE": scrub.IBAN, "IP_ADDRESS": scrub.IP, "MAC_ADDRESS": scrub.MAC, "US_SSN": scrub.ID, "UK_NHS": scrub.ID,
	"US_ITIN": scrub.ID, "ES_NIF": scrub.ID, "IT_FISCAL_CODE": scrub.ID, "PL_PESEL": scrub.ID, "FI_PERSONAL_IDENTITY_CODE": scrub.ID,
	"SECRET": scrub.Key,
}

// python is a rival in a process of its own, which answers one text a line.
type python struct {
	c     *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	about string // what it says of itself
}

func (o options) startPython(ctx context.Context, name string) (*python, error) {
	if o.python == "" {
		return nil, errors.New("there is no Python with it")
	}
	p := &python{c: exec.CommandContext(ctx, o.python, filepath.Join(o.rivals, "find.py"), name)}
	p.c.Stderr = os.Stderr
	var err error
	if p.in, err = p.c.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReaderSize(out, 1<<20)
	if err := p.c.Start(); err != nil {
		return nil, err
	}
	if p.about, err = p.out.ReadString('\n'); err != nil {
		return nil, errors.Join(errors.New("it did not start"), p.close())
	}
	p.about = p.about[:len(p.about)-1]
	return p, nil
}

func (p *python) close() error {
	p.in.Close()
	return p.c.Wait()
}

// find asks for one text. Positions come in characters. A rival that is gone finds
// nothing more.
func (p *python) find(text []byte) []scrubbing.Found {
	text = bytes.ToValidUTF8(text, []byte("?"))
	question, err := json.Marshal(string(text))
	if err != nil {
		return nil
	}
	if _, err := p.in.Write(append(question, '\n')); err != nil {
		return nil
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return nil
	}
	var spans []struct {
		Type       string
		Start, End int
	}
	if json.Unmarshal(line, &spans) != nil {
		return nil
	}
	at := make([]int, 0, utf8.RuneCount(text)+1)
	for i := range string(text) {
		at = append(at, i)
	}
	at = append(at, len(text))
	var out []scrubbing.Found
	for _, s := range spans {
		if kind, ok := pythonKinds[s.Type]; ok && s.Start < s.End && s.End < len(at) {
			out = append(out, scrubbing.Found{Start: at[s.Start], End: at[s.End], Kind: kind})
		}
	}
	return out
}

// pythonRival measures one.
func (o options) pythonRival(ctx context.Context, name string, texts []corpus.Text) (r matching.Report) {
	p, err := o.startPython(ctx, name)
	if err != nil {
		return matching.Report{Notes: []string{fmt.Sprintf("%s: not measured: %v", name, err)}}
	}
	find := byLines(p.find)
	r = o.quality(find)
	keys(texts, find, &r)
	r.Notes = append(r.Notes, p.about)
	if err := p.close(); err != nil {
		r.Notes = append(r.Notes, fmt.Sprintf("%s ended early: %v", name, err))
	}
	return r
}
