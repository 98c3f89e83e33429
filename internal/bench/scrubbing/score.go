package scrubbing

import (
	"strings"

	"github.com/habeas-data/habeas/internal/bench/matching"
	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// Found is a place that a finder would replace: text[Start:End].
type Found struct {
	Start, End int
	Kind       scrub.Kind
}

// Finder says what it would replace in a text, ordered by start.
type Finder func(text []byte) []Found

// Tally counts for one kind. What it counts in Labelled is a label that is not optional.
type Tally struct {
	Labelled int // places that are there
	Covered  int // of them: every byte is replaced, by whatever kind
	Typed    int // of them: every byte is replaced as this kind
	Exact    int // of them: one replaced place has the very borders

	Found      int // places replaced as this kind, but for those that only touch optional labels
	Right      int // of them: they overlap a label of whatever kind
	RightTyped int // of them: they overlap a label of this kind
	RightExact int // of them: they have the very borders of a label of this kind
	Excused    int // of those not right: they overlap a label that is none of our kinds
}

// Score is what finding comes to.
type Score struct {
	Kinds map[scrub.Kind]*Tally
	// Bytes outside all labels, and those of them that were replaced.
	Outside, Lost int
	// Wrong is told each place that is missed (found is false) or replaced for nothing.
	Wrong func(t corpus.Text, start, end int, kind scrub.Kind, class string, found bool)
}

// NewScore begins to count.
func NewScore() *Score { return &Score{Kinds: map[scrub.Kind]*Tally{}} }

func (s *Score) of(k scrub.Kind) *Tally {
	if s.Kinds[k] == nil {
		s.Kinds[k] = &Tally{}
	}
	return s.Kinds[k]
}

// Add counts what was found in one text. Both lists are ordered by start.
func (s *Score) Add(t corpus.Text, found []Found) {
	s.recall(t, found)
	s.precision(t, found)
	s.bytes(t, found)
}

func (s *Score) recall(t corpus.Text, found []Found) {
	from := 0
	for _, l := range t.Labels {
		for from < len(found) && found[from].End <= l.Start {
			from++
		}
		if l.Optional || l.Kind == 0 {
			continue
		}
		all, same, exact := l.Start, l.Start, false
		for _, f := range found[from:] {
			if f.Start >= l.End {
				break
			}
			if f.Start <= all {
				all = max(all, f.End)
			}
			if f.Start <= same && (f.Kind == l.Kind || f.Kind == scrub.Known) {
				same = max(same, f.End)
			}
			exact = exact || f.Start == l.Start && f.End == l.End
		}
		tally := s.of(l.Kind)
		tally.Labelled++
		tally.Covered += one(all >= l.End)
		tally.Typed += one(same >= l.End)
		tally.Exact += one(exact)
		if all < l.End && s.Wrong != nil {
			s.Wrong(t, l.Start, l.End, l.Kind, l.Class, false)
		}
	}
}

func (s *Score) precision(t corpus.Text, found []Found) {
	from := 0
	for _, f := range found {
		for from < len(t.Labels) && t.Labels[from].End <= f.Start {
			from++
		}
		var right, typed, exact, optional, foreign bool
		for _, l := range t.Labels[from:] {
			if l.Start >= f.End {
				break
			}
			switch {
			case l.Kind == 0:
				foreign = true
			case l.Optional:
				optional = optional || l.Kind == f.Kind || f.Kind == scrub.Known
			default:
				right = true
				typed = typed || l.Kind == f.Kind || f.Kind == scrub.Known
				exact = exact || l.Kind == f.Kind && l.Start == f.Start && l.End == f.End
			}
		}
		if optional && !right {
			continue
		}
		tally := s.of(f.Kind)
		tally.Found++
		tally.Right += one(right)
		tally.RightTyped += one(typed)
		tally.RightExact += one(exact)
		tally.Excused += one(!right && foreign)
		if !right && s.Wrong != nil {
			s.Wrong(t, f.Start, f.End, f.Kind, "", true)
		}
	}
}

// bytes counts what is replaced outside all labels.
func (s *Score) bytes(t corpus.Text, found []Found) {
	labelled := 0
	for _, l := range t.Labels {
		labelled += l.End - l.Start
	}
	s.Outside += len(t.Body) - labelled
	at, done := 0, 0
	for _, f := range found {
		start := max(f.Start, done)
		if start >= f.End {
			continue
		}
		done = f.End
		s.Lost += done - start
		for at < len(t.Labels) && t.Labels[at].End <= start {
			at++
		}
		for _, l := range t.Labels[at:] {
			if l.Start >= done {
				break
			}
			s.Lost -= min(l.End, done) - max(l.Start, start)
		}
	}
}

// Figures are recall and precision by kind, each also typed and exact, and "outside", the
// share of the bytes outside all labels that are replaced, and "outside_places", the places
// replaced that overlap no label.
func (s *Score) Figures() matching.Figures {
	f := matching.Figures{"outside_places": 0}
	for kind, t := range s.Kinds {
		f["outside_places"] += float64(t.Found - t.Right)
		name := strings.ToLower(kind.String())
		if t.Labelled > 0 {
			n := float64(t.Labelled)
			f["labelled."+name] = n
			f["recall."+name] = float64(t.Covered) / n
			f["recall_typed."+name] = float64(t.Typed) / n
			f["recall_exact."+name] = float64(t.Exact) / n
		}
		if t.Found > 0 {
			n := float64(t.Found)
			f["found."+name] = n
			f["precision."+name] = float64(t.Right) / n
			f["precision_typed."+name] = float64(t.RightTyped) / n
			f["precision_exact."+name] = float64(t.RightExact) / n
			f["precision_lenient."+name] = float64(t.Right+t.Excused) / n
		}
	}
	if s.Outside > 0 {
		f["outside"] = float64(s.Lost) / float64(s.Outside)
	}
	return f
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
