package wire

import (
	"bytes"
	"strings"

	"github.com/habeas-data/habeas/sealed"
)

// Stands are values that are to go out, by their stand-ins. It is not safe for concurrent
// use while Put is called.
type Stands map[string]sealed.Value

// Put gives a text, as long as the value, that becomes the value on its way out, under the
// conditions of the function [Put].
func (s Stands) Put(v sealed.Value) (string, bool) {
	var stand []byte
	err := v.Use(func(plain []byte) error {
		if len(plain) < minStand || bytes.ContainsFunc(plain, unsafe) {
			return errUnfit
		}
		stand = make([]byte, len(plain))
		for i := range stand {
			stand[i] = letter(i)
		}
		return nil
	})
	if err != nil {
		return "", false
	}
	s[string(stand)] = v
	return string(stand), true
}

// find looks for a stand-in at the beginning of text: its length, 0 if there is none, or
// begins when the text ends within one.
func (s Stands) find(text []byte) (length int, v sealed.Value, begins bool) {
	for stand, v := range s {
		switch {
		case len(text) >= len(stand):
			if string(text[:len(stand)]) == stand {
				return len(stand), v, false
			}
		case strings.HasPrefix(stand, string(text)):
			begins = true
		}
	}
	return 0, sealed.Value{}, begins
}
