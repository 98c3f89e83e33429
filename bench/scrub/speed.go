package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wasilibs/go-re2"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
)

// literals are the values that a session knows.
func (o options) literals() []string {
	return corpus.NewKnown(o.seed, corpus.Open, 10_000, 0).Values
}

// expressions measures an engine of regular expressions that finds all of them in one
// text: alone, and with 10,000 literals.
func (o options) expressions(name string) matching.Report {
	r := matching.Report{Figures: matching.Figures{}}
	text := scrubbing.LogOf(o.seed, o.size)
	for figure, literals := range map[string][]string{"logs_without_known": nil, "logs": o.literals()} {
		find, err := compile(name, alternation(false, literals))
		if err != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("%s, %s: not measured: %v", name, figure, err))
			continue
		}
		part := within(text, find, o.budget/time.Duration(o.runs+1))
		t := scrubbing.Time(part, o.runs, find)
		r.Figures["speed."+figure+".mb_per_s"], r.Figures["speed."+figure+".mb_per_cpu_s"] = t.PerSecond, t.PerCPUSecond
		r.Figures["speed."+figure+".mb"] = float64(len(part)) / 1e6
	}
	return r
}

func compile(name, pattern string) (func([]byte), error) {
	if name == "regexp" {
		e, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		return func(b []byte) { e.FindAllIndex(b, -1) }, nil
	}
	e, err := re2.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return func(b []byte) { e.FindAllIndex(b, -1) }, nil
}

// within is the beginning of a text that takes no longer than the budget, once the engine
// has built what it builds when it is first asked.
func within(text []byte, find func([]byte), budget time.Duration) []byte {
	const step = 1 << 10
	find(text[:min(step, len(text))])
	began, done := time.Now(), 0
	for done < len(text) && time.Since(began) < budget {
		end := min(len(text), done+max(step, done)) // twice as much each time
		find(text[done:end])
		done = end
	}
	return text[:done]
}

// vectorscan measures the program of vectorscan.c.
func (o options) vectorscan(ctx context.Context) (r matching.Report) {
	r.Figures = matching.Figures{}
	if o.vectorscanProgram == "" {
		r.Notes = []string{"vectorscan: not measured: libvectorscan-dev is not there, or no C compiler"}
		return r
	}
	dir, err := os.MkdirTemp("", "habeas-rival-")
	if err != nil {
		r.Notes = []string{"vectorscan: not measured: " + err.Error()}
		return r
	}
	defer os.RemoveAll(dir)
	log, list := filepath.Join(dir, "log"), filepath.Join(dir, "patterns")
	text := scrubbing.LogOf(o.seed, o.size)
	for figure, literals := range map[string][]string{"logs_without_known": nil, "logs": o.literals()} {
		var all []string
		for _, p := range patterns {
			all = append(all, p.pattern)
		}
		for _, l := range literals {
			all = append(all, regexp.QuoteMeta(l))
		}
		err := os.WriteFile(log, text, 0o600)
		if err == nil {
			err = os.WriteFile(list, []byte(strings.Join(all, "\n")+"\n"), 0o600)
		}
		var out []byte
		if err == nil {
			c := exec.CommandContext(ctx, o.vectorscanProgram, list, log, strconv.Itoa(o.runs))
			c.Stderr = os.Stderr
			out, err = c.Output()
		}
		var f struct {
			PerSecond    float64 `json:"mb_per_s"`
			PerCPUSecond float64 `json:"mb_per_cpu_s"`
			EndsOnly     int     `json:"ends_only"`
		}
		if err == nil {
			err = json.Unmarshal(out, &f)
		}
		if err != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("vectorscan, %s: not measured: %v", figure, err))
			continue
		}
		if f.EndsOnly > 0 && literals == nil {
			r.Notes = append(r.Notes, fmt.Sprintf("vectorscan: of %d of %d patterns it reports the end only", f.EndsOnly, len(all)))
		}
		r.Figures["speed."+figure+".mb_per_s"], r.Figures["speed."+figure+".mb_per_cpu_s"] = f.PerSecond, f.PerCPUSecond
		r.Figures["speed."+figure+".mb"] = float64(len(text)) / 1e6
	}
	return r
}
