package api

import (
	"sync"

	"github.com/habeas-data/habeas"
)

// waits counts requests that wait for something to happen. They are not counted among
// those that are worked on, which would be full of them.
type waits struct {
	mu  sync.Mutex
	all int
	of  map[habeas.SystemID]int
}

// enter reports whether there is room for one more of a system.
func (w *waits) enter(id habeas.SystemID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all >= waitsAtOnce || w.of[id] >= waitsOfOne {
		return false
	}
	if w.of == nil {
		w.of = make(map[habeas.SystemID]int)
	}
	w.all++
	w.of[id]++
	return true
}

func (w *waits) leave(id habeas.SystemID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all--
	if w.of[id]--; w.of[id] == 0 {
		delete(w.of, id)
	}
}
