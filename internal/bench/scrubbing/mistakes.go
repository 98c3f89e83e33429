package scrubbing

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/habeas-data/habeas/internal/bench/scrubbing/corpus"
	"github.com/habeas-data/habeas/scrub"
)

// Mistakes are places that were missed or replaced for nothing, with examples. The held
// part never gives any.
type Mistakes struct {
	keep int
	all  map[mistake]*examples
}

// mistake is a sort of them.
type mistake struct {
	corpus string
	kind   scrub.Kind
	class  string
	found  bool // replaced for nothing; else missed
}

type examples struct {
	n    int
	some []string
}

// in returns what counts the mistakes of a corpus.
func (m *Mistakes) in(name string) func(corpus.Text, int, int, scrub.Kind, string, bool) {
	return func(t corpus.Text, start, end int, kind scrub.Kind, class string, found bool) {
		if m.all == nil {
			m.all = map[mistake]*examples{}
		}
		key := mistake{corpus: name, kind: kind, class: class, found: found}
		if m.all[key] == nil {
			m.all[key] = &examples{}
		}
		e := m.all[key]
		if e.n++; len(e.some) < m.keep {
			e.some = append(e.some, around(t.Body, start, end))
		}
	}
}

// around quotes a place with a little of what stands beside it.
func around(b []byte, start, end int) string {
	const beside = 40
	from, to := max(0, start-beside), min(len(b), end+beside)
	for from > 0 && !utf8.RuneStart(b[from]) {
		from--
	}
	for to < len(b) && !utf8.RuneStart(b[to]) {
		to++
	}
	return strings.NewReplacer("\n", "⏎", "\u200b", "·").Replace(string(b[from:start]) + "⟨" + string(b[start:end]) + "⟩" + string(b[end:to]))
}

// Text lists the sorts of mistakes, the most frequent first.
func (m *Mistakes) Text() string {
	keys := make([]mistake, 0, len(m.all))
	for k := range m.all {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b mistake) int {
		if d := m.all[b].n - m.all[a].n; d != 0 {
			return d
		}
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	var b strings.Builder
	for _, k := range keys {
		said := "missed"
		if k.found {
			said = "for nothing"
		}
		fmt.Fprintf(&b, "%6d %-11s %-8s %s %s\n", m.all[k].n, said, k.kind, k.corpus, k.class)
		for _, s := range m.all[k].some {
			fmt.Fprintf(&b, "         %s\n", s)
		}
	}
	return b.String()
}
