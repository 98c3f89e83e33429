package canary

import (
	"testing"
)

// What is found does not depend on how the bytes arrive.
func FuzzScan(f *testing.F) {
	f.Add([]byte("so Zirbelnusskuchen and zirbelnusskuchen"), uint16(5))
	f.Add(hide["zip in gzip"]("Zirbelnusskuchen", 0), uint16(1))
	f.Add([]byte("x\x9cx\x01PK\x03\x04\x1f\x8b\x08(\xb5/\xfd"), uint16(2))
	f.Add([]byte("PK\x03\x04aaaa\x08\x00aaaaaaaaaaaaaaaaaaaa"), uint16(3))
	var s Set
	s.Text("name", "Zirbelnusskuchen")
	f.Fuzz(func(t *testing.T, data []byte, step uint16) {
		results := [2][]Finding{}
		for i, size := range []int{len(data), int(step)%1000 + 1} {
			b := s.begin("x")
			sc := &scanner{m: s.m, found: b.hit}
			for rest := data; len(rest) > 0; {
				n := min(size, len(rest))
				_, _ = sc.Write(rest[:n]) // never fails
				rest = rest[n:]
			}
			_ = sc.Close()
			for _, found := range b.found {
				results[i] = append(results[i], *found)
			}
		}
		if len(results[0]) != len(results[1]) {
			t.Errorf("%v in one piece, %v in pieces of %d", results[0], results[1], int(step)%1000+1)
		}
	})
}
