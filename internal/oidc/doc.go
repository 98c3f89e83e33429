// Package oidc signs people in by an outside identity provider: OpenID Connect Core 1.0,
// the authorization code flow with PKCE (RFC 7636, S256). It is the relying party's side
// of the protocol and knows nothing of accounts.
//
// # What is checked
//
// Discovery and every endpoint are https, or http where the issuer is on loopback; no
// redirect is followed and no answer is longer than a megabyte. The answer of the browser
// names its issuer, where the provider says that it does so (RFC 9207), and belongs to
// the request of this provider, which the caller checks by state. The ID token is signed
// by a key that the provider publishes now, by an algorithm of [Algorithms]; its issuer is
// this one, its audience this client alone, azp too where it is given; it is neither
// expired nor from another time; nonce and at_hash are right. What the organisation wants
// besides (hd, acr, claims) is looked up in it.
//
// A value is safe for concurrent use. No error holds anything of what was received: it
// may be personal.
package oidc
