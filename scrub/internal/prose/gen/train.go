package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/scrub/internal/prose/judge"
	"github.com/habeas-data/habeas/scrub/internal/prose/word"
)

// How the model is learned.
const (
	seed       = 20261123
	copies     = 1500 // of each template with people
	others     = 900  // of each template without
	epochs     = 4    // over all examples
	rate       = 0.1  // of learning
	decay      = 1e-5
	forgotten  = 25 // percent of names that the dictionary is said not to know
	misplaced  = 25 // percent of towns
	strangers  = 10 // percent of everyday words
	realCopies = 60 // of sentences given
)

// example is one word to be judged.
type example struct {
	features []uint32
	name     bool
}

// train learns the weights and writes them.
func train(args []string) error {
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	presidio := flags.String("presidio", "", "sentences in the form of presidio-research, to learn from as well")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("train needs the folder that sources.py wrote to")
	}
	f, err := newFiller(flags.Arg(0), seed)
	if err != nil {
		return err
	}
	var examples []example
	for _, s := range f.corpus() {
		examples = append(examples, f.examples(s)...)
	}
	for _, s := range goSource() {
		examples = append(examples, f.examples(s)...)
	}
	if *presidio != "" {
		real, err := readPresidio(*presidio)
		if err != nil {
			return err
		}
		for range realCopies {
			for _, s := range real {
				examples = append(examples, f.examples(s)...)
			}
		}
	}
	fmt.Fprintln(os.Stdout, len(examples), "examples")
	weights := learn(f.rnd, examples)
	return os.WriteFile(filepath.Join("judge", "weights.bin"), quantise(weights), 0o644)
}

// examples judges the words of a sentence.
func (f *filler) examples(s sentence) []example {
	var strip word.Strip
	strip.Reset([]byte(s.text), 0)
	n := 0
	for ; strip.At(n).Start < len(s.text); n++ {
		t := strip.At(n)
		if t.Kind != word.Word {
			continue
		}
		a := t.Attr
		switch {
		case inside(s.people, t) && f.chance(forgotten):
			a = word.Make(0, 0, min(a.Common(), 1), 0, false)
		case a.Town() > 0 && !a.Name() && f.chance(misplaced):
			a = word.Make(0, 0, a.Common(), 0, false)
		case !a.Name() && a.Class() == 0 && a.Common() < 3 && f.chance(strangers):
			a = 0
		default:
			continue
		}
		t.Attr = a
	}
	var all []example
	for i := range n {
		t := strip.At(i)
		name := inside(s.people, t)
		if t.Kind != word.Word || t.Letters < 2 && t.Shape != word.Han || !name && !judge.Worth(&strip, i) {
			continue
		}
		if name && t.Attr.Class() == word.Particle && t.Shape == word.Lower {
			continue
		}
		var buf [judge.Features]uint32
		all = append(all, example{slices.Clone(judge.Look(&buf, &strip, i)), name})
	}
	return all
}

func inside(spans [][2]int, t *word.Token) bool {
	return slices.ContainsFunc(spans, func(s [2]int) bool { return s[0] <= t.Start && t.End <= s[1] })
}

// learn is logistic regression by stochastic gradient descent with a step of its own for
// each weight (AdaGrad).
func learn(rnd *rand.Rand, examples []example) []float64 {
	w := make([]float64, 1<<judge.Bits)
	seen, mean := make([]float64, len(w)), make([]float64, len(w))
	for epoch := range epochs {
		rnd.Shuffle(len(examples), func(i, j int) { examples[i], examples[j] = examples[j], examples[i] })
		loss := 0.0
		for _, e := range examples {
			sum := 0.0
			for _, f := range e.features {
				sum += w[f]
			}
			p := 1 / (1 + math.Exp(-sum))
			g := p
			if e.name {
				g = p - 1
			}
			loss -= math.Log(max(1-math.Abs(g), 1e-9))
			for _, f := range e.features {
				seen[f] += g * g
				w[f] -= rate * (g/math.Sqrt(seen[f]+1e-6) + decay*w[f])
			}
		}
		fmt.Fprintf(os.Stdout, "epoch %d: loss %.4f\n", epoch+1, loss/float64(len(examples)))
		// The mean of the later epochs depends less on their order.
		if epoch >= epochs/2 {
			for i := range w {
				mean[i] += w[i] / float64(epochs-epochs/2)
			}
		}
	}
	return mean
}

// quantise writes weights in steps of judge.Unit.
func quantise(w []float64) []byte {
	out := make([]byte, len(w))
	for i, v := range w {
		out[i] = byte(int8(max(-127, min(127, math.Round(v/judge.Unit)))))
	}
	return out
}

// goSource is a part of Go's standard library, comments and code: prose about programs, and
// programs, with hardly a name of a person.
func goSource() []sentence {
	var all []sentence
	for _, dir := range strings.Fields(goPackages) {
		files, _ := filepath.Glob(filepath.Join(goRoot(), "src", dir, "*.go"))
		for _, name := range files {
			src, err := os.ReadFile(name)
			if err != nil || strings.HasSuffix(name, "_test.go") {
				continue
			}
			var b strings.Builder
			for line := range strings.Lines(string(src)) {
				if !strings.Contains(line, "Copyright") {
					b.WriteString(strings.TrimPrefix(strings.TrimSpace(line), "// ") + "\n")
				}
				if b.Len() > 600 {
					all = append(all, sentence{text: b.String()})
					b.Reset()
				}
			}
		}
	}
	return all
}

const goPackages = `net/http os os/exec io crypto/tls crypto/x509 database/sql encoding/json text/template log/slog sync
	time runtime go/types go/ast net net/url mime/multipart image/png debug/elf`

// readPresidio reads sentences of presidio-research.
func readPresidio(name string) ([]sentence, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Text  string `json:"full_text"`
		Spans []struct {
			Type  string `json:"entity_type"`
			Start int    `json:"start_position"`
			End   int    `json:"end_position"`
		} `json:"spans"`
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		return nil, err
	}
	all := make([]sentence, len(rows))
	for i, r := range rows {
		runes := []rune(r.Text)
		all[i].text = r.Text
		for _, s := range r.Spans {
			at := [2]int{len(string(runes[:s.Start])), len(string(runes[:s.End]))}
			switch s.Type {
			case "PERSON":
				all[i].people = append(all[i].people, at)
			case "STREET_ADDRESS":
				all[i].addresses = append(all[i].addresses, at)
			}
		}
	}
	return all, nil
}

// goRoot is where the toolchain keeps its sources.
func goRoot() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
