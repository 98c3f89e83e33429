package partytest

import (
	"errors"
	"fmt"
	"strings"
)

// Explored is what a search has seen.
type Explored struct {
	States int
	Steps  int // done
	Denied int // refused
	Depth  int // of the deepest state
	Left   int // states that were not looked at, because there were too many
	Done   map[Kind]int
	Wrong  *Wrong
}

// Wrong is a history that breaks a rule, as short as there is one.
type Wrong struct {
	Path []Step
	Why  error
}

// Error tells the history.
func (w *Wrong) Error() string {
	var out strings.Builder
	for i, s := range w.Path {
		fmt.Fprintf(&out, "%2d. %s\n", i+1, s)
	}
	return out.String() + w.Why.Error()
}

// from is how a state was first reached.
type from struct {
	world int32
	step  Step
}

var errShrunk = errors.New("a version did not grow with the change")

// Explore takes every step in every state that can be reached, breadth first, and checks
// each rule in each state and on each step. It ends with the first that is broken, or when
// there is nothing new.
func Explore(m *Model, steps []Step, begin ...World) Explored {
	out := Explored{Done: map[Kind]int{}}
	seen := make(map[World]struct{}, 1<<16)
	var queue []World
	var came []from
	depth := []int32{}
	wrong := func(at int32, why error, last ...Step) {
		path := last
		for ; came[at].world >= 0; at = came[at].world {
			path = append([]Step{came[at].step}, path...)
		}
		out.Wrong = &Wrong{Path: path, Why: why}
	}
	for _, w := range begin {
		seen[w] = struct{}{}
		queue, came, depth = append(queue, w), append(came, from{world: -1}), append(depth, 0)
	}
	for at := int32(0); int(at) < len(queue) && out.Wrong == nil && len(queue) < m.Most; at++ {
		w := queue[at]
		out.States, out.Depth = out.States+1, max(out.Depth, int(depth[at]))
		if why := errors.Join(w.Sound(), m.Stuck(w), m.Reversible(w)); why != nil {
			wrong(at, why)
			break
		}
		for _, s := range steps {
			m.shrunk = false
			next, err := m.Next(w, s)
			if err != nil {
				out.Denied++
				continue
			}
			out.Steps++
			out.Done[s.Kind]++
			if why := Lawful(w, next, s); why != nil || m.shrunk {
				if why == nil {
					why = errShrunk
				}
				wrong(at, why, s)
				break
			}
			if _, old := seen[next]; !old {
				seen[next] = struct{}{}
				queue, came, depth = append(queue, next), append(came, from{at, s}), append(depth, depth[at]+1)
			}
		}
	}
	out.Left = len(queue) - out.States
	return out
}
