// Package scan finds what is recognised by its form: keys and tokens, e-mail addresses,
// payment cards, bank accounts, national numbers, telephone numbers, network addresses and
// dates of birth (SCR-1, SCR-5, SCR-6).
//
// One loop goes over the bytes. Most of them cost a look into a table. A few start a
// detector: a word, a digit, '@', ':', '=', '+', '(' or "-----". Detectors look around
// within fixed bounds and keep nothing between them, so the work is linear in the text and
// what is said about a place depends on its surroundings alone (see package span).
//
// What a form alone does not tell, words nearby decide: twelve digits after "phone" are a
// telephone number, after "order" they are none. Beside a pseudonym the words that once
// stood there cannot be known, and what words could have refuted is left alone: so
// scrubbing twice is scrubbing once.
//
// Limits that are meant: a version such as v1.2.3.4, name/1.2.3.4 or "version 1.2.3.4" and
// an OID are no IP address; "::" alone and abc::def are none either, for programs are full
// of them. Private keys longer than about 4 KB show their middle. Hashes and UUIDs are no
// keys unless a name such as token= says so. A year alone is no date of birth.
package scan
