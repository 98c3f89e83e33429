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
// Names in the Latin script are found in most places, names in small letters where something
// leads to them or the name is a common one. Cyrillic and Greek names are found by the same
// model with smaller dictionaries. Han, kana and Hangul names are found after or before words
// that go with names only; Arabic and Hebrew names likewise. A name that is an everyday word
// (Will, Rose) is found in company only. Organisations named after people, and places, are
// taken for people now and then.
package prose

// PROSE_LISTS is the folder of lists that the doc of gen tells of.
//go:generate go run ./gen dict $PROSE_LISTS
//go:generate go run ./gen train $PROSE_LISTS
