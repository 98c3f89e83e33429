// Package bench measures a server from outside, over HTTP: whether two kinds of request
// can be told apart by their time, and how many requests are answered in a second. It
// knows nothing of what it calls.
//
// # What a comparison says
//
// Two classes of request are sent in rounds, one of each in random order, and many pairs
// of classes are measured in blocks that take turns: whatever drifts or breaks in (the
// disk, the garbage collector, another program) strikes both classes of a round alike, and
// a part of every pair.
//
// Of each time the median of the ten rounds around is taken first, whatever their class:
// it says what the machine was like then. Whether there is a difference is asked as dudect
// does [1]: Welch's t of the times below each of several percentiles of all, because a
// leak may show in the fast half and drown in the tail, or the other way round. The
// largest |t| counts, and must pass [Threshold]. As times are neither normal nor
// independent, its probability comes from a permutation test: the two times of a round are
// exchanged at random [2], which is exact whatever drifts between rounds.
//
// How large it is: the difference of the medians, with a 95 % interval from the bootstrap
// over blocks of rounds [3], and how often a request of the one class takes longer than
// one of the other (Mann–Whitney [4]; 50 % says nothing). A [Verdict] needs a limit, the
// smallest difference that matters. "Alike" is not the absence of a significant
// difference, which few samples give too, but an interval that lies within the limit (two
// one-sided tests [5]). [Comparison.Needed] says how many rounds the limit takes.
//
// A tool that finds nothing may be blind, and one that finds something may see ghosts. So
// the caller measures two controls beside: a class against itself, which must not differ,
// and one that is late by the limit, which must be found.
//
// [1] O. Reparaz, J. Balasch, I. Verbauwhede: Dude, is my code constant time?, DATE 2017.
// [2] E. Pitman, Supplement to the Journal of the Royal Statistical Society 4 (1937).
// [3] H. Künsch, Annals of Statistics 17 (1989), for blocks.
// [4] H. Mann, D. Whitney, Annals of Mathematical Statistics 18 (1947).
// [5] D. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987).
package bench
