// Package match is the door to a library that answers two questions about names and
// people:
//
//   - Which entity does this string mean? An index over names in all scripts answers
//     in microseconds, forgives what people and programs do to names, says how sure it
//     is, and says "none of these" when nothing fits: package [search].
//   - Which rows are the same person? Record linkage after Fellegi and Sunter, with
//     everything learned from the rows themselves, in batches and one row at a time,
//     each pair with its reasons: package [link].
//
// Both stand on packages that are useful alone: [text] folds, compares and measures
// strings, [standard] brings fields of people and organisations into one form, and
// [table] reads CSV files as they come and finds out what their columns hold.
//
// Nothing here needs the Habeas server, the network, or cgo.
//
// [search]: https://pkg.go.dev/github.com/habeas-data/habeas/match/search
// [link]: https://pkg.go.dev/github.com/habeas-data/habeas/match/link
// [text]: https://pkg.go.dev/github.com/habeas-data/habeas/match/text
// [standard]: https://pkg.go.dev/github.com/habeas-data/habeas/match/standard
// [table]: https://pkg.go.dev/github.com/habeas-data/habeas/match/table
package match
