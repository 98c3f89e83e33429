package entity

import (
	"testing"

	"pgregory.net/rapid"
)

// One wrong character, and two that changed places, are detected. Proves ENT-1.
func TestASlipInAnIdentifierIsDetected(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := withCheck(rapid.Uint64Range(1, 1<<55-1).Draw(t, "data"))
		s := []byte(id.String())
		if back, err := ParseID(string(s)); err != nil || back != id {
			t.Fatalf("%s is read as %s, %v", s, back, err)
		}
		at := func(label string) int {
			i := rapid.IntRange(0, idChars-1).Draw(t, label)
			return i + i/4
		}
		i, j := at("i"), at("j")
		wrong := append([]byte(nil), s...)
		wrong[i] = rapid.SampledFrom([]byte(alphabet)).Draw(t, "c")
		if _, err := ParseID(string(wrong)); err == nil && string(wrong) != string(s) {
			t.Fatalf("%s for %s", wrong, s)
		}
		swapped := append([]byte(nil), s...)
		swapped[i], swapped[j] = swapped[j], swapped[i]
		if _, err := ParseID(string(swapped)); err == nil && string(swapped) != string(s) {
			t.Fatalf("%s for %s", swapped, s)
		}
	})
}
