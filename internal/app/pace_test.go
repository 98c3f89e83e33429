package app

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Answers of two kinds, of which one takes a little longer, leave alike but for the
// slowest few, and quick repetitions do not change that.
// Proves PTY-A26 and PTY-A27.
func TestAnswersLeaveEvenly(t *testing.T) {
	const rounds, settled = 40_000, 4_000
	random := rand.New(rand.NewPCG(1, 2))
	var p pace
	var ready, left [2]time.Duration
	held, n := 0, 0
	for i := range rounds {
		kind := i % 2
		took := time.Duration(1_000_000 + 50_000*kind + int(200_000*random.ExpFloat64()))
		leaves := p.leaves(took, true)
		if leaves < took {
			t.Fatalf("an answer that is ready after %s leaves after %s", took, leaves)
		}
		if repeated := p.leaves(time.Microsecond, false); i > settled && repeated < 1_500*time.Microsecond {
			t.Fatalf("a repetition leaves after %s", repeated)
		}
		if i < settled {
			continue
		}
		n++
		ready[kind] += took
		left[kind] += leaves
		if leaves > took {
			held++
		}
	}
	before, after := (ready[1]-ready[0])/time.Duration(n/2), (left[1]-left[0])/time.Duration(n/2)
	if before < 40*time.Microsecond {
		t.Fatalf("the kinds differ by %s only: this proves nothing", before)
	}
	if after.Abs() > before/8 {
		t.Errorf("the means differ by %s, and by %s where nothing is held", after, before)
	}
	if part := float64(held) / float64(n); part < 0.97 || part > 0.99 {
		t.Errorf("%.3f of the answers are held, want %.2f", part, evenly)
	}
}
