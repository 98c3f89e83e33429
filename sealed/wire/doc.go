// Package wire keeps the secrets of HTTP requests and answers out of net/http.
//
// By the time a handler sees a password, net/http has it in a read buffer, a header map
// and several strings, none of which can be wiped. A connection of this package looks at
// the bytes on their way between kernel and net/http. What arrives where [Rules] expect a
// secret is sealed (package sealed), and net/http reads in its place, byte for byte as
// long, a stand-in: ~ and random letters. A handler asks [Take] for the value that the
// stand-in names. In the other direction [Put] gives a stand-in for a sealed value, which
// a handler writes into its answer, and the connection puts the value itself in its place
// on the way to the kernel, from memory that is wiped at once.
//
//	wire.Prepare(srv) // an *http.Server
//	err := srv.Serve(wire.Listen(l, wire.Rules{Headers: []string{"Authorization"}, Fields: []string{"code"}}))
//
// Values live until the request they came with, or were put for, is answered.
//
// It reads HTTP/1.1 without TLS, as it comes from a reverse proxy on the same machine.
// Where TLS ends in the process itself, crypto/tls holds what it decrypted in a buffer of
// its own until the next bytes overwrite it, and HTTP/2 keeps tables of headers; there,
// Take and Put say that they know nothing and the handler works with strings. What this
// package cannot read it passes on unchanged.
package wire
