// Package api holds the endpoints for programs: OAuth 2.0 tokens, find-or-create,
// tickets, the description of data sets, and the published ledger.
//
// Every answer is JSON; a failure is problem+json (RFC 9457) except at the token
// endpoint, which speaks RFC 6749. Input is read strictly: what two parsers could
// understand differently is refused.
//
// Find-or-create answers alike whether the party was known, unknown, claimed or
// in conflict: same status, same headers, same shape and length, same work (PTY-A27).
package api
