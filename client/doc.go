// Package client is what a connected system written in Go says and asks with: it gets
// and renews tokens, finds or creates parties one by one or in bulk, and lists, reads
// and cancels tickets, and learns what has changed, by asking or by webhook. It needs nothing but the standard library.
//
// Every call may be sent again: find-or-create carries an idempotency key, drawn at
// random where the caller gives none. So the client repeats what failed on the way,
// and what the server asks to repeat (429, 503), waiting as long as Retry-After says
// or, without it, a random time that doubles. A [*Problem] is what the server answers
// when it refuses (RFC 9457); its Code is stable.
//
// The API itself is described at /api of each server.
package client
