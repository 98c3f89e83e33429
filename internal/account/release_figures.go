package account

import "time"

// Figures count decided cases by ground and outcome for one year.
type Figures struct {
	Year   int
	Counts map[Ground]map[CaseState]int
}

// FiguresUntil is up to when cases count in the public figures: the beginning of the month.
// Who watches the page thus cannot tell from it on which day a case was decided.
func FiguresUntil(now time.Time) time.Time {
	y, m, _ := now.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// smallCount is what is not told exactly, and in which steps more is told.
const smallCount = 5

// AtLeast makes a count so coarse that nobody is recognised by it: none is told, fewer than
// five is 1 to 4, and above that it is at least the multiple of five below it.
func AtLeast(n int) (low int, some bool) {
	switch {
	case n <= 0:
		return 0, false
	case n < smallCount:
		return 0, true
	}
	return n - n%smallCount, true
}
