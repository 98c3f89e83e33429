// Package matching measures the library match: how well and how fast it finds the entity
// a string means, and how well it links rows that are about the same person.
//
// It measures on a directory of reference data, whose layout is fixed and whose content
// is not ([docs/bench-match.md] lists it), and on invented people ([people]). Nothing is
// configured for a file: the column with the truth and the columns that number the rows
// are taken out, and the library has to find out the rest.
//
// Everything is drawn by a seed. What is timed or weighed runs in a process of its own
// ([Parts]), so that no part feels what another has left behind.
//
// [docs/bench-match.md]: https://github.com/habeas-data/habeas/blob/main/docs/bench-match.md
package matching
