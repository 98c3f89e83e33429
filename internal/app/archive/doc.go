// Package archive writes what leaves the logs, and reads it back somewhere else.
//
// A file holds one month: a line about itself and then one line of JSON for each line of the
// log, encrypted with age to a recipient. The server has the recipient alone, a public key:
// it can add files and can read none, not even its own of a minute ago. Who holds the key
// reads them on another machine, with this program or with age itself. Addresses are in no
// file, and who is meant stands there under a pseudonym that only the account's key leads
// back from.
package archive
