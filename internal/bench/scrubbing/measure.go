package scrubbing

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// Options say what is measured.
type Options struct {
	Reference string // directory of the reference data; "" goes without
	Seed      uint64 // of everything that is drawn
	Size      int64  // bytes of the log that is timed; 0 is 32 MiB
	Runs      int    // of which the median time is reported; 0 is 3
	Examples  int    // of each sort of mistake are kept
	Share     int    // only one in so many texts is looked at, for those who are slow; 0 is 1
	Say       func(string)
}

func (o Options) say(format string, args ...any) {
	if o.Say != nil {
		o.Say(fmt.Sprintf(format, args...))
	}
}

// How much is invented.
const (
	logLines    = 20_000
	jsonTexts   = 1_500
	xmlTexts    = 1_500
	mailTexts   = 800
	proseTexts  = 3_000
	negatives   = 6_000
	knownValues = 10_000
	knownTexts  = 6_000
	quietSize   = 8 << 20
)

// Corpus is texts of one sort.
type Corpus struct {
	Name  string
	Texts []corpus.Text
}

// Corpora are the invented texts of one part.
func (o Options) Corpora(part corpus.Part) []Corpus {
	share := max(1, o.Share)
	return []Corpus{
		{"logs", []corpus.Text{corpus.Logs(o.Seed, part, logLines/share)}},
		{"json", corpus.JSON(o.Seed, part, jsonTexts/share)},
		{"xml", corpus.XML(o.Seed, part, xmlTexts/share)},
		{"mails", corpus.Mails(o.Seed, part, mailTexts/share)},
		{"prose", corpus.Prose(o.Seed, part, proseTexts/share)},
	}
}

// Report is what a measurement comes to.
type Report struct {
	matching.Report
	Mistakes Mistakes
}

// Measure measures everything.
func Measure(ctx context.Context, o Options) (Report, error) {
	r := Report{Report: matching.Report{Figures: matching.Figures{}, Lines: Lines, Machine: matching.ThisMachine()}}
	// First what is timed, while the process is small.
	if err := speed(ctx, o, r.Figures); err != nil {
		return r, err
	}
	Quality(Ours(), o, &r)
	if err := known(ctx, o, &r); err != nil {
		return r, err
	}
	return r, ctx.Err()
}

// Quality measures what a finder finds that knows no values, and what it takes for
// personal data: by kind and corpus, on both parts, the negatives and Presidio's
// sentences.
func Quality(find Finder, o Options, r *Report) {
	r.Mistakes.keep = o.Examples
	all, held := NewScore(), NewScore()
	for _, c := range o.Corpora(corpus.Open) {
		o.say("finding: %s", c.Name)
		one := NewScore()
		one.Wrong = r.Mistakes.in(c.Name)
		one.each(find, c.Texts)
		put(r.Figures, "corpus."+c.Name+".", one.Figures())
		all.merge(one)
	}
	put(r.Figures, "", all.Figures())
	o.say("finding: the held part")
	for _, c := range o.Corpora(corpus.Held) {
		held.each(find, c.Texts)
	}
	put(r.Figures, "held.", held.Figures())
	o.say("finding: hard negatives")
	falseAlarms(find, o, r)
	sentences, err := Presidio(o.Reference)
	switch {
	case err != nil:
		r.Notes = append(r.Notes, "presidio: not measured: "+err.Error())
	case len(sentences) == 0:
		r.Notes = append(r.Notes, "presidio: not measured: there is no pii/presidio*.json below the reference directory")
	default:
		o.say("finding: Presidio's sentences")
		s := NewScore()
		s.Wrong = r.Mistakes.in("presidio")
		s.each(find, sentences)
		put(r.Figures, "presidio.", s.Figures())
	}
}

