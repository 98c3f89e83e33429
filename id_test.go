package habeas_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/habeas-data/habeas"
)

func TestEventsSortInTheOrderTheyWereMade(t *testing.T) {
	now := time.Date(2026, 5, 3, 18, 30, 0, 0, time.UTC)
	var last habeas.EventID
	for range 1000 { // all in the same millisecond
		id := habeas.NewID[habeas.EventKind](now)
		if bytes.Compare(last[:], id[:]) >= 0 {
			t.Fatalf("%s comes after %s", id, last)
		}
		if !id.Time().Equal(now) {
			t.Fatalf("made at %v, says %v", now, id.Time())
		}
		last = id
	}
}
