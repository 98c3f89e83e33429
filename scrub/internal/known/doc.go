// Package known finds values that a session holds, in whatever spelling they slipped into
// a text: in another case, without or with other diacritics, composed or decomposed, with
// zero-width characters or soft hyphens inside, and with up to five blanks, hyphens, dots
// or other separators between letters, or without those that the value has.
//
// # What counts as an occurrence
//
// Values and text are compared as sequences of letters: letters and digits of any script,
// decomposed, without marks, folded in case (ß is ss, ø is o). Everything else separates.
// A value is searched as a whole, and so is each of its words, where a word ends at a
// separator and also inside JudeTheObscure or jude99.
//
//   - Seven letters or more are found anywhere, also inside longer words.
//   - Fewer letters are found only between word borders: separators, and changes from
//     lower to upper case and between letters and digits if four letters or more of one
//     case style stand there and the run of letters is at most 32 bytes long, because
//     random keys are full of such borders. Between their letters they may have separators
//     where the value has some, or between all of them (J u d e).
//   - A value needs three letters to be searched at all, or ErrShort. A Han character
//     counts as two. Scripts without blanks between words have a border at each letter.
//   - A word that is not the whole value needs three letters too, four if only its case
//     sets it off, five if it mixes letters and digits, six if it is all digits (a year or
//     a house number is no evidence), and must not be on a short list of words such as
//     "the", "street", "van" and "com".
//   - Digits alone, fewer than 40, are found only where no other digit touches them.
//   - A value whose own letters are further apart than that is found by its words only.
//   - What is longer than 40 letters is searched in pieces of 40, the last of which
//     overlaps the one before.
//
// A span covers the whole occurrence, with the punctuation around the value if the value
// begins or ends with it. All occurrences are reported, at one start the longest first.
//
// # What a heap dump gives away
//
// The plaintext is read only inside Use. On the heap are: how many values there are, the
// lengths of their words, and keyed hashes: SipHash of each word and of the first seven
// letters of each, and three bitmaps set by a keyed mixing function, all with random keys of
// this Matcher that are sealed too and are on a goroutine's stack while Find or Add runs.
// Without the keys nobody can test a guess against the hashes. The bitmaps resist less
// than a cipher: they are sets of some forty mixed bits for each word. The list of
// separators' places of words below seven letters is kept as well. With the keys, each
// guess can be tested, as with any hash.
//
// # Work
//
// Find takes time linear in the text, whatever the text and the values: at most 40 letters
// are followed from each place, and each length known there costs one look into sealed
// memory.
package known