// falseAlarms counts what is replaced in texts in which nothing should be.
func falseAlarms(find Finder, o Options, r *Report) {
	texts := corpus.Negatives(o.Seed, negatives/max(1, o.Share))
	byClass, byKind, total := map[string]int{}, map[scrub.Kind]int{}, 0
	wrong := r.Mistakes.in("negatives")
	for _, t := range texts {
		class := t.Labels[0].Class
		byClass[class] += 0
		for _, f := range find(t.Body) {
			byClass[class]++
			byKind[f.Kind]++
			total++
			wrong(t, f.Start, f.End, f.Kind, class, true)
		}
	}
	r.Figures["false_positives"] = float64(total)
	r.Figures["negatives"] = float64(len(texts))
	for class, n := range byClass {
		r.Figures["false_alarms."+class] = float64(n)
	}
	for kind, n := range byKind {
		r.Figures["false_alarms_as."+strings.ToLower(kind.String())] = float64(n)
	}
}

// known measures a scrubber that knows values: whether they are found in every form, and
// whether any can be read afterwards.
func known(ctx context.Context, o Options, r *Report) error {
	o.say("finding: %d known values", knownValues)
	k := corpus.NewKnown(o.Seed, corpus.Open, knownValues, knownTexts)
	s, err := newOurs(ctx, k.Values)
	if err != nil {
		return fmt.Errorf("%d known values: %w", len(k.Values), err)
	}
	defer s.close()
	byForm := map[string]*Score{}
	all, leaks := NewScore(), NewLeaks(k.Values)
	before, after := 0, 0
	for _, t := range k.Texts {
		form := t.Labels[0].Class
		if byForm[form] == nil {
			byForm[form] = NewScore()
			byForm[form].Wrong = r.Mistakes.in("known")
		}
		found := s.find(t.Body)
		byForm[form].Add(t, found)
		all.Add(t, found)
		// What is known by its word only is no value of the list.
		if form != "token" {
			before += one(slices.Contains(leaks.In(string(t.Body)), fold(t.Labels[0].Value)))
		}
		for range leaks.In(string(s.Append(nil, t.Body))) {
			after++
			r.Mistakes.in("leak")(t, t.Labels[0].Start, t.Labels[0].End, scrub.Known, form, false)
		}
	}
	for form, score := range byForm {
		f := score.Figures()
		r.Figures["known.recall."+form] = f["recall.known"]
	}
	for name, v := range all.Figures() {
		if strings.HasSuffix(name, ".known") {
			r.Figures[name] = v
		}
	}
	found := s.findAs(quietLogOf(o.Seed, quietSize), scrub.Mixed)
	r.Figures["known.false_positives"] = float64(len(found))
	r.Figures["known.values"] = float64(len(k.Values))
	r.Figures["known.readable_before"] = float64(before)
	r.Figures["known.leaks"] = float64(after)
	return nil
}

// each adds texts one by one.
func (s *Score) each(find Finder, texts []corpus.Text) {
	for _, t := range texts {
		s.Add(t, find(t.Body))
	}
}

// merge adds what another score has counted.
func (s *Score) merge(o *Score) {
	for kind, t := range o.Kinds {
		into := s.of(kind)
		into.Labelled += t.Labelled
		into.Covered += t.Covered
		into.Typed += t.Typed
		into.Exact += t.Exact
		into.Found += t.Found
		into.Right += t.Right
		into.RightTyped += t.RightTyped
		into.RightExact += t.RightExact
		into.Excused += t.Excused
	}
	s.Outside += o.Outside
	s.Lost += o.Lost
}

func put(into matching.Figures, name string, f matching.Figures) {
	for figure, v := range f {
		into[name+figure] = v
	}
}

// kindNames are the kinds as figures name them.
func kindNames(f matching.Figures) []string {
	seen := map[string]bool{}
	for name := range f {
		for _, of := range []string{"", "held.", "presidio.", "log."} {
			for _, what := range []string{"recall.", "precision."} {
				if kind, ok := strings.CutPrefix(name, of+what); ok {
					seen[kind] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
