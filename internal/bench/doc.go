// Package bench measures a server from outside, over HTTP: whether two kinds of request
// can be told apart by their time, and how many requests are answered in a second. It
// knows nothing of what it calls.
//
// # What a comparison says
//
// Two classes of request are sent in rounds, one of each in random order, so that
// whatever drifts (the disk, the garbage collector) strikes both. The difference of the
// medians is reported with a 95 % interval from the bootstrap over rounds [1], beside
// the tests of Mann–Whitney [2] and Kolmogorov–Smirnov [3], which look at the whole
// distributions. A [Verdict] needs a limit, the smallest difference that matters: it is
// not the absence of a significant difference, which few samples also give, but an
// interval that lies within the limit (two one-sided tests [4]).
//
// [1] B. Efron, R. Tibshirani: An Introduction to the Bootstrap, 1993.
// [2] H. Mann, D. Whitney, Annals of Mathematical Statistics 18 (1947).
// [3] N. Smirnov, Annals of Mathematical Statistics 19 (1948).
// [4] D. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15 (1987).
package bench
