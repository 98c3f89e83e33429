// Package scrub takes personal data out of text.
//
// Logs, transcripts and exports quote what people typed. A [Scrubber] finds e-mail
// addresses, telephone numbers, cards, accounts, national numbers, network addresses, keys
// and tokens, dates of birth, street addresses and names of people, and every value that a
// session is known to hold, in whatever spelling it slipped into the text, and puts
// pseudonyms in their place:
//
//	s := scrub.New()
//	defer s.Close()
//	err := s.Know("user name", name)      // a sealed.Value
//	out := s.Append(nil, line)
//	// mail from jude@example.org  →  mail from ⟦EMAIL:k3f9x7⟧
//
// A pseudonym is the same wherever its value is met during the life of one Scrubber, and
// tells nothing to another one: it is made with a random key that Close forgets.
//
// What is found by its form is found reliably; names and addresses are found by
// dictionaries and context, and some are missed. Scrubbing is a second net. The first is
// not to write the value (package sealed).
//
// Bytes outside the places found are not changed. Scrubbing what was scrubbed changes
// nothing. However a text is cut into pieces, the result is the same.
package scrub
