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
//	// mail from jude@example.org  →  mail from ⟦EMAIL:k3f9x7bt⟧
//
// A pseudonym is the same wherever its value is met during the life of one Scrubber, and
// tells nothing to another one: it is made with a random key that Close forgets.
//
// What is found by its form is found reliably; names and addresses are found by
// dictionaries and context, and some are missed. Scrubbing is a second net. The first is
// not to write the value (package sealed).
//
// # What can be relied on
//
//   - Bytes outside the places found are not changed, and a document of a [Format] stays
//     one: what is put in fits where it stands.
//   - However a text is cut into pieces ([Scrubber.NewWriter]), and however many goroutines
//     work ([Options]), the result is the same.
//   - Scrubbing what was scrubbed changes nothing. Pseudonyms pass as they are, also those
//     of another Scrubber: text that somebody dresses as one is not looked into, which
//     hides eight letters and digits at most.
//   - Buffers that held text are wiped before they are used for something else.
//   - Memory does not depend on the length of a text, but for the result of Append.
//
// There are limits to the third. After a replacement, sixteen words on either side of it
// are read again, which is as far as finders are known to be influenced. And what is glued
// together, such as
// a@b.example@c.example@d.example, is found piece by piece, each because of its neighbour.
// Chains of more than 32 KiB of that, in which each place is found because of the one
// after it, are not followed to their beginning.
//
// Finding is done by packages below internal: scan (what has a form), known (values of a
// session), prose (names and addresses), view (what is encoded).
package scrub
