// Package corpus invents the texts on which the scrubber is measured: logs, documents,
// mails and talk in which personal data stands, with a label on every place, and texts
// full of what only looks like it.
//
// The same seed gives the same texts byte for byte. Nobody in them is real: names are
// drawn from lists, numbers are random with the check digits that they need.
//
// There are two parts that share no name, street and sentence of their own ([Open] and
// [Held]): people look at the misses in the open part when they mend something, and the
// held one says whether that helped.
package corpus
