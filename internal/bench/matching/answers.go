package matching

import (
	"math"
	"slices"
	"time"

	"github.com/habeas-data/habeas/match/text"
)

// Answer is an entity that somebody found for a question.
type Answer struct {
	ID   string
	Name string  // the one that matched
	P    float64 // the probability, or any score of which more is better
}

// answersWanted is how many are asked for.
const answersWanted = 10

// Finder answers a question, best first, with at most ten entities, each once. The
// answers are valid until the next call. It is called from one goroutine.
type Finder func(Question) []Answer

// Ask puts all questions once, and returns the answers and the time that each took.
func Ask(questions []Question, find Finder) ([][]Answer, []time.Duration) {
	answers, times := make([][]Answer, len(questions)), make([]time.Duration, len(questions))
	for i, q := range questions {
		began := time.Now()
		found := find(q)
		times[i] = time.Since(began)
		answers[i] = slices.Clone(found)
	}
	return answers, times
}

// AskWarm puts all questions three times more, in turn, and returns for each the median
// of its times: what a question takes whose answer was not the last one given, without
// the moments in which the machine did something else.
func AskWarm(questions []Question, find Finder) []time.Duration {
	var passes [3][]time.Duration
	for i := range passes {
		_, passes[i] = Ask(questions, find)
	}
	times := passes[0]
	for i := range times {
		a, b, c := passes[0][i], passes[1][i], passes[2][i]
		times[i] = max(min(a, b), min(max(a, b), c))
	}
	return times
}

// Times gives the median and the 99th percentile in microseconds.
func Times(times []time.Duration) Figures {
	if len(times) == 0 {
		return Figures{}
	}
	s := slices.Sorted(slices.Values(times))
	at := func(part float64) float64 {
		return float64(s[int(math.Ceil(part*float64(len(s))))-1]) / float64(time.Microsecond)
	}
	return Figures{"p50_us": at(0.5), "p99_us": at(0.99)}
}

// Score scores the answers to questions of one kind, as [Names] or [Mentions].
func Score(questions []Question, answers [][]Answer, threshold float64) Figures {
	if len(questions) > 0 && questions[0].Mention {
		return Mentions(questions, answers, threshold)
	}
	return Names(questions, answers, threshold)
}

// Names scores answers about whole names: how often the first answer, and one of the
// first ten, is right; strictly, is the very entity whose name was drawn. f1 and ece
// are of the decision to believe the first name: its probability is that of all
// answers that bear it, since which of them was meant cannot be known, and it is taken
// from threshold on. With a negative threshold the best one is found: for scores that
// are no probabilities; then there is no ece.
func Names(questions []Question, answers [][]Answer, threshold float64) Figures {
	var first, ten, strict float64
	var beliefs []belief
	for i, q := range questions {
		a := answers[i]
		if len(a) == 0 {
			continue
		}
		right := slices.Contains(q.Want, a[0].ID)
		first += number(right)
		strict += number(a[0].ID == q.Drawn)
		ten += number(slices.ContainsFunc(a, func(a Answer) bool { return slices.Contains(q.Want, a.ID) }))
		name, p := text.Fold(a[0].Name), 0.0
		for _, other := range a {
			if threshold < 0 {
				p = a[0].P
				break
			}
			if text.Fold(other.Name) == name {
				p += other.P
			}
		}
		beliefs = append(beliefs, belief{p, right})
	}
	n := max(1, float64(len(questions)))
	f := Figures{"r1": first / n, "r10": ten / n, "r1_strict": strict / n, "n": float64(len(questions))}
	f.decide(beliefs, len(questions), threshold)
	return f
}

// Mentions scores answers about texts in which organisations stand: r1 and r10 are of
// texts in which there is one; f1 is of all that is believed and all that is mentioned,
// and texts in which nothing stands count by what is believed wrongly.
func Mentions(questions []Question, answers [][]Answer, threshold float64) Figures {
	var first, ten, some float64
	var beliefs []belief
	all := 0
	for i, q := range questions {
		right := func(a Answer) bool { return slices.Contains(q.Want, a.ID) }
		all += len(q.Want)
		for _, a := range answers[i] {
			beliefs = append(beliefs, belief{a.P, right(a)})
		}
		if len(q.Want) > 0 {
			some++
			first += number(len(answers[i]) > 0 && right(answers[i][0]))
			ten += number(slices.ContainsFunc(answers[i], right))
		}
	}
	f := Figures{"r1": first / max(1, some), "r10": ten / max(1, some), "n": float64(len(questions))}
	f.decide(beliefs, all, threshold)
	return f
}

// belief is something that was said with a probability, and whether it is right.
type belief struct {
	p     float64
	right bool
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// decide adds precision, recall and f1 of what is believed from threshold on, and how
// well probabilities are kept.
func (f Figures) decide(beliefs []belief, all int, threshold float64) {
	slices.SortFunc(beliefs, func(a, b belief) int {
		switch {
		case a.p > b.p:
			return -1
		case a.p < b.p:
			return 1
		}
		return 0
	})
	right, best := 0, rates(0, 0, all)
	for i, b := range beliefs {
		if b.right {
			right++
		}
		last := i+1 == len(beliefs) || beliefs[i+1].p != b.p
		if threshold >= 0 {
			if b.p >= threshold {
				best = rates(right, i+1, all)
			}
		} else if now := rates(right, i+1, all); last && now["f1"] > best["f1"] {
			best = now
		}
	}
	for name, v := range best {
		f[name] = v
	}
	if threshold >= 0 {
		f["ece"] = calibration(beliefs)
	}
}

// calibration returns the expected calibration error: in ten classes of probabilities,
// how far what is said is from what is right, on average over everything that is said.
// Answers below one in a hundred are left out: there are as many as one asks for.
func calibration(beliefs []belief) float64 {
	var said, right [10]float64
	n := 0.0
	for _, b := range beliefs {
		if b.p < 0.01 {
			continue
		}
		c := min(9, int(b.p*10))
		said[c] += min(1, b.p)
		right[c] += number(b.right)
		n++
	}
	apart := 0.0
	for c := range said {
		apart += math.Abs(said[c] - right[c])
	}
	return apart / max(1, n)
}
