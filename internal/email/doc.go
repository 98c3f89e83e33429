// Package email reads e-mail addresses that serve as identity: who controls
// the mailbox may see the record. Two people must therefore never share one
// [Address.Key], and nobody may be shown an address that reads like another.
//
// # Three forms of one address
//
//	Display  as typed, in NFC, domain in Unicode: for people
//	Mailbox  as typed, in NFC, domain as A-labels: for the SMTP envelope
//	Key      ASCII letters in lower case, domain as A-labels: for equality
//
// Mail always goes to the Mailbox that was stored, never to one that somebody
// typed later into a form and that only happened to match.
//
// # What is folded, and what is not
//
// Only A–Z is folded. Full Unicode case folding turns U+212A (Kelvin sign)
// into k and U+017F (long s) into s, so strings.ToLower and strings.EqualFold
// would hand one person's account to another. In the local part such characters,
// and the dotless ı, are refused outright, because a mail server or database on
// the way may fold them even though this package does not. Other accented
// letters are kept byte-exact: tàrget and target are different mailboxes, and so
// are Änna and änna.
//
// # What is refused
//
// Everything RFC 5322 allows beyond a plain dot-atom (names, comments, quotes,
// groups, address literals); %, ! and |, which old relays read as routing or as
// a command, so that the mail reaches somebody else; characters that NFKC would
// change (full-width letters, ligatures); invisible, bidirectional, unassigned
// and private characters and symbols; historic scripts; and labels that fail
// the Highly Restrictive level of UTS 39 or that are, as a whole, confusable
// with ASCII. The joiners U+200C and U+200D are refused as well, though IDNA
// permits them in some Indic and Arabic labels: they cannot be seen.
//
// A label in one living script passes: müller, пример, 例え, מייל. One whose
// letters all look like ASCII passes only under a top-level domain where that
// script is at home (оса.рф, but not аррӏе.com), and then carries a warning; see
// [Address.Warnings].
//
// Sources: RFC 5321, 6531 and 6532 for the grammar and the limits (64 octets,
// 254 octets); RFC 5891–5893 and UTS 46 for domains; UTS 39 for confusables;
// requirements PTY-A10 to A18 and PTY-A34.
//
// All functions are pure and safe for concurrent use.
package email
