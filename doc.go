// Package habeas is the ground floor of the Habeas server: the few types that
// every other package speaks. It holds typed identifiers, the Actor who does
// something, errors with a kind and a message for people, and the Clock.
//
// It knows nothing of storage, HTTP or cryptography, and it imports only the
// standard library. docs/terms.md lists the words that are used everywhere.
package habeas
