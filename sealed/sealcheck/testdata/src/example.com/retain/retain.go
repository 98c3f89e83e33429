package retain

import (
	"bytes"

	"github.com/habeas-data/habeas/sealed"
)

var global []byte

type holder struct{ b []byte }

func (h *holder) keep(b []byte) { h.b = b }

func outer(v sealed.Value, h *holder) {
	var plain, first []byte
	var all [][]byte
	var later func() int
	_ = v.Use(func(p []byte) error {
		plain = p                            // want `retain: the sealed memory is kept in a variable outside; the memory is wiped`
		first = bytes.TrimSpace(p)[1:]       // want `retain`
		global = p                           // want `retain: the sealed memory is kept in global`
		h.b = p                              // want `retain`
		h.keep(p)                            // want `retain`
		all = append(all, p)                 // want `retain`
		later = func() int { return len(p) } // want `retain`
		go func() { _ = len(p) }()           // want `retain: the sealed memory is given to a goroutine`
		go use(p)                            // want `retain: the sealed memory is given to a goroutine`
		return nil
	})
	_, _, _, _ = plain, first, all, later
}

func use([]byte) {}
