// Package lang speaks the reader's language. English is the source: the English
// sentence is itself the key of its translation, so code and templates read like
// the page they make. A sentence without translation appears in English.
//
// # How to add a sentence
//
//  1. Write it in English where it is used, with {placeholders} for what varies:
//     in a template {{t "Sent to {count} people." "count" .Count}} or
//     {{plural .Count "{n} person" "{n} people"}}; in Go p.T("…", "name", value),
//     p.Plural(n, "…", "…"), or as the message of a habeas.Error. A sentence that
//     is only stored for later (a table of labels) is written lang.Mark("…").
//  2. Add its translation to the file of your subject in each language folder
//     (es/party.json, es/account.json, …), as "English": "translation". The files of
//     one folder are merged; the same key with two different values does not load,
//     and neither does a translation that loses or invents a placeholder.
//  3. go test ./internal/web names every sentence that still lacks a translation.
//
// # Style
//
// English: plain, second person, short; the verb on a button is the thing that
// happens. Spanish: addresses the reader as "tú", never "usted"; buttons are
// infinitives ("Hacer mío este registro"), labels are nouns. A word of docs/terms.md
// has one translation everywhere: look in es/ for the one in use before choosing.
package lang
