// Package authz decides which programs may use the API, and for what.
//
// A connected system is an OAuth 2.0 client (RFC 6749): it proves itself with its
// id and secret (client credentials, section 4.4) and gets a bearer token (RFC
// 6750) that is good for one hour. Secrets and tokens have 256 random bits, so
// they are kept as plain SHA-256 hashes: there is nothing to guess and no need to
// stretch. A system may hold two live secrets, so that it can change over without
// a gap. Disconnecting it ends its tokens at once.
//
// The package holds types and rules. It knows neither SQL nor HTTP; what changes
// a system carries an audit entry (LOG-01).
package authz
